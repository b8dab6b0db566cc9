// What SQL shows as `patina_subscriptions`: the live queries of this node.

import type Database from 'better-sqlite3';

export interface SubscriptionRow {
  readonly id: string;
  readonly hash: string;
  readonly sql: string;
  readonly mode: string;
  readonly state: string;
  readonly subscribers: number;
  readonly rows: number;
  readonly changeId: number;
  readonly evaluations: number;
  readonly evaluationMs: number;
  readonly costMsPerSecond: number;
  readonly lagged: number;
  readonly createdMs: number;
}

/** Puts these rows in the place of those that are there. */
export function saveSubscriptionRows(
  db: Database.Database,
  rows: readonly SubscriptionRow[],
  nowMs: number,
): void {
  const insert = db.prepare(
    `INSERT INTO __patina_subscriptions VALUES (${Array.from({ length: 14 }, () => '?').join(', ')})`,
  );
  db.transaction(() => {
    db.exec('DELETE FROM __patina_subscriptions');
    for (const row of rows) {
      const { id, hash, sql, mode, state, subscribers, changeId, evaluations, lagged } = row;
      const { evaluationMs, costMsPerSecond, createdMs } = row;
      insert.run(
        ...[id, hash, sql, mode, state, subscribers, row.rows, changeId, evaluations],
        ...[evaluationMs, costMsPerSecond, lagged, createdMs, nowMs],
      );
    }
  }).immediate();
}
