// What one change costs the evaluation of a join over many rows, in the engine that evaluates it.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createLiveEngine } from '@patina/engine/live/engine/engine.ts';
import type { LiveEngine } from '@patina/engine/live/engine/engine-types.ts';
import { Host } from '@patina/engine/storage/host.ts';
import { percentile } from '../lib/cost.ts';
import { cacheKib, transact } from '../lib/databases.ts';
import type { Figure } from '../lib/figure.ts';
import { duration, whole } from '../lib/text.ts';

const schema =
  'CREATE TABLE customers (id INTEGER NOT NULL PRIMARY KEY, name TEXT, city TEXT);' +
  'CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY, customer INTEGER, total INTEGER, note TEXT);' +
  'CREATE INDEX orders_customer ON orders (customer);';

const query =
  'SELECT o.id, o.total, c.name FROM orders o JOIN customers c ON c.id = o.customer ' +
  "WHERE o.total >= 0 AND c.city <> 'nowhere'";

const rowsPerTransaction = 2_000;
const ordersPerCustomer = 10;

/** Every so many changes of orders one of a customer is measured. */
const customerPeriod = 10;

type Params = readonly (string | number)[];

function insertAll(host: Host, sql: string, count: number, params: (id: number) => Params): void {
  for (let start = 0; start < count; start += rowsPerTransaction) {
    const length = Math.min(rowsPerTransaction, count - start);
    const statements = Array.from({ length }, (_, index) => ({
      sql,
      params: params(start + index),
    }));
    transact(host, [{ statements }]);
  }
}

function openDatabaseWith(path: string, orders: number): Host {
  const host = new Host({ path, synchronous: 'normal', cacheKib, maxClockDriftMs: 500 });
  host.applySchema({ texts: [schema], allowDestructive: false });
  const customers = orders / ordersPerCustomer;
  insertAll(host, 'INSERT INTO customers VALUES (?, ?, ?)', customers, (id) => [
    id,
    `name ${id}`,
    `city ${id % 50}`,
  ]);
  insertAll(host, 'INSERT INTO orders VALUES (?, ?, ?, ?)', orders, (id) => [
    id,
    id % customers,
    id,
    `note ${id}`,
  ]);
  return host;
}

function openEngine(directory: string, databasePath: string): LiveEngine {
  const engine = createLiveEngine({
    databasePath,
    statePath: join(directory, 'live.db'),
    limits: {
      queriesMax: 100,
      queryRowsMax: 1_000_000,
      rowsMax: 2_000_000,
      rerunRowsMax: 200_000,
      changesMax: 5_000,
      snapshotChangesMax: 10_000,
    },
    monotonicMs: () => performance.now(),
    wallMs: Date.now,
    newId: randomUUID,
  });
  const { id } = engine.subscribe({ sql: query, params: [], role: 'admin' });
  while (engine.find(id)?.state === 'filling') engine.work(1_000);
  return engine;
}

/** Commits one write and has it evaluated; returns how long that took, milliseconds. */
function changeOnce(host: Host, engine: LiveEngine, sql: string, params: Params): number {
  transact(host, [{ statements: [{ sql, params }] }]);
  const startMs = performance.now();
  const { groups } = engine.work(10);
  const tookMs = performance.now() - startMs;
  if (groups.length !== 1) throw new Error(`${groups.length} groups of one change`);
  return tookMs;
}

export const liveJoin: Figure = {
  name: 'live-join',
  title: 'evaluation of one change by a join query over 100,000 rows',
  target: '<= 2 ms',
  async measure(context) {
    const orders = context.isQuick ? 10_000 : 100_000;
    const changes = context.isQuick ? 200 : 2_000;
    const path = join(context.directory, 'state.db');
    context.progress(`making ${whole(orders)} orders`);
    const host = openDatabaseWith(path, orders);
    const engine = openEngine(context.directory, path);
    const orderMs: number[] = [];
    const customerMs: number[] = [];
    for (let index = 0; index < changes; index++) {
      const order = (index * 7919) % orders;
      const update = 'UPDATE orders SET total = total + 1 WHERE id = ?';
      orderMs.push(changeOnce(host, engine, update, [order]));
      if (index % customerPeriod !== 0) continue;
      const rename = 'UPDATE customers SET name = ? WHERE id = ?';
      const customer = order % (orders / ordersPerCustomer);
      customerMs.push(changeOnce(host, engine, rename, [`new ${index}`, customer]));
    }
    engine.close();
    host.close();
    const meanMs = orderMs.reduce((sum, ms) => sum + ms, 0) / orderMs.length;
    const p99Ms = percentile(orderMs, 0.99);
    const customerP50Ms = percentile(customerMs, 0.5);
    return {
      measured: `mean ${duration(meanMs)}, p99 ${duration(p99Ms)}`,
      isReached: meanMs <= 2,
      values: { meanMs, p50Ms: percentile(orderMs, 0.5), p99Ms, customerP50Ms },
      notes: [
        'a whole pass: reading the log, evaluating, storing, committing; a change of a customer, ' +
          `whom ${ordersPerCustomer} orders join, takes ${duration(customerP50Ms)}`,
      ],
    };
  },
};
