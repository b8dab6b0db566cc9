// What the console reads out of SQL text: statements, what they do, their parameters and tables.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mentionsOf } from './mentions.ts';
import { parametersOf } from './parameters.ts';
import { isSelect, natureOf } from './statement-kind.ts';
import { placeOf, splitStatements, statementAt } from './statements.ts';
import { nameOf, quotedName, tokensOf } from './tokens.ts';

const texts = (sql: string) => splitStatements(sql).map((statement) => statement.sql);
const only = (sql: string) => {
  const [statement] = splitStatements(sql);
  if (statement === undefined) throw new Error('a statement was expected');
  return statement;
};
const kindOf = (sql: string) => natureOf(only(sql)).kind;
const names = (sql: string) => parametersOf(only(sql)).map(({ name }) => name);

describe('statements', () => {
  it('end at semicolons, but not at those in strings, names and comments', () => {
    expect(texts('SELECT 1; SELECT 2')).toEqual(['SELECT 1', 'SELECT 2']);
    expect(texts(`SELECT ';', ";", \`;\`, [;]; -- a ; b\n/* ; */ SELECT 'it''s;'`)).toEqual([
      `SELECT ';', ";", \`;\`, [;]`,
      `SELECT 'it''s;'`,
    ]);
    expect(texts(';; -- nothing\n;')).toEqual([]);
    expect(texts('SELECT 1; /* not closed ; SELECT 2')).toEqual(['SELECT 1']);
    expect(texts(`SELECT 'not closed; SELECT 2`)).toEqual([`SELECT 'not closed; SELECT 2`]);
  });

  it('hold the body of a trigger, with CASE inside', () => {
    const trigger =
      'CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; SELECT 1; END';
    expect(texts(`${trigger}; SELECT 2;`)).toEqual([trigger, 'SELECT 2']);
    expect(texts('BEGIN; SELECT 1; END;')).toEqual(['BEGIN', 'SELECT 1', 'END']);
  });

  it('are found by the cursor', () => {
    const statements = splitStatements('SELECT 1;\nSELECT 2;\n');
    expect(statementAt(statements, 0)?.sql).toBe('SELECT 1');
    expect(statementAt(statements, 9)?.sql).toBe('SELECT 1');
    expect(statementAt(statements, 12)?.sql).toBe('SELECT 2');
    expect(statementAt(statements, 20)?.sql).toBe('SELECT 2');
    expect(statementAt([], 3)).toBeUndefined();
  });

  it('lie in the text where they say, whatever the text is', () => {
    const pieces = fc.constantFrom(
      ...['SELECT', 'BEGIN', 'END', 'CREATE', 'TRIGGER', ';', "'", '"', '`', '[', ']', '--'],
      ...['/*', '*/', '\n', ' ', '?1', ':a', '$x::y(z)', 'é', '😀', '1.5e3', '(', ')'],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        const text = parts.join(' ');
        let end = 0;
        for (const statement of splitStatements(text)) {
          expect(statement.start).toBeGreaterThanOrEqual(end);
          expect(text.slice(statement.start, statement.end)).toBe(statement.sql);
          end = statement.end;
        }
        // Nothing but blanks lies between tokens.
        let at = 0;
        for (const token of tokensOf(text)) {
          expect(text.slice(at, token.start).trim()).toBe('');
          at = token.end;
        }
        expect(text.slice(at).trim()).toBe('');
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('give places as lines and columns', () => {
    expect(placeOf('a\nbc', 3)).toEqual({ line: 2, column: 2 });
    expect(placeOf('abc', 0)).toEqual({ line: 1, column: 1 });
  });
});

describe('what a statement does', () => {
  it('tells reads from writes', () => {
    for (const sql of ['SELECT 1', 'values (1)', 'WITH a AS (SELECT 1) SELECT * FROM a']) {
      expect(kindOf(sql)).toBe('reads');
    }
    expect(kindOf('EXPLAIN QUERY PLAN DELETE FROM a')).toBe('reads');
    expect(kindOf('INSERT INTO a VALUES (1)')).toBe('writes');
    expect(kindOf('WITH x AS (SELECT 1) INSERT INTO a SELECT * FROM x')).toBe('writes');
    expect(kindOf('UPDATE a SET b = 1 WHERE c = 2')).toBe('writes');
    expect(kindOf('CREATE TABLE a (b)')).toBe('writes');
    expect(kindOf('BEGIN IMMEDIATE')).toBe('transaction');
  });

  it('warns of statements that touch every row or drop things', () => {
    expect(kindOf('DELETE FROM a')).toBe('destructive');
    expect(kindOf('UPDATE a SET b = (SELECT 1 FROM c WHERE d)')).toBe('destructive');
    expect(kindOf('WITH x AS (SELECT 1 WHERE 1) DELETE FROM a')).toBe('destructive');
    expect(kindOf(`DELETE FROM "where"`)).toBe('destructive');
    expect(kindOf('DROP TABLE a')).toBe('destructive');
    expect(kindOf('ALTER TABLE a DROP COLUMN b')).toBe('destructive');
    expect(kindOf('DELETE FROM a -- WHERE 1')).toBe('destructive');
  });

  it('knows what can be watched', () => {
    expect(isSelect(only('WITH a AS (SELECT 1) SELECT * FROM a'))).toBe(true);
    expect(isSelect(only('EXPLAIN SELECT 1'))).toBe(false);
  });
});

describe('parameters', () => {
  it('have the numbers that SQLite gives them', () => {
    expect(names('SELECT ?, ?, ?5, ?')).toEqual(['?1', '?2', '?5', '?6']);
    expect(names('SELECT :a, @b, $c, :a')).toEqual([':a', '@b', '$c']);
    expect(names('SELECT :a, ?1, ?')).toEqual([':a', '?2']);
    expect(names(`SELECT ':no', "?" -- :no\n, $a::b`)).toEqual(['$a::b']);
    expect(names('SELECT 1')).toEqual([]);
  });
});

describe('names', () => {
  it('are read out of their quotes, and put into them', () => {
    const read = (text: string) => nameOf(tokensOf(text)[0]);
    expect([read('"a""b"'), read('[a b]'), read('`x`'), read('plain'), read("'s'")]).toEqual([
      'a"b',
      'a b',
      'x',
      'plain',
      undefined,
    ]);
    fc.assert(
      fc.property(fc.string(), (name) => nameOf(tokensOf(quotedName(name))[0]) === name),
      { seed: 3 },
    );
  });

  it('of tables are found with their short names', () => {
    const of = (sql: string) => mentionsOf(tokensOf(sql));
    expect(of('SELECT x FROM main.a AS b, "c d" e JOIN f ON 1')).toEqual([
      { table: 'a', alias: 'b' },
      { table: 'c d', alias: 'e' },
      { table: 'f', alias: undefined },
    ]);
    expect(of('UPDATE a SET b = 1')).toEqual([{ table: 'a', alias: undefined }]);
    expect(of('SELECT FROM')).toEqual([]);
  });
});
