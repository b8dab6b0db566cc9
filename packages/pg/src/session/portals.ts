// Portals: statements bound to parameters, and cursors, which share their names. A portal lives as long as
// its transaction; a held cursor longer.

import type { SqlValue } from '@patina/engine/base/value.ts';
import { PgError } from '../pg-error.ts';
import type { Planned, ResultColumn } from '../sql/planned.ts';
import type { Format } from './requests.ts';

/** Portals and cursors of one session. */
export const portalsMax = 1_000;

export interface Portal {
  readonly name: string;
  /** What requests call it. */
  readonly id: number;
  /** undefined for an empty query. */
  readonly planned: Planned | undefined;
  readonly params: readonly SqlValue[];
  readonly formats: readonly Format[];
  readonly columns: readonly ResultColumn[];
  readonly isCursor: boolean;
  /** DECLARE … BINARY: the simple protocol fetches from it in binary. */
  readonly isBinary: boolean;
  readonly isHoldable: boolean;
  /**
   * `kept`: the node holds rows that were not fetched yet, or a cursor; `own-rows`: the session does; `failed`: it
   * did not come to its end; `aborted`: its transaction failed, and took its plan along.
   */
  state: 'new' | 'kept' | 'own-rows' | 'done' | 'failed' | 'aborted';
  /** DataRow messages that were not sent yet. */
  ownRows: readonly Uint8Array[];
  /** How many savepoints there were when it was made, or {@link ofNoTransaction}. */
  depth: number;
}

/** The depth of cursors that are held beyond the transaction that made them. */
export const ofNoTransaction = -1;

export class Portals {
  readonly #byName = new Map<string, Portal>();
  #lastId = 0;

  newId(): number {
    this.#lastId++;
    return this.#lastId;
  }

  get(name: string): Portal | undefined {
    return this.#byName.get(name);
  }

  /** Throws 42P03 when the name is taken, and 54000 when there are too many. */
  checkName(name: string): void {
    const isTaken = this.#byName.has(name);
    if (name !== '' && isTaken) {
      throw new PgError('42P03', `cursor "${name}" already exists`);
    }
    if (!isTaken && this.#byName.size >= portalsMax) {
      throw new PgError('54000', `a session has at most ${portalsMax} portals`);
    }
  }

  add(portal: Portal): void {
    this.#byName.set(portal.name, portal);
  }

  /** Forgets a portal; returns what the node has to let go. */
  removeNamed(name: string): Portal[] {
    const portal = this.#byName.get(name);
    if (portal === undefined) return [];
    this.#byName.delete(name);
    return portal.state === 'kept' ? [portal] : [];
  }

  /** Forgets portals; returns those that the node has to let go. */
  remove(which: (portal: Portal) => boolean): Portal[] {
    const kept: Portal[] = [];
    for (const [name, portal] of this.#byName) {
      if (!which(portal)) continue;
      this.#byName.delete(name);
      if (portal.state === 'kept') kept.push(portal);
    }
    return kept;
  }

  /**
   * The transaction failed, and with it what was made since its last savepoint, the `depth`-th: that can only be
   * closed, but keeps its name until it ends.
   */
  fail(depth: number): Portal[] {
    const kept: Portal[] = [];
    for (const portal of this.#byName.values()) {
      if (portal.depth < depth) continue;
      if (portal.state === 'kept') kept.push(portal);
      portal.state = 'aborted';
    }
    return kept;
  }

  /** A savepoint was released: what was made since belongs to the one before. */
  release(depth: number): void {
    for (const portal of this.#byName.values()) portal.depth = Math.min(portal.depth, depth);
  }

  /** The transaction was committed: cursors WITH HOLD stay. */
  hold(): Portal[] {
    const kept = this.remove((portal) => !(portal.isCursor && portal.isHoldable));
    for (const portal of this.#byName.values()) portal.depth = ofNoTransaction;
    return kept;
  }
}

/** 34000: there is no such portal or cursor. */
export function noPortal(name: string, what: 'portal' | 'cursor'): PgError {
  return new PgError('34000', `${what} "${name}" does not exist`);
}
