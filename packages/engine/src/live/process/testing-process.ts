// A live process for tests, in this process and without SQLite: the real server over an engine that holds
// rows in memory, with every message in the hands of the test.

import { must } from '../../base/assert.ts';
import { PatinaError } from '../../base/errors.ts';
import type { Timers } from '../../ports.ts';
import { testActor } from '../../storage/testing.ts';
import type {
  EnginePass,
  EngineQuery,
  LiveEngine,
  SnapshotReader,
} from '../engine/engine-types.ts';
import type { ChangeGroup, LiveChange, LiveQueryStats } from '../live-queries.ts';
import type { LiveExit, LiveProcess, LiveProcessHandlers } from './live-child.ts';
import type { FromLive, ToLive } from './live-protocol.ts';
import { LiveServer } from './live-server.ts';

interface KeptQuery {
  readonly id: string;
  readonly sql: string;
  state: 'filling' | 'live';
  changeId: number;
  readonly cellsByRow: Map<number, string>;
  groups: ChangeGroup[];
}

/** What survives the process: one table, and the queries on it, which all select everything. */
export class FakeFiles {
  readonly table = new Map<number, string>();
  readonly queries = new Map<string, KeptQuery>();
  version = 0;
  /** Changes kept of each query. */
  changesMax = 1_000;

  /** One commit that sets a row, or deletes it. */
  write(rowId: number, cells: string | undefined): void {
    this.version++;
    if (cells === undefined) this.table.delete(rowId);
    else this.table.set(rowId, cells);
  }
}

function changesTo(query: KeptQuery, table: ReadonlyMap<number, string>): LiveChange[] {
  const changes: LiveChange[] = [];
  let { changeId } = query;
  for (const [rowId, cells] of table) {
    const before = query.cellsByRow.get(rowId);
    if (before === cells) continue;
    const type = before === undefined ? 'insert' : 'update';
    changes.push({ type, rowId, cells, changeId: ++changeId });
  }
  for (const [rowId, cells] of query.cellsByRow) {
    if (!table.has(rowId)) changes.push({ type: 'delete', rowId, cells, changeId: ++changeId });
  }
  return changes;
}

function advance(files: FakeFiles, query: KeptQuery): ChangeGroup | undefined {
  const changes = changesTo(query, files.table);
  if (changes.length === 0) return undefined;
  query.cellsByRow.clear();
  for (const [rowId, cells] of files.table) query.cellsByRow.set(rowId, cells);
  query.changeId += changes.length;
  const origin = { actorId: testActor('a'), version: files.version, hlc: files.version };
  const group = { origins: [origin], changes };
  query.groups.push(group);
  while (query.groups.flatMap((each) => each.changes).length > files.changesMax) {
    query.groups.shift();
  }
  return group;
}

function snapshotOf(query: KeptQuery): SnapshotReader {
  const rows = [...query.cellsByRow].map(([rowId, cells]) => `{"row":[${rowId},${cells}]}\n`);
  let next = 0;
  return {
    changeId: query.changeId,
    next() {
      // Few at a time, so that much can happen between two pages.
      const page = rows.slice(next, next + 2);
      next += page.length;
      return page.length === 0 ? undefined : { lines: page.join(''), count: page.length };
    },
    isLost: false,
    close: () => undefined,
  };
}

function fakeEngine(files: FakeFiles): LiveEngine {
  const { queries } = files;
  const describe = (query: KeptQuery): EngineQuery => {
    const { id, state, changeId } = query;
    return { id, hash: '0123456789abcdef', columns: ['v'], isOrdered: false, state, changeId };
  };
  const bySql = (sql: string) => [...queries.values()].find((query) => query.sql === sql);
  const known = (id: string): KeptQuery => {
    const query = queries.get(id);
    if (query === undefined) throw new PatinaError('PATINA_NOT_FOUND', `no query ${id}`);
    return query;
  };
  const unused = (): never => {
    throw new Error('the fake engine has no such thing');
  };
  return {
    subscribe({ sql }) {
      const existing = bySql(sql);
      if (existing !== undefined) return describe(existing);
      const id = `00000000-0000-4000-8000-${String(queries.size).padStart(12, '0')}`;
      const made: KeptQuery = {
        id,
        sql,
        state: 'filling',
        changeId: 0,
        cellsByRow: new Map(),
        groups: [],
      };
      queries.set(id, made);
      return describe(made);
    },
    lookup({ sql }) {
      const query = bySql(sql);
      return query === undefined ? undefined : describe(query);
    },
    find(id) {
      const query = queries.get(id);
      return query === undefined ? undefined : describe(query);
    },
    explain: unused,
    explainQuery: unused,
    drop: (id) => void queries.delete(id),
    stats: () => [...queries.values()].map(statsOf),
    work(): EnginePass {
      const filled = [...queries.values()].filter(({ state }) => state === 'filling');
      for (const query of filled) {
        for (const [rowId, cells] of files.table) query.cellsByRow.set(rowId, cells);
        query.state = 'live';
      }
      const groups = [...queries.values()].flatMap((query) => {
        const group = advance(files, query);
        return group === undefined ? [] : [{ id: query.id, group }];
      });
      return {
        groups,
        watchGroups: [],
        filled: filled.map(({ id, changeId }) => ({ id, changeId, timeMs: 0 })),
        failed: [],
        againInMs: undefined,
      };
    },
    openSnapshot: (id) => snapshotOf(known(id)),
    changesSince(id, changeId, changesMax = Number.POSITIVE_INFINITY) {
      const query = known(id);
      if (changeId > query.changeId) return { kind: 'future', changeId: query.changeId };
      const minChangeId = (query.groups[0]?.changes[0]?.changeId ?? query.changeId + 1) - 1;
      if (changeId < minChangeId) return { kind: 'too-old', minChangeId };
      const groups: ChangeGroup[] = [];
      let count = 0;
      for (const group of query.groups) {
        if (must(group.changes[0], 'no group is empty').changeId <= changeId) continue;
        if (count >= changesMax) break;
        groups.push(group);
        count += group.changes.length;
      }
      return { kind: 'groups', groups };
    },
    watch: unused,
    unwatch: unused,
    close: () => undefined,
  };
}

