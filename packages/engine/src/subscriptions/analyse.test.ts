// Which way each kind of query is kept, what its plan says, and that SQLite takes all SQL of the plan.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { must } from '../base/assert.ts';
import type { QueryParams } from './parameters.ts';
import type { CatalogTable, QueryPlan } from './plan.ts';
import { openTestDatabase, rowsOf, type TestDatabase, textOf } from './testing/database.ts';

let opened: TestDatabase;
beforeAll(() => {
  opened = openTestDatabase();
});
afterAll(() => opened.close());

/** The plan of a query, all SQL of which was prepared. */
function planOf(sql: string, params: QueryParams = []): QueryPlan {
  const { plan } = opened.analyse(sql, params);
  for (const statement of statementsOf(plan)) opened.db.prepare(statement);
  expect(plan.reasons.length).toBeGreaterThan(0);
  return plan;
}

function statementsOf({ sql, full, keyed, grouped }: QueryPlan): string[] {
  const statements = [sql, full.sql];
  if (grouped !== undefined) statements.push(grouped.rowByGroup);
  if (keyed === undefined) return statements;
  statements.push(keyed.sql, ...keyed.constants.map(({ asStored }) => asStored));
  for (const { rowsByKey, anchor, constantsByKey } of keyed.sources) {
    statements.push(rowsByKey);
    if (anchor !== undefined) statements.push(anchor.anchorKeys);
    if (constantsByKey !== undefined) statements.push(constantsByKey);
  }
  return statements;
}

function reactions(plan: QueryPlan): Record<string, string> {
  return Object.fromEntries(plan.tables.map(({ table, reaction }) => [table, reaction]));
}

function columnsOf(plan: QueryPlan, table: string): readonly string[] | 'all' {
  const role = must(
    plan.tables.find((candidate) => candidate.table === table),
    'the table is read',
  );
  return role.columns === 'all' ? 'all' : [...role.columns].sort();
}

