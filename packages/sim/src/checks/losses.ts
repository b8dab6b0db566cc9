// What is gone for good when disks are lost: versions that no other disk has. Nobody can promise
// anything about the rows that they wrote last, because a peer may have been told that older values were
// overwritten, and never by what. These rows are left out when nodes are compared.

import type { ActorId } from '@patina/engine/base/actor-id.ts';
import { actorIdFromBytes } from '@patina/engine/base/actor-id.ts';
import { IntervalSet } from '@patina/engine/base/interval-set.ts';
import { quoteName } from '@patina/engine/base/sql-text.ts';
import { baseTableName, cellTableName } from '@patina/engine/crdt/table.ts';
import type Database from 'better-sqlite3';
import { keyWidths } from '../workload/schema.ts';

export class Losses {
  /** Tables with keys, as {@link rowName} writes them. */
  readonly #rows = new Set<string>();

  /** Notes what only the database that is about to be lost has. */
  note(lost: Database.Database, remaining: readonly Database.Database[]): void {
    const books = remaining.map(readBook);
    for (const [table, width] of Object.entries(keyWidths)) {
      for (const { id, version, key } of currentChanges(lost, table, width)) {
        const actorId = actorIdFromBytes(id);
        const isKept = books.some((book) => book.get(actorId)?.has(version) === true);
        if (!isKept) this.#rows.add(rowName(table, key));
      }
    }
  }

  /** Whether what wrote this row last may have been lost. */
  has(table: string, key: string): boolean {
    return this.#rows.has(rowName(table, key));
  }

  get count(): number {
    return this.#rows.size;
  }
}

function rowName(table: string, key: string): string {
  return `${table} ${key}`;
}

/** SQL for the key of a row in clock tables, as text. */
export function clockKeySql(alias: string, width: number): string {
  const parts = Array.from({ length: width }, (_, index) => `quote(${alias}.k${index})`);
  return parts.join(" || ',' || ");
}

interface CurrentChange {
  readonly id: Uint8Array;
  readonly version: number;
  readonly key: string;
}

function currentChanges(db: Database.Database, table: string, width: number): CurrentChange[] {
  return [baseTableName(table), cellTableName(table)].flatMap((clocks) =>
    db
      .prepare<[], CurrentChange>(
        `SELECT a.id AS id, x.version AS version, ${clockKeySql('x', width)} AS key ` +
          `FROM ${quoteName(clocks)} AS x JOIN __patina_actors AS a ON a.ordinal = x.actor`,
      )
      .all(),
  );
}

/** Which versions a database has whole, read from its tables. */
function readBook(db: Database.Database): Map<ActorId, IntervalSet> {
  const book = new Map<ActorId, IntervalSet>();
  const ids = new Map<number, ActorId>();
  for (const { ordinal, id } of rows<{ ordinal: number; id: Uint8Array }>(
    db,
    'SELECT ordinal, id FROM __patina_actors',
  )) {
    const actorId = actorIdFromBytes(id);
    ids.set(ordinal, actorId);
    book.set(actorId, new IntervalSet());
  }
  const of = (ordinal: number): IntervalSet | undefined => book.get(ids.get(ordinal) ?? ownNone);
  const heads =
    'SELECT actor, head FROM __patina_heads UNION ALL ' +
    'SELECT actor, version - 1 FROM __patina_state';
  for (const { actor, head } of rows<{ actor: number; head: number }>(db, heads)) {
    if (head > 0) of(actor)?.add(1, head);
  }
  const lacking =
    'SELECT actor, start, end FROM __patina_gaps UNION ALL ' +
    'SELECT actor, version, version FROM __patina_partials';
  for (const { actor, start, end } of rows<{ actor: number; start: number; end: number }>(
    db,
    lacking,
  )) {
    of(actor)?.remove(start, end);
  }
  return book;
}

const ownNone = '' as ActorId;

function rows<Row>(db: Database.Database, sql: string): Row[] {
  return db.prepare<[], Row>(sql).all();
}
