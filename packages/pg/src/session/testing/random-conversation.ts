// Conversations at random, of messages that go together and of messages that do not, over the table of the
// tests.

import fc from 'fast-check';
import type { ClientMessage } from './client-messages.ts';

const statementName = fc.constantFrom('', 'a', 'b');
const portalName = fc.constantFrom('', 'p', 'c');
const rowsMax = fc.constantFrom(0, 0, 1, 2);

/** Of transactions, cursors and what fails: where sessions go wrong. */
const sqlTexts = [
  'begin',
  'begin',
  'begin read only',
  'begin isolation level serializable',
  'start transaction',
  'commit',
  'commit',
  'rollback',
  'rollback',
  'commit and chain',
  'rollback and chain',
  'savepoint s',
  'savepoint s',
  'savepoint r',
  'rollback to s',
  'rollback to s',
  'rollback to r',
  'release s',
  'release r',
  'set transaction read only',
  'set transaction read write',
  'set transaction isolation level repeatable read',
  'select 1 as one',
  'select k, v from t order by k',
  'select g from generate_series(1, 4) g',
  'select 1/g from generate_series(0, 1) g',
  'select nothing from nowhere',
  'selec',
  '',
  "insert into t values (1, 'one')",
  "insert into t values (2, 'two') returning k, v",
  "insert into t select g, 'x' from generate_series(1, 3) g returning k",
  "update t set v = 'new' where k = 1",
  'delete from t where k = 2',
  'delete from t where k = 1 returning k',
  'declare c cursor for select g from generate_series(1, 4) g',
  'declare c scroll cursor with hold for select g from generate_series(1, 4) g',
  'declare p binary cursor for select 258 as n',
  'fetch c',
  'fetch 2 from c',
  'fetch all from p',
  'move 1 from c',
  'close c',
  'close p',
  'close all',
  'prepare a as select 7 as seven',
  'prepare b (int) as select $1 as given',
  'prepare b (int) as insert into t values ($1, null)',
  'execute a',
  'execute b (5)',
  'execute b (2)',
  'deallocate a',
  'deallocate all',
  "set application_name = 'one'",
  "set local application_name = 'two'",
  'reset application_name',
  'show application_name',
  'show transaction_read_only',
  "set app.own = 'x'",
  'set extra_float_digits = 7',
  'discard all',
  'discard plans',
  'listen c',
  'unlisten *',
  "notify c, 'x'",
  'copy t from stdin',
  'copy t (k) from stdin',
  'copy (select k, v from t order by k) to stdout',
  "copy (select 1, 'x') to stdout",
  'vacuum',
] as const;

const sql = fc.constantFrom(...sqlTexts);

const sqlOfRows = fc.oneof(
  sql.filter((text) => /^(?:select|insert|update|delete|selec$|$)/.test(text)),
  fc.constantFrom(
    'select k, v from t where k = $1',
    "insert into t values ($1, 'p')",
    'insert into t values ($1, null) returning k',
    'select $1::text as given',
  ),
);

/** With one parameter or none. */
const preparedSql = fc.oneof({ weight: 3, arbitrary: sql }, { weight: 2, arbitrary: sqlOfRows });

const params = fc.constantFrom<readonly (string | null)[]>([], [], ['1'], ['4'], ['x'], ['1', '2']);

const query = fc.oneof(
  { weight: 5, arbitrary: sql.map((text): ClientMessage => ['Query', text]) },
  {
    weight: 1,
    arbitrary: fc
      .array(sql, { minLength: 2, maxLength: 4 })
      .map((texts): ClientMessage => ['Query', texts.join('; ')]),
  },
);

/**
 * Commands are not prepared by name, so that EXECUTE does not find them: there PostgreSQL 15 has ways of its own,
 * and statements that execute themselves bring it down.
 */
const parse = fc
  .oneof(fc.tuple(statementName, sqlOfRows), fc.tuple(fc.constant(''), preparedSql))
  .map(([name, text]): ClientMessage => ['Parse', name, text]);

const formats = fc.constantFrom<readonly number[]>([], [], [0], [1], [0, 1]);

const bind = fc
  .tuple(portalName, statementName, params, formats)
  .map(
    ([portal, name, values, results]): ClientMessage => ['Bind', portal, name, values, [], results],
  );

const execute = fc
  .tuple(portalName, rowsMax)
  .map(([portal, max]): ClientMessage => ['Execute', portal, max]);

const named = fc.tuple(
  fc.constantFrom<'Describe' | 'Close'>('Describe', 'Describe', 'Close'),
  fc.constantFrom<'S' | 'P'>('S', 'P'),
  fc.constantFrom('', 'a', 'b', 'p', 'c'),
);

/** What drivers do with one statement. */
const usual = fc
  .tuple(preparedSql, portalName, params, rowsMax, fc.boolean())
  .map(([text, portal, values, max, isSynced]): readonly ClientMessage[] => [
    ['Parse', '', text],
    ['Bind', portal, '', values],
    ['Describe', 'P', portal],
    ['Execute', portal, max],
    ...(isSynced ? [['Sync'] as const] : []),
  ]);

const single = (message: fc.Arbitrary<ClientMessage>): fc.Arbitrary<readonly ClientMessage[]> =>
  message.map((one) => [one]);

const copying = fc.constantFrom<ClientMessage>(
  ['CopyData', '7\tseven\n'],
  ['CopyData', '8\t'],
  ['CopyData', 'x\tx\n'],
  ['CopyDone'],
  ['CopyDone'],
  ['CopyFail', 'no'],
);

const some = fc.oneof(
  { weight: 8, arbitrary: single(query) },
  { weight: 4, arbitrary: usual },
  { weight: 4, arbitrary: single(parse) },
  { weight: 5, arbitrary: single(bind) },
  { weight: 5, arbitrary: single(execute) },
  { weight: 2, arbitrary: single(named) },
  { weight: 4, arbitrary: fc.constant<readonly ClientMessage[]>([['Sync']]) },
  { weight: 2, arbitrary: single(copying) },
  { weight: 1, arbitrary: fc.constant<readonly ClientMessage[]>([['Flush']]) },
);

/** Parts that are sent in one piece each; every one ends with a Sync. */
export const randomConversation: fc.Arbitrary<ClientMessage[][]> = fc.array(
  fc.array(some, { minLength: 1, maxLength: 5 }).map((messages) => [...messages.flat(), ['Sync']]),
  { minLength: 1, maxLength: 8 },
);
