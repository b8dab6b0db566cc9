// The main thread's side with a process that the test holds in its hands: what readers get is in order,
// without gap and repetition, whatever happens when.

import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { must } from '../../base/assert.ts';
import { PatinaError } from '../../base/errors.ts';
import type { LiveHandle, OpenRequest } from '../live-queries.ts';
import { FakeFiles, FakeProcess, FakeTimers } from '../process/testing-process.ts';
import type { LiveEvent } from './live-hub.ts';
import { LiveHub } from './live-hub.ts';
import { HeldResult } from './testing-readers.ts';

class Rig {
  readonly files = new FakeFiles();
  readonly timers = new FakeTimers();
  readonly processes: FakeProcess[] = [];
  readonly events: LiveEvent[] = [];
  readonly hub: LiveHub;
  turnedOff = 0;

  constructor(queueChangesMax = 100) {
    this.hub = new LiveHub({
      limits: {
        queueChangesMax,
        queueBytesMax: 1_000_000,
        subscribersMax: 100,
        clientSubscribersMax: 50,
        unusedMs: 0,
      },
      timers: this.timers,
      monotonicMs: () => 0,
      newId: () => 'watch',
      startProcess: (handlers) => {
        const process = new FakeProcess(this.files, handlers);
        this.processes.push(process);
        return process;
      },
      onEvent: (event) => void this.events.push(event),
      onTurnedOff: () => void this.turnedOff++,
    });
  }

  get process(): FakeProcess {
    return must(this.processes.at(-1), 'a process was started');
  }

  open(sink: HeldResult, more: Partial<OpenRequest> = {}): Promise<LiveHandle> {
    const query = { sql: 'SELECT v FROM t', params: [] };
    return this.hub.open({ query, role: 'r', client: 'c', ...more }, sink);
  }

  write(rowId: number, cells: string | undefined): void {
    this.files.write(rowId, cells);
    this.hub.wake();
  }

