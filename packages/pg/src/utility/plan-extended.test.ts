// What Materialize adds to PostgreSQL's grammar is read in all its places, and refused with positions.

import fc from 'fast-check';
import { loadModule } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { PgError } from '../pg-error.ts';
import { planExtended } from './plan-extended.ts';
import { testTools } from './testing-tools.ts';

beforeAll(loadModule);

function plan(text: string) {
  const tools = testTools();
  return { statement: planExtended(text, tools), planned: tools.planned };
}

describe('SUBSCRIBE', () => {
  it('adds its columns before those of the query', () => {
    const { statement } = plan('SUBSCRIBE (SELECT 1)');
    if (statement?.kind !== 'subscribe') throw new Error('not a subscription');
    expect(statement).toMatchObject({ withSnapshot: true, withProgress: false });
    expect(statement.columns.map(({ name, type }) => [name, type.oid])).toEqual([
      ['mz_timestamp', 1700],
      ['mz_diff', 20],
      ['n', 23],
    ]);
  });

  it.each([
    ['subscribe to (select 1) with (snapshot = false)', false, false],
    ['/* c */ subscribe to t with (progress)', true, true],
    ['subscribe "public"."t" with (snapshot false, progress = true);', false, true],
    ['SUBSCRIBE (SELECT 1) WITH (SNAPSHOT, PROGRESS)', true, true],
  ])('%s', (text, withSnapshot, withProgress) => {
    expect(plan(text).statement).toMatchObject({ kind: 'subscribe', withSnapshot, withProgress });
  });

  it('tells of progress in a column of its own', () => {
    const { statement } = plan('subscribe t with (progress)');
    expect(statement).toMatchObject({
      columns: [{ name: 'mz_timestamp' }, { name: 'mz_progressed' }, { name: 'mz_diff' }, {}],
    });
  });

  it('keeps the places of its query in the text', () => {
    const text = "copy (/* ü */ subscribe (select 'ü', bad)) to stdout";
    const { planned } = plan(text);
    expect(planned[0]?.text).toBe(text);
    const target = JSON.stringify(planned[0]?.node);
    const location = Buffer.byteLength(text.slice(0, text.indexOf('bad')));
    expect(target).toContain(`"location":${location}`);
  });

  it.each([
    ['subscribe (select 1) nonsense', '42601', 22],
    ['subscribe (select 1) as of 3', '0A000', 22],
    ['subscribe (select 1) with (nope)', '42601', 28],
    ['subscribe (select 1) with (snapshot = 7)', '42601', 28],
    ['subscribe', '42601', 1],
    ['subscribe (select 1', '42601', undefined],
    ['subscribe (selec 1)', '42601', undefined],
    ['subscribe (insert into t values (1))', '0A000', undefined],
  ])('%s is %s', (text, sqlState, position) => {
    try {
      plan(text);
    } catch (error) {
      if (!(error instanceof PgError)) throw error;
      expect(error.sqlState).toBe(sqlState);
      expect(error.fields.position).toBe(position);
      return;
    }
    throw new Error('no error');
  });
});

describe('SUBSCRIBE within other commands', () => {
  it('is copied with all options of COPY', () => {
    const text =
      "COPY (SUBSCRIBE (SELECT ')') WITH (PROGRESS)) TO STDOUT WITH (FORMAT csv, HEADER)";
    expect(plan(text).statement).toMatchObject({
      kind: 'copy-out',
      source: { kind: 'subscribe', withProgress: true },
      options: { format: 'csv', hasHeader: true },
    });
    expect(plan('copy (subscribe t) to stdout').statement).toMatchObject({ kind: 'copy-out' });
    expect(() => plan("copy (subscribe t) to '/tmp/x'")).toThrow(/file of the server/);
  });

  it('is declared as a cursor and fetched with a timeout', () => {
    expect(
      plan('DECLARE c CURSOR FOR SUBSCRIBE (SELECT 1) WITH (SNAPSHOT = false)').statement,
    ).toMatchObject({
      kind: 'declare',
      name: 'c',
      source: { kind: 'subscribe', withSnapshot: false },
    });
    expect(plan("FETCH ALL c WITH (timeout='1s')").statement).toMatchObject({
      kind: 'fetch',
      direction: { kind: 'forward', count: 'all' },
      waitMs: 1_000,
    });
  });

  it.each([
    ["fetch 10 c with (timeout = '250 ms')", 250],
    ["fetch c with (timeout '00:01:30.5')", 90_500],
    ["fetch c with (timeout = '2 minutes')", 120_000],
    ["fetch c with (timeout = '0')", 0],
  ])('%s', (text, waitMs) => {
    expect(plan(text).statement).toMatchObject({ waitMs });
  });

  it.each([
    "fetch c with (timeout = 'soon')",
    "fetch c with (nope = '1s')",
    'fetch c with (timeout',
  ])('%s is refused', (text) => {
    expect(() => plan(text)).toThrow(PgError);
  });
});

describe('other texts', () => {
  it.each([
    '',
    '  ',
    'insert or replace into t values (1)',
    'copy t to nowhere at all',
    'declare c cursor',
    'fetch',
    "subscribe 'unterminated",
    'select 1.5x',
    '🙂',
    'copy (subscribe t to stdout',
  ])('%j are none of ours', (text) => {
    expect(plan(text).statement).toBeUndefined();
  });
});

it('texts made of the parts of commands become commands, nothing or errors of PostgreSQL', () => {
  const part = fc.constantFrom(
    ...['subscribe', 'to', '(', ')', 'select 1', 'with', 'snapshot', '=', 'true', ',', 'progress'],
    ...[
      'copy',
      'stdout',
      'declare',
      'c',
      'cursor',
      'for',
      'fetch',
      'timeout',
      "'1s'",
      ';',
      't',
      'ü',
    ],
  );
  const text = fc.array(part, { minLength: 1, maxLength: 14 }).map((parts) => parts.join(' '));
  fc.assert(
    fc.property(text, (given) => {
      try {
        const kinds = ['subscribe', 'copy-out', 'declare', 'fetch', undefined];
        expect(kinds).toContain(plan(given).statement?.kind);
      } catch (error) {
        expect(error).toBeInstanceOf(PgError);
      }
    }),
    { seed: 4, numRuns: 500 },
  );
});
