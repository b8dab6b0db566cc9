// Bytes per second come from counters, also where connections are made anew or one side is silent.

import { expect, test } from 'vitest';
import { type ConnectionFigures, noLinks, rateNow, ratesMax, readLinks } from './link-rates.ts';

const peer = (actorId: string, sent: number, received = 0): ConnectionFigures => ({
  actor_id: actorId,
  address: actorId,
  rtt_ms: 2,
  bytes_sent: sent,
  bytes_received: received,
  packets_lost: 0,
});
const answer = (actorId: string, ...peers: ConnectionFigures[]) =>
  ({ actor_id: actorId, address: actorId, ok: true, answer: peers }) as const;

test('a rate needs two readings, and a counter that fell gives none', () => {
  const first = readLinks(noLinks, [answer('a', peer('b', 1_000))], 0);
  expect(first.links.map(rateNow)).toEqual([null, null]);
  const second = readLinks(first, [answer('a', peer('b', 5_000))], 2_000);
  expect(second.links[0]).toMatchObject({ from: 'a', to: 'b', rttMs: 2 });
  expect(second.links[0]?.bytesPerS).toEqual([null, 2_000]);
  const renewed = readLinks(second, [answer('a', peer('b', 10))], 4_000);
  expect(renewed.links[0]?.bytesPerS).toEqual([null, 2_000, null]);
  expect(readLinks(renewed, [answer('a')], 6_000).links).toEqual([]);
});

test('what a silent node sends is told by who receives it', () => {
  const silent = {
    actor_id: 'b',
    address: 'b',
    ok: false,
    error: { error: '', code: '' },
  } as const;
  const first = readLinks(noLinks, [answer('a', peer('b', 0, 100)), silent], 0);
  const { links } = readLinks(first, [answer('a', peer('b', 0, 400)), silent], 1_000);
  expect(links.map(({ from, to, bytesPerS }) => [from, to, bytesPerS.at(-1)])).toEqual([
    ['a', 'b', 0],
    ['b', 'a', 300],
  ]);
});

test('only so many rates are kept', () => {
  let memory = noLinks;
  for (let at = 0; at < ratesMax + 20; at++) {
    memory = readLinks(memory, [answer('a', peer('b', at * 10)), answer('b')], at * 1_000);
  }
  expect(memory.links[0]?.bytesPerS.length).toBe(ratesMax);
});
