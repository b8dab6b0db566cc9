// The table lists what the filters let through, in the order that was asked for.

import { expect, test } from 'vitest';
import { type ListedMember, listed, type NodeFilter, queueOf, versionsOf } from './node-filter.ts';

const about = (version: string, latest: Record<string, number | null> = {}) => ({
  software_version: version,
  uptime_ms: 1_000,
  latest,
});
const member = (id: string, more: Partial<ListedMember> = {}): ListedMember => ({
  actor_id: id.repeat(32),
  address: `10.0.0.${id}:87`,
  state: 'alive',
  incarnation: 0,
  rtt_ms: 1,
  last_seen_ms: 10_000,
  about: about('1.0'),
  ...more,
});
const all: NodeFilter = { text: '', states: [], version: null, heardWithinS: null };
const members = [
  member('2', { state: 'down', about: null, last_seen_ms: 1_000, rtt_ms: null }),
  member('1', { about: about('2.0', { writer_queue: 3, apply_queue: 4 }), rtt_ms: 9 }),
  member('3', { last_seen_ms: null }),
];
const idsOf = (filter: Partial<NodeFilter>, sort: 'address' | 'rtt' | 'state' = 'address') =>
  listed(members, { ...all, ...filter }, sort, false, 11_000).map(({ actor_id: id }) => id[0]);

test('filters go by text, state, version and when something was last heard', () => {
  expect(idsOf({})).toEqual(['1', '2', '3']);
  expect(idsOf({ text: ' 0.2:' })).toEqual(['2']);
  expect(idsOf({ text: '333' })).toEqual(['3']);
  expect(idsOf({ states: ['alive'] })).toEqual(['1', '3']);
  expect(idsOf({ version: '2.0' })).toEqual(['1']);
  expect(idsOf({ heardWithinS: 5 })).toEqual(['1', '3']);
});

test('the order is stable, with absent figures first', () => {
  expect(idsOf({}, 'rtt')).toEqual(['2', '3', '1']);
  expect(idsOf({}, 'state')).toEqual(['2', '1', '3']);
  const falling = listed(members, all, 'rtt', true, 0).map(({ actor_id: id }) => id[0]);
  expect(falling).toEqual(['1', '3', '2']);
});

test('the queue is what waits for the writer and the merger', () => {
  expect(members.map(queueOf)).toEqual([null, 7, 0]);
  expect(versionsOf(members)).toEqual(['1.0', '2.0']);
});
