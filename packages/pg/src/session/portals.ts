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
  readonly isHoldable: boolean;
  /** `kept`: the node holds rows that were not fetched yet, or a cursor. */
  state: 'new' | 'kept' | 'done' | 'failed';
  /** How many savepoints there were when it was made. */
  readonly depth: number;
}

export class Portals {
  readonly #byName = new Map<string, Portal>();
  #lastId = 0;

  get size(): number {
    return this.#byName.size;
  }

  newId(): number {
    this.#lastId++;
    return this.#lastId;
  }

  get(name: string): Portal | undefined {
    return this.#byName.get(name);
  }

  /** Throws 42P03 when the name is taken, and 54000 when there are too many. */
  checkName(name: string): void {
    if (name !== '' && this.#byName.has(name)) {
      throw new PgError('42P03', `cursor "${name}" already exists`);
    }
    if (this.#byName.size >= portalsMax) {
      throw new PgError('54000', `a session has at most ${portalsMax} portals`);
    }
  }

  add(portal: Portal): void {
    this.#byName.set(portal.name, portal);
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

  /** The transaction failed: what is open in it can only be closed, but keeps its name until it ends. */
  fail(): Portal[] {
    const kept: Portal[] = [];
    for (const portal of this.#byName.values()) {
      if (portal.isCursor && portal.isHoldable && portal.depth < 0) continue;
      if (portal.state === 'kept') kept.push(portal);
      portal.state = 'failed';
    }
    return kept;
  }

  /** The transaction was committed: cursors WITH HOLD stay. */
  hold(): Portal[] {
    const kept = this.remove((portal) => !(portal.isCursor && portal.isHoldable));
    for (const [name, portal] of this.#byName) this.#byName.set(name, { ...portal, depth: -1 });
    return kept;
  }

  *[Symbol.iterator](): Generator<Portal> {
    yield* this.#byName.values();
  }
}

/** 34000: there is no such portal or cursor. */
export function noPortal(name: string, what: 'portal' | 'cursor'): PgError {
  return new PgError('34000', `${what} "${name}" does not exist`);
}
