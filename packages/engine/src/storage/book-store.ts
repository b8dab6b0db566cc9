// Bookkeeping on disk: heads, gaps and partials as rows, written in the transaction of the data they
// describe, from the differences that the bookkeeping in memory reports (promise P7). The database's own
// actor has no row: all its versions below the open one are here.

import type { ActorId } from '../base/actor-id.ts';
import type { ActorState, BookkeepingChange, PartialState } from '../ports.ts';
import { Bookkeeping } from '../sync/bookkeeping.ts';
import type { ActorTable } from './actor-table.ts';
import type { ReplicaState } from './replica-state.ts';
import type { Statements } from './statements.ts';

export class BookStore {
  readonly #statements: Statements;
  readonly #actors: ActorTable;
  readonly book = new Bookkeeping();

  constructor(statements: Statements, actors: ActorTable) {
    this.#statements = statements;
    this.#actors = actors;
  }

  /** Loads what is on disk, replacing what is in memory: at the start and after a rollback. */
  reload(self: ReplicaState): void {
    this.book.load(this.#read(self));
  }

  /** Gives the database's own actor a row: it is about to become an actor like the others. */
  storeHead(self: ReplicaState): void {
    const head = self.openVersion - 1;
    if (head > 0)
      this.#run('INSERT INTO __patina_heads (actor, head) VALUES (?, ?)', self.actor, head);
  }

  #read(self: ReplicaState): ActorState[] {
    const head = self.openVersion - 1;
    const own: ActorState = { actorId: self.actorId, head, gaps: [], partials: [] };
    return head > 0 ? [own, ...this.#readOthers()] : this.#readOthers();
  }

  #readOthers(): ActorState[] {
    const heads = this.#all<{ actor: number; head: number }>(
      'SELECT actor, head FROM __patina_heads',
    );
    return heads.map(({ actor, head }) => ({
      actorId: this.#actors.id(actor),
      head,
      gaps: this.#all<{ start: number; end: number }>(
        'SELECT start, end FROM __patina_gaps WHERE actor = ? ORDER BY start',
        actor,
      ).map(({ start, end }) => [start, end] as const),
      partials: this.#partials(actor),
    }));
  }

  /** Records changes in memory and on disk; the caller's transaction commits or reloads. */
  record(change: BookkeepingChange): ReturnType<Bookkeeping['apply']> {
    const diff = this.book.apply(change);
    const actor = this.#actors.ordinal(change.actorId);
    for (const [start] of diff.gapsRemoved) {
      this.#run('DELETE FROM __patina_gaps WHERE actor = ? AND start = ?', actor, start);
    }
    for (const [start, end] of diff.gapsAdded) {
      this.#run(
        'INSERT INTO __patina_gaps (actor, start, end) VALUES (?, ?, ?)',
        actor,
        start,
        end,
      );
    }
    for (const version of diff.partialsRemoved) {
      this.#run('DELETE FROM __patina_partials WHERE actor = ? AND version = ?', actor, version);
    }
    if (diff.head !== diff.headBefore) {
      this.#run(
        'INSERT INTO __patina_heads (actor, head) VALUES (?, ?) ' +
          'ON CONFLICT (actor) DO UPDATE SET head = excluded.head',
        actor,
        diff.head,
      );
    }
    return diff;
  }

  /** Whether memory and disk agree; the actors where they do not. */
  verify(self: ReplicaState): ActorId[] {
    const onDisk = new Bookkeeping();
    onDisk.load(this.#read(self));
    const actorIds = new Set(
      [...onDisk.state(), ...this.book.state()].map(({ actorId }) => actorId),
    );
    return [...actorIds].filter(
      (actorId) =>
        JSON.stringify(onDisk.stateOf(actorId)) !== JSON.stringify(this.book.stateOf(actorId)),
    );
  }

  #partials(actor: number): PartialState[] {
    const rows = this.#all<{ version: number; s: number; e: number; l: number }>(
      'SELECT version, start_seq AS s, end_seq AS e, last_seq AS l FROM __patina_partials ' +
        'WHERE actor = ? ORDER BY version, start_seq',
      actor,
    );
    const partials = new Map<number, { lastSeq: number; seqs: [number, number][] }>();
    for (const { version, s, e, l } of rows) {
      const known = partials.get(version);
      if (known === undefined) partials.set(version, { lastSeq: l, seqs: [[s, e]] });
      else {
        known.lastSeq = Math.max(known.lastSeq, l);
        known.seqs.push([s, e]);
      }
    }
    return [...partials].map(([version, { lastSeq, seqs }]) => ({ version, lastSeq, seqs }));
  }

  #run(sql: string, ...params: number[]): void {
    this.#statements.get(sql).run(...params);
  }

  #all<Row>(sql: string, ...params: number[]): Row[] {
    return this.#statements.get(sql).all(...params) as Row[];
  }
}
