// Random queries over random rows: what is kept by a plan through random writes is what the query
// yields when it is run afresh.

import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { must } from '../base/assert.ts';
import { type Rng, seededRng } from '../base/rng.ts';
import {
  openTestDatabase,
  type Row,
  rowsOf,
  type TestDatabase,
  textOf,
} from './testing/database.ts';
import { Maintained, type Touched } from './testing/maintained.ts';
import { pick, randomQuery, randomValue, written } from './testing/random-queries.ts';

vi.setConfig({ testTimeout: 240_000 });

const casesDefault = 1_000;
const cases = Number(process.env['ANALYSIS_CASES'] ?? casesDefault);

function writeRow(rng: Rng, test: TestDatabase): Touched {
  const table = pick(rng, Object.keys(written));
  const { key: keyNames, other } = must(written[table], 'the table is known');
  const key = keyNames.map((column) => randomValue(rng, table, column));
  const match = keyNames.map((column) => `${column} = ? COLLATE BINARY`).join(' AND ');
  const read = (): Row | undefined =>
    test.db
      .prepare<unknown[], Row>(`SELECT ${other} FROM ${table} WHERE ${match}`)
      .raw()
      .get(...key);
  const before = read();
  if (before !== undefined && rng.float() < 0.35) {
    test.db.prepare(`DELETE FROM ${table} WHERE ${match}`).run(...key);
  } else if (before !== undefined) {
    const column = pick(rng, other);
    const value = randomValue(rng, table, column);
    test.db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${match}`).run(value, ...key);
  } else {
    const values = other.map((column) => randomValue(rng, table, column));
    const marks = [...key, ...values].map(() => '?').join();
    test.db
      .prepare(`INSERT INTO ${table} (${[...keyNames, ...other]}) VALUES (${marks})`)
      .run(...key, ...values);
  }
  const after = read();
  const isBirth = before === undefined || after === undefined;
  const columns = other.filter(
    (_, index) => textOf([before?.[index] ?? null]) !== textOf([after?.[index] ?? null]),
  );
  return { table, key: key as Row, columns: isBirth ? undefined : new Set(columns) };
}

function sorted(rows: readonly Row[]): string[] {
  return rows.map(textOf).sort();
}

function holds(seed: number, counts: Map<string, number>): void {
  const rng = seededRng(seed);
  const opened = openTestDatabase();
  try {
    for (let count = 0; count < 14; count++) writeRow(rng, opened);
    let sql = randomQuery(rng);
    while (!isQuery(opened, sql)) sql = randomQuery(rng);
    const query = opened.analyse(sql);
    const { mode } = query.plan;
    counts.set(mode, (counts.get(mode) ?? 0) + 1);
    const columns = opened.db.prepare(query.plan.sql).columns();
    expect(
      columns.map(({ name }) => name),
      sql,
    ).toEqual(query.plan.columns);
    const maintained = new Maintained(opened.db, query);
    for (let step = 0; step < 6; step++) {
      const touched = Array.from({ length: 1 + rng.below(3) }, () => writeRow(rng, opened));
      // Several writes of one row in a step are births and deaths in doubt.
      const merged = touched.map((one) => {
        const same = touched.filter(
          ({ table, key }) => table === one.table && textOf(key) === textOf(one.key),
        );
        return same.length > 1 ? { ...one, columns: undefined } : one;
      });
      maintained.apply(merged);
      const fresh = rowsOf(opened.db, sql, []);
      const message = `seed ${seed}, step ${step}, ${mode}: ${sql}`;
      expect(sorted(maintained.rows()), message).toEqual(sorted(fresh));
    }
    const reruns = query.plan.tables.some(({ reaction }) => reaction === 're-run');
    if (!reruns) expect(maintained.wholeRuns).toBe(1);
  } finally {
    opened.close();
  }
}

function isQuery({ db }: TestDatabase, sql: string): boolean {
  try {
    db.prepare(sql).raw().all();
    return true;
  } catch {
    return false;
  }
}

test('results that are kept by plans are those of the queries run afresh', () => {
  const counts = new Map<string, number>();
  fc.assert(
    fc.property(fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 })), (seed) =>
      holds(seed, counts),
    ),
    { numRuns: cases },
  );
  for (const mode of ['key-wise', 'group-wise', 're-run']) {
    expect(counts.get(mode) ?? 0, mode).toBeGreaterThan(cases / 50);
  }
});
