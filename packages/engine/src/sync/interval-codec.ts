// Interval lists on the wire: sorted intervals as differences, so that most take two bytes, and so that
// a list that is not sorted and disjoint cannot even be written.

import type { ByteReader, ByteWriter } from '../base/bytes.ts';
import { malformed } from '../base/bytes.ts';
import type { Interval } from '../base/interval-set.ts';

/** Bytes that the shortest interval takes: what bounds a count before anything is allocated. */
const intervalBytesMin = 2;

/** Writes sorted, disjoint, non-adjacent intervals of integers >= 0, as an IntervalSet holds them. */
export function encodeIntervals(writer: ByteWriter, intervals: readonly Interval[]): void {
  writer.varint(intervals.length);
  let next = 0;
  for (const [start, end] of intervals) {
    writer.varint(start - next);
    writer.varint(end - start);
    next = end + 2;
  }
}

/** Reads what {@link encodeIntervals} wrote; every integer is at most `max`. */
export function decodeIntervals(reader: ByteReader, max: number): Interval[] {
  const countMax = Math.floor(reader.remaining / intervalBytesMin);
  const count = reader.varintMax(countMax, 'interval count');
  const intervals: Interval[] = [];
  let next = 0;
  for (let index = 0; index < count; index++) {
    const start = next + reader.varint();
    const end = start + reader.varint();
    if (end > max) throw malformed(`interval ends at ${end}, over its limit of ${max}`);
    intervals.push([start, end]);
    next = end + 2;
  }
  return intervals;
}
