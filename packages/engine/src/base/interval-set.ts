// A set of integers kept as sorted, disjoint, non-adjacent closed intervals. Versions and seqs are
// tracked this way, so that bookkeeping costs what the holes cost, not what the history costs.

import { assert } from './assert.ts';

/** A closed interval of integers: [start, end], start <= end. */
export type Interval = readonly [start: number, end: number];

export class IntervalSet {
  /** Sorted, disjoint, with at least one missing integer between neighbours. */
  #intervals: [number, number][] = [];

  static from(intervals: Iterable<Interval>): IntervalSet {
    const set = new IntervalSet();
    for (const [start, end] of intervals) set.add(start, end);
    return set;
  }

  /** Number of intervals. */
  get size(): number {
    return this.#intervals.length;
  }

  get isEmpty(): boolean {
    return this.#intervals.length === 0;
  }

  /** The smallest member; undefined when empty. */
  get first(): number | undefined {
    return this.#intervals[0]?.[0];
  }

  /** The greatest member; undefined when empty. */
  get last(): number | undefined {
    return this.#intervals.at(-1)?.[1];
  }

  /** Number of integers in the set. */
  get count(): number {
    let total = 0;
    for (const [start, end] of this.#intervals) total += end - start + 1;
    return total;
  }

  [Symbol.iterator](): IterableIterator<Interval> {
    return this.#intervals.values() as IterableIterator<Interval>;
  }

  toArray(): Interval[] {
    return this.#intervals.map(([start, end]) => [start, end]);
  }

  clone(): IntervalSet {
    const copy = new IntervalSet();
    copy.#intervals = this.#intervals.map(([start, end]) => [start, end]);
    return copy;
  }

  equals(other: IntervalSet): boolean {
    if (this.size !== other.size) return false;
    return this.#intervals.every(([start, end], index) => {
      const theirs = other.#intervals[index];
      return theirs !== undefined && theirs[0] === start && theirs[1] === end;
    });
  }

  has(value: number): boolean {
    return this.containsRange(value, value);
  }

  /** Whether every integer of [start, end] is a member. */
  containsRange(start: number, end: number): boolean {
    const interval = this.#intervals[this.#indexEndingFrom(start)];
    return interval !== undefined && interval[0] <= start && end <= interval[1];
  }

  /** Whether any integer of [start, end] is a member. */
  intersectsRange(start: number, end: number): boolean {
    const interval = this.#intervals[this.#indexEndingFrom(start)];
    return interval !== undefined && interval[0] <= end;
  }

  /** The whole intervals that share an integer with [start, end]. */
  overlapping(start: number, end: number): Interval[] {
    const result: Interval[] = [];
    for (let index = this.#indexEndingFrom(start); index < this.#intervals.length; index++) {
      const [otherStart, otherEnd] = this.#intervals[index] as [number, number];
      if (otherStart > end) break;
      result.push([otherStart, otherEnd]);
    }
    return result;
  }

  add(start: number, end: number = start): void {
    checkInterval(start, end);
    const from = this.#indexEndingFrom(start - 1);
    let to = from;
    let mergedStart = start;
    let mergedEnd = end;
    for (; to < this.#intervals.length; to++) {
      const [otherStart, otherEnd] = this.#intervals[to] as [number, number];
      if (otherStart > end + 1) break;
      mergedStart = Math.min(mergedStart, otherStart);
      mergedEnd = Math.max(mergedEnd, otherEnd);
    }
    this.#intervals.splice(from, to - from, [mergedStart, mergedEnd]);
  }

  remove(start: number, end: number = start): void {
    checkInterval(start, end);
    const from = this.#indexEndingFrom(start);
    let to = from;
    const kept: [number, number][] = [];
    for (; to < this.#intervals.length; to++) {
      const [otherStart, otherEnd] = this.#intervals[to] as [number, number];
      if (otherStart > end) break;
      if (otherStart < start) kept.push([otherStart, start - 1]);
      if (otherEnd > end) kept.push([end + 1, otherEnd]);
    }
    if (to > from) this.#intervals.splice(from, to - from, ...kept);
  }

  addAll(other: Iterable<Interval>): void {
    for (const [start, end] of other) this.add(start, end);
  }

  removeAll(other: Iterable<Interval>): void {
    for (const [start, end] of other) this.remove(start, end);
  }

  /** Members of both sets, as a new set. */
  intersection(other: IntervalSet): IntervalSet {
    const result = new IntervalSet();
    let mine = 0;
    let theirs = 0;
    while (mine < this.#intervals.length && theirs < other.#intervals.length) {
      const [myStart, myEnd] = this.#intervals[mine] as [number, number];
      const [theirStart, theirEnd] = other.#intervals[theirs] as [number, number];
      const start = Math.max(myStart, theirStart);
      const end = Math.min(myEnd, theirEnd);
      if (start <= end) result.#intervals.push([start, end]);
      if (myEnd < theirEnd) mine++;
      else theirs++;
    }
    return result;
  }

  /** Members of this set that are not in `other`, as a new set. */
  difference(other: IntervalSet): IntervalSet {
    const result = this.clone();
    result.removeAll(other);
    return result;
  }

  /** Index of the first interval whose end is at or after `value` (binary search). */
  #indexEndingFrom(value: number): number {
    let low = 0;
    let high = this.#intervals.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#intervals[middle] as [number, number])[1] < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function checkInterval(start: number, end: number): void {
  assert(Number.isSafeInteger(start) && Number.isSafeInteger(end), 'interval ends are integers');
  assert(start <= end, () => `an interval starts before it ends: ${start}..${end}`);
}
