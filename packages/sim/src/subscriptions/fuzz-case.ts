// One case of the fuzzer as plain data: a schema, queries, and what is done in which order. It is drawn
// from a seed, or written down by hand where it once failed.

import type { SqlParam } from '@patina/engine/storage/sql-value.ts';
import type { ParameterStyle, Part } from './sql-parts.ts';

export interface FuzzCase {
  /** Statements of the declared schema. */
  readonly schema: readonly string[];
  readonly queries: readonly FuzzQuery[];
  readonly steps: readonly FuzzStep[];
  /** Changes kept of one query; a default where nothing is said. */
  readonly changesMax?: number;
}

export interface FuzzQuery {
  readonly sql: Part;
  readonly style?: ParameterStyle;
  /** Where the text is written by hand. */
  readonly params?: readonly SqlParam[] | ReadonlyMap<string, SqlParam>;
  /**
   * Whether ORDER BY tells all rows apart, or the places of the columns that it orders by. Without it
   * the order is not compared.
   */
  readonly order?: 'total' | readonly number[];
  /** SQLite may choose among values that are equal but look different, as DISTINCT does. */
  readonly isLoose?: boolean;
  /** What it is made of, for the counts. */
  readonly shapes?: readonly string[];
}

/** Node 0 is the one whose live queries are followed. */
export type FuzzStep =
  | { readonly kind: 'write'; readonly node: number; readonly statements: readonly string[] }
  /** Another program writes to the file of node 0, in one transaction. */
  | { readonly kind: 'foreign'; readonly statements: readonly string[] }
  | { readonly kind: 'adopt' }
  /** Some of the chunks that wait for a node reach it, in an order drawn from `order`. */
  | {
      readonly kind: 'merge';
      readonly node: number;
      readonly count: number;
      readonly order: number;
    }
  /** A declared statement is replaced, or added where `old` is undefined; quarantine is tried again. */
  | {
      readonly kind: 'schema';
      readonly nodes: readonly number[];
      readonly old?: string;
      readonly now: string;
    }
  /** Node 0 goes on as another actor, as one does that was restored: numbers of versions change. */
  | { readonly kind: 'actor'; readonly digit: string }
  | { readonly kind: 'subscribe'; readonly query: number }
  | { readonly kind: 'drop'; readonly query: number }
  /** Reads a snapshot of the query, a page now and one after each pass. */
  | { readonly kind: 'snapshot'; readonly query: number; readonly rows: number }
  | {
      readonly kind: 'watch';
      readonly table: string;
      readonly filter?: string;
      readonly images: boolean;
    }
  /** A pass of the engine; `during`: written by node 0 while the pass evaluates. */
  | {
      readonly kind: 'pass';
      readonly budgetMs: number;
      readonly during?: { readonly evaluation: number; readonly statements: readonly string[] };
    }
  /** Folds the changes since a change id that is drawn from `choice`, in parts of `changes`. */
  | {
      readonly kind: 'resume';
      readonly query: number;
      readonly choice: number;
      readonly changes: number;
    }
  /** `crash`: the engine is left as it is, and a copy of its file is gone on with. */
  | { readonly kind: 'restart'; readonly isCrash: boolean };

/** Names of steps, as they are counted. */
export const stepNames = [
  'write',
  'foreign',
  'adopt',
  'merge',
  'schema',
  'actor',
  'subscribe',
  'drop',
  'snapshot',
  'watch',
  'pass',
  'resume',
  'restart',
] as const satisfies readonly FuzzStep['kind'][];

/** A promise was broken. */
export class FuzzFailure extends Error {
  /** Which one; a simpler case must break the same. */
  readonly check: string;

  constructor(check: string, message: string) {
    super(message);
    this.name = 'FuzzFailure';
    this.check = check;
  }
}
