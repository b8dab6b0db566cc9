// SQL functions beyond SQLite's own, the same on every connection that runs SQL from outside: readers,
// writer, vetter, live queries. They compute on their arguments alone.

import type { DatabaseSync } from 'node:sqlite';
import type Database from 'better-sqlite3';

/** Names of all functions that are installed, in lower case: the authorizer lets them pass. */
export const installedFunctions: ReadonlySet<string> = new Set<string>();

/** Installs all functions on a connection of node:sqlite. */
export function installOnNodeSqlite(_database: DatabaseSync): void {}

/** Installs all functions on a connection of better-sqlite3. */
export function installOnBetterSqlite(_database: Database.Database): void {}
