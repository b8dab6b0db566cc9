// Numbers as people read them, the same on every machine.

const format = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A whole number with commas between thousands. */
export function count(value: number): string {
  return format.format(value);
}

/** A number with its noun: `1 row`, `2 rows`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** A time: milliseconds below a second, seconds above. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${count(ms)} ms`;
  const seconds = ms / 1_000;
  return `${seconds < 100 ? Number(seconds.toFixed(1)) : count(seconds)} s`;
}
