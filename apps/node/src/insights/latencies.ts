// Durations of the last 15 minutes as sketches, a minute each, so that old ones fall out.

import type { Latency, SketchData } from '@patina/api/insights/shapes.ts';
import { mergeSketches, Sketch, sketchCount, sketchQuantile } from '@patina/api/insights/sketch.ts';

const minuteMs = 60_000;
const minutesKept = 15;

/** Percentiles among the newest minutes, for series. */
const recentMinutes = 2;

export class LatencyWindow {
  readonly #monotonicMs: () => number;
  readonly #minutes = Array.from({ length: minutesKept }, () => new Sketch());
  #lastMinute: number;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
    this.#lastMinute = this.#minute();
  }

  add(durationMs: number): void {
    this.#forget();
    this.#at(this.#lastMinute).add(durationMs);
  }

  /** All that is kept. */
  data(): SketchData {
    this.#forget();
    return mergeSketches(this.#minutes.map((sketch) => sketch.data()));
  }

  /** A percentile of the last minutes; undefined without any. */
  recent(share: number): number | undefined {
    this.#forget();
    const sketches: SketchData[] = [];
    for (let back = 0; back < recentMinutes; back++) {
      const sketch = this.#at(this.#lastMinute - back);
      if (sketch.count > 0) sketches.push(sketch.data());
    }
    const [only] = sketches;
    if (only === undefined) return undefined;
    return (
      sketchQuantile(sketches.length === 1 ? only : mergeSketches(sketches), share) ?? undefined
    );
  }

  /** As it is answered. */
  answer(name: string): Latency {
    const sketch = this.data();
    const isEmpty = sketchCount(sketch) === 0;
    return {
      name,
      count: sketchCount(sketch),
      p50_ms: sketchQuantile(sketch, 0.5),
      p90_ms: sketchQuantile(sketch, 0.9),
      p99_ms: sketchQuantile(sketch, 0.99),
      max_ms: isEmpty ? null : sketch.max,
      sketch,
    };
  }

  #forget(): void {
    const minute = this.#minute();
    const from = Math.max(this.#lastMinute + 1, minute - minutesKept + 1);
    for (let each = from; each <= minute; each++) this.#at(each).clear();
    this.#lastMinute = minute;
  }

  #at(minute: number): Sketch {
    const sketch = this.#minutes[((minute % minutesKept) + minutesKept) % minutesKept];
    if (sketch === undefined) throw new RangeError('there is a sketch for every minute');
    return sketch;
  }

  #minute(): number {
    return Math.floor(this.#monotonicMs() / minuteMs);
  }
}
