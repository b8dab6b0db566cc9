// Cells name the write that they are from: against a model in which each cell belongs to the latest write
// to it, while two nodes write by themselves and merge now and then.

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from '../base/assert.ts';
import { hlcToUnixMs } from '../base/hlc.ts';
import { readCellOrigins } from './cell-origins.ts';
import type { SqlParam } from './sql-value.ts';
import { testActor } from './testing.ts';
import {
  openReadableReplicas,
  type ReadableBench,
  type ReadableReplica,
} from './testing-readable.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b REAL, c, twice INT AS (id * 2));
  CREATE TABLE pair (x TEXT NOT NULL, y BLOB NOT NULL, v, PRIMARY KEY (y, x)) WITHOUT ROWID;
  CREATE TABLE "odd "" name" (k ANY NOT NULL PRIMARY KEY, v TEXT) STRICT;
  CREATE VIEW seen AS SELECT id FROM t;
`;
const digits = ['a', 'b'] as const;
const columns = ['a', 'b', 'c'] as const;
const ids = [1, 2, 3] as const;
const limits = { timeoutMs: 20_000 };

let bench: ReadableBench;

beforeAll(() => {
  bench = openReadableReplicas(digits, schema);
});
afterAll(() => bench.close());

const nodeAt = (index: number): ReadableReplica => must(bench.nodes[index], 'there are two nodes');

/** Origins of the rows as plain objects. */
async function told(index: number, table: string, keys: readonly (readonly SqlParam[])[]) {
  const rows = await readCellOrigins(nodeAt(index).readers, table, keys, limits);
  return rows.map((row) =>
    row === undefined
      ? null
      : Object.fromEntries(
          [...row].map(([column, { actorId, version, hlc }]) => [
            column,
            [actorId, version, hlcToUnixMs(hlc)],
          ]),
        ),
  );
}

type Step =
  | { readonly kind: 'insert'; readonly node: number; readonly id: number }
  | {
      readonly kind: 'update';
      readonly node: number;
      readonly id: number;
      readonly column: (typeof columns)[number];
    }
  | { readonly kind: 'delete'; readonly node: number; readonly id: number }
  | { readonly kind: 'exchange' };

const node = fc.nat(1);
const id = fc.constantFrom(...ids);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('insert' as const), node, id }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('update' as const),
      node,
      id,
      column: fc.constantFrom(...columns),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), node, id }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('exchange' as const) }) },
);

type Write = readonly [actor: string, version: number, atMs: number];

/** What each node should tell: of every cell the latest write that it knows of. */
class Model {
  readonly rows = digits.map(() => new Map<number, Map<string, Write>>());
  #count = 0;

  run(step: Step): void {
    if (step.kind === 'exchange') this.exchange();
    else if (step.kind === 'delete') this.#delete(step.node, step.id);
    else this.#write(step);
  }

  /** Deletes win over whatever is concurrent, so here nothing is: a model of clocks alone is enough. */
  #delete(index: number, id: number): void {
    this.exchange();
    if (!this.rows[index]?.has(id)) return;
    this.#transact(index, `DELETE FROM t WHERE id = ${id}`);
    bench.exchange();
    for (const rows of this.rows) rows.delete(id);
  }

  #write(step: Extract<Step, { kind: 'insert' | 'update' }>): void {
    const rows = must(this.rows[step.node], 'there are two nodes');
    const row = rows.get(step.id);
    if (step.kind === 'insert') {
      if (row !== undefined) return;
      const write = this.#transact(step.node, `INSERT INTO t (id, a) VALUES (${step.id}, 'new')`);
      rows.set(step.id, new Map(['id', ...columns].map((column) => [column, write])));
    } else if (row !== undefined) {
      // Always another value: writing the one that is there is no write.
      const sql = `UPDATE t SET ${step.column} = ${this.#count + 1000} WHERE id = ${step.id}`;
      row.set(step.column, this.#transact(step.node, sql));
    }
  }

  #transact(index: number, sql: string): Write {
    this.#count++;
    const { clock, run } = nodeAt(index);
    clock.wallMs += 5;
    const outcome = run(sql);
    const version = must(outcome.ok ? outcome.version : undefined, 'it made a version');
    return [testActor(must(digits[index], 'a node')), version, clock.wallMs];
  }

  exchange(): void {
    bench.exchange();
    const [a, b] = this.rows;
    if (a === undefined || b === undefined) return;
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      for (const [id, row] of one) {
        const known = other.get(id) ?? new Map<string, Write>();
        for (const [column, write] of row) {
          if (write[2] > (known.get(column)?.[2] ?? 0)) known.set(column, write);
        }
        other.set(id, known);
      }
    }
  }
}

