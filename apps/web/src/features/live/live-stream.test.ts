// A stream that is interrupted, paused or overrun ends up with the result that it would have had, and says
// what happened.

import { expect, test } from 'vitest';
import type { Fault } from '../../connection/faults.ts';
import { feedMax } from './change-feed.ts';
import type { LiveEvent } from './live-events.ts';
import { heldMax, LiveStream, rowsMax, type StreamObserver } from './live-stream.ts';
import { ghostMs, markMs } from './row-marks.ts';

/** Beginning of 2024: where hybrid clocks begin. */
const epochMs = 1_704_067_200_000;

class World {
  nowMs = epochMs;
  readonly opens: { readonly from: string | undefined; readonly to: StreamObserver }[] = [];
  closed = 0;
  #frames: (() => void)[] = [];
  #timers: { readonly atMs: number; readonly callback: () => void }[] = [];
  readonly stream = new LiveStream({
    open: (from, to) => {
      this.opens.push({ from, to });
      return () => {
        this.closed++;
      };
    },
    nowMs: () => this.nowMs,
    onFrame: (callback) => this.#frames.push(callback),
    after: (ms, callback) => this.#timers.push({ atMs: this.nowMs + ms, callback }),
  });

  tell(...events: LiveEvent[]): void {
    for (const event of events) this.opens.at(-1)?.to.onEvent(event);
  }

  frame(): void {
    for (const callback of this.#frames.splice(0)) callback();
  }

  pass(ms: number): void {
    this.nowMs += ms;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.nowMs);
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.nowMs);
    for (const { callback } of due) callback();
  }

  get rows(): unknown[] {
    return this.stream.shown.map(({ cells }) => cells[0]);
  }
}

const opened = (start: 'snapshot' | 'resumed' | 'restarted'): LiveEvent => ({
  kind: 'opened',
  id: 'q',
  hash: 'h',
  columns: ['id', 'value'],
  ordered: false,
  start,
  reason: null,
});

const snapshot = (...ids: number[]): LiveEvent[] => [
  opened('snapshot'),
  { kind: 'rows', rows: ids.map((id) => [id, [id, 0]]) },
  { kind: 'snapshot-end', change_id: 0, cursor: 'q:0', time_ms: 1 },
];

const insert = (id: number, msSinceEpoch = 0): LiveEvent => ({
  kind: 'changes',
  changes: [{ type: 'insert', row_id: id, cells: [id, 0], change_id: id }],
  origins: [{ actor_id: 'a', version: id, hlc: msSinceEpoch * 4_096 }],
  cursor: `q:${id}`,
});

function started(...ids: number[]): World {
  const world = new World();
  world.stream.start();
  world.tell(...snapshot(...ids));
  world.frame();
  return world;
}

test('what came is applied once a frame', () => {
  const world = started();
  let told = 0;
  world.stream.onChange(() => told++);
  world.tell(insert(1), insert(2), insert(3));
  expect(world.rows).toEqual([]);
  world.frame();
  expect(world.rows).toEqual([1, 2, 3]);
  expect(told).toBe(1);
  expect(world.stream.status()).toMatchObject({ state: 'live', cursor: 'q:3' });
});

test('without frames, as in a window in the background, it is applied all the same', () => {
  const world = started();
  for (let id = 1; id <= 2_000; id++) world.tell(insert(id));
  expect(world.rows.length).toBeGreaterThanOrEqual(1_500);
  expect(world.stream.feed.entries(false).length).toBeLessThanOrEqual(2 * feedMax);
});

test('after a lost connection it goes on at the cursor, and says what was missed', () => {
  const world = started();
  world.tell(insert(1));
  world.stream.lose();
  expect(world.rows).toEqual([1]);
  expect(world.stream.status().state).toBe('lost');
  world.pass(800);
  world.stream.regain();
  expect(world.opens.at(-1)?.from).toBe('q:1');
  // What was told before the end of the connection is told again: it counts once.
  world.tell(opened('resumed'), insert(1), insert(2, 500), insert(3, 10_000));
  world.frame();
  expect(world.rows).toEqual([1, 2, 3]);
  const resumption = { how: 'resumed', missed: 1, awayMs: 800, reason: null };
  expect(world.stream.status()).toMatchObject({ state: 'live', resumption });
});

test('a pause holds changes back, and says how many wait', () => {
  const world = started(100);
  world.stream.pause();
  world.tell(insert(101), insert(102));
  world.frame();
  expect(world.rows).toEqual([100]);
  expect(world.stream.status()).toMatchObject({ state: 'paused', waiting: 2 });
  world.stream.resume();
  expect(world.rows).toEqual([100, 101, 102]);
  expect(world.stream.status()).toMatchObject({ state: 'live', waiting: 0 });
});

