// Merging: applies the changes of other actors to clocks and rows. Whatever the order, batching or
// repetition in which changesets arrive, the result is the same (promise P1): a base is a maximum of
// clocks, each cell is a maximum of clocks, and values follow their clocks.

import { PatinaError } from '../base/errors.ts';
import { quoteName } from '../base/sql-text.ts';
import { OddText, type SqlValue } from '../base/value.ts';
import type { Change, ChangeBlock, ChangesetChunk } from '../crdt/changeset.ts';
import { compareClocks, decidingRule, isAlive, type RowClock, unknownBase } from '../crdt/clock.ts';
import { type MergeSql, mergeSql, updateCellSql, upsertRowSql } from '../crdt/merge-sql.ts';
import {
  hasOddKey,
  internalPrefix,
  keyMatch,
  oddAsBytes,
  type ReplicatedColumn,
  type ReplicatedTable,
  withOddKey,
} from '../crdt/table.ts';
import type { ActorTable } from './actor-table.ts';
import type { ConflictLog } from './conflict-log.ts';
import { FreshRows, freshRowsMax } from './fresh-rows.ts';
import type { Statements } from './statements.ts';
import { ValueGuard } from './value-guard.ts';

interface Base extends RowClock {
  readonly cl: number;
}

interface Cell extends RowClock {
  readonly col: number;
}

/** A block matched with the local table. */
interface Target {
  readonly table: ReplicatedTable;
  readonly sql: MergeSql;
  readonly keyCount: number;
  readonly columns: readonly string[];
  /** Local ids of `columns` and of the superseded columns. */
  readonly columnIds: readonly number[];
  readonly supersededIds: readonly number[];
  readonly upsertRow: string;
  /** Local columns that the sender does not know: no image has them. */
  readonly unknownToSender: readonly ReplicatedColumn[];
}

/** Where the incoming changes come from. */
interface Origin {
  readonly actor: number;
  readonly version: number;
  readonly hlc: number;
  readonly nowMs: number;
}

export class Merger {
  readonly #statements: Statements;
  readonly #actors: ActorTable;
  readonly #conflicts: ConflictLog;
  readonly #valueGuard: ValueGuard;
  #judges = false;
  #tablesByName: ReadonlyMap<string, ReplicatedTable> = new Map();
  readonly #freshRows: FreshRows;
  readonly #sqlByTable = new Map<ReplicatedTable, MergeSql>();

  constructor(statements: Statements, actors: ActorTable, conflicts: ConflictLog) {
    this.#statements = statements;
    this.#actors = actors;
    this.#conflicts = conflicts;
    this.#valueGuard = new ValueGuard(statements);
    this.#freshRows = new FreshRows(statements);
  }

  /** Sets the replicated tables, at the start and after every change of schema; in no transaction. */
  setTables(tablesByName: ReadonlyMap<string, ReplicatedTable>): void {
    this.#tablesByName = tablesByName;
    this.#sqlByTable.clear();
    this.#valueGuard.setTables(tablesByName.values());
    this.#judges = [...tablesByName.values()].some(({ guards }) => guards.length > 0);
  }

  /** Whether any column asks anything of its values. */
  get judges(): boolean {
    return this.#judges;
  }

  /**
   * Throws PATINA_SQL_CONSTRAINT when a column of this schema would never take its value; to be asked
   * of all chunks of a version before the first is merged.
   */
  judge(chunk: ChangesetChunk): void {
    for (const { kind, table: name, key, columns, changes } of chunk.blocks) {
      const table = this.#tablesByName.get(name);
      if (table?.key.length !== key.length || kind === 'delete') continue;
      const guards = this.#valueGuard.place(table, columns);
      if (guards.length === 0) continue;
      for (const { values } of changes) this.#valueGuard.check(table, guards, values);
    }
  }