test('each cell is from the latest write to it, at both nodes, before and after they meet', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const model = new Model();
      const check = async (): Promise<void> => {
        for (const [index, rows] of model.rows.entries()) {
          const wanted = ids.map((id) => {
            const row = rows.get(id);
            return row === undefined ? null : Object.fromEntries(row);
          });
          const keys = ids.map((id) => [id]);
          expect(await told(index, 't', keys)).toEqual(wanted);
        }
      };
      for (const each of steps) model.run(each);
      await check();
      model.exchange();
      await check();
      nodeAt(0).run('DELETE FROM t');
      bench.exchange();
    }),
    { seed: 11, numRuns: 120 },
  );
});

test('keys of any type and order, repeated ones, and as many as may be asked for', async () => {
  const a = nodeAt(0);
  const pairs = "('p', x'01', 1), (CAST(x'ff' AS TEXT), x'02', 2), ('', x'', 3)";
  a.run(`INSERT INTO pair VALUES ${pairs}`);
  const big = 9_007_199_254_740_993n;
  a.run(`INSERT INTO "odd "" name" VALUES (${big}, 'i'), (0.5, 'r'), ('1', 't'), (x'31', 'b')`);
  a.run(`UPDATE "odd "" name" SET v = 'later' WHERE k = ${big}`);
  const pair = await told(0, 'pair', [
    [Buffer.from([1]), 'p'],
    [Buffer.alloc(0), ''],
    ['p', Buffer.from([1])],
  ]);
  expect(pair.map((row) => Object.keys(row ?? {}).length)).toEqual([3, 3, 0]);
  const odd = await told(0, 'odd " name', [
    [big],
    [big - 1n],
    [0.5],
    ['1'],
    [Buffer.from('1')],
    [1],
  ]);
  expect(odd.map((row) => row !== null)).toEqual([true, false, true, true, true, false]);
  expect(odd[0]?.['v']?.[1]).toBe(Number(odd[0]?.['k']?.[1]) + 1);
  a.run('INSERT INTO t (id) VALUES (7), (8)');
  const keys = Array.from({ length: 200 }, (_, index) => [7 + (index % 3)]);
  const many = await told(0, 't', keys);
  expect(many.filter((row) => row === null).length).toBe(66);
  expect(many[0]).toEqual(many[3]);
});

test('a cell whose last write has not arrived is missing', async () => {
  const [a, b] = [nodeAt(0), nodeAt(1)];
  bench.exchange();
  a.run("INSERT INTO t (id, a) VALUES (50, 'x')");
  const insert = a.log.splice(0);
  a.run("UPDATE t SET a = 'y' WHERE id = 50");
  b.replica.merge(a.log);
  const [row] = await told(1, 't', [[50]]);
  expect(Object.keys(row ?? {})).toEqual(['a']);
  b.replica.merge(insert);
  expect(await told(1, 't', [[50]])).toEqual(await told(0, 't', [[50]]));
});

test('what is no replicated table, and keys that do not fit, are refused', async () => {
  for (const table of ['nope', 'seen', '__patina_state', '__patina_b_t', 'sqlite_schema', 'T']) {
    await expect(told(0, table, [[1]]), table).rejects.toMatchObject({ code: 'PATINA_NOT_FOUND' });
  }
  for (const [table, key] of [
    ['t', [1, 2]],
    ['pair', ['p']],
  ] as const) {
    await expect(told(0, table, [key])).rejects.toMatchObject({ code: 'PATINA_BODY_INVALID' });
  }
  expect(await told(0, 't', [])).toEqual([]);
});

test('nobody else reads the clocks, after them as before', async () => {
  const { readers } = nodeAt(0);
  const sql = 'SELECT * FROM __patina_b_t';
  for (let count = 0; count < 2; count++) {
    await told(0, 't', [[1]]);
    await expect(readers.all({ sql, ...limits })).rejects.toMatchObject({
      code: 'PATINA_SQL_REFUSED',
    });
  }
  // Reading is all that even our own can do.
  const own = { sql: 'DELETE FROM t', isOwn: true, ...limits };
  await expect(readers.all(own)).rejects.toMatchObject({ code: expect.stringMatching(/^PATINA_/) });
  expect(nodeAt(0).all('SELECT id FROM t').length).toBeGreaterThan(0);
});