describe('the way', () => {
  it('is by keys for rows of tables and their joins', () => {
    for (const sql of [
      'SELECT * FROM a',
      "SELECT x + 1, upper(y) FROM a WHERE z = 'q' OR x > 2",
      'SELECT ALL x FROM main.a AS "left"',
      'SELECT * FROM a JOIN b ON a.id = b.aid',
      'SELECT * FROM a, b CROSS JOIN c WHERE a.id = b.aid',
      'SELECT * FROM a NATURAL JOIN b',
      'SELECT one.x, two.x FROM a one JOIN a two ON one.x = two.id',
      'SELECT * FROM a LEFT JOIN b USING (x) LEFT JOIN c ON c.bid = b.id',
      'SELECT x, (SELECT max(w) FROM b WHERE b.aid = a.id) FROM a',
      'SELECT x FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.aid = a.id ORDER BY w LIMIT 1)',
      'SELECT x, min(x, 2) FROM a',
      'SELECT x AS n FROM a WHERE n > 2',
    ]) {
      const plan = planOf(sql);
      expect(plan.mode, sql).toBe('key-wise');
      expect(plan.full.sql).toBe(must(plan.keyed, 'rows have keys').sql);
      expect(plan.isOrdered).toBe(false);
    }
  });

  it('is by groups where a row is a function of its group', () => {
    for (const sql of [
      'SELECT x, count(*) FROM a GROUP BY x',
      'SELECT count(*) FROM a GROUP BY x, lower(y) HAVING count(*) > 1',
      'SELECT lower(y) AS name, sum(x) AS s FROM a GROUP BY name HAVING s > 1',
      'SELECT x, y, max(x) FROM a GROUP BY 2, 1',
      'SELECT b.w, count(a.id) FROM b LEFT JOIN a ON a.id = b.aid GROUP BY b.w',
      'SELECT DISTINCT x, y FROM a',
      'SELECT DISTINCT b.* FROM b JOIN c ON c.bid = b.id',
      "SELECT x, group_concat(y, ',' ORDER BY y) FROM a GROUP BY x",
      'SELECT x, (SELECT count(*) FROM b) FROM a GROUP BY x',
      'SELECT date(y), count(*) FROM a GROUP BY date(y)',
      'SELECT x || y, count(*) FROM a GROUP BY x || y',
    ]) {
      const plan = planOf(sql);
      expect(plan.mode, `${sql}: ${plan.reasons.join(' ')}`).toBe('group-wise');
      const { groupCount } = must(plan.grouped, 'there are groups');
      expect(plan.full.identityCount).toBe(groupCount);
    }
  });

  it('is to run it again for all else, and the reason says why', () => {
    const reasons: readonly (readonly [string, RegExp])[] = [
      ['SELECT x FROM a ORDER BY x', /ORDER BY/],
      ['SELECT x FROM a LIMIT 3', /LIMIT/],
      ['SELECT count(*) FROM a', /one group/],
      ['SELECT x FROM a UNION SELECT x FROM b', /several SELECTs/],
      ['WITH w AS (SELECT x FROM a) SELECT * FROM w', /common table expression/],
      ['SELECT * FROM (SELECT x FROM a)', /sub-query in FROM/],
      ['SELECT * FROM (a JOIN b USING (x))', /sub-query in FROM/],
      ['SELECT a.x, value FROM a, json_each(a.y)', /table-valued function json_each/],
      ['SELECT * FROM v', /v is a view/],
      ['SELECT * FROM "local"', /not a replicated table/],
      ['SELECT a.x FROM a RIGHT JOIN b ON a.id = b.aid', /RIGHT or FULL/],
      ['SELECT a.x FROM a FULL JOIN b ON a.id = b.aid', /RIGHT or FULL/],
      ['SELECT x, row_number() OVER () FROM a', /window function/],
      ['SELECT x, sum(x) OVER (PARTITION BY y) FROM a', /window function/],
      ['VALUES (1), (2)', /list of values/],
      ['SELECT 1', /no table/],
      ['SELECT x, y, count(*) FROM a GROUP BY x', /y is neither grouped by nor gathered/],
      ['SELECT z, count(*) FROM a GROUP BY z', /collation/],
      ['SELECT u, count(*) FROM a GROUP BY u', /1 and 1\.0/],
      ['SELECT x, group_concat(y) FROM a GROUP BY x', /order of the rows/],
      ['SELECT x, max(z) FROM a GROUP BY x', /collation/],
      ['SELECT DISTINCT x FROM a GROUP BY x', /both DISTINCT and GROUP BY/],
      ['SELECT x, (SELECT b.w FROM b WHERE b.aid = a.x) FROM a GROUP BY x', /rows of a group/],
      ['SELECT DISTINCT y AS n FROM a WHERE n > 1', /name of a result column/],
      ['SELECT (SELECT max(a.x) FROM b) FROM a', /may gather rows/],
      ['SELECT x FROM a WHERE x IN (SELECT x FROM a)', /No table/],
      ['SELECT x FROM a NOT INDEXED', /index to use/],
      ['SELECT 1 FROM a, b a', /called a/],
    ];
    for (const [sql, reason] of reasons) {
      const plan = planOf(sql);
      expect(plan.mode, sql).toBe('re-run');
      expect(plan.reasons.join(' '), sql).toMatch(reason);
      expect(plan.tables.every(({ reaction }) => reaction === 're-run')).toBe(true);
    }
  });
});

