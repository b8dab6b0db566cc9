// What the analysis of a query decides: which of the three ways keeps its result, and the SQL of each
// step. A plan holds no values: queries that differ only in constants share it, as one family.

import type { SqlValue } from '../base/value.ts';

/** How a result is kept; the weakest way that some part of the query needs. */
export type EvaluationMode = 'key-wise' | 'group-wise' | 're-run';

/**
 * SQL with parameters ?1 … ?n, numbered as in {@link AnalysedQuery.values}. Statements that are run for
 * a key take its values after them, as ?n+1 … in key order.
 */
export type NumberedSql = string;

/** A query as it was asked for, split into what its family shares and its own values. */
export interface AnalysedQuery {
  readonly plan: QueryPlan;
  /** The values of ?1 … ?n: parameters of the client and constants, in the order of the text. */
  readonly values: readonly SqlValue[];
}

/** Everything that queries of one normalised SQL share. */
export interface QueryPlan {
  /** The normalised text, constants lifted out: equal for all queries of the family. */
  readonly sql: NumberedSql;
  readonly parameterCount: number;
  /** Names of the result's columns. */
  readonly columns: readonly string[];
  readonly mode: EvaluationMode;
  /** Whether the result has an order, so that changes carry positions. */
  readonly isOrdered: boolean;
  /** Its value depends on the time: it is evaluated every second too. */
  readonly dependsOnTime: boolean;
  /** It reads views of the node itself, which no version announces: it is evaluated every second too. */
  readonly readsNodeViews: boolean;
  /** Sentences for people: which way, and why no better one. */
  readonly reasons: readonly string[];
  /** Every replicated table that it reads, by its name in the schema, with what a touched row means. */
  readonly tables: readonly TableRole[];
  /** The whole result. */
  readonly full: FullResult;
  /** The rows behind the result, kept by their keys; absent for re-run. */
  readonly keyed: KeyedPart | undefined;
  /** Present in group-wise mode: how the rows of `keyed` make groups. */
  readonly grouped: GroupedPart | undefined;
}

export interface TableRole {
  readonly table: string;
  /** Columns whose change can matter; `all` when that could not be told. A row's birth or death always does. */
  readonly columns: ReadonlySet<string> | 'all';
  /** `re-run`: a touched row of it has the whole query run again, in whatever mode. */
  readonly reaction: 'keys' | 're-run';
}

/** The whole result in its order: each row is its identity, then its cells. */
export interface FullResult {
  readonly sql: NumberedSql;
  /** Leading columns that identify a row; 0 when rows are told apart by their content. */
  readonly identityCount: number;
}

/**
 * Rows that join one row of each source. In key-wise mode they are the result; in group-wise mode the
 * cells are the values that they are grouped by.
 */
export interface KeyedPart {
  /** All of them: key columns of each source in turn, then the cells. Identity: all key columns. */
  readonly sql: NumberedSql;
  readonly identityCount: number;
  readonly sources: readonly KeyedSource[];
  /**
   * Equalities that every row fulfils, by which the members of a family can be told apart; empty when
   * there are none that this can be done with.
   */
  readonly constants: readonly ConstantColumn[];
}

/** One table of FROM. */
export interface KeyedSource {
  readonly alias: string;
  /** The table's name in the schema. */
  readonly table: string;
  /** Where its key columns are among the identity columns. */
  readonly keyStart: number;
  readonly keyCount: number;
  /** The rows of `KeyedPart.sql` with this key here; parameters: values, then the key. */
  readonly rowsByKey: NumberedSql;
  /**
   * A source that a LEFT JOIN may leave empty: a touched row of it can bring or take the row in which it
   * is NULL, so all rows of the anchors are looked at anew. `anchorKeys` yields the keys of source
   * `anchor` that a row with this key joins now (parameters as for rowsByKey); those it joined are
   * in the kept rows.
   */
  readonly anchor: { readonly source: number; readonly anchorKeys: NumberedSql } | undefined;
  /**
   * What a row of this table alone must fulfil, with `r` as the name of the table; a row that does not
   * joins nothing, unless the source has an anchor. Pieces of SQL with the numbers of parameters
   * (from 1) between them, so that many can be asked in one statement. One that fails (a function that
   * does not take the value) counts as true. Undefined: nothing.
   */
  readonly filter: readonly (string | number)[] | undefined;
  /**
   * The values of the constant columns (in the order of `KeyedPart.constants`) of all rows that a row
   * with this key joins, whatever the family member; parameters: the key alone, as ?1 …. Undefined
   * when `constants` is empty.
   */
  readonly constantsByKey: NumberedSql | undefined;
}

/** `column = ?parameter` holds for every row. */
export interface ConstantColumn {
  readonly source: number;
  readonly column: string;
  /** Number of the parameter, from 1. */
  readonly parameter: number;
  /** A constant as the column would hold it: `SELECT … ?1 …` with the affinity of the column. */
  readonly asStored: NumberedSql;
}

export interface GroupedPart {
  /** How many values a group is identified by: all cells of KeyedPart rows. */
  readonly groupCount: number;
  /** The result row of one group, identity first; parameters: values, then the group. No row: no group. */
  readonly rowByGroup: NumberedSql;
}

/** What the analysis knows of the schema. */
export interface Catalog {
  /** Tables and views by lower-case name. */
  readonly tables: ReadonlyMap<string, CatalogTable>;
}

export interface CatalogTable {
  readonly name: string;
  /** A view and a table that is not replicated have no key that could be tracked. */
  readonly kind: 'replicated' | 'view' | 'node-view' | 'other';
  /** Key columns in key order. */
  readonly key: readonly string[];
  readonly columns: readonly CatalogColumn[];
  /** Of a view the CREATE VIEW statement: what it reads and uses matters to whoever reads the view. */
  readonly sql?: string;
}

export interface CatalogColumn {
  readonly name: string;
  /** Declared type, '' for none. */
  readonly type: string;
  /** Upper-case name of the collation of comparisons: BINARY, NOCASE, RTRIM. */
  readonly collation: string;
  /** A generated column changes with others. */
  readonly isGenerated: boolean;
}
