// The list of live queries, and what its forms make of what people type.

import { describe, expect, test } from 'vitest';
import { latencyText } from './latency.ts';
import { type LiveListRow, listed, listOf } from './live-list-rows.ts';
import { examplesOf, readStatement, watchHref } from './statement.ts';

const stats = (id: string, sql: string, cost: number, rows: number) => ({
  id,
  hash: 'h',
  sql,
  mode: 'key-wise' as const,
  state: 'live' as const,
  subscribers: 1,
  rows,
  change_id: 0,
  evaluations: 0,
  evaluation_ms: 0,
  ms_per_sec_cost: cost,
  lagged: 0,
  created_ms: 0,
});

const list = listOf([
  { actor_id: 'a', address: 'a:1', ok: true, answer: [stats('1', 'SELECT a', 1, 5)] },
  {
    actor_id: 'b',
    address: 'b:1',
    ok: true,
    answer: [stats('1', 'SELECT b', 3, 2), stats('2', 'select A, b', 1, 9)],
  },
  { actor_id: 'c', address: 'c:1', ok: false, error: { error: 'no answer' } },
]);

const filter = { text: '', node: '', state: '', sort: 'cost', isReversed: false } as const;
const texts = (rows: readonly LiveListRow[]) => rows.map(({ node, id }) => node + id);

describe('the list', () => {
  test('has the queries of all nodes, and the nodes that are silent', () => {
    expect(texts(list.rows)).toEqual(['a1', 'b1', 'b2']);
    expect(list.silent).toEqual([{ address: 'c:1', error: 'no answer' }]);
  });

  test('is sorted, with ties in a fixed order', () => {
    expect(texts(listed(list.rows, filter))).toEqual(['b1', 'a1', 'b2']);
    expect(texts(listed(list.rows, { ...filter, isReversed: true }))).toEqual(['a1', 'b2', 'b1']);
    expect(texts(listed(list.rows, { ...filter, sort: 'rows' }))).toEqual(['b2', 'a1', 'b1']);
    expect(texts(listed(list.rows, { ...filter, sort: 'query' }))).toEqual(['a1', 'b1', 'b2']);
  });

  test('is filtered by text, node and state', () => {
    expect(texts(listed(list.rows, { ...filter, text: ' select a' }))).toEqual(['a1', 'b2']);
    expect(texts(listed(list.rows, { ...filter, node: 'a' }))).toEqual(['a1']);
    expect(listed(list.rows, { ...filter, state: 'failed' })).toEqual([]);
  });
});

describe('a query of the URL', () => {
  test('has its parameters as JSON, exactly', () => {
    expect(readStatement('SELECT 1', '')).toEqual({ kind: 'statement', statement: 'SELECT 1' });
    expect(readStatement('SELECT ?', '[9007199254740993, "x"]')).toEqual({
      kind: 'statement',
      statement: ['SELECT ?', [9007199254740993n, 'x']],
    });
    expect(readStatement('SELECT :a', '{":a": null}').kind).toBe('statement');
  });

  test.each([
    ['', '', 'no query'],
    ['SELECT ?', '[1', 'no JSON'],
    ['SELECT ?', '"x"', 'a list'],
  ])('%s with %s says what is wrong', (sql, params, part) => {
    const reading = readStatement(sql, params);
    expect(reading.kind === 'problem' ? reading.text : '').toContain(part);
  });

  test('survives the URL', () => {
    const sql = `SELECT '&?#+ %' FROM "a b"`;
    const url = new URL(watchHref(sql), 'http://node');
    expect(url.searchParams.get('sql')).toBe(sql);
  });

  test('examples quote names that need it', () => {
    const columns = [
      { name: 'day', key: 2 },
      { name: 'Room "1"', key: 1 },
      { name: 'note', key: 0 },
    ];
    expect(examplesOf({ name: 'stays', columns })).toEqual([
      'SELECT * FROM stays ORDER BY "Room ""1""" DESC, day DESC LIMIT 100',
      'SELECT count(*) AS rows FROM stays',
    ]);
  });
});

test('a change from a clock that is ahead has a negative latency', () => {
  expect(latencyText(42)).toBe('42 ms');
  expect(latencyText(-42)).toBe('−42 ms');
});
