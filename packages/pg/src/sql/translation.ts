// The translation of one statement: its parameters and their types, what it noticed, where its errors
// stand, and the doors between the parts that translate expressions and those that translate queries.

import type { Node, SelectStmt } from 'libpg-query';
import { PgError, type PgErrorFields } from '../pg-error.ts';
import type { SchemaView } from '../schema-view.ts';
import type { Oid, PgType } from '../types/oids.ts';
import type { Expr } from './expr.ts';
import { quoteText } from './expr.ts';
import type { Scope } from './scope.ts';

/** A query after its translation; its text is made when the types of its columns are settled. */
export interface TranslatedQuery {
  readonly columns: readonly QueryColumn[];
  /**
   * The text; with `targets`, columns are coerced to those types. `names` are given to the columns with AS.
   */
  render(options: RenderOptions): string;
  /** A SELECT with ORDER BY, LIMIT, WITH or set operations cannot stand as a branch of a set operation. */
  readonly isPlain: boolean;
}

export interface RenderOptions {
  readonly targets: readonly PgType[] | undefined;
  readonly mode: 'implicit' | 'assignment';
  readonly names: readonly string[] | undefined;
}

export interface QueryColumn {
  readonly name: string;
  readonly value: Expr;
}

export interface TranslationParts {
  readonly expr: (t: Translation, scope: Scope, node: Node) => Expr;
  readonly query: (t: Translation, parent: Scope | undefined, node: SelectStmt) => TranslatedQuery;
}

/** Greatest number of a parameter, as in the protocol. */
export const paramsMax = 65_535;

export class Translation {
  readonly schema: SchemaView;
  /** Types of the parameters; 0 where none was found yet. */
  readonly params: Oid[];
  readonly notices = new Set<string>();
  readsCatalog = false;
  /** Of a statement that changes rows: nothing in it may recurse, since a write can't be interrupted. */
  isWrite = false;
  /** Settings that the plan depends on, with the values it was made for. */
  readonly settingsUsed = new Map<string, string | undefined>();
  readonly #setting: (name: string) => string | undefined;
  readonly #positionOf: (location: number | undefined) => number | undefined;
  readonly #parts: TranslationParts;
  #names = 0;

  constructor(options: {
    readonly schema: SchemaView;
    readonly paramTypes: readonly Oid[];
    readonly setting: (name: string) => string | undefined;
    readonly positionOf: (location: number | undefined) => number | undefined;
    readonly parts: TranslationParts;
  }) {
    this.schema = options.schema;
    this.params = [...options.paramTypes];
    this.#setting = options.setting;
    this.#positionOf = options.positionOf;
    this.#parts = options.parts;
  }

  expr(scope: Scope, node: Node): Expr {
    return this.#parts.expr(this, scope, node);
  }

  query(parent: Scope | undefined, node: SelectStmt): TranslatedQuery {
    return this.#parts.query(this, parent, node);
  }

  /** A setting of the session; the plan holds for as long as it keeps its value. */
  setting(name: string): string | undefined {
    const value = this.#setting(name);
    this.settingsUsed.set(name, value);
    return value;
  }

  /** The session's time zone, as a literal of SQLite. */
  timeZone(): string {
    return quoteText(this.setting('timezone') ?? 'UTC');
  }

  positionOf(location: number | undefined): number | undefined {
    return this.#positionOf(location);
  }

  /** A name that no user gave. */
  freshName(prefix: string): string {
    this.#names++;
    return `${prefix}_${this.#names}`;
  }

  error(
    sqlState: string,
    message: string,
    location?: number | undefined,
    fields: PgErrorFields = {},
  ): PgError {
    return new PgError(sqlState, message, { ...fields, position: this.#positionOf(location) });
  }

  /** 0A000 for a construct that SQLite has no counterpart for. */
  unsupported(what: string, location?: number | undefined): PgError {
    return this.error('0A000', `${what} is not supported`, location);
  }
}