test('a long pause lets the stream go, and reads on from what was held', () => {
  const world = started();
  world.stream.pause();
  for (let id = 1; id <= heldMax + 1; id++) world.tell(insert(id));
  expect(world.stream.status()).toMatchObject({ isLetGo: true, waiting: heldMax });
  expect(world.closed).toBe(1);
  world.stream.resume();
  expect(world.opens.at(-1)?.from).toBe(`q:${heldMax}`);
  world.tell(opened('resumed'), insert(heldMax + 1));
  world.frame();
  expect(world.rows).toHaveLength(heldMax + 1);
  expect(world.stream.status()).toMatchObject({ state: 'live', isLetGo: false, waiting: 0 });
});

test('a connection that is lost during a pause goes on after what is held', () => {
  const world = started();
  world.stream.pause();
  world.tell(insert(1));
  world.stream.lose();
  world.stream.regain();
  expect(world.opens.at(-1)?.from).toBe('q:1');
  world.tell(opened('resumed'), insert(2));
  world.stream.resume();
  expect(world.rows).toEqual([1, 2]);
});

test('a snapshot takes the place of the rows all at once', () => {
  const world = started(1, 2);
  world.stream.lose();
  world.stream.regain();
  world.tell(opened('restarted'), { kind: 'rows', rows: [[7, [7, 0]]] });
  world.frame();
  expect(world.rows).toEqual([1, 2]);
  world.tell({ kind: 'snapshot-end', change_id: 9, cursor: 'r:9', time_ms: 1 });
  world.frame();
  expect(world.rows).toEqual([7]);
  expect(world.stream.status()).toMatchObject({ state: 'live', resumption: { how: 'anew' } });
});

test('a change that does not fit has the whole read anew', () => {
  const world = started();
  const change = { type: 'delete', row_id: 5, cells: [5, 0], change_id: 1 } as const;
  world.tell({ kind: 'changes', changes: [change], origins: [], cursor: 'q:1' });
  world.frame();
  expect(world.opens).toHaveLength(2);
  expect(world.opens.at(-1)?.from).toBeUndefined();
});

test('a cursor that is not known any more has the whole read anew; other faults are shown', () => {
  const world = started();
  const fault = (code: string): Fault => ({ code, text: 'No.', isForbidden: false });
  world.stream.lose();
  world.stream.regain();
  world.opens.at(-1)?.to.onFault(fault('PATINA_CURSOR_TOO_OLD'));
  expect(world.opens.at(-1)?.from).toBeUndefined();
  world.opens.at(-1)?.to.onFault(fault('PATINA_SQL_ERROR'));
  expect(world.stream.status()).toMatchObject({ state: 'failed', fault: { text: 'No.' } });
  world.stream.lose();
  expect(world.stream.status().state).toBe('failed');
});

test('a result that is too large for a page is let go', () => {
  const world = new World();
  world.stream.start();
  const rows = Array.from({ length: rowsMax + 1 }, (_, id) => [id, [id]] as const);
  world.tell(opened('snapshot'), { kind: 'rows', rows });
  world.frame();
  expect(world.stream.status()).toMatchObject({
    state: 'failed',
    fault: { code: 'TOO_MANY_ROWS' },
  });
  expect(world.closed).toBe(1);
});

test('marks pass, and deleted rows go after a moment', () => {
  const world = started(1, 2, 3);
  const change = { type: 'delete', row_id: 2, cells: [2, 0], change_id: 1 } as const;
  world.tell({ kind: 'changes', changes: [change], origins: [], cursor: 'q:1' }, insert(4));
  world.frame();
  expect(world.rows).toEqual([1, 2, 3, 4]);
  expect(world.stream.rowCount).toBe(3);
  const [, gone, , fresh] = world.stream.shown;
  if (gone === undefined || fresh === undefined) throw new Error('rows are missing');
  expect(world.stream.marks.isGone(gone)).toBe(true);
  expect(world.stream.marks.markOf(fresh)?.kind).toBe('inserted');
  world.pass(ghostMs);
  expect(world.rows).toEqual([1, 3, 4]);
  world.pass(markMs);
  expect(world.stream.marks.markOf(fresh)).toBeUndefined();
});

test('latencies count from the commit to the arrival', () => {
  const world = started();
  world.nowMs = epochMs + 1_040;
  world.tell(insert(1, 1_000));
  world.nowMs += 500;
  world.frame();
  expect(world.stream.feed.entries(false)).toMatchObject([{ latencyMs: 40 }]);
  expect(world.stream.feed.medianMs).toBe(40);
  expect(world.stream.feed.rate(world.nowMs + 1_000)).toBe(0.2);
});
