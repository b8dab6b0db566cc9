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
