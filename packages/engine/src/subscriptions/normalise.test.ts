// Queries that mean the same meet in one text, with the values that make them different beside it.

import { describe, expect, it } from 'vitest';
import type { SqlValue } from '../base/value.ts';
import { normaliseQuery } from './normalise.ts';
import type { QueryParams } from './parameters.ts';
import { openTestDatabase, rowsOf } from './testing/database.ts';

function normalised(sql: string, params: QueryParams = []): [string, readonly SqlValue[]] {
  const { sql: text, values } = normaliseQuery(sql, params);
  return [text, values];
}

describe('text', () => {
  it('is the same whatever the white space, comments and case of keywords', () => {
    const [expected] = normalised(
      "SELECT id, x FROM a WHERE x > 1 AND y LIKE 'b%' ORDER BY id DESC",
    );
    for (const sql of [
      "select id,x from a where x>1 and y like 'b%' order by id desc",
      "SELECT\n\tid , x FROM a -- why\n WHERE x /* really */ > 1 AND y LIKE 'b%' ORDER BY id DESC;",
    ]) {
      expect(normalised(sql)[0]).toBe(expected);
    }
  });

  it('keeps names, texts and functions as they are', () => {
    const sql = `SELECT "a b", [c d], 'x  y', count(*), "key" FROM a AS [from] GROUP BY "a b"`;
    expect(normalised(sql)[0]).toBe(sql);
    expect(normalised('select a.key as left, end from t a')[0]).toBe(
      'SELECT a.key AS left, end FROM t a',
    );
  });

  it('keeps the names of columns that SQLite takes from the text', () => {
    const opened = openTestDatabase();
    try {
      for (const sql of [
        'select x+1, x  + 1, (x), ( x ), "x", a.x, y||?, count ( * ), \'t\', X from a',
        'select (select x+1 from a), * from (select x  *2, y from a)',
        'select case when x then 1 end, cast( x as text ), x collate nocase from a where x = 1',
        'values (1, 1+1)',
        'select 1+1 union select x from a order by 1',
        'with w as (select x-1 from a) select * from w',
      ]) {
        const names = opened.db
          .prepare(sql)
          .columns()
          .map(({ name }) => name);
        const [text] = normalised(sql);
        expect(
          opened.db
            .prepare(text)
            .columns()
            .map(({ name }) => name),
          text,
        ).toEqual(names);
      }
    } finally {
      opened.close();
    }
  });

  it('yields the same rows, whatever of the grammar is used', () => {
    const opened = openTestDatabase();
    try {
      opened.db.exec(`INSERT INTO a (id, x, y, z, u) VALUES (1, 5, 'p', 'Q', x'01'), (2, 6, 'q', NULL, 0.5),
        (3, NULL, '{"k": [1, "t"]}', 'q', '5'); INSERT INTO b VALUES ('b1', 1, 0.5, 5), ('b2', 2, 1, 6)`);
      for (const sql of [
        "select y ->> '$.k', y -> 'k', json_extract(y, '$.k[1]') from a where json_valid(y)",
        'select x from a where x is not distinct from 5 or x is distinct from 6 or x isnull or x notnull',
        'select x from a order by x desc nulls first limit 1, 2',
        'select x from a order by 1 limit (select 2) offset +1',
        "select * from a where (x, y) in (values (5, 'p'), (6, 'q'))",
        "select x from a where y not like 'p%' escape '!' and z glob '[q-z]*' and not x between 1 and -2",
        'select 0x1F, 1_000, 1.5e-3, .5, -(-1), ~x, +x, x<<2|1&3, x%4, x==5, x<>5, x!=5 from a',
        "select 'it''s', x'0aFF', \"x\", [y], `z` from a as 'q'",
        'select case x when 5 then 1 else null end, case when x>5 then 2 end, cast(x as real) from a',
        'select count(*), count(distinct x), sum(x) filter (where x > 5), total(x) from a',
        'select x, sum(x) over w, lag(x, 1) over (order by id rows between 1 preceding and current row) from a window w as (partition by y order by x)',
        'with one(i) as (select 5) select x, exists(select 1 from b where b.aid = a.id), (select max(w) from b), x in (5, 6), x in one from a',
        'with recursive n(i) as (select 1 union all select i + 1 from n where i < 5), m as materialized (select 2) select * from n, m',
        'select x from a union all select x from b except select 5 intersect select x from a',
        'select * from a left join b on a.id = b.aid cross join (select 1 as one) natural join (select 1 as two)',
        "select * from (a join b on a.id = b.aid) join json_each('[1,2]') as j on j.value = a.id",
        'select a.x, b.x from a full outer join b using (x) group by a.x, b.x having count(*) > 0 order by 1, 2',
        'select * from a right join b on a.id = b.aid and b.w > 0.6',
        'select all "distinct".x from a as "distinct"',
        "select group_concat(y, '-' order by id desc), string_agg(y, ',') from a",
        'values (1, 2), (3, 4)',
        "select iif(x > 5, 1, 0), if(x, 1), replace(y, 'p', 'z'), like('p%', y), glob('p*', y), likely(x) from a",
        'select main.a.x from main.a not indexed',
        'select x collate nocase, y || z collate rtrim from a order by z collate nocase',
        'select distinct x from a where true and not false; ',
      ]) {
        const [text, values] = normalised(sql);
        expect(rowsOf(opened.db, text, values), text).toEqual(rowsOf(opened.db, sql, []));
        expect(normalised(text, values)).toEqual([text, values]);
      }
    } finally {
      opened.close();
    }
  });

  it('changes nothing any more when it is normalised again', () => {
    const sql = "select x+1, y from a join b using(x) where y='k' and b.id in (?,?) limit ?";
    const [once, values] = normalised(sql, [1, 2, 3]);
    expect(normalised(once, values)).toEqual([once, values]);
  });
});

