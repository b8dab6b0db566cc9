// Durations counted by size, in buckets whose bounds grow by a constant factor: any percentile is told
// within 2 % of its value, in fixed memory, and counts of several nodes or times simply add up. After Masson,
// Rim and Lee, "DDSketch" (2019), section 2.

import type { SketchData } from './shapes.ts';

/** Greatest relative error of a percentile. */
const accuracy = 0.02;
const logGamma = Math.log((1 + accuracy) / (1 - accuracy));

/** What is smaller counts as this, and what is larger as that: a microsecond, and about a day. */
const durationMsMin = 0.001;
const bucketsMax = 640;

export class Sketch {
  readonly #counts = new Uint32Array(bucketsMax);
  #count = 0;
  #maxMs = 0;
  #sumMs = 0;

  get count(): number {
    return this.#count;
  }

  add(durationMs: number): void {
    const bucket = bucketOf(durationMs);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    this.#sumMs += Math.max(0, durationMs);
    if (durationMs > this.#maxMs) this.#maxMs = durationMs;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#maxMs = 0;
    this.#sumMs = 0;
  }

  data(): SketchData {
    const buckets: number[] = [];
    const counts: number[] = [];
    for (const [bucket, count] of this.#counts.entries()) {
      if (count === 0) continue;
      buckets.push(bucket);
      counts.push(count);
    }
    return { buckets, counts, max: this.#maxMs, sum: this.#sumMs };
  }
}

export const emptySketch: SketchData = { buckets: [], counts: [], max: 0, sum: 0 };

/** One sketch of all durations of these. */
export function mergeSketches(sketches: readonly SketchData[]): SketchData {
  const countByBucket = new Map<number, number>();
  let max = 0;
  let sum = 0;
  for (const sketch of sketches) {
    max = Math.max(max, sketch.max);
    sum += sketch.sum;
    for (const [index, bucket] of sketch.buckets.entries()) {
      const count = sketch.counts[index] ?? 0;
      countByBucket.set(bucket, (countByBucket.get(bucket) ?? 0) + count);
    }
  }
  const entries = [...countByBucket].toSorted(([a], [b]) => a - b);
  return {
    buckets: entries.map(([bucket]) => bucket),
    counts: entries.map(([, count]) => count),
    max,
    sum,
  };
}

export function sketchCount(sketch: SketchData): number {
  return sketch.counts.reduce((total, count) => total + count, 0);
}

/** The duration below which this share of all lies, ms; null of an empty sketch. */
export function sketchQuantile(sketch: SketchData, share: number): number | null {
  const rank = Math.ceil(share * sketchCount(sketch));
  let seen = 0;
  for (const [index, bucket] of sketch.buckets.entries()) {
    seen += sketch.counts[index] ?? 0;
    if (seen >= rank && seen > 0) return Math.min(middleOf(bucket), sketch.max);
  }
  return null;
}

function bucketOf(durationMs: number): number {
  if (!(durationMs > durationMsMin)) return 0;
  const bucket = Math.ceil(Math.log(durationMs / durationMsMin) / logGamma);
  return Math.min(bucket, bucketsMax - 1);
}

/** The value in a bucket that is nearest, relatively, to all of it. */
function middleOf(bucket: number): number {
  return durationMsMin * Math.exp(bucket * logGamma) * (1 - accuracy);
}