  /**
   * Applies a chunk inside the caller's transaction. Throws PATINA_SCHEMA_REFUSED when a table or
   * column is not known here, and SQLite's error when a row is refused; the caller rolls back.
   */
  merge(chunk: ChangesetChunk, nowMs: number): void {
    const { actorId, version, hlc } = chunk.header;
    const origin: Origin = { actor: this.#actors.ordinal(actorId), version, hlc, nowMs };
    for (const block of chunk.blocks) {
      const target = this.#target(block);
      const canBeFresh =
        block.kind === 'row' && target.keyCount === 1 && block.superseded.length === 0;
      for (let from = 0; from < block.changes.length; from += freshRowsMax) {
        const some = block.changes.slice(from, from + freshRowsMax);
        const isWritten =
          canBeFresh &&
          some.length === freshRowsMax &&
          this.#freshRows.put(target.table, block.columns, some, origin);
        if (!isWritten) this.#mergeEach(target, block.kind, some, origin);
      }
    }
  }

  #mergeEach(
    target: Target,
    kind: ChangeBlock['kind'],
    changes: readonly Change[],
    origin: Origin,
  ): void {
    for (const change of changes) {
      if (hasOddKey(change.values, target.keyCount)) {
        const [oddTarget, bytes] = withOddTarget(target, change);
        this.#mergeChange(kind, oddTarget, bytes, origin);
      } else this.#mergeChange(kind, target, change, origin);
    }
  }

