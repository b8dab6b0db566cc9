// What a chart over time shows, and the arithmetic around it: a few lines at most, gaps where nothing is
// known, axes with round figures, and the same as rows for those who read rather than look.

export interface ChartSeries {
  readonly key: string;
  readonly name: string;
  /** One for each moment; null where nothing is known. */
  readonly values: readonly (number | null)[];
}

/** As many lines as there are colours and shapes that can be told apart. */
export const seriesMax = 6;

/** Keeps those with the greatest values and puts the others together, so that all are in it. */
export function foldSeries(
  series: readonly ChartSeries[],
  how: 'sum' | 'max',
): readonly ChartSeries[] {
  if (series.length <= seriesMax) return series;
  const ranked = series
    .map((each, at) => ({ at, top: greatest([each]) }))
    .toSorted((a, b) => b.top - a.top || a.at - b.at);
  const kept = new Set(ranked.slice(0, seriesMax - 1).map(({ at }) => at));
  const rest = series.filter((_, at) => !kept.has(at));
  return [
    ...series.filter((_, at) => kept.has(at)),
    { key: 'others', name: `${rest.length} others`, values: merged(rest, how) },
  ];
}

function merged(series: readonly ChartSeries[], how: 'sum' | 'max'): (number | null)[] {
  const length = Math.max(0, ...series.map(({ values }) => values.length));
  return Array.from({ length }, (_, at) => {
    const known = series.flatMap(({ values }) => values[at] ?? []);
    if (known.length === 0) return null;
    return how === 'max' ? Math.max(...known) : known.reduce((sum, value) => sum + value, 0);
  });
}

/** The greatest value of all lines, or of their sum at any moment; 0 where there is none. */
export function greatest(series: readonly ChartSeries[], isStacked = false): number {
  const lines = isStacked ? [{ values: merged(series, 'sum') }] : series;
  let top = 0;
  for (const { values } of lines) for (const value of values) top = Math.max(top, value ?? 0);
  return top;
}

/** Round figures from 0 to at least the greatest value. */
export function valueTicks(top: number, isBinary = false, steps = 4): readonly number[] {
  if (!(top > 0)) return [0, 1];
  const step = roundUp(top / steps, isBinary ? 2 : 10);
  const count = Math.ceil(top / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, at) => at * step);
}

/** The next of 1, 2, 5, 10, 20 … or, for bytes, of the powers of 2. */
function roundUp(value: number, base: 2 | 10): number {
  const power = base ** Math.floor(Math.log(value) / Math.log(base) + 1e-9);
  const factors = base === 2 ? [1, 2] : [1, 2, 5, 10];
  return (factors.find((factor) => factor * power >= value * (1 - 1e-9)) ?? base) * power;
}

/** Between two marks of a time axis, milliseconds. */
const timeSteps = [5, 10, 15, 30, 60, 120, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400];

/** Round moments within a range, at most so many. */
export function timeTicks(fromMs: number, toMs: number, marksMax: number): readonly number[] {
  const rangeMs = toMs - fromMs;
  if (!(rangeMs > 0)) return [];
  const steps = timeSteps.map((seconds) => seconds * 1_000);
  const stepMs = steps.find((each) => rangeMs / each <= marksMax) ?? rangeMs;
  const ticks: number[] = [];
  for (let at = Math.ceil(fromMs / stepMs) * stepMs; at <= toMs; at += stepMs) ticks.push(at);
  return ticks;
}

export interface ChartPoint {
  readonly atMs: number;
  readonly values: readonly (number | null)[];
}

/** The points of a chart; where moments lie far apart there is one without values between them. */
export function pointsOf(
  times: readonly number[],
  series: readonly ChartSeries[],
  gapMs: number,
): readonly ChartPoint[] {
  const points: ChartPoint[] = [];
  for (const [at, atMs] of times.entries()) {
    const before = times[at - 1];
    if (before !== undefined && atMs - before > gapMs) {
      points.push({ atMs: (before + atMs) / 2, values: series.map(() => null) });
    }
    points.push({ atMs, values: series.map(({ values }) => values[at] ?? null) });
  }
  return points;
}

/** The point nearest to a moment; undefined where there is none. */
export function nearestPoint(points: readonly ChartPoint[], atMs: number): ChartPoint | undefined {
  let nearest: ChartPoint | undefined;
  for (const point of points) {
    if (nearest === undefined || Math.abs(point.atMs - atMs) <= Math.abs(nearest.atMs - atMs)) {
      nearest = point;
    }
  }
  return nearest;
}

/** The greatest value of each stretch of time, the newest first, in at most so many rows. */
export function tableRows(
  times: readonly number[],
  series: readonly ChartSeries[],
  rowsMax: number,
): readonly ChartPoint[] {
  const size = Math.max(1, Math.ceil(times.length / rowsMax));
  const rows: ChartPoint[] = [];
  for (let end = times.length; end > 0; end -= size) {
    const start = Math.max(0, end - size);
    const values = series.map((each) => {
      const known = each.values.slice(start, end).filter((value) => value !== null);
      return known.length === 0 ? null : Math.max(...known);
    });
    rows.push({ atMs: times[start] ?? 0, values });
  }
  return rows;
}
