// Tells which tables a statement touches before it runs. Asked only for principals that are limited to
// some tables.

export interface TablesTouched {
  /** Tables and views, in SQLite's spelling; through views the tables beneath too. */
  readonly tablesRead: readonly string[];
  readonly tablesWritten: readonly string[];
}

export interface TableVet {
  /** By the schema as it is now. Rejects as running the statement would: PATINA_SQL_ERROR and the like. */
  tablesOf(sql: string, mode: 'read' | 'write'): Promise<TablesTouched>;
  /** Told within a second of a change of the schema, until the returned function is called. */
  onSchemaChange(listener: () => void): () => void;
}