  /** Lets everything happen that can, and the promises of takers with it. */
  async settle(): Promise<void> {
    let quietTurns = 0;
    while (quietTurns < 3) {
      quietTurns = this.processes.some((process) => process.step()) ? 0 : quietTurns + 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

let rig: Rig;

beforeEach(() => {
  rig = new Rig();
});

async function opened(sink: HeldResult, more: Partial<OpenRequest> = {}): Promise<LiveHandle> {
  const opening = rig.open(sink, more);
  await rig.settle();
  return opening;
}

async function failure(promise: Promise<unknown>): Promise<PatinaError> {
  const outcome = promise.catch((error: unknown) => error);
  await rig.settle();
  const error = await outcome;
  if (error instanceof PatinaError) return error;
  throw new Error(`expected a PatinaError, got ${String(error)}`);
}

function rowsOf(files: FakeFiles): string[] {
  return [...files.table.values()].toSorted();
}

it('groups that come amid a snapshot follow it', async () => {
  for (let id = 1; id <= 20; id++) rig.files.write(id, `["${id}"]`);
  const reader = new HeldResult();
  const held = Promise.withResolvers<void>();
  reader.onTake = () => held.promise;
  await opened(reader);
  expect(reader.rowPages).toBe(1);
  rig.write(1, '["changed"]');
  rig.write(21, '["new"]');
  await rig.settle();
  expect(reader.groups).toHaveLength(0);
  reader.onTake = () => undefined;
  held.resolve();
  await rig.settle();
  expect(reader.snapshotEnd).toBe(0);
  expect(reader.rows()).toEqual(rowsOf(rig.files));
});

it('a taker that is too slow is told where to go on; others notice nothing', async () => {
  const slow = new HeldResult();
  const quick = new HeldResult();
  await opened(slow);
  await opened(quick);
  slow.onTake = () => new Promise(() => undefined);
  for (let id = 1; id <= 150; id++) {
    rig.write(id, `["${id}"]`);
    await rig.settle();
  }
  expect(slow.groups).toHaveLength(1);
  expect(slow.lagged).toBe(slow.cursor);
  expect(quick.changeId).toBe(150);
  expect(rig.hub.stats()).toMatchObject({ lagged: 1, subscribers: 1 });
});

it('one group may be larger than all limits', async () => {
  rig = new Rig(5);
  const reader = new HeldResult();
  await opened(reader);
  for (let id = 1; id <= 50; id++) rig.files.write(id, `["${id}"]`);
  rig.hub.wake();
  await rig.settle();
  expect(reader.groups).toHaveLength(1);
  expect(reader.changeId).toBe(50);
});

it('a snapshot of which nothing was read begins anew in the next process', async () => {
  rig.files.write(1, '["one"]');
  const reader = new HeldResult();
  const opening = rig.open(reader);
  const { process } = rig;
  while (!process.told.some(({ kind }) => kind === 'open-snapshot')) process.step();
  process.crash();
  rig.files.write(2, '["two"]');
  rig.timers.fire();
  await rig.settle();
  await opening;
  expect(reader.rows()).toEqual(rowsOf(rig.files));
  expect(reader.ended).toBeUndefined();
});

it('a snapshot that was read in part ends with an error', async () => {
  for (let id = 1; id <= 20; id++) rig.files.write(id, `["${id}"]`);
  const reader = new HeldResult();
  reader.onTake = () => new Promise(() => undefined);
  await opened(reader);
  expect(reader.rowPages).toBe(1);
  rig.process.crash();
  expect(reader.ended).toMatchObject({ code: 'PATINA_SUBSCRIPTION_FAILED' });
  expect(rig.hub.stats().subscribers).toBe(0);
});

it('asks once for what all readers missed while there was no process', async () => {
  const readers = Array.from({ length: 10 }, () => new HeldResult());
  for (const reader of readers) await opened(reader);
  rig.process.crash();
  rig.write(1, '["one"]');
  rig.write(2, '["two"]');
  rig.timers.fire();
  await rig.settle();
  for (const reader of readers) expect(reader.rows()).toEqual(['["one"]', '["two"]']);
  const questions = rig.process.told.filter(
    (message) => message.kind === 'question' && message.question.kind === 'since',
  );
  expect(questions.length).toBeLessThanOrEqual(1);
});

it('what is asked while there is no process is answered by the next', async () => {
  await opened(new HeldResult());
  rig.process.crash();
  const reader = new HeldResult();
  const opening = rig.open(reader);
  await rig.settle();
  expect(reader.opened).toBeUndefined();
  rig.timers.fire();
  await rig.settle();
  expect((await opening).opened.start).toBe('snapshot');
});

it('a query that got stuck is dropped before the next process evaluates anything', async () => {
  const reader = new HeldResult();
  const { opened: first } = await opened(reader);
  const other = new HeldResult();
  await opened(other, { query: { sql: 'SELECT other', params: [] } });
  rig.process.exit({ kind: 'stuck', queryId: first.id });
  expect(reader.ended).toMatchObject({ code: 'PATINA_SQL_TIMEOUT' });
  rig.timers.fire();
  await rig.settle();
  const kinds = rig.process.told.map((message) =>
    message.kind === 'question' ? message.question.kind : message.kind,
  );
  expect(kinds.indexOf('drop')).toBe(0);
  expect(kinds.indexOf('begin')).toBeGreaterThan(kinds.indexOf('attach'));
  rig.write(1, '["one"]');
  await rig.settle();
  expect(other.changeId).toBe(1);
});

it('a query amid which the process crashes again and again ends alone', async () => {
  const bad = new HeldResult();
  const good = new HeldResult();
  const { opened: first } = await opened(bad);
  await opened(good, { query: { sql: 'SELECT other', params: [] } });
  for (let crash = 0; crash < 3; crash++) {
    expect(bad.ended).toBeUndefined();
    rig.process.crash(first.id);
    rig.timers.fire();
  }
  expect(bad.ended).toMatchObject({ code: 'PATINA_SUBSCRIPTION_FAILED' });
  rig.write(1, '["one"]');
  await rig.settle();
  expect(good.changeId).toBe(1);
  expect(rig.files.queries.size).toBe(1);
});

it('a query that others of its processes have evaluated is not to blame for their ends', async () => {
  const reader = new HeldResult();
  const { opened: first } = await opened(reader);
  for (let crash = 0; crash < 8; crash++) {
    rig.process.crash(first.id);
    rig.timers.fire();
    rig.write(crash, `["${crash}"]`);
    await rig.settle();
  }
  expect(reader.ended).toBeUndefined();
  expect(reader.changeId).toBe(8);
});

it('gives up on a process that never gets to work, and tries again when asked', async () => {
  const opening = failure(rig.open(new HeldResult()));
  for (let attempt = 0; attempt < 6; attempt++) {
    rig.process.crash();
    rig.timers.fire();
  }
  expect((await opening).code).toBe('PATINA_SUBSCRIPTION_FAILED');
  expect(rig.events.at(-1)).toMatchObject({ kind: 'given-up' });
  const started = rig.processes.length;
  const reader = new HeldResult();
  await opened(reader);
  expect(rig.processes).toHaveLength(started + 1);
  expect(reader.snapshotEnd).toBe(0);
});

it('says that changes are gone: as an error for an id, with a new snapshot for a cursor', async () => {
  rig.files.changesMax = 3;
  const reader = new HeldResult();
  const { opened: first } = await opened(reader);
  for (let id = 1; id <= 10; id++) {
    rig.write(id, `["${id}"]`);
    await rig.settle();
  }
  const tooOld = await failure(rig.open(new HeldResult(), { from: 2 }));
  expect(tooOld.code).toBe('PATINA_CURSOR_TOO_OLD');
  expect(tooOld.message).toContain('min change id: 7');
  const restarted = new HeldResult();
  const { opened: second } = await opened(restarted, { from: `${first.id}:2` });
  expect(second).toMatchObject({ start: 'restarted' });
  expect(restarted.rows()).toEqual(rowsOf(rig.files));
});

it('who joins while the last other reader leaves gets every change', async () => {
  const first = await opened(new HeldResult());
  const reader = new HeldResult();
  const opening = rig.open(reader);
  first.close();
  await rig.settle();
  await opening;
  rig.write(1, '["one"]');
  await rig.settle();
  expect(reader.rows()).toEqual(['["one"]']);
});

it('a sink that throws loses its subscription, and nobody else', async () => {
  const good = new HeldResult();
  const bad = new HeldResult();
  await opened(good);
  await opened(bad);
  bad.onGroup = () => {
    throw new Error('no more');
  };
  rig.write(1, '["one"]');
  await rig.settle();
  expect(good.changeId).toBe(1);
  expect(rig.hub.stats().subscribers).toBe(1);
  expect(rig.events).toMatchObject([{ kind: 'sink-fault' }]);
});

it('an unused query is forgotten, and then the process ends', async () => {
  const handle = await opened(new HeldResult());
  handle.close();
  for (let check = 0; check < 3; check++) {
    rig.timers.fire();
    await rig.settle();
  }
  expect(rig.files.queries.size).toBe(0);
  expect(rig.process.isGone).toBe(true);
  expect(rig.turnedOff).toBe(1);
});

it('ends readers and refuses newcomers when it stops', async () => {
  const reader = new HeldResult();
  await opened(reader);
  const opening = failure(
    rig.open(new HeldResult(), { query: { sql: 'SELECT more', params: [] } }),
  );
  await rig.hub.stop();
  expect(reader.ended).toMatchObject({ code: 'PATINA_SHUTTING_DOWN' });
  expect((await opening).code).toBe('PATINA_SHUTTING_DOWN');
  expect((await failure(rig.open(new HeldResult()))).code).toBe('PATINA_SHUTTING_DOWN');
  expect(rig.process.isGone).toBe(true);
});

type Deed =
  | { readonly kind: 'write'; readonly rowId: number; readonly value: number | undefined }
  | { readonly kind: 'open' | 'close' | 'hold' | 'release'; readonly reader: number }
  | { readonly kind: 'steps'; readonly choices: readonly number[] }
  | { readonly kind: 'crash' | 'restart' | 'pause' };

const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      rowId: fc.integer({ min: 1, max: 8 }),
      value: fc.option(fc.nat(5), { nil: undefined }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('open', 'close', 'hold', 'release'),
      reader: fc.nat(3),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('steps' as const),
      choices: fc.array(fc.nat(5), { maxLength: 12 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('crash' as const, 'restart' as const) }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'pause' as const }) },
);

/** A reader that comes back with its cursor whenever it is cut off. */
class Follower extends HeldResult {
  #gate: PromiseWithResolvers<void> | undefined;
  isOpening = false;
  isIn = false;
  #handle: LiveHandle | undefined;

