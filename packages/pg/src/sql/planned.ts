// What a statement becomes before it runs: SQL for SQLite with the types of its parameters and columns, or
// a command that the session or the node carries out.

import type { Oid, PgType } from '../types/oids.ts';
import type { UtilityStatement } from '../utility/utility-statement.ts';

/** A column of a result, as RowDescription tells it. */
export interface ResultColumn {
  readonly name: string;
  readonly type: PgType;
  /** Object id of the table it comes from, and its place there from 1; 0 for expressions. */
  readonly tableOid: number;
  readonly columnNumber: number;
}

interface SqlPlan {
  /** For SQLite, with parameters ?1, ?2 …; one statement. */
  readonly sql: string;
  /** A type for each parameter, in their order. */
  readonly params: readonly Oid[];
  readonly columns: readonly ResultColumn[];
  /** User's tables and views, as SQLite's authorizer reports them; for the access policy. */
  readonly tablesRead: readonly string[];
  /** Sent to the client before the result: `FOR UPDATE` does nothing here. */
  readonly notices: readonly string[];
}

/** A statement that reads. */
export interface PlannedQuery extends SqlPlan {
  readonly kind: 'query';
  /** Whether it touches pg_catalog or information_schema. */
  readonly readsCatalog: boolean;
  /** A notification that is told once it has run: SELECT pg_notify(…). */
  readonly notify?: { readonly channel: CallArgument; readonly payload: CallArgument };
  /** A setting that is changed once it has run: SELECT set_config(…). */
  readonly setting?: {
    readonly name: CallArgument;
    readonly value: CallArgument;
    readonly isLocal: boolean;
  };
}

/** A constant, or the number of a parameter, from 1. */
export type CallArgument = { readonly text: string } | { readonly param: number };

/** A statement that changes rows. */
export interface PlannedWrite extends SqlPlan {
  readonly kind: 'write';
  readonly tag: 'INSERT' | 'UPDATE' | 'DELETE' | 'TRUNCATE TABLE';
  readonly tablesWritten: readonly string[];
  /** Writes without parameters that go before it, in the same transaction: TRUNCATE a, b. */
  readonly before?: readonly string[];
}

/** A change of the schema, in SQLite's dialect. */
export interface PlannedSchemaChange {
  readonly kind: 'schema';
  /** What the client is told: CREATE TABLE. */
  readonly tag: string;
  readonly change: SchemaChange;
  readonly notices: readonly string[];
}

export type SchemaChange =
  /** Text for the schema planner: whole tables, with all columns and indexes that they are to have. */
  | { readonly kind: 'declare'; readonly sql: string; readonly isDestructive: boolean }
  | {
      readonly kind: 'drop';
      readonly what: 'table' | 'view' | 'index';
      readonly names: readonly string[];
      /** Views that CASCADE takes along, to be dropped first. */
      readonly dependentViews: readonly string[];
    }
  /** IF NOT EXISTS and IF EXISTS where there is nothing to do. */
  | { readonly kind: 'none' };

export type Planned = PlannedQuery | PlannedWrite | PlannedSchemaChange | UtilityStatement;

/** One statement of a query string, parsed but not looked up. */
export interface ParsedStatement {
  /** Its own text, without the semicolon. */
  readonly text: string;
  /** Where it begins in the query string, in UTF-16 units. */
  readonly offset: number;
  /** The node of PostgreSQL's parser, `{ SelectStmt: … }`; undefined where only SQLite may know it. */
  readonly node: Readonly<Record<string, unknown>> | undefined;
}

/** What of a session its statements depend on. */
export interface PlanOptions {
  /** Types that the client gave; 0 or missing leaves one to us. */
  readonly paramTypes: readonly Oid[];
  /**
   * A setting of the session by its lower-case name. Values that are no settings have names with @:
   * '@user', '@session_user', '@database', '@pid', '@platform' and '@started', for current_user and the like.
   */
  readonly setting: (name: string) => string | undefined;
}

export interface Planner {
  /** Splits and parses a query string. Throws PgError 42601 with the position. */
  parse(text: string): readonly ParsedStatement[];
  /**
   * Looks everything up and translates. Throws PgError: 42P01, 42703, 42883, 42804, 42P18, 0A000 …, with
   * positions in the query string.
   */
  plan(statement: ParsedStatement, options: PlanOptions): Planned;
}
