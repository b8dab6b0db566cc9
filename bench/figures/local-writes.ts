// Local writes in one transaction: what the triggers, the version and its encoding cost on top of the
// same statements on a plain database.

import { join } from 'node:path';
import { openDatabase } from '@patina/engine/storage/open-database.ts';
import type Database from 'better-sqlite3';
import { type Cost, costOf, interleave, perSecond, ratioOf } from '../lib/cost.ts';
import {
  cacheKib,
  insertSql,
  insertTransaction,
  openHost,
  openPlain,
  rowsFrom,
  transact,
  updateSql,
} from '../lib/databases.ts';
import type { BenchContext, Figure, Measured } from '../lib/figure.ts';
import { fixed, whole } from '../lib/text.ts';

interface Job {
  readonly sql: string;
  readonly params: readonly (readonly (string | number)[])[];
  /** Whether the rows are there before. */
  readonly isFilled: boolean;
}

type Side = 'plain' | 'node' | 'triggers';

/** All statements in one transaction of a connection. */
function runStatements(db: Database.Database, { sql, params }: Job): void {
  const statement = db.prepare(sql);
  db.exec('BEGIN');
  for (const values of params) statement.run(...values);
  db.exec('COMMIT');
}

async function measureSide(
  context: BenchContext,
  side: Side,
  round: number,
  job: Job,
): Promise<Cost> {
  const rows = rowsFrom(0, job.params.length);
  const name = `${side}-${round}`;
  if (side === 'plain') {
    const db = openPlain(context.directory, name);
    if (job.isFilled) runStatements(db, { sql: insertSql, params: rows, isFilled: false });
    const cost = await costOf(() => runStatements(db, job));
    db.close();
    return cost;
  }
  const host = openHost(context.directory, name);
  if (job.isFilled) transact(host, [insertTransaction(rows)]);
  if (side === 'node') {
    const statements = job.params.map((params) => ({ sql: job.sql, params }));
    const cost = await costOf(() => transact(host, [{ statements }]));
    host.close();
    return cost;
  }
  host.close();
  const path = join(context.directory, `${name}.db`);
  const db = openDatabase(path, { synchronous: 'normal', cacheKib, readonly: false });
  const cost = await costOf(() => runStatements(db, job));
  db.close();
  return cost;
}

async function compare(context: BenchContext, job: Job, target: number): Promise<Measured> {
  const rounds = context.isQuick ? 2 : 7;
  const count = job.params.length;
  context.progress(`${rounds} rounds of ${whole(count)} rows`);
  const sides = ['plain', 'node', 'triggers'] as const;
  const costs = await interleave(
    rounds,
    sides.map((name) => [name, (round) => measureSide(context, name, round, job)] as const),
  );
  const node = ratioOf(costs('plain'), costs('node'));
  const triggers = ratioOf(costs('plain'), costs('triggers'));
  const plainPerS = perSecond(count, costs('plain'));
  const nodePerS = perSecond(count, costs('node'));
  return {
    measured: `${fixed(node.cpu)} of plain (wall ${fixed(node.wall)})`,
    isReached: node.cpu >= target,
    values: {
      wallRatio: node.wall,
      cpuRatio: node.cpu,
      triggersWallRatio: triggers.wall,
      triggersCpuRatio: triggers.cpu,
      plainPerS,
      nodePerS,
    },
    notes: [
      `plain ${whole(plainPerS)} rows/s, node ${whole(nodePerS)} rows/s (writer's path: vetted, ` +
        'one statement a row)',
      `written by another program into the same file: ${fixed(triggers.cpu)} of plain ` +
        `(wall ${fixed(triggers.wall)})`,
    ],
  };
}

function rowsOf(context: BenchContext): number {
  return context.isQuick ? 20_000 : 100_000;
}

export const localInsert: Figure = {
  name: 'insert',
  title: 'local insert, 5-column rows, one transaction',
  target: '>= 0.5 of plain',
  measure: (context) => {
    const params = rowsFrom(0, rowsOf(context));
    return compare(context, { sql: insertSql, params, isFilled: false }, 0.5);
  },
};

export const localUpdate: Figure = {
  name: 'update',
  title: 'local update of one column',
  target: '>= 0.4 of plain',
  measure: (context) => {
    const params = Array.from({ length: rowsOf(context) }, (_, id) => [id + 1, id]);
    return compare(context, { sql: updateSql, params, isFilled: true }, 0.4);
  },
};
