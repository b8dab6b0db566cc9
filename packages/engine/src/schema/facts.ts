// A schema as facts: what SQLite says of tables, indexes and views. Rules and plans work on these.

export interface ColumnFacts {
  readonly name: string;
  /** Declared type, as written; empty where none is. */
  readonly type: string;
  readonly notNull: boolean;
  /** The default's SQL text. */
  readonly defaultSql: string | undefined;
  /** Position in the primary key from 1; 0 where it is no part of it. */
  readonly keyPosition: number;
  readonly generated: boolean;
}

export interface IndexFacts {
  readonly name: string;
  /** undefined for the index behind a key or a UNIQUE constraint. */
  readonly sql: string | undefined;
  readonly unique: boolean;
  readonly origin: 'key' | 'constraint' | 'create';
  readonly collations: readonly string[];
}

export interface TableFacts {
  readonly name: string;
  readonly sql: string;
  /** `table`, `virtual`, `shadow`, as pragma table_list says. */
  readonly kind: string;
  readonly withoutRowid: boolean;
  readonly strict: boolean;
  readonly autoincrement: boolean;
  readonly columns: readonly ColumnFacts[];
  readonly indexes: readonly IndexFacts[];
  readonly foreignKeys: number;
}

export interface NamedSql {
  readonly name: string;
  readonly sql: string;
}

export interface TriggerFacts extends NamedSql {
  readonly table: string;
}

export interface SchemaFacts {
  readonly tables: readonly TableFacts[];
  readonly views: readonly NamedSql[];
  readonly triggers: readonly TriggerFacts[];
}
