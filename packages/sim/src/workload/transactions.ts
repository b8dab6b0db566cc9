// Random transactions. Those on `atomic` write all rows of a group, with one token that nobody else
// writes; those on the contended tables do everything that SQL offers to few keys.

import type { Rng } from '@patina/engine/base/rng.ts';
import type { SqlValue } from '@patina/engine/base/value.ts';
import type { LocalStatement } from '@patina/engine/ports.ts';
import { between, chance, pick } from '../random.ts';
import {
  hotKeys,
  largeGroupCount,
  largeGroupFirst,
  largeGroupRows,
  largeRowPadding,
  smallGroups,
} from './schema.ts';
import { anyBlob, anyInteger, anyReal, anyText, anyValue } from './values.ts';

function statement(sql: string, ...params: SqlValue[]): LocalStatement {
  return { sql, params };
}

/** Notes in the ledger that a client wrote something. */
export function ledgerEntry(id: string, node: number): LocalStatement {
  return statement('INSERT INTO ledger (id, node, note) VALUES (?, ?, ?)', id, node, `of ${node}`);
}

/** Writes or deletes a whole small group. */
export function writeSmallGroup(rng: Rng, token: string): LocalStatement[] {
  const group = rng.below(smallGroups.length);
  if (chance(rng, 0.15)) return [statement('DELETE FROM atomic WHERE grp = ?', group)];
  const items = Array.from({ length: smallGroups[group] ?? 0 }, (_, item) => item);
  return items.map((item) => upsertItem(group, item, token, ''));
}

/** Writes or deletes a whole large group: far more than a chunk. */
export function writeLargeGroup(rng: Rng, token: string): LocalStatement[] {
  const group = largeGroupFirst + rng.below(largeGroupCount);
  if (chance(rng, 0.1)) return [statement('DELETE FROM atomic WHERE grp = ?', group)];
  const padding = '.'.repeat(largeRowPadding);
  return [
    statement(
      'WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?) ' +
        'INSERT INTO atomic (grp, item, token, copy) SELECT ?, i, ?, ? FROM n WHERE true ' +
        'ON CONFLICT DO UPDATE SET token = excluded.token, copy = excluded.copy',
      largeGroupRows,
      group,
      token,
      token + padding,
    ),
  ];
}

function upsertItem(group: number, item: number, token: string, padding: string): LocalStatement {
  return statement(
    'INSERT INTO atomic (grp, item, token, copy) VALUES (?, ?, ?, ?) ' +
      'ON CONFLICT DO UPDATE SET token = excluded.token, copy = excluded.copy',
    group,
    item,
    token,
    token + padding,
  );
}

/** One to four statements on contended tables. */
export function writeContended(rng: Rng): LocalStatement[] {
  return Array.from({ length: between(rng, 1, 4) }, () => pick(rng, contended)(rng));
}

/** A statement that fails, for transactions that must leave nothing behind. */
export function failingStatement(rng: Rng): LocalStatement {
  return pick(rng, [
    statement('INSERT INTO strict_one (k, n) VALUES (?, ?)', anyText(rng), 'no integer'),
    statement('INSERT INTO pairs (a, b) VALUES (?, NULL)', rng.below(hotKeys)),
    statement('INSERT INTO no_such_table VALUES (1)'),
    statement("INSERT INTO ledger (id) VALUES ('twice'), ('twice')"),
  ]);
}

const contended: readonly ((rng: Rng) => LocalStatement)[] = [
  (rng) =>
    statement(
      'INSERT INTO hot (id, name, amount, data, note) VALUES (?, ?, ?, ?, ?) ' +
        'ON CONFLICT (id) DO UPDATE SET amount = excluded.amount',
      rng.below(hotKeys),
      anyText(rng),
      anyValue(rng),
      anyBlob(rng),
      null,
    ),
  (rng) =>
    statement(
      'INSERT OR REPLACE INTO hot (id, name, amount) VALUES (?, ?, ?)',
      rng.below(hotKeys),
      anyText(rng),
      anyValue(rng),
    ),
  (rng) => statement('UPDATE hot SET name = ? WHERE id = ?', anyText(rng), rng.below(hotKeys)),
  (rng) =>
    statement(
      'UPDATE hot SET amount = ?, note = ? WHERE id >= ?',
      anyValue(rng),
      anyText(rng),
      rng.below(hotKeys),
    ),
  (rng) => statement('DELETE FROM hot WHERE id = ?', rng.below(hotKeys)),
  (rng) =>
    statement(
      'UPDATE OR REPLACE hot SET id = ? WHERE id = ?',
      rng.below(hotKeys),
      rng.below(hotKeys),
    ),
  (rng) =>
    statement(
      'INSERT INTO words (word, part, v, w) VALUES (?, ?, ?, ?) ' +
        'ON CONFLICT DO UPDATE SET v = excluded.v, w = excluded.w',
      anyText(rng),
      rng.below(2),
      anyValue(rng),
      anyValue(rng),
    ),
  (rng) => statement('UPDATE words SET v = ? WHERE part = ?', anyValue(rng), rng.below(2)),
  (rng) => statement('DELETE FROM words WHERE word = ?', anyText(rng)),
  (rng) =>
    statement(
      'INSERT OR REPLACE INTO blobs (k, v) VALUES (?, ?)',
      Uint8Array.of(rng.below(hotKeys)),
      anyInteger(rng),
    ),
  (rng) => statement('DELETE FROM blobs WHERE k = ?', Uint8Array.of(rng.below(hotKeys))),
  (rng) =>
    statement(
      'INSERT OR IGNORE INTO pairs (a, b) VALUES (?, ?)',
      rng.below(hotKeys),
      pick(rng, ['x', 'y', 'Ⅷ']),
    ),
  (rng) => statement('DELETE FROM pairs WHERE a = ?', rng.below(hotKeys)),
  (rng) =>
    statement(
      'INSERT INTO strict_one (k, n, r, t, b) VALUES (?, ?, ?, ?, ?) ' +
        'ON CONFLICT DO UPDATE SET n = excluded.n, r = excluded.r',
      `k${rng.below(hotKeys)}`,
      anyInteger(rng),
      anyReal(rng),
      anyText(rng),
      anyBlob(rng),
    ),
  (rng) => statement('DELETE FROM strict_one WHERE k = ?', `k${rng.below(hotKeys)}`),
];