  #mergeChange(kind: ChangeBlock['kind'], target: Target, change: Change, origin: Origin): void {
    if (kind === 'row') this.#mergeRow(target, change, origin);
    else if (kind === 'delete') this.#mergeDelete(target, change, origin);
    else this.#mergeCell(target, change, origin);
  }

  #target(block: ChangeBlock): Target {
    const table = this.#tablesByName.get(block.table);
    if (table === undefined) throw notHere(`table ${block.table}`);
    const sameKey =
      table.key.length === block.key.length &&
      table.key.every(({ name }, index) => name === block.key[index]);
    if (!sameKey) throw notHere(`key (${block.key.join(', ')}) of table ${block.table}`);
    const idOf = (name: string): number => {
      const column = table.columns.find((candidate) => candidate.name === name);
      if (column === undefined) throw notHere(`column ${block.table}.${name}`);
      return column.id;
    };
    return {
      table,
      sql: this.#sqlOf(table),
      keyCount: table.key.length,
      columns: block.columns,
      columnIds: block.columns.map(idOf),
      supersededIds: block.superseded.map(idOf),
      upsertRow: block.kind === 'row' ? upsertRowSql(table, block.columns) : '',
      unknownToSender:
        block.kind !== 'row'
          ? []
          : table.columns.filter(
              ({ name }) => !block.columns.includes(name) && !block.superseded.includes(name),
            ),
    };
  }

  #sqlOf(table: ReplicatedTable): MergeSql {
    const known = this.#sqlByTable.get(table);
    if (known !== undefined) return known;
    const made = mergeSql(table);
    this.#sqlByTable.set(table, made);
    return made;
  }

  /** A row that began: its image wins over older bases, column by column against cell clocks. */
  #mergeRow(target: Target, change: Change, origin: Origin): void {
    const key = change.values.slice(0, target.keyCount);
    const { hlc, actor, version } = origin;
    const inserted = this.#statements
      .get(target.sql.insertBase)
      .run(...key, change.cl, hlc, actor, version, change.seq);
    if (inserted.changes === 1) {
      this.#putRow(target, change.values);
      this.#markSuperseded(target, key, origin, change.seq, undefined);
      return;
    }
    const local = this.#base(target, key);
    const incoming: RowClock = { hlc, actor, version, seq: change.seq };
    if (change.cl > local.cl) {
      this.#beginIncarnation(target, key, change, incoming);
      return;
    }
    if (change.cl < local.cl || compareClocks(incoming, local, this.#actors.order) <= 0) {
      this.#lost(
        target,
        key,
        undefined,
        { clock: incoming, cl: change.cl, value: null },
        local,
        origin,
      );
      return;
    }
    this.#putBase(target, key, change.cl, incoming);
    this.#overlayRow(target, key, change, incoming);
  }

  /** A newer life of the row: nothing of the older one stays. */
  #beginIncarnation(target: Target, key: SqlValue[], change: Change, incoming: RowClock): void {
    this.#statements.get(target.sql.deleteCells).run(...key);
    // Deleted first, so that columns that the image does not have fall back to their defaults.
    this.#statements.get(target.sql.deleteRow).run(...key);
    this.#putBase(target, key, change.cl, incoming);
    this.#putRow(target, change.values);
    this.#markSuperseded(target, key, incoming, change.seq, undefined);
  }

  /** Two inserts of one key met, and the incoming one is later: newer cells stay, the rest is set. */
  #overlayRow(target: Target, key: SqlValue[], change: Change, incoming: RowClock): void {
    const cells = this.#statements.get(target.sql.getCells).all(...key) as Cell[];
    const cellByColumn = new Map(cells.map((cell) => [cell.col, cell]));
    for (const [index, id] of target.columnIds.entries()) {
      const cell = cellByColumn.get(id);
      if (cell !== undefined && compareClocks(cell, incoming, this.#actors.order) > 0) continue;
      if (cell !== undefined) this.#statements.get(target.sql.deleteCell).run(...key, id);
      const value = change.values[target.keyCount + index] as SqlValue;
      this.#setValue(target.table, target.columns[index] as string, key, value);
    }
    this.#resetUnknown(target, key, incoming, cellByColumn);
    this.#markSuperseded(target, key, incoming, change.seq, cellByColumn);
  }

  /**
   * Columns that the sender's schema lacks have their defaults in the incoming image. SQLite cannot set
   * a column to its default, so the row is inserted anew with the values that stay.
   */
  #resetUnknown(
    target: Target,
    key: SqlValue[],
    incoming: RowClock,
    cells: ReadonlyMap<number, Cell>,
  ): void {
    const { table } = target;
    const stale = target.unknownToSender.filter(({ id }) => {
      const cell = cells.get(id);
      return cell === undefined || compareClocks(cell, incoming, this.#actors.order) <= 0;
    });
    if (stale.length === 0) return;
    const kept = table.columns.filter((column) => !stale.includes(column)).map(({ name }) => name);
    const names = [...table.key.map(({ name }) => name), ...kept].map(quoteName).join(', ');
    const held = `"${internalPrefix}held"`;
    // Copied inside SQLite, where every value keeps its exact form.
    this.#statements.db
      .prepare(
        `CREATE TEMP TABLE ${held} AS SELECT ${names} FROM ${quoteName(table.name)} ` +
          `WHERE ${keyMatch(table)}`,
      )
      .run(...key);
    this.#statements.get(target.sql.deleteRow).run(...key);
    this.#statements.db.exec(
      `INSERT INTO ${quoteName(table.name)} (${names}) SELECT ${names} FROM temp.${held}; ` +
        `DROP TABLE temp.${held}`,
    );
    for (const { id } of stale) this.#statements.get(target.sql.deleteCell).run(...key, id);
  }

  /**
   * Columns that the sender has overwritten since: the value at this clock is unknown here, until the
   * overwriting version arrives. A cell of version 0 says so, so that nobody is served a value that
   * was never written.
   */
  #markSuperseded(
    target: Target,
    key: SqlValue[],
    clock: { hlc: number; actor: number },
    seq: number,
    cells: ReadonlyMap<number, Cell> | undefined,
  ): void {
    for (const id of target.supersededIds) {
      const cell = cells?.get(id);
      const incoming = { hlc: clock.hlc, actor: clock.actor, version: 0, seq };
      if (cell !== undefined && compareClocks(cell, incoming, this.#actors.order) > 0) continue;
      this.#statements.get(target.sql.putCell).run(...key, id, clock.hlc, clock.actor, 0, seq);
    }
  }

  #mergeDelete(target: Target, change: Change, origin: Origin): void {
    const key = change.values;
    const { hlc, actor, version } = origin;
    const incoming: RowClock = { hlc, actor, version, seq: change.seq };
    const inserted = this.#statements
      .get(target.sql.insertBase)
      .run(...key, change.cl, hlc, actor, version, change.seq);
    if (inserted.changes === 1) return;
    const local = this.#base(target, key);
    if (change.cl > local.cl) {
      this.#statements.get(target.sql.deleteCells).run(...key);
      this.#statements.get(target.sql.deleteRow).run(...key);
      this.#putBase(target, key, change.cl, incoming);
    } else if (change.cl === local.cl && compareClocks(incoming, local, this.#actors.order) > 0) {
      this.#putBase(target, key, change.cl, incoming);
    } else if (change.cl < local.cl) {
      this.#lost(
        target,
        key,
        undefined,
        { clock: incoming, cl: change.cl, value: null },
        local,
        origin,
      );
    }
  }

  #mergeCell(target: Target, change: Change, origin: Origin): void {
    const key = change.values.slice(0, target.keyCount);
    const value = change.values[target.keyCount] as SqlValue;
    const column = target.columns[0] as string;
    const id = target.columnIds[0] as number;
    const { hlc, actor, version } = origin;
    const incoming: RowClock = { hlc, actor, version, seq: change.seq };
    const local = this.#findBase(target, key);
    if (local === undefined || local.cl < change.cl) {
      this.#beginUnknown(target, key, change.cl);
    } else if (local.cl > change.cl) {
      this.#lost(target, key, column, { clock: incoming, cl: change.cl, value }, local, origin);
      return;
    } else {
      const cell = this.#statements.get(target.sql.getCell).get(...key, id) as RowClock | undefined;
      const current =
        cell !== undefined && compareClocks(cell, local, this.#actors.order) > 0 ? cell : local;
      if (compareClocks(incoming, current, this.#actors.order) <= 0) {
        const clock = { ...current, cl: local.cl };
        this.#lost(target, key, column, { clock: incoming, cl: change.cl, value }, clock, origin);
        return;
      }
    }
    this.#statements.get(target.sql.putCell).run(...key, id, hlc, actor, version, change.seq);
    this.#setValue(target.table, column, key, value);
  }

  /** A cell arrived before its row: the row begins with defaults, under a base that any real one beats. */
  #beginUnknown(target: Target, key: SqlValue[], cl: number): void {
    this.#statements.get(target.sql.deleteCells).run(...key);
    this.#statements.get(target.sql.deleteRow).run(...key);
    this.#putBase(target, key, cl, unknownBase);
    this.#statements.get(upsertRowSql(target.table, [])).run(...key);
  }

  #putBase(target: Target, key: SqlValue[], cl: number, clock: RowClock): void {
    const { hlc, actor, version, seq } = clock;
    this.#statements.get(target.sql.putBase).run(...key, cl, hlc, actor, version, seq);
  }

  #base(target: Target, key: SqlValue[]): Base {
    return this.#statements.get(target.sql.getBase).get(...key) as Base;
  }

  #findBase(target: Target, key: SqlValue[]): Base | undefined {
    return this.#statements.get(target.sql.getBase).get(...key) as Base | undefined;
  }

  #putRow(target: Target, values: SqlValue[]): void {
    if (!values.some((value) => value instanceof OddText)) {
      this.#statements.get(target.upsertRow).run(values);
      return;
    }
    const key = values.slice(0, target.keyCount);
    const plain = values.map((value) => (value instanceof OddText ? null : value));
    this.#statements.get(target.upsertRow).run(plain);
    for (const [index, column] of target.columns.entries()) {
      const value = values[target.keyCount + index];
      if (value instanceof OddText) this.#setValue(target.table, column, key, value);
    }
  }

  #setValue(table: ReplicatedTable, column: string, key: SqlValue[], value: SqlValue): void {
    const odd = value instanceof OddText;
    this.#statements.get(updateCellSql(table, column, odd)).run(odd ? value.bytes : value, ...key);
  }

  /** Keeps a write that lost to another actor's; a repetition or an older write of one actor is none. */
  #lost(
    target: Target,
    key: SqlValue[],
    column: string | undefined,
    loser: { clock: RowClock; cl: number; value: SqlValue },
    winner: Base,
    origin: Origin,
  ): void {
    if (winner.actor === loser.clock.actor) return;
    const rule = winner.cl !== loser.cl ? 'causal-length' : decidingRule(winner, loser.clock);
    const value =
      column === undefined || !isAlive(winner.cl) ? null : this.#value(target, column, key);
    this.#conflicts.record(
      {
        table: target.table.name,
        key,
        column,
        rule,
        winner: { clock: winner, cl: winner.cl, value },
        loser,
      },
      origin.nowMs,
    );
  }

  #value(target: Target, column: string, key: SqlValue[]): SqlValue {
    const { table } = target;
    const from = `FROM ${quoteName(table.name)} WHERE ${keyMatch(table)}`;
    const row = this.#statements.get(`SELECT ${quoteName(column)} ${from}`, 'exact').get(...key) as
      | [SqlValue]
      | undefined;
    return row?.[0] ?? null;
  }
}

/** The target and the change as SQL takes them where the key is text that is no UTF-8. */
function withOddTarget(target: Target, change: Change): [Target, Change] {
  const table = withOddKey(target.table, change.values.slice(0, target.keyCount));
  const upsertRow = target.upsertRow === '' ? '' : upsertRowSql(table, target.columns);
  const key = oddAsBytes(change.values.slice(0, target.keyCount));
  return [
    { ...target, table, sql: mergeSql(table), upsertRow },
    { ...change, values: [...key, ...change.values.slice(target.keyCount)] },
  ];
}

function notHere(what: string): PatinaError {
  return new PatinaError('PATINA_SCHEMA_REFUSED', `${what} does not exist here`, {
    hint: 'The change is kept and applied when this node has the schema of its origin.',
  });
}
