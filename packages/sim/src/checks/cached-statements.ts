// Checks ask the same questions after every commit: their statements are prepared once per database.

import type Database from 'better-sqlite3';

const statementsByDb = new WeakMap<Database.Database, Map<string, Database.Statement<[]>>>();

/** The statement of this text on this database, which has no parameters. */
export function cachedStatement(db: Database.Database, sql: string): Database.Statement<[]> {
  let statements = statementsByDb.get(db);
  if (statements === undefined) {
    statements = new Map();
    statementsByDb.set(db, statements);
  }
  const known = statements.get(sql);
  if (known !== undefined) return known;
  const statement = db.prepare<[]>(sql);
  statements.set(sql, statement);
  return statement;
}

/** All rows of a statement. The caller's SQL decides their shape, which no type can follow. */
export function cachedRows<Row>(db: Database.Database, sql: string): Row[] {
  return cachedStatement(db, sql).all() as Row[];
}