describe('parameters', () => {
  it('are numbered as they appear, and equal ones share a number', () => {
    expect(normalised('SELECT ?2, ?1, ?2, ? FROM a', ['one', 'two', 'three'])).toEqual([
      'SELECT ?1 AS "?2", ?2 AS "?1", ?1 AS "?2", ?3 AS "?" FROM a',
      ['two', 'one', 'three'],
    ]);
    expect(normalised('SELECT x FROM a WHERE x > :low AND y < :low AND z > @z', [5, 6])).toEqual([
      'SELECT x FROM a WHERE x > ?1 AND y < ?1 AND z > ?2',
      [5, 6],
    ]);
  });

  it('are found by name, and are NULL where there is no value', () => {
    const params = new Map<string, SqlValue>([
      [':low', 1],
      ['$high', 2],
      [':other', 3],
    ]);
    const sql = 'SELECT x FROM a WHERE x > :low AND x < $high AND x != :none';
    expect(normalised(sql, params)[1]).toEqual([1, 2, null]);
    expect(normalised('SELECT x FROM a WHERE x > ?', [])[1]).toEqual([null]);
  });

  it('that nothing asks for are an error', () => {
    expect(() => normaliseQuery('SELECT x FROM a WHERE x > ?', [1, 2])).toThrow(
      expect.objectContaining({ code: 'PATINA_SQL_ERROR' }),
    );
  });

  it('that are the present time make another query than those that are a time', () => {
    const sql = 'SELECT x FROM a WHERE y > datetime(?, ?)';
    expect(normalised(sql, ['now', '-1 day'])).toEqual([
      "SELECT x FROM a WHERE y > datetime('now', ?1)",
      ['-1 day'],
    ]);
    expect(normalised(sql, ['2026-01-01', 'now'])[1]).toEqual(['2026-01-01', 'now']);
  });
});

describe('constants', () => {
  it('that a column has to equal are parameters like those of the client', () => {
    const [family] = normalised('SELECT id FROM a WHERE x = ? AND y = ?', [5, 'k']);
    for (const sql of [
      "SELECT id FROM a WHERE x = 5 AND y = 'k'",
      "SELECT id FROM a WHERE x == 6 AND (y = 'l')",
      "SELECT id FROM a WHERE x = -7 AND y = x'00'",
    ]) {
      const [text, values] = normalised(sql);
      expect(text.replaceAll(/[()]/g, '')).toBe(family);
      expect(values).toHaveLength(2);
    }
    expect(normalised('SELECT id FROM a WHERE 5 = x')[0]).toBe('SELECT id FROM a WHERE ?1 = x');
    expect(normalised('SELECT id FROM a JOIN b ON a.x = b.x AND b.w = 3')[1]).toEqual([3]);
  });

  it('keep all 64 bits', () => {
    const [, values] = normalised('SELECT 1 FROM a WHERE x = 9223372036854775807 AND id = -3');
    expect(values).toEqual([9_223_372_036_854_775_807n, -3]);
  });

  it('stay where they mean something else, or might', () => {
    for (const sql of [
      'SELECT x = 5 FROM a GROUP BY 1',
      'SELECT x FROM a ORDER BY 1 LIMIT 3',
      'SELECT x FROM a WHERE x = 1.5',
      'SELECT x FROM a WHERE x = 1e3',
      'SELECT x FROM a WHERE x = 9223372036854775808',
      'SELECT x FROM a WHERE x > 5',
      'SELECT x FROM a WHERE x = 5 OR y = 6',
      'SELECT x FROM a WHERE x = NULL',
      'SELECT x FROM a WHERE 1 = 2',
      'SELECT x FROM a WHERE x = TRUE',
      'SELECT a.x FROM a LEFT JOIN b ON b.w = 3',
      'SELECT x FROM a NOT INDEXED UNION SELECT x FROM b WHERE x = 3',
      'SELECT x FROM a INDEXED BY i WHERE x = 3',
    ]) {
      expect(normalised(sql)[1], sql).toEqual([]);
    }
  });

  it('compare as they do in the text, whatever the type of the column', () => {
    const opened = openTestDatabase();
    try {
      opened.db.exec(
        "INSERT INTO a (id, x, y, z, u) VALUES (1, 5, '5', '5', 5), (2, 'q', 'Q', 'Q', 'q')",
      );
      for (const column of ['x', 'y', 'z', 'u', 'id', 'twice']) {
        for (const literal of ['5', "'5'", "'q'", "'Q'", '-5', "x'35'", "'5.0'"]) {
          const sql = `SELECT id FROM a WHERE ${column} = ${literal}`;
          const [text, values] = normalised(sql);
          expect(values).toHaveLength(1);
          expect(rowsOf(opened.db, text, values), sql).toEqual(rowsOf(opened.db, sql, []));
        }
      }
    } finally {
      opened.close();
    }
  });
});

it('refuses what is no query', () => {
  for (const sql of ['DELETE FROM a', 'EXPLAIN SELECT 1', 'CREATE TABLE t (x)']) {
    expect(() => normaliseQuery(sql, []), sql).toThrow(
      expect.objectContaining({ code: 'PATINA_SUBSCRIPTION_REFUSED' }),
    );
  }
});
