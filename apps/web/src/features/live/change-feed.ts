// The changes as a list, newest first, with how long each took and how many come in a second. It keeps the
// newest ones only, so that it may run for hours.

import { hlcToUnixMs } from '../../format/hlc.ts';
import type { Cell, ChangeOrigin } from './live-events.ts';
import type { MadeChange } from './live-result.ts';

/** Changes kept, and deletes kept for those who look at deletes only. */
export const feedMax = 500;

/** Latencies of which the median is told. */
const latenciesMax = 256;

/** The rate is that of the last seconds. */
const rateSeconds = 5;

export interface FeedEntry {
  /** Names it on this page. */
  readonly key: number;
  readonly type: MadeChange['type'];
  readonly changeId: number;
  readonly cells: readonly Cell[];
  readonly former: readonly Cell[] | undefined;
  readonly atMs: number;
  /** From the commit, by the clock of its node, to here; undefined where no commit is named. */
  readonly latencyMs: number | undefined;
  /** Where it was committed: of several, the one that has waited longest. */
  readonly origin: ChangeOrigin | undefined;
  readonly origins: number;
}

export class ChangeFeed {
  #all: FeedEntry[] = [];
  #deletes: FeedEntry[] = [];
  #latencies: number[] = [];
  /** Changes in each of the last seconds, by second. */
  readonly #counts = new Map<number, number>();
  #keys = 0;
  #total = 0;

  /** Adds what one step changed. */
  add(changes: readonly MadeChange[], origins: readonly ChangeOrigin[], nowMs: number): void {
    if (changes.length === 0) return;
    const origin = origins.reduce<ChangeOrigin | undefined>(
      (oldest, each) => (oldest === undefined || each.hlc < oldest.hlc ? each : oldest),
      undefined,
    );
    const latencyMs = origin === undefined ? undefined : nowMs - hlcToUnixMs(origin.hlc);
    for (const { type, changeId, row, former } of changes) {
      const shared = { latencyMs, origin, origins: origins.length, atMs: nowMs };
      // The cells are taken as they are now: the row itself goes on changing.
      const entry = { key: this.#keys++, type, changeId, cells: row.cells, former, ...shared };
      this.#all.push(entry);
      if (type === 'delete') this.#deletes.push(entry);
    }
    this.#all = newest(this.#all, feedMax);
    this.#deletes = newest(this.#deletes, feedMax);
    if (latencyMs !== undefined) {
      this.#latencies.push(latencyMs);
      this.#latencies = newest(this.#latencies, latenciesMax);
    }
    this.#count(changes.length, nowMs);
  }

  /** Oldest first. */
  entries(isOnlyDeletes: boolean): readonly FeedEntry[] {
    return isOnlyDeletes ? this.#deletes : this.#all;
  }

  clear(): void {
    this.#all = [];
    this.#deletes = [];
  }

  /** Since the page was opened. */
  get total(): number {
    return this.#total;
  }

  /** The median of the last latencies, milliseconds. */
  get medianMs(): number | undefined {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  }

  /** Changes per second, lately. */
  rate(nowMs: number): number {
    const second = Math.floor(nowMs / 1_000);
    let sum = 0;
    for (let back = 1; back <= rateSeconds; back++) sum += this.#counts.get(second - back) ?? 0;
    return sum / rateSeconds;
  }

  #count(changes: number, nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    this.#total += changes;
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + changes);
    for (const each of this.#counts.keys()) {
      if (each < second - rateSeconds) this.#counts.delete(each);
    }
  }
}

/** Cut only when twice as many are there, so that not every change copies the list. */
function newest<T>(list: T[], max: number): T[] {
  return list.length > 2 * max ? list.slice(-max) : list;
}
