// Each command of a session becomes what the session machine carries out, or the error that PostgreSQL gives.

import { loadModule } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { PgError } from '../pg-error.ts';
import { planUtility } from './plan-utility.ts';
import { parseOne, testTools } from './testing-tools.ts';

const ddl = [
  'CREATE TABLE t (a INT PRIMARY KEY NOT NULL, b TEXT, c INT AS (a + 1) STORED)',
  'CREATE VIEW v AS SELECT a FROM t',
];

beforeAll(loadModule);

function plan(text: string) {
  const tools = testTools(ddl);
  return { statement: planUtility(parseOne(text), text, tools), planned: tools.planned };
}

function failure(text: string): PgError {
  try {
    plan(text);
  } catch (error) {
    if (error instanceof PgError) return error;
    throw error;
  }
  throw new Error(`no error for ${text}`);
}

describe('transactions', () => {
  const none = { isolation: undefined, isReadOnly: undefined, isDeferrable: undefined };

  it.each([
    ['begin', { kind: 'begin', tag: 'BEGIN', options: none }],
    ['start transaction', { kind: 'begin', tag: 'START TRANSACTION', options: none }],
    [
      'begin isolation level repeatable read, read only, not deferrable',
      {
        kind: 'begin',
        tag: 'BEGIN',
        options: { isolation: 'repeatable read', isReadOnly: true, isDeferrable: false },
      },
    ],
    ['end', { kind: 'commit', chains: false }],
    ['commit and chain', { kind: 'commit', chains: true }],
    ['abort', { kind: 'rollback', chains: false }],
    ['savepoint "A b"', { kind: 'savepoint', name: 'A b' }],
    ['release savepoint a', { kind: 'release', name: 'a' }],
    ['rollback to a', { kind: 'rollback-to', name: 'a' }],
    [
      'set transaction read write',
      { kind: 'set-transaction', scope: 'transaction', options: { ...none, isReadOnly: false } },
    ],
    [
      'set session characteristics as transaction isolation level serializable',
      {
        kind: 'set-transaction',
        scope: 'session',
        options: { ...none, isolation: 'serializable' },
      },
    ],
  ])('%s', (text, expected) => {
    expect(plan(text).statement).toEqual(expected);
  });

  it('are not prepared for two phases', () => {
    expect(failure("prepare transaction 'a'").sqlState).toBe('0A000');
    expect(failure("set transaction snapshot 'a'").sqlState).toBe('0A000');
  });
});

describe('settings', () => {
  const set = (name: string, value: string | undefined, isLocal = false) => {
    return { kind: 'set', name, value, isLocal };
  };

  it.each([
    ['set a.b to 1', set('a.b', '1')],
    ['set local statement_timeout = -1.5', set('statement_timeout', '-1.5', true)],
    ['set search_path to a, \'b c\', "D"', set('search_path', 'a, "b c", "D"')],
    ["set search_path = ''", set('search_path', '')],
    ['set datestyle to iso, mdy', set('datestyle', 'iso, mdy')],
    ['set x to default', set('x', undefined)],
    ['set standard_conforming_strings to on', set('standard_conforming_strings', 'on')],
    ['set time zone local', set('timezone', undefined)],
    ['set time zone -7', set('timezone', '-7')],
    ["set time zone 'Europe/Berlin'", set('timezone', 'Europe/Berlin')],
    ["set time zone interval '-08:30' hour to minute", set('timezone', '-8.5')],
    ["set names 'utf8'", set('client_encoding', 'utf8')],
    ['set role none', set('role', 'none')],
    ['set session authorization default', set('session_authorization', undefined)],
    ['reset x', { kind: 'reset', name: 'x' }],
    ['reset all', { kind: 'reset', name: 'all' }],
    ['show all', { kind: 'show', name: 'all' }],
    ['show TimeZone', { kind: 'show', name: 'timezone' }],
    ['show transaction isolation level', { kind: 'show', name: 'transaction_isolation' }],
    ['discard all', { kind: 'discard', what: 'all' }],
    ['discard temp', { kind: 'discard', what: 'temp' }],
  ])('%s', (text, expected) => {
    expect(plan(text).statement).toEqual(expected);
  });
});

