// Figures as text, the same everywhere: counts, rates, bytes, percentages. Absent figures are a dash.

/** What stands where there is no figure. */
export const noFigure = '–';

const grouped = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** A whole number with separators: 12,345. */
export function formatCount(value: number | bigint | null | undefined): string {
  return value === null || value === undefined ? noFigure : grouped.format(value);
}

/** A number in at most five characters: 0.42, 9.8, 123, 4.5k, 1.2M. */
export function formatShort(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return noFigure;
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 0.01) return '<0.01';
  if (size < 1) return trimmed(value, 2);
  if (size < 10) return trimmed(value, 1);
  if (size < 1_000) return value.toFixed(0);
  if (size < 1_000_000) return `${trimmed(value / 1_000, size < 100_000 ? 1 : 0)}k`;
  if (size < 1_000_000_000) return `${trimmed(value / 1_000_000, 1)}M`;
  return `${trimmed(value / 1_000_000_000, 1)}G`;
}

/** So many a second. */
export function formatRate(perSecond: number | null | undefined): string {
  const text = formatShort(perSecond);
  return text === noFigure ? text : `${text}/s`;
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A size in the binary unit that suits it. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return noFigure;
  let size = Math.abs(bytes);
  let unit = 0;
  while (size >= 1_024 && unit < byteUnits.length - 1) {
    size /= 1_024;
    unit++;
  }
  const text = unit === 0 ? size.toFixed(0) : trimmed(size, size < 10 ? 1 : 0);
  return `${bytes < 0 ? '-' : ''}${text} ${byteUnits[unit] ?? 'B'}`;
}

/** A share of one as a percentage. */
export function formatPercent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return noFigure;
  const percent = share * 100;
  return `${trimmed(percent, Math.abs(percent) < 10 ? 1 : 0)} %`;
}

/** A figure of a series by the unit that its node names. */
export function formatUnit(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return noFigure;
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'bytes/s') return `${formatBytes(value)}/s`;
  if (unit === 'ms') return `${formatShort(value)} ms`;
  if (unit.endsWith('/s')) return formatRate(value);
  return formatShort(value);
}

/** A count with its noun: "1 row", "3 rows". */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : nouns}`;
}

function trimmed(value: number, digits: number): string {
  return value
    .toFixed(digits)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}