describe('identity of rows', () => {
  beforeEach(() => {
    opened.db.exec(
      "DELETE FROM a; DELETE FROM b; INSERT INTO a (id, x, y) VALUES (1, 9, 'p'), (2, 8, 'q')",
    );
  });

  it('stands before results that are run again, and numbers of columns move along', () => {
    const { full } = planOf('SELECT y, x FROM a ORDER BY 2, 1 DESC LIMIT 5');
    expect(full.identityCount).toBe(1);
    expect(rowsOf(opened.db, full.sql, []).map(textOf)).toEqual([
      '["int 2","q","int 8"]',
      '["int 1","p","int 9"]',
    ]);
    const grouped = planOf('SELECT x, count(*) FROM a GROUP BY 1 ORDER BY 2, 1');
    expect(grouped.full.sql).toContain('GROUP BY 2 ORDER BY 3, 2');
    expect(grouped.full.identityCount).toBe(1);
    expect(planOf('SELECT x, rank() OVER (ORDER BY x) FROM a').full.identityCount).toBe(1);
  });

  it('is the same for the one row of an aggregate', () => {
    const { full } = planOf('SELECT count(*), max(x) FROM a WHERE x > 100');
    expect(full.identityCount).toBe(1);
    expect(rowsOf(opened.db, full.sql, []).map(textOf)).toEqual(['["int 0","int 0",null]']);
  });

  it('is left to the content where there is none', () => {
    for (const sql of [
      'SELECT x FROM a UNION ALL SELECT x FROM b',
      'SELECT DISTINCT x FROM a ORDER BY x',
      'SELECT * FROM v',
      'SELECT x FROM a ORDER BY +1',
      'VALUES (1)',
    ]) {
      expect(planOf(sql).full.identityCount, sql).toBe(0);
    }
  });
});