describe('prepared statements and cursors', () => {
  it('keep the text behind AS and the types', () => {
    const text = 'prepare "ü as" (int, text[]) as /* x */ select $1, \'as\'';
    expect(plan(text).statement).toEqual({
      kind: 'prepare',
      name: 'ü as',
      text: "/* x */ select $1, 'as'",
      paramTypes: [23, 1009],
    });
  });

  it('plan arguments as a query', () => {
    const { statement, planned } = plan('execute p (1, now())');
    expect(statement).toMatchObject({ kind: 'execute', name: 'p', args: { kind: 'query' } });
    expect(planned[0]?.node).toMatchObject({ SelectStmt: { targetList: [{}, {}] } });
    expect(plan('execute p').statement).toEqual({ kind: 'execute', name: 'p', args: undefined });
    expect(plan('deallocate all').statement).toEqual({ kind: 'deallocate', name: undefined });
    expect(plan('deallocate p').statement).toEqual({ kind: 'deallocate', name: 'p' });
  });

  it('are declared with their options', () => {
    const flags = (text: string) => {
      const { statement } = plan(text);
      if (statement?.kind !== 'declare') throw new Error('no cursor');
      return [statement.isScrollable, statement.isHoldable, statement.isBinary];
    };
    expect(flags('declare c cursor for select 1')).toEqual([undefined, false, false]);
    expect(flags('declare c scroll cursor with hold for select 1')).toEqual([true, true, false]);
    expect(flags('declare c binary no scroll cursor for select 1')).toEqual([false, false, true]);
  });

  it.each([
    ['fetch c', 'forward', 1],
    ['fetch 3 from c', 'forward', 3],
    ['fetch -3 from c', 'backward', 3],
    ['fetch all c', 'forward', 'all'],
    ['fetch backward all c', 'backward', 'all'],
    ['fetch prior c', 'backward', 1],
    ['fetch forward 0 c', 'forward', 0],
  ])('%s', (text, kind, count) => {
    expect(plan(text).statement).toMatchObject({
      kind: 'fetch',
      direction: { kind, count },
      isMove: false,
    });
  });

  it('move and go to rows', () => {
    expect(plan('fetch last c').statement).toMatchObject({
      direction: { kind: 'absolute', row: -1 },
    });
    expect(plan('fetch relative -2 c').statement).toMatchObject({
      direction: { kind: 'relative', row: -2 },
    });
    expect(plan('move 2 in c').statement).toMatchObject({ isMove: true, name: 'c' });
    expect(plan('close all').statement).toEqual({ kind: 'close', name: undefined });
  });
});

describe('COPY', () => {
  const text = {
    format: 'text',
    delimiter: '\t',
    nullText: '\\N',
    hasHeader: false,
    matchesHeader: false,
    quote: '"',
    escape: '"',
    forceQuote: [],
    forceNotNull: [],
    forceNull: [],
  };
  const csv = { ...text, format: 'csv', delimiter: ',', nullText: '' };

  it.each([
    ['copy t from stdin', text],
    ['copy t (b, a) from stdin with (format csv)', csv],
    ['copy t from stdin csv header', { ...csv, hasHeader: true }],
    [
      "copy t from stdin with (format csv, header match, quote '''', null 'x', force_null (b))",
      {
        ...csv,
        hasHeader: true,
        matchesHeader: true,
        quote: "'",
        escape: "'",
        nullText: 'x',
        forceNull: [1],
      },
    ],
    ["copy t from stdin delimiter '|' null ''", { ...text, delimiter: '|', nullText: '' }],
    ['copy t from stdin binary', { ...text, format: 'binary' }],
    ["copy t from stdin with (encoding 'utf-8', freeze false)", text],
  ])('%s', (sql, options) => {
    const { statement } = plan(sql);
    expect(statement).toMatchObject({ kind: 'copy-in', options });
  });

  it('takes the columns that are no generated ones, or those that are named', () => {
    expect(plan('copy t from stdin').statement).toMatchObject({ columnNames: ['a', 'b'] });
    const { statement, planned } = plan('copy t (b) from stdin');
    expect(statement).toMatchObject({ columnNames: ['b'] });
    expect(planned[0]?.node).toMatchObject({
      InsertStmt: { cols: [{ ResTarget: { name: 'b' } }] },
    });
  });

  it('sends tables and queries', () => {
    expect(plan('copy t to stdout with (format csv, force_quote *)').statement).toMatchObject({
      kind: 'copy-out',
      options: { forceQuote: 'all' },
    });
    expect(plan('copy (select 1) to stdout').statement).toMatchObject({ kind: 'copy-out' });
  });

  it.each([
    ['copy nowhere to stdout', '42P01', 'relation "nowhere" does not exist'],
    ['copy v to stdout', '42809', 'cannot copy from view "v"'],
    ['copy t (x) from stdin', '42703', 'column "x" of relation "t" does not exist'],
    ['copy t (a, a) from stdin', '42701', 'column "a" specified more than once'],
    ['copy t (c) from stdin', '42P10', 'column "c" is a generated column'],
    ["copy t from '/etc/passwd'", '42501', 'COPY to or from a file of the server is not allowed'],
    ["copy t to program 'sh'", '42501', 'COPY to or from an external program is not allowed'],
    ['copy t from stdin with (format xml)', '22023', 'COPY format "xml" not recognized'],
    ['copy t from stdin with (nope 1)', '42601', 'option "nope" not recognized'],
    ['copy t from stdin with (header, header)', '42601', 'conflicting or redundant options'],
    [
      "copy t from stdin with (delimiter 'ab')",
      '0A000',
      'COPY delimiter must be a single one-byte character',
    ],
    [
      "copy t from stdin with (format binary, null '')",
      '42601',
      'cannot specify NULL in BINARY mode',
    ],
    [
      'copy t to stdout with (format csv, header match)',
      '0A000',
      'cannot use "match" with HEADER in COPY TO',
    ],
    [
      'copy t from stdin with (force_quote (a))',
      '0A000',
      'COPY force quote available only in CSV mode',
    ],
    [
      'copy t from stdin with (format csv, force_null (z))',
      '42703',
      'column "z" of relation "t" does not exist',
    ],
    [
      'copy t (a) from stdin with (format csv, force_null (b))',
      '42P10',
      'FORCE_NULL column "b" not referenced by COPY',
    ],
    ["copy t from stdin with (quote 'x')", '0A000', 'COPY quote available only in CSV mode'],
    [
      'copy t from stdin with (header maybe)',
      '42601',
      'header requires a Boolean value or "match"',
    ],
  ])('%s is %s', (sql, sqlState, message) => {
    expect(failure(sql)).toMatchObject({ sqlState, message });
  });
});

