// An engine on a replica's file, and a reader that holds what it was told: for tests.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { ActorId } from '../../base/actor-id.ts';
import { must } from '../../base/assert.ts';
import { cellsToJson, type RawCell } from '../../storage/row-encoder.ts';
import type { SqlParams } from '../../storage/sql-value.ts';
import { openTestReplica, type TestReplica, testActor } from '../../storage/testing.ts';
import type { ChangeGroup } from '../live-queries.ts';
import { createLiveEngine } from './engine.ts';
import type { EngineLimits, EnginePass, LiveEngine } from './engine-types.ts';

export const testLimits: EngineLimits = {
  queriesMax: 20_000,
  queryRowsMax: 1_000_000,
  rowsMax: 2_000_000,
  rerunRowsMax: 100_000,
  changesMax: 1_000,
  snapshotChangesMax: 1_000,
};

export interface TestNode {
  readonly node: TestReplica;
  readonly databasePath: string;
  readonly statePath: string;
  engine: LiveEngine;
  readonly clock: { ms: number };
  /** Opens the engine, after it was closed. */
  open(): void;
  /** Opens the engine anew on the same files. */
  restart(): void;
  close(): void;
}

/** A replica in a file of its own, and an engine on it. */
export function openTestNode(
  schema: string,
  limits: Partial<EngineLimits> = {},
  actor: ActorId = testActor('a'),
): TestNode {
  const folder = mkdtempSync(join(tmpdir(), 'patina-live-'));
  const databasePath = join(folder, 'node.db');
  const db = new Database(databasePath);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = OFF');
  const node = openTestReplica({ actor, schema, db });
  const statePath = join(folder, 'live.db');
  const clock = { ms: 0 };
  let ids = 0;
  const open = (): LiveEngine =>
    createLiveEngine({
      databasePath,
      statePath,
      limits: { ...testLimits, ...limits },
      monotonicMs: () => performance.now() + clock.ms,
      wallMs: () => node.clock.wallMs,
      newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
    });
  const test: TestNode = {
    node,
    databasePath,
    statePath,
    clock,
    engine: open(),
    open() {
      test.engine = open();
    },
    restart() {
      test.engine.close();
      test.engine = open();
    },
    close() {
      test.engine.close();
      db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return test;
}

/** What a subscriber holds: rows by id, in order where there is one. */
export class TestReader {
  readonly id: string;
  readonly isOrdered: boolean;
  readonly cellsById = new Map<number, string>();
  order: number[] = [];
  changeId = 0;

  constructor(engine: LiveEngine, id: string) {
    this.id = id;
    const query = must(engine.find(id), 'the query is there');
    this.isOrdered = query.isOrdered;
    const snapshot = engine.openSnapshot(id);
    this.changeId = snapshot.changeId;
    for (let page = snapshot.next(7); page !== undefined; page = snapshot.next(7)) {
      for (const line of page.lines.trimEnd().split('\n')) {
        const [, rowId, cells] = must(/^\{"row":\[(\d+),(.*)\]\}$/.exec(line) ?? undefined, line);
        this.cellsById.set(Number(rowId), cells ?? '');
        this.order.push(Number(rowId));
      }
    }
  }

  /** Takes the groups of a pass that are for it. */
  take(pass: EnginePass): ChangeGroup[] {
    const groups = pass.groups.filter(({ id }) => id === this.id).map(({ group }) => group);
    for (const group of groups) this.apply(group);
    return groups;
  }

  apply(group: ChangeGroup): void {
    const placed: { rowId: number; position: number }[] = [];
    for (const { type, rowId, cells, changeId, position } of group.changes) {
      if (changeId !== this.changeId + 1) throw new Error(`${changeId} after ${this.changeId}`);
      this.changeId = changeId;
      const isKnown = this.cellsById.has(rowId);
      if (isKnown !== (type !== 'insert')) throw new Error(`${type} of row ${rowId}`);
      if (type === 'delete') {
        if (this.cellsById.get(rowId) !== cells) throw new Error(`last cells of row ${rowId}`);
        this.cellsById.delete(rowId);
      } else this.cellsById.set(rowId, cells);
      if (type === 'delete' || position !== undefined) {
        this.order = this.order.filter((other) => other !== rowId);
      }
      if (position !== undefined) placed.push({ rowId, position });
    }
    for (const { rowId, position } of placed.sort((a, b) => a.position - b.position)) {
      this.order.splice(position, 0, rowId);
    }
  }

  /** Its rows as cells: in order where there is one, otherwise sorted. */
  rows(): string[] {
    if (!this.isOrdered) return [...this.cellsById.values()].sort();
    return this.order.map((rowId) => must(this.cellsById.get(rowId), 'ordered rows are there'));
  }
}

/** What the query yields now, as {@link TestReader.rows} has it. */
export function freshRows(test: TestNode, sql: string, isOrdered: boolean): string[] {
  const statement = test.node.replica.db.prepare<[], RawCell[]>(sql).raw(true).safeIntegers(true);
  const rows = statement.all().map((row) => cellsToJson(row, 0));
  return isOrdered ? rows : rows.sort();
}

/** Subscribes and fills. */
export function subscribe(test: TestNode, sql: string, params: SqlParams = []): TestReader {
  const { id } = test.engine.subscribe({ sql, params, role: 'reader' });
  const pass = test.engine.work(Number.POSITIVE_INFINITY);
  const failed = pass.failed.find((failure) => failure.id === id);
  if (failed !== undefined) throw failed.error;
  return new TestReader(test.engine, id);
}
