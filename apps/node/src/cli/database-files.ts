// Offline backup and restore over the storage of the engine.

import { existsSync } from 'node:fs';
import { actorIdFromBytes } from '@patina/engine/base/actor-id.ts';
import { backupOffline, restoreDatabase } from '@patina/engine/storage/backup.ts';
import { openDatabase } from '@patina/engine/storage/open-database.ts';
import type { DatabaseFiles } from './context.ts';

/** The real files. */
export const databaseFiles: DatabaseFiles = {
  backup: async (databasePath, backupPath) => backupOffline(databasePath, backupPath),
  actorIdOf: async (databasePath) => {
    if (!existsSync(databasePath)) return undefined;
    const db = openDatabase(databasePath, { synchronous: 'full', cacheKib: 2_000, readonly: true });
    try {
      const isOurs = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = '__patina_state'").get();
      if (isOurs === undefined) return undefined;
      const row = db.prepare<[], { id: Uint8Array }>(ownActorSql).get();
      return row === undefined ? undefined : actorIdFromBytes(row.id);
    } finally {
      db.close();
    }
  },
  restore: async (backupPath, databasePath, actorId) =>
    restoreDatabase(backupPath, databasePath, actorId),
};

const ownActorSql =
  'SELECT a.id FROM __patina_state AS s JOIN __patina_actors AS a ON a.ordinal = s.actor';
