// Writes that lost are kept in a bounded ring: who won, who lost, both values and clocks, and which rule
// decided. A conflict is seen where the loser arrives after the winner, so at least at the winner's node.

import { OddText, type SqlValue } from '../base/value.ts';
import type { RowClock } from '../crdt/clock.ts';
import { conflictsMax } from './internal-schema.ts';
import type { Statements } from './statements.ts';

/** Longest value that the ring keeps, in characters or bytes; the rest is cut. */
const valueLengthMax = 1_024;

export interface ConflictSide {
  readonly clock: RowClock;
  readonly cl: number;
  readonly value: SqlValue;
}

export interface Conflict {
  readonly table: string;
  readonly key: readonly SqlValue[];
  /** undefined where whole rows met. */
  readonly column: string | undefined;
  readonly rule: 'causal-length' | 'hlc' | 'actor';
  readonly winner: ConflictSide;
  readonly loser: ConflictSide;
}

const insertSql =
  'INSERT OR REPLACE INTO __patina_conflicts (slot, number, at_ms, tbl, pk, col, rule, ' +
  'winner_actor, winner_version, winner_hlc, winner_cl, winner_value, ' +
  'loser_actor, loser_version, loser_hlc, loser_cl, loser_value) ' +
  'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

export class ConflictLog {
  readonly #statements: Statements;
  #next: number;

  constructor(statements: Statements) {
    this.#statements = statements;
    this.#next = this.#readNext();
  }

  /** Continues after what is on disk: after a rollback. */
  reload(): void {
    this.#next = this.#readNext();
  }

  record(conflict: Conflict, nowMs: number): void {
    const number = this.#next++;
    const { winner, loser } = conflict;
    this.#statements
      .get(insertSql)
      .run(
        number % conflictsMax,
        number,
        nowMs,
        conflict.table,
        keyText(conflict.key),
        conflict.column ?? null,
        conflict.rule,
        ...side(winner),
        ...side(loser),
      );
  }

  #readNext(): number {
    const row = this.#statements
      .get('SELECT coalesce(max(number), 0) + 1 FROM __patina_conflicts', 'raw')
      .get() as [number];
    return row[0];
  }
}

function side({ clock, cl, value }: ConflictSide): unknown[] {
  return [clock.actor, clock.version, clock.hlc, cl, short(value)];
}

function short(value: SqlValue): unknown {
  if (typeof value === 'string') return value.slice(0, valueLengthMax);
  if (value instanceof OddText) return value.bytes.subarray(0, valueLengthMax);
  if (value instanceof Uint8Array) return value.subarray(0, valueLengthMax);
  return value;
}

/** Key values as a JSON array, blobs as hex. */
function keyText(key: readonly SqlValue[]): string {
  return JSON.stringify(
    key.map((value) => {
      if (typeof value === 'bigint') return value.toString();
      if (value instanceof OddText) return Buffer.from(value.bytes).toString('hex');
      return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
    }),
  );
}