function statsOf({ id, sql, state, changeId, cellsByRow }: KeptQuery): LiveQueryStats {
  return {
    id,
    hash: '0123456789abcdef',
    sql,
    mode: 're-run',
    state,
    subscribers: 0,
    rows: cellsByRow.size,
    changeId,
    evaluations: 0,
    evaluationMs: 0,
    costMsPerSecond: 0,
    lagged: 0,
    createdMs: 0,
  };
}

/** A process whose messages wait until the test lets them through. */
export class FakeProcess implements LiveProcess {
  readonly pid = 1;
  readonly #handlers: LiveProcessHandlers;
  readonly #server: LiveServer;
  readonly #toServer: ToLive[] = [];
  readonly #fromServer: FromLive[] = [];
  readonly #turns: (() => void)[] = [];
  /** Everything that it was told. */
  readonly told: ToLive[] = [];
  isGone = false;

  constructor(files: FakeFiles, handlers: LiveProcessHandlers) {
    this.#handlers = handlers;
    this.#server = new LiveServer({
      engine: fakeEngine(files),
      send: (message) => void this.#fromServer.push(message),
      flush: () => undefined,
      turns: {
        soon: (run) => void this.#turns.push(run),
        after: () => () => undefined,
      },
      monotonicMs: () => 0,
    });
    this.#fromServer.push({ kind: 'ready' });
  }

  send(message: ToLive): void {
    this.told.push(message);
    this.#toServer.push(message);
  }

  close(): void {
    this.exit({ kind: 'told' });
  }

  kill(): void {
    this.exit({ kind: 'told' });
  }

  /** It ends; what it had not delivered is lost. */
  exit(exit: LiveExit): void {
    if (this.isGone) return;
    this.isGone = true;
    this.#handlers.onExit(exit);
  }

  /** `queryId`: what it was evaluating. */
  crash(queryId = ''): void {
    this.exit({
      kind: 'crashed',
      queryId,
      error: new PatinaError('PATINA_INTERNAL', 'it crashed'),
    });
  }

  /** Lets one thing happen; false when there is nothing to do. `choice` picks among what can. */
  step(choice = 0): boolean {
    if (this.isGone) return false;
    const steps = [
      this.#toServer.length > 0 ? () => this.#take() : undefined,
      this.#turns.length > 0 ? () => this.#turns.shift()?.() : undefined,
      this.#fromServer.length > 0 ? () => this.#deliver() : undefined,
    ].filter((step) => step !== undefined);
    steps[choice % Math.max(1, steps.length)]?.();
    return steps.length > 0;
  }

  #take(): void {
    const message = this.#toServer.shift();
    if (message !== undefined && message.kind !== 'configure' && message.kind !== 'close') {
      this.#server.handle(message);
    }
  }

  #deliver(): void {
    const message = this.#fromServer.shift();
    if (message !== undefined) this.#handlers.onMessage(message);
  }
}

/** Timers that fire when the test says so. */
export class FakeTimers implements Timers {
  readonly #waiting = new Set<() => void>();

  after(_delayMs: number, run: () => void): () => void {
    this.#waiting.add(run);
    return () => this.#waiting.delete(run);
  }

  fire(): void {
    const due = [...this.#waiting];
    this.#waiting.clear();
    for (const run of due) run();
  }
}
