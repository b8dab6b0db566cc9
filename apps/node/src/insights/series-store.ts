// Values of all series: every second for 15 minutes, and every ten seconds for a day, in two arrays that
// are as large from the start as they will ever be: 4 bytes for each of 9,540 values of a series, about 3 MB.

import type { Series, SeriesTier } from '@patina/api/insights/shapes.ts';
import { type SeriesName, seriesNames, seriesTable } from './series-table.ts';

interface TierShape {
  readonly stepMs: number;
  readonly capacity: number;
}

export const tierShapes: Readonly<Record<SeriesTier, TierShape>> = {
  seconds: { stepMs: 1_000, capacity: 900 },
  'ten-seconds': { stepMs: 10_000, capacity: 8_640 },
};

/** Values by name; what could not be measured is left out. */
export type Sample = Readonly<Partial<Record<SeriesName, number>>>;

/** One array for all series; a slot is a step of time, by its number since 1970. */
class Tier {
  readonly shape: TierShape;
  readonly #values: Float32Array;
  #firstTick: number | undefined;
  #lastTick = 0;

  constructor(shape: TierShape) {
    this.shape = shape;
    this.#values = new Float32Array(shape.capacity * seriesNames.length).fill(Number.NaN);
  }

  get lastTick(): number {
    return this.#lastTick;
  }

  /** Makes this the newest step; the steps that were left out hold nothing. */
  advance(tick: number): void {
    const { capacity } = this.shape;
    this.#firstTick ??= tick;
    const from = Math.max(this.#lastTick + 1, tick - capacity + 1);
    for (let each = from; each <= tick; each++) this.#clear(each);
    this.#lastTick = Math.max(this.#lastTick, tick);
  }

  set(tick: number, series: number, value: number): void {
    this.#values[this.#slot(tick, series)] = value;
  }

  get(tick: number, series: number): number | null {
    const value = this.#values[this.#slot(tick, series)] ?? Number.NaN;
    return Number.isNaN(value) ? null : value;
  }

  /** The first step after `afterMs` that is kept. */
  startAfter(afterMs: number | undefined): number {
    const kept = this.#lastTick - this.shape.capacity + 1;
    const first = Math.max(this.#firstTick ?? 0, kept);
    return afterMs === undefined
      ? first
      : Math.max(first, Math.floor(afterMs / this.shape.stepMs) + 1);
  }

  #clear(tick: number): void {
    for (let series = 0; series < seriesNames.length; series++) this.set(tick, series, Number.NaN);
  }

  #slot(tick: number, series: number): number {
    return series * this.shape.capacity + (tick % this.shape.capacity);
  }
}

export class SeriesStore {
  readonly #tiers: Readonly<Record<SeriesTier, Tier>> = {
    seconds: new Tier(tierShapes.seconds),
    'ten-seconds': new Tier(tierShapes['ten-seconds']),
  };
  /** The ten seconds that are under way: sum or peak, and count, of each series. */
  readonly #sums = new Float64Array(seriesNames.length);
  readonly #counts = new Uint16Array(seriesNames.length);
  #openTick = 0;

  /** Records values of the second that ends now. A clock that went back is waited for. */
  record(nowMs: number, sample: Sample): void {
    const seconds = this.#tiers.seconds;
    const tick = Math.floor(nowMs / seconds.shape.stepMs);
    if (tick <= seconds.lastTick) return;
    seconds.advance(tick);
    const coarseTick = Math.floor(nowMs / tierShapes['ten-seconds'].stepMs);
    if (coarseTick !== this.#openTick) this.#close(coarseTick);
    for (const [series, name] of seriesNames.entries()) {
      const value = sample[name];
      if (value === undefined || !Number.isFinite(value)) continue;
      seconds.set(tick, series, value);
      const isFirst = this.#counts[series] === 0;
      const before = this.#sums[series] ?? 0;
      if (seriesTable[name].merge === 'mean') this.#sums[series] = before + value;
      else this.#sums[series] = isFirst ? value : Math.max(before, value);
      this.#counts[series] = (this.#counts[series] ?? 0) + 1;
    }
  }

  read(names: readonly SeriesName[], tierName: SeriesTier, afterMs?: number): Series[] {
    const tier = this.#tiers[tierName];
    const start = tier.startAfter(afterMs);
    const { stepMs } = tier.shape;
    return names.map((name) => {
      const series = seriesNames.indexOf(name);
      const values: (number | null)[] = [];
      for (let tick = start; tick <= tier.lastTick; tick++) values.push(tier.get(tick, series));
      const { unit } = seriesTable[name];
      return { name, unit, start_ms: start * stepMs, step_ms: stepMs, values };
    });
  }

  /** The newest value of every series. */
  latest(): Record<string, number | null> {
    const { seconds } = this.#tiers;
    return Object.fromEntries(
      seriesNames.map((name, series) => [name, seconds.get(seconds.lastTick, series)]),
    );
  }

  #close(nextTick: number): void {
    const tier = this.#tiers['ten-seconds'];
    if (this.#openTick > 0 && this.#openTick > tier.lastTick) {
      tier.advance(this.#openTick);
      for (const [series, name] of seriesNames.entries()) {
        const count = this.#counts[series] ?? 0;
        if (count === 0) continue;
        const sum = this.#sums[series] ?? 0;
        tier.set(this.#openTick, series, seriesTable[name].merge === 'mean' ? sum / count : sum);
      }
    }
    this.#sums.fill(0);
    this.#counts.fill(0);
    this.#openTick = nextTick;
  }
}
