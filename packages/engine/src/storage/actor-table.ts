// Clock rows name actors by small local numbers; this maps them to actor ids and back.

import { type ActorId, actorIdFromBytes, actorIdToBytes } from '../base/actor-id.ts';
import { must } from '../base/assert.ts';
import type { ActorOrder } from '../crdt/clock.ts';
import type { Statements } from './statements.ts';

export class ActorTable {
  readonly #statements: Statements;
  readonly #ordinalById = new Map<ActorId, number>();
  readonly #idByOrdinal = new Map<number, ActorId>();

  constructor(statements: Statements) {
    this.#statements = statements;
    this.reload();
  }

  /** Reads the table anew: after a rollback, or on a connection that only reads. */
  reload(): void {
    this.#ordinalById.clear();
    this.#idByOrdinal.clear();
    const rows = this.#statements.get('SELECT ordinal, id FROM __patina_actors', 'raw').all();
    for (const row of rows as [number, Uint8Array][]) this.#keep(row[0], actorIdFromBytes(row[1]));
  }

  /** The number of an actor; undefined when nothing of it was ever seen. */
  find(actorId: ActorId): number | undefined {
    return this.#ordinalById.get(actorId);
  }

  /** The number of an actor, given to it now if it has none. Needs a write transaction. */
  ordinal(actorId: ActorId): number {
    const known = this.#ordinalById.get(actorId);
    if (known !== undefined) return known;
    const { lastInsertRowid } = this.#statements
      .get('INSERT INTO __patina_actors (id) VALUES (?)')
      .run(actorIdToBytes(actorId));
    return this.#keep(Number(lastInsertRowid), actorId);
  }

  /** The id behind a number that a clock row holds. */
  id(ordinal: number): ActorId {
    return must(this.#idByOrdinal.get(ordinal), 'clock rows name known actors');
  }

  entries(): IterableIterator<[number, ActorId]> {
    return this.#idByOrdinal.entries();
  }

  /** Orders ordinals by actor id; 0, nobody, comes first. */
  readonly order: ActorOrder = (a, b) => {
    if (a === b) return 0;
    if (a === 0) return -1;
    if (b === 0) return 1;
    return this.id(a) < this.id(b) ? -1 : 1;
  };

  #keep(ordinal: number, actorId: ActorId): number {
    this.#ordinalById.set(actorId, ordinal);
    this.#idByOrdinal.set(ordinal, actorId);
    return ordinal;
  }
}
