// Numbers as people read them.

/** With thousands separators. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function fixed(value: number, digits = 2): string {
  return value.toFixed(digits);
}

/** Milliseconds, or seconds from 10,000 ms on. */
export function duration(ms: number): string {
  if (ms >= 10_000) return `${fixed(ms / 1000, 1)} s`;
  return ms >= 100 ? `${whole(ms)} ms` : `${fixed(ms, 1)} ms`;
}

/** A table with aligned columns; the first line is its head. */
export function alignedTable(lines: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const line of lines) {
    for (const [index, cell] of line.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    }
  }
  const text = (line: readonly string[]): string =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  const [head = [], ...rest] = lines;
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [text(head), rule, ...rest.map(text)].join('\n');
}
