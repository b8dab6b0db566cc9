// What a page keeps of log lines that keep coming: the newest ones, up to a named limit.

/** Log lines kept. */
export const linesMax = 1_000;

/** Adds log lines; those that are there already are not added again. */
export function addLines<T extends { readonly hlc: number }>(
  kept: readonly T[],
  lines: readonly T[],
): readonly T[] {
  const last = kept.at(-1)?.hlc ?? -1;
  const fresh = lines.filter(({ hlc }) => hlc > last);
  return fresh.length === 0 ? kept : [...kept, ...fresh].slice(-linesMax);
}
