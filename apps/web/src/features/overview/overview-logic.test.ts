// What the first page says of a cluster, and the minutes that its charts show.

import { describe, expect, test } from 'vitest';
import type { ClusterMember, ClusterReading } from '../../connection/shapes.ts';
import { deepestQueue, sumOf, troublesOf, verdictOf } from './cluster-words.ts';
import { eventText } from './event-words.ts';
import {
  addPast,
  addReading,
  figureOf,
  figureOfAll,
  momentsMax,
  noHistory,
  otherBytes,
} from './history.ts';

type Latest = Record<string, number | null>;

function member(name: string, latest: Latest | null, state: ClusterMember['state'] = 'alive') {
  const about = {
    actor_id: name,
    address: name,
    api_url: null,
    software_version: '1',
    runtime_version: '1',
    pid: 1,
    started_at_ms: 0,
    uptime_ms: 0,
    now_ms: 0,
    incarnation: 0,
    latest: latest ?? {},
  };
  return {
    actor_id: name,
    address: name,
    state,
    incarnation: 0,
    rtt_ms: null,
    last_seen_ms: null,
    is_self: false,
    api_url: null,
    about: latest === null ? null : about,
    error: null,
  } satisfies ClusterMember;
}

const reading = (atMs: number, ...members: ClusterMember[]): ClusterReading => ({
  at_ms: atMs,
  cluster_name: '',
  actor_id: 'a',
  members,
  convergence: { p50_ms: 20, p99_ms: 80 },
});

describe('the verdict', () => {
  test('a cluster that is well', () => {
    const verdict = verdictOf(reading(0, member('a', {}), member('b', {})));
    expect(verdict.tone).toBe('good');
    expect(verdict.title).toBe('All 2 nodes are up, and no data is late');
    expect(verdict.text).toContain('80 ms');
  });

  test('a node that is down goes before one that is late', () => {
    const late = member('b', { lag_versions: 9, lag_p99: 5_000 });
    const down = member('c', null, 'down');
    expect(verdictOf(reading(0, late, down))).toMatchObject({ tone: 'bad', title: '1 node down' });
    expect(verdictOf(reading(0, member('a', {}), late))).toMatchObject({
      tone: 'warn',
      text: 'b lacks 9 versions, and is up to 5.0 s behind.',
    });
  });

  test('whoever does not answer is named, the worst first', () => {
    const members = [member('a', null), member('b', null, 'suspect'), member('c', null, 'down')];
    expect(troublesOf(members).map(({ kind }) => kind)).toEqual(['down', 'suspect', 'silent']);
    expect(verdictOf(reading(0, ...members.slice(0, 2))).title).toBe('2 nodes in doubt');
    expect(troublesOf([member('d', null, 'left')])).toEqual([]);
  });
});

test('the deepest queue of all nodes, and sums of what is known', () => {
  const members = [
    member('a', { writer_queue: 1, apply_queue: 7, gap_versions: 2 }),
    member('b', { writer_queue: 3, gap_versions: null }),
    member('c', null, 'down'),
  ];
  expect(deepestQueue(members)).toEqual({ length: 7, waits: 'wait to be merged', address: 'a' });
  expect(sumOf(members, 'gap_versions')).toBe(2);
  expect(sumOf(members, 'nothing')).toBeNull();
});

describe('the last minutes', () => {
  const series = (startMs: number, ...values: (number | null)[]) => [
    { name: 'writes', start_ms: startMs, step_ms: 1_000, values },
  ];

  test('readings are added, each once, and only so many are kept', () => {
    let history = noHistory;
    for (let at = 1; at <= momentsMax + 5; at++) {
      history = addReading(history, reading(at * 1_000, member('a', { writes: at })));
      history = addReading(history, reading(at * 1_000, member('a', { writes: -1 })));
    }
    expect(history.moments).toHaveLength(momentsMax);
    expect(figureOf(history, 'a', 'writes').slice(0, 2)).toEqual([6, 7]);
  });

  test('what nodes recorded comes before, and never in place of a reading', () => {
    let history = addReading(
      noHistory,
      reading(10_400, member('a', { writes: 5 }), member('b', {})),
    );
    history = addPast(history, 'a', series(8_100, 3, 4, 99));
    history = addPast(history, 'b', series(69_300, 1, 99), 60_000);
    history = addPast(history, 'c', series(9_300, 1));
    expect(history.moments.map(({ atMs }) => atMs)).toEqual([8_100, 9_100, 10_400]);
    expect(figureOf(history, 'a', 'writes')).toEqual([3, 4, 5]);
    expect(figureOf(history, 'b', 'writes')).toEqual([null, 1, null]);
    expect(figureOfAll(history, 'sum', ({ writes }) => writes)).toEqual([3, 5, 5]);
    expect(figureOfAll(history, 'max', ({ writes }) => writes)).toEqual([3, 4, 5]);
  });

  test('other traffic is never less than nothing', () => {
    expect(otherBytes({ network_sent: 10, broadcast_sent_bytes: 4, sync_sent_bytes: null })).toBe(
      6,
    );
    expect(otherBytes({ network_sent: 3, broadcast_sent_bytes: 4 })).toBe(0);
    expect(otherBytes({})).toBeNull();
  });
});

test('events name nodes by their addresses, and former ones shortly', () => {
  const known = 'a1'.repeat(16);
  const former = 'b2'.repeat(16);
  const addresses = new Map([[known, '10.0.0.1:8787']]);
  expect(eventText(`3 versions of ${known} and 1 of ${former} are missing`, addresses)).toBe(
    '3 versions of 10.0.0.1:8787 and 1 of b2b2b2b2 are missing',
  );
  const hash = 'c3'.repeat(32);
  expect(eventText(`schema ${hash}`, addresses)).toBe(`schema ${hash}`);
});