  override onTake = (): void | Promise<void> => this.#gate?.promise;

  hold(): void {
    this.#gate ??= Promise.withResolvers<void>();
  }

  release(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  /** Goes of its own accord. */
  leave(): void {
    this.#handle?.close();
    this.#handle = undefined;
    if (!this.isOpening) this.isIn = false;
  }

  override onLagged(cursor: string): void {
    super.onLagged(cursor);
    this.isIn = false;
  }

  override onEnded(error: PatinaError | undefined): void {
    super.onEnded(error);
    this.isIn = false;
  }

  async follow(own: Rig): Promise<void> {
    if (this.isIn || this.isOpening) return;
    this.isOpening = true;
    // Rows of a snapshot that broke off are no state to go on from.
    const hasState = this.opened !== undefined && this.snapshotEnd !== undefined;
    const from = hasState ? this.cursor : undefined;
    if (!hasState) this.cellsByRow.clear();
    try {
      this.#handle = await own.open(this, from === undefined ? {} : { from });
    } catch (error) {
      if (!(error instanceof PatinaError)) throw error;
      this.isIn = false;
    }
    this.isOpening = false;
  }

  override onOpened(opened: NonNullable<HeldResult['opened']>): void {
    super.onOpened(opened);
    if (opened.start !== 'resumed') this.snapshotEnd = undefined;
    this.isIn = true;
  }
}

async function run(own: Rig, followers: readonly Follower[], done: Deed): Promise<void> {
  const at = (index: number): Follower => must(followers[index], 'a follower of each number');
  if (done.kind === 'write') {
    own.write(done.rowId, done.value === undefined ? undefined : `["${done.value}"]`);
  } else if (done.kind === 'open') void at(done.reader).follow(own);
  else if (done.kind === 'close') at(done.reader).leave();
  else if (done.kind === 'hold') at(done.reader).hold();
  else if (done.kind === 'release') at(done.reader).release();
  else if (done.kind === 'steps') {
    for (const choice of done.choices) own.processes.at(-1)?.step(choice);
  } else if (done.kind === 'crash') own.processes.at(-1)?.crash();
  else if (done.kind === 'restart') own.timers.fire();
  else await new Promise((resolve) => setImmediate(resolve));
}

it('whatever happens when, every reader ends with the result, without gap and repetition', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 60 }), async (deeds) => {
      const own = new Rig(4);
      own.files.changesMax = 12;
      const followers = Array.from({ length: 4 }, () => new Follower());
      for (const done of deeds) await run(own, followers, done);
      // In the end nothing gets in the way any more; each comes back until it has everything.
      for (let round = 0; round < 6; round++) {
        for (const follower of followers) follower.release();
        own.timers.fire();
        await own.settle();
        for (const follower of followers) void follower.follow(own);
        await own.settle();
      }
      own.hub.wake();
      await own.settle();
      const expected = rowsOf(own.files);
      for (const follower of followers) expect(follower.rows()).toEqual(expected);
      expect(own.events.filter(({ kind }) => kind === 'sink-fault')).toEqual([]);
      await own.hub.stop();
    }),
    { numRuns: 2_000 },
  );
}, 60_000);
