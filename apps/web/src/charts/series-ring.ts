// What a page keeps of series that keep coming: the newest values, up to a named limit.

export interface SeriesPart {
  readonly name: string;
  readonly unit: string;
  readonly start_ms: number;
  readonly step_ms: number;
  readonly values: readonly (number | null)[];
}

/** Values kept of a series: 15 minutes of seconds. */
export const valuesMax = 900;

/** Adds what came after; between parts that do not touch there is a gap. */
export function addSeries(
  kept: ReadonlyMap<string, SeriesPart>,
  parts: readonly SeriesPart[],
): ReadonlyMap<string, SeriesPart> {
  const next = new Map(kept);
  for (const part of parts) {
    const before = next.get(part.name);
    next.set(part.name, before === undefined ? cut(part, part.values) : joined(before, part));
  }
  return next;
}

function joined(before: SeriesPart, part: SeriesPart): SeriesPart {
  const { step_ms: stepMs } = part;
  const missing = Math.round((part.start_ms - endOf(before)) / stepMs);
  // After a restart, or at another node, the two have nothing to do with each other.
  if (stepMs !== before.step_ms || missing >= valuesMax) return cut(part, part.values);
  const gap = Array.from({ length: Math.max(0, missing) }, () => null);
  const fresh = missing < 0 ? part.values.slice(-missing) : part.values;
  const values = [...before.values, ...gap, ...fresh];
  return cut({ ...part, start_ms: before.start_ms }, values);
}

/** When the value after the last one begins. */
function endOf({ start_ms: startMs, step_ms: stepMs, values }: SeriesPart): number {
  return startMs + values.length * stepMs;
}

function cut(part: SeriesPart, values: readonly (number | null)[]): SeriesPart {
  const over = Math.max(0, values.length - valuesMax);
  return {
    ...part,
    start_ms: part.start_ms + over * part.step_ms,
    values: over === 0 ? values : values.slice(over),
  };
}

export interface SeriesRange {
  readonly now: number | null;
  readonly least: number | null;
  readonly most: number | null;
}

export function rangeOf({ values }: SeriesPart): SeriesRange {
  let [least, most]: [number | null, number | null] = [null, null];
  for (const value of values) {
    if (value === null) continue;
    least = least === null ? value : Math.min(least, value);
    most = most === null ? value : Math.max(most, value);
  }
  return { now: values.at(-1) ?? null, least, most };
}

/** The greatest value of each minute, newest first, for those who read rather than look. */
export function byMinute({
  start_ms: startMs,
  step_ms: stepMs,
  values,
}: SeriesPart): { readonly atMs: number; readonly most: number | null }[] {
  const minutes = new Map<number, number | null>();
  for (const [at, value] of values.entries()) {
    const minute = Math.floor((startMs + at * stepMs) / 60_000) * 60_000;
    const before = minutes.get(minute) ?? null;
    minutes.set(minute, value === null ? before : Math.max(before ?? value, value));
  }
  return [...minutes].map(([atMs, most]) => ({ atMs, most })).toReversed();
}