describe('everything else', () => {
  it.each([
    ['listen "table:t"', { kind: 'listen', channel: 'table:t' }],
    ['unlisten *', { kind: 'unlisten', channel: '*' }],
    ['unlisten a', { kind: 'unlisten', channel: 'a' }],
    ['notify a', { kind: 'notify', channel: 'a', payload: '' }],
    ["notify a, 'b'", { kind: 'notify', channel: 'a', payload: 'b' }],
    ['vacuum full t', { kind: 'nothing', tag: 'VACUUM', notices: [] }],
    ['analyze', { kind: 'nothing', tag: 'ANALYZE', notices: [] }],
    ['checkpoint', { kind: 'nothing', tag: 'CHECKPOINT', notices: [] }],
    ['reindex table t', { kind: 'nothing', tag: 'REINDEX', notices: [] }],
    ['set constraints all deferred', { kind: 'nothing', tag: 'SET CONSTRAINTS', notices: [] }],
  ])('%s', (text, expected) => {
    expect(plan(text).statement).toEqual(expected);
  });

  it('explains', () => {
    expect(plan('explain (analyze, format json, costs off) select 1').statement).toMatchObject({
      kind: 'explain',
      format: 'json',
      runsIt: true,
    });
    expect(plan('explain verbose insert into t values (1)').statement).toMatchObject({
      format: 'text',
      runsIt: false,
      statement: { kind: 'write' },
    });
    expect(failure('explain (nope) select 1')).toMatchObject({ sqlState: '42601' });
    expect(failure('explain (format xml) select 1')).toMatchObject({ sqlState: '0A000' });
    expect(failure('explain execute p')).toMatchObject({ sqlState: '0A000' });
  });

  it.each([
    ['vacuum nowhere', '42P01'],
    ['lock table nowhere', '42P01'],
    [`notify a, '${'x'.repeat(8_000)}'`, '22023'],
    ['create extension plpgsql', '42710'],
    ['create extension postgis', '0A000'],
    ['alter system set a = 1', '0A000'],
    ['do $$ begin end $$', '0A000'],
    ['create function f() returns int language sql as $$ select 1 $$', '0A000'],
  ])('%s is refused with %s', (text, sqlState) => {
    expect(failure(text).sqlState).toBe(sqlState);
  });

  it.each(['grant select on t to u', 'create role u', 'drop user u', 'alter role u superuser'])(
    '%s tells of the command for it',
    (text) => {
      expect(failure(text)).toMatchObject({ sqlState: '0A000' });
      expect(failure(text).fields.hint).toContain('patina user');
    },
  );

  it.each(['select 1', 'insert into t values (1)', 'create table x (a int)', 'drop table t'])(
    '%s is left to others',
    (text) => {
      expect(plan(text).statement).toBeUndefined();
    },
  );
});
