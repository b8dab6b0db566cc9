// What becomes an event, what only a figure; gaps from opening to closing; log lines as they were written.

import { type ActorId, actorIdFromBytes } from '@patina/engine/base/actor-id.ts';
import type { ActorState } from '@patina/engine/ports.ts';
import { expect, test } from 'vitest';
import { GapWatch } from './gap-watch.ts';
import { LatencyWindow } from './latencies.ts';
import { LogRing } from './log-ring.ts';
import { Recorder } from './recorder.ts';

const actorId: ActorId = actorIdFromBytes(new Uint8Array(16));
const wallMs = (): number => 2_000_000_000_000;
let nowMs = 0;
const monotonicMs = (): number => nowMs;

const outcome = {
  result: 'agreed',
  rejection: undefined,
  error: undefined,
  chunks: 0,
  bytes: 0,
  emptyVersions: 0,
  gainedVersions: 0,
  requests: 0,
  durationMs: 12.4,
} as const;

test('sync that brings something is an event, agreement only a session', () => {
  const recorder = new Recorder({ wallMs, monotonicMs });
  const session = { kind: 'sync-finished', role: 'client', address: '10.0.0.1:1' } as const;
  recorder.onNodeEvent({ ...session, outcome });
  recorder.onNodeEvent({
    ...session,
    outcome: { ...outcome, result: 'complete', chunks: 3, bytes: 9 },
  });
  recorder.onNodeEvent({ ...session, role: 'server', outcome: { ...outcome, result: 'timeout' } });
  expect(recorder.sessions.length).toBe(3);
  expect(recorder.events.read({ limit: 10 }).map(({ text }) => text)).toEqual([
    'sync with 10.0.0.1:1 ended: timeout',
    'sync brought 3 chunks from 10.0.0.1:1',
  ]);
  expect(recorder.counts).toMatchObject({ syncSessions: 3, syncFailed: 1, syncReceivedBytes: 9 });
});

test('a flood of one kind leaves room for others', () => {
  const recorder = new Recorder({ wallMs, monotonicMs });
  const entry = { text: 'x', fields: {} } as const;
  for (let n = 0; n < 1_000; n++) recorder.add({ kind: 'quarantined', ...entry });
  recorder.add({ kind: 'started', ...entry });
  expect(recorder.events.length).toBe(51);
  nowMs += 1_000;
  recorder.add({ kind: 'quarantined', ...entry });
  expect(recorder.events.length).toBe(52);
});

test('only slow queries are events, with a part of their SQL', () => {
  const recorder = new Recorder({ wallMs, monotonicMs });
  recorder.queryEnded('SELECT 1', 2);
  recorder.queryEnded(`SELECT '${'x'.repeat(2_000)}'`, 1_500);
  const events = recorder.events.read({ limit: 10 });
  expect(events).toMatchObject([{ kind: 'slow-query', fields: { ms: 1_500 } }]);
  expect(String(events[0]?.fields['sql']).length).toBe(500);
  expect(recorder.latencies.query.answer('query')).toMatchObject({ count: 2, max_ms: 1_500 });
});

test('a gap is told when it opens and when it closes', () => {
  const watch = new GapWatch();
  const book = (revision: number, gaps: ActorState['gaps']) => ({
    revision,
    state: () => [{ actorId, head: 9, gaps, partials: [] }],
  });
  expect(watch.look(book(1, []), 0)).toEqual([]);
  expect(watch.look(book(2, [[3, 5]]), 1_000)).toEqual([
    { kind: 'gap-opened', actorId, versions: 3, openMs: 0 },
  ]);
  expect(watch.look(book(3, [[2, 5]]), 2_000)).toEqual([]);
  expect(watch.look(book(3, []), 3_000)).toEqual([]);
  expect(watch.look(book(4, []), 4_000)).toEqual([
    { kind: 'gap-closed', actorId, versions: 4, openMs: 3_000 },
  ]);
});

test('durations are forgotten after 15 minutes', () => {
  const window = new LatencyWindow(monotonicMs);
  window.add(10);
  expect(window.recent(0.5)).toBeCloseTo(10, 0);
  nowMs += 5 * 60_000;
  expect(window.recent(0.5)).toBeUndefined();
  expect(window.answer('x').count).toBe(1);
  nowMs += 15 * 60_000;
  expect(window.answer('x')).toMatchObject({ count: 0, p50_ms: null, max_ms: null });
});

test('log lines are kept by level, with their fields', () => {
  const ring = new LogRing(wallMs);
  ring.add('{"level":"info","time":"t","component":"node","msg":"hello","n":1}\n');
  ring.add('{"level":"error","time":"t","msg":"oh"}\n');
  expect(ring.read({ limit: 10 }, 'trace')).toMatchObject([
    { level: 'error', message: 'oh', component: null, fields: '{}' },
    { level: 'info', message: 'hello', component: 'node', fields: '{"n":1}' },
  ]);
  expect(ring.read({ limit: 10 }, 'warn').length).toBe(1);
});