describe('LEFT JOIN', () => {
  const join = 'FROM a LEFT JOIN b ON b.aid = a.id LEFT JOIN c ON c.bid = b.id';

  it('has rows looked at anew by the source that decides what is joined', () => {
    const plan = planOf(`SELECT * ${join} WHERE a.x > 1`);
    const { sources } = must(plan.keyed, 'rows have keys');
    expect(sources.map(({ anchor }) => anchor?.source)).toEqual([undefined, 0, 0]);
    expect(must(sources[1]?.anchor, 'b may be absent').anchorKeys).toBe(
      'SELECT DISTINCT "a"."id" FROM a JOIN b ON b.aid = a.id WHERE (a.x > 1) AND "b"."id" = ?1',
    );
    const nearer = planOf('SELECT 1 FROM d JOIN a ON a.y = d.k LEFT JOIN b ON b.aid = a.id');
    expect(nearer.keyed?.sources[2]?.anchor?.source).toBe(1);
  });

  it('is an inner join where a condition leaves out the rows without', () => {
    for (const condition of [
      'b.w = 1',
      'b.w > a.x',
      'b.w IS NOT NULL',
      'b.w IN (1, 2)',
      "b.id LIKE 'x%' AND a.x = 1",
      'b.w BETWEEN 1 AND 2',
      '(b.w = 1 OR b.w = 2)',
      'NOT b.w',
      'b.w + 1 > 2',
    ]) {
      const plan = planOf(`SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE ${condition}`);
      const source = must(plan.keyed, 'rows have keys').sources[1];
      expect(source?.anchor, condition).toBeUndefined();
      expect(reactions(plan), condition).toEqual({ a: 'keys', b: 'keys' });
    }
    const chained = planOf(`SELECT * ${join} WHERE c.x = 1`);
    expect(chained.keyed?.sources.map(({ anchor }) => anchor)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is run again for a table whose absence decides which rows there are', () => {
    for (const condition of [
      'b.id IS NULL',
      'coalesce(b.w, 1) = 1',
      'b.w = 1 OR a.x = 1',
      'b.w IS a.x',
    ]) {
      const plan = planOf(`SELECT a.x FROM a LEFT JOIN b ON b.aid = a.id WHERE ${condition}`);
      expect(reactions(plan), condition).toEqual({ a: 'keys', b: 're-run' });
    }
    const named = planOf(
      `SELECT b.w AS n FROM a LEFT JOIN b ON b.aid = a.id
        WHERE NOT EXISTS (SELECT 1 FROM c WHERE c.x = n)`,
    );
    expect(reactions(named)).toEqual({ a: 'keys', b: 're-run', c: 're-run' });
    // What joins c depends on b, so that the rows that c filters out hide those of b too.
    expect(reactions(planOf(`SELECT a.x ${join} WHERE c.x IS NULL`))).toEqual({
      a: 'keys',
      b: 're-run',
      c: 're-run',
    });
    expect(reactions(planOf(`SELECT a.x ${join} WHERE b.id IS NULL`))).toEqual({
      a: 'keys',
      b: 're-run',
      c: 'keys',
    });
  });
});

describe('tables', () => {
  it('list the columns that are named anywhere, or all', () => {
    expect(columnsOf(planOf('SELECT x FROM a WHERE lower(y) > 1'), 'a')).toEqual(['x', 'y']);
    expect(columnsOf(planOf('SELECT count(*) FROM a'), 'a')).toEqual([]);
    expect(columnsOf(planOf('SELECT * FROM a'), 'a')).toBe('all');
    expect(columnsOf(planOf('SELECT twice FROM a'), 'a')).toBe('all');
    const joined = planOf('SELECT b.* FROM a JOIN b USING (x)');
    expect([columnsOf(joined, 'a'), columnsOf(joined, 'b')]).toEqual([['x'], 'all']);
    const natural = planOf('SELECT b.w FROM a NATURAL JOIN b');
    expect([columnsOf(natural, 'a'), columnsOf(natural, 'b')]).toEqual(['all', 'all']);
    const nested = planOf('SELECT a.id FROM a WHERE a.x IN (SELECT x FROM c WHERE p = 1)');
    expect([columnsOf(nested, 'a'), columnsOf(nested, 'c')]).toEqual([
      ['id', 'x'],
      ['p', 'x'],
    ]);
  });

  it('that are not followed by keys have a reason', () => {
    const nested = planOf('SELECT x FROM a WHERE id IN (SELECT aid FROM b)');
    expect(nested.reasons.at(-1)).toBe('A change of b runs it whole: a sub-query reads it.');
    const absent = planOf('SELECT a.x FROM a LEFT JOIN b ON b.aid = a.id WHERE b.id IS NULL');
    expect(absent.reasons.at(-1)).toContain('whether a LEFT JOIN finds it');
  });

  it('that a sub-query reads are run again, wherever else they are', () => {
    expect(reactions(planOf('SELECT x FROM a WHERE id IN (SELECT aid FROM b)'))).toEqual({
      a: 'keys',
      b: 're-run',
    });
    const twice = planOf(
      'SELECT a.x FROM a JOIN b ON a.id = b.aid WHERE a.x > (SELECT max(x) FROM a)',
    );
    expect(reactions(twice)).toEqual({ a: 're-run', b: 'keys' });
    const left = planOf('SELECT a.x FROM a LEFT JOIN b ON b.w = (SELECT max(x) FROM c)');
    expect(reactions(left)).toEqual({ a: 'keys', b: 'keys', c: 're-run' });
  });

  it('beneath views are all there', () => {
    expect(reactions(planOf('SELECT x FROM v'))).toEqual({ a: 're-run' });
    expect(planOf('SELECT w FROM b WHERE aid IN (SELECT id FROM v)').mode).toBe('re-run');
    expect(planOf('SELECT x FROM "local"').readsNodeViews).toBe(true);
    expect(planOf('SELECT name FROM sqlite_schema').readsNodeViews).toBe(false);
  });
});

describe('views', () => {
  const columns = ['id', 'x'].map((column) => {
    return { name: column, type: 'INT', collation: 'BINARY', isGenerated: false };
  });
  const table = (name: string): CatalogTable => ({
    name,
    kind: 'replicated',
    key: ['id'],
    columns,
  });
  const view = (name: string, sql: string): CatalogTable => {
    return { name, kind: 'view', key: [], columns: [], sql };
  };
  const catalogOf = (...all: CatalogTable[]) => new Map(all.map((one) => [one.name, one]));

  it('are looked through for tables and functions', () => {
    const views = catalogOf(
      table('a'),
      table('b'),
      view('outer', 'CREATE VIEW outer AS SELECT * FROM inner'),
      view(
        'inner',
        "CREATE VIEW inner AS SELECT b.* FROM a NATURAL JOIN b WHERE b.x > date('now')",
      ),
    );
    const plan = opened.planIn(views, 'SELECT * FROM outer', 'outer', 'inner', 'b');
    expect(reactions(plan)).toEqual({ a: 're-run', b: 're-run' });
    expect(plan.dependsOnTime).toBe(true);
  });

  it('that use chance are refused', () => {
    const views = catalogOf(table('a'), view('v', 'CREATE VIEW v AS SELECT random() AS r FROM a'));
    expect(() => opened.planIn(views, 'SELECT * FROM v', 'v', 'a')).toThrow(/random\(\)/);
  });
});

describe('time and chance', () => {
  it('has queries run every second that depend on the time', () => {
    for (const [sql, expected] of [
      ["SELECT x FROM a WHERE y > datetime('now', '-1 day')", true],
      ["SELECT x FROM a WHERE y > date('NOW')", true],
      ['SELECT x FROM a WHERE y > date()', true],
      ["SELECT strftime('%s'), x FROM a", true],
      ["SELECT strftime('%s', 'now'), x FROM a", true],
      ['SELECT CURRENT_TIMESTAMP, x FROM a', true],
      ["SELECT unixepoch('subsec') FROM a", true],
      ["SELECT x FROM a WHERE id IN (SELECT aid FROM b WHERE date('now') > id)", true],
      ["SELECT x FROM a WHERE y > date(coalesce(z, 'now'))", true],
      ['SELECT date(y) FROM a', false],
      ["SELECT date('2026-01-01', '+1 day'), strftime('%s', y) FROM a", false],
      ["SELECT 'now' FROM a", false],
    ] as const) {
      expect(planOf(sql).dependsOnTime, sql).toBe(expected);
    }
    expect(planOf('SELECT date(?) FROM a', ['now']).dependsOnTime).toBe(true);
    expect(planOf('SELECT date(?) FROM a', ['2026-01-01']).dependsOnTime).toBe(false);
  });

  it('refuses functions of chance and of the connection, with what to do', () => {
    for (const call of [
      'random()',
      'randomblob(4)',
      'changes()',
      'total_changes()',
      'last_insert_rowid()',
    ]) {
      for (const sql of [`SELECT ${call} FROM a`, `SELECT x FROM a WHERE x IN (SELECT ${call})`]) {
        expect(() => opened.analyse(sql), sql).toThrow(
          expect.objectContaining({
            code: 'PATINA_SUBSCRIPTION_REFUSED',
            hint: expect.stringContaining('leave it out'),
          }),
        );
      }
    }
  });
});

describe('keys', () => {
  it('are told apart by their bytes, and by their place behind the parameters', () => {
    const plan = planOf('SELECT * FROM d JOIN c ON c.x = d.x WHERE d.y > ? OR c.x = ?', ['p', 1]);
    const { sources, identityCount } = must(plan.keyed, 'rows have keys');
    expect(identityCount).toBe(3);
    expect(sources.map(({ keyStart, keyCount }) => [keyStart, keyCount])).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(sources[0]?.rowsByKey).toMatch(
      /WHERE \(d\.y > \?1 OR c\.x = \?2\) AND "d"\."k" = \?3 COLLATE BINARY$/,
    );
    expect(sources[1]?.rowsByKey).toMatch(/"c"\."q" = \?3 AND "c"\."p" = \?4$/);
  });
});
