// Bands are by deviation from the mean, coarse clocks make none, and places stay.

import { expect, test } from 'vitest';
import type { ConnectionsAnswer } from '../../connection/link-rates.ts';
import { distancesOf, Places, rttBandOf, rttMatrixOf, rttSummaryOf } from './node-links.ts';

function answersOf(rtts: Readonly<Record<string, Readonly<Record<string, number>>>>) {
  return Object.entries(rtts).map(
    ([id, peers]): ConnectionsAnswer => ({
      actor_id: id,
      address: `host:${id}`,
      ok: true,
      answer: Object.entries(peers).map(([peer, rtt]) => ({
        actor_id: peer,
        address: `host:${peer}`,
        rtt_ms: rtt,
        bytes_sent: 0,
        bytes_received: 0,
        packets_lost: 1,
      })),
    }),
  );
}

const silent: ConnectionsAnswer = {
  actor_id: 'd',
  address: 'host:d',
  ok: false,
  error: { code: 'X', error: 'gone' },
};

test('the matrix has a cell for each connection, and means by row and column', () => {
  const matrix = rttMatrixOf([...answersOf({ b: { a: 30 }, a: { b: 10, c: 20 }, c: {} }), silent]);
  expect(matrix.nodes.map(({ address }) => address)).toEqual([
    ...['host:a', 'host:b', 'host:c', 'host:d'],
  ]);
  expect(matrix.cells[0]?.map((cell) => cell?.rttMs ?? null)).toEqual([null, 10, 20, null]);
  expect(matrix.meanMs).toBe(20);
  expect(matrix.rowMeansMs).toEqual([15, 30, null, null]);
  expect(matrix.columnMeansMs).toEqual([30, 10, 20, null]);
  expect(matrix.nodes[3]?.trouble).toBe('gone');
  expect(rttSummaryOf(matrix)).toBe(
    'Mean round trip 20.0 ms; the longest, 30.0 ms, is from host:b to host:a.',
  );
  expect(rttSummaryOf(rttMatrixOf([silent]))).toContain('No round trip');
});

test('there are five bands, and differences below the clock are none', () => {
  expect([0, 8, 10, 12, 16].map((rtt) => rttBandOf(rtt, 10, 2))).toEqual([0, 1, 2, 3, 4]);
  expect([0, 0.4].map((rtt) => rttBandOf(rtt, 0.2, 0.2))).toEqual([2, 2]);
});

test('distances take both directions, and know what was not measured', () => {
  const matrix = rttMatrixOf(answersOf({ a: { b: 10 }, b: { a: 8 }, c: {} }));
  expect(distancesOf(matrix)).toEqual([
    [0, 3, null],
    [3, 0, null],
    [null, null, 0],
  ]);
});

test('nodes keep their places when round trips change, and when one leaves', () => {
  const places = new Places();
  const before = places.of(
    rttMatrixOf(answersOf({ a: { b: 10 }, b: { a: 10, c: 10 }, c: { a: 5 } })),
  );
  const changed = rttMatrixOf(answersOf({ a: { b: 90 }, b: { a: 90, c: 2 }, c: { a: 70 } }));
  expect(places.of(changed)).toEqual(before);
  expect(places.of(rttMatrixOf(answersOf({ a: {}, b: {} }))).length).toBe(2);
  places.clear();
  expect(places.of(changed)).not.toEqual(before);
});
