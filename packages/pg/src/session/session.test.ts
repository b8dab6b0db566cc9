// What a session does beside conversations: log-in, encryption, time limits, what it asks of its node, and limits.

import { loadModule } from 'libpg-query';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeUpVerifier } from '../auth/scram-server.ts';
import { makeScramVerifier } from '../auth/scram-verifier.ts';
import { ScramClient } from '../auth/testing/scram-client.ts';
import { PgError } from '../pg-error.ts';
import { portalsMax } from './portals.ts';
import { statementsMax } from './prepared-statements.ts';
import type { Identified, SessionAnswer, SessionRequest } from './requests.ts';
import { type ClientMessage, encodeClient } from './testing/client-messages.ts';
import { SqliteExecution } from './testing/sqlite-execution.ts';
import { TestSession, testTables } from './testing/test-session.ts';

let execution: SqliteExecution;

beforeAll(() => loadModule());

beforeEach(() => {
  execution = new SqliteExecution(testTables);
});

afterEach(() => execution.close());

const done: SessionAnswer = { kind: 'completed', rows: 0, hasMore: false, notices: [] };

/** A node that identifies users so. */
function identifying(identified: Identified, told: SessionRequest[] = []) {
  return (request: SessionRequest): readonly SessionAnswer[] => {
    told.push(request);
    if (request.kind === 'identify') return [{ kind: 'identified', identified }];
    if (request.kind === 'check-password') {
      const error = new PgError('28P01', 'password authentication failed for user "me"');
      return request.password === 'right' ? [done] : [{ kind: 'failed', error }];
    }
    return request.kind === 'log-in-failed' ? [] : [done];
  };
}

/** A password message with these bytes. */
function password(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.write('p');
  head.writeInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
}

function initialResponse(text: string, mechanism = 'SCRAM-SHA-256'): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(Buffer.byteLength(text));
  return password(Buffer.concat([Buffer.from(`${mechanism}\0`), length, Buffer.from(text)]));
}

describe('logging in', () => {
  const scram: Identified = {
    method: 'scram-sha-256',
    verifier: makeScramVerifier('secret', Buffer.alloc(16, 7), 4_096),
    isUnknown: false,
    isReadOnly: false,
  };
  const nonce = { serverNonce: 'nonce-of-the-server' };

  function logInByScram(session: TestSession, secret: string): string[] {
    const client = new ScramClient(secret);
    const [offer] = session.say(['Startup', { user: 'me' }]);
    expect(offer).toBe('Authentication 10 SCRAM-SHA-256');
    const [first = ''] = session.receive(initialResponse(client.first()));
    const final = client.final(first.replace('Authentication 11 ', ''));
    const lines = session.receive(password(Buffer.from(final)));
    const [last = ''] = lines;
    if (last.startsWith('Authentication 12')) {
      expect(client.isServer(last.replace('Authentication 12 ', ''))).toBe(true);
    }
    return lines;
  }

  it('by SCRAM proves both sides', () => {
    const session = new TestSession(execution, nonce, identifying(scram));
    const lines = logInByScram(session, 'secret');
    expect(lines.slice(0, 2)).toEqual([
      expect.stringMatching(/^Authentication 12/),
      'Authentication 0',
    ]);
    expect(lines.at(-1)).toBe('ReadyForQuery I');
  });

  it.each([
    ['a wrong password', scram, 'wrong', 'wrong password'],
    [
      'no such user',
      { ...scram, isUnknown: true, verifier: makeUpVerifier('me', Buffer.from('x')) },
      'secret',
      'no such user',
    ],
    ['no such user, and luck', { ...scram, isUnknown: true }, 'secret', 'no such user'],
  ])('by SCRAM fails in one way: %s', (_what, identified, secret, reason) => {
    const told: SessionRequest[] = [];
    const session = new TestSession(execution, nonce, identifying(identified, told));
    expect(logInByScram(session, secret)).toEqual([
      'ErrorResponse FATAL 28P01 password authentication failed for user "me"',
    ]);
    expect(session.session.isClosed).toBe(true);
    expect(told.at(-1)).toEqual({ kind: 'log-in-failed', user: 'me', reason });
  });

  it('takes no other mechanism', () => {
    const session = new TestSession(execution, nonce, identifying(scram));
    session.say(['Startup', { user: 'me' }]);
    expect(session.receive(initialResponse('p=x,,n=,r=a', 'SCRAM-SHA-256-PLUS'))).toEqual([
      'ErrorResponse FATAL 08P01 client selected an invalid SASL authentication mechanism',
    ]);
  });

  const clear: Identified = { method: 'password', check: 'by-node', isReadOnly: false };

  it('by a password in clear is for the node to judge', () => {
    const session = new TestSession(execution, {}, identifying(clear));
    expect(session.say(['Startup', { user: 'me' }])).toEqual(['Authentication 3']);
    expect(session.say(['Password', 'right']).at(-1)).toBe('ReadyForQuery I');
    const other = new TestSession(execution, {}, identifying(clear));
    other.say(['Startup', { user: 'me' }]);
    expect(other.say(['Password', 'wrong'])).toEqual([
      'ErrorResponse FATAL 28P01 password authentication failed for user "me"',
    ]);
  });

  it('takes nothing but a password meanwhile, whatever its length', () => {
    const session = new TestSession(execution, {}, identifying(clear));
    session.say(['Startup', { user: 'me' }]);
    expect(session.receive(Buffer.from('5104000000', 'hex'))).toEqual([
      'ErrorResponse FATAL 08P01 expected password response, got message type 81',
    ]);
  });

  it.each<[string, ClientMessage, string]>([
    [
      'no user',
      ['Startup', { database: 'x' }],
      '28000 no PostgreSQL user name specified in startup packet',
    ],
    [
      'another protocol',
      ['Startup', {}, 131_072],
      '0A000 unsupported frontend protocol 2.0: server supports 3.0 to 3.0',
    ],
    [
      'replication',
      ['Startup', { user: 'me', replication: 'database' }],
      '0A000 replication connections are not supported',
    ],
    [
      'an unknown setting',
      ['Startup', { user: 'me', nonsense: '1' }],
      '42704 unrecognized configuration parameter "nonsense"',
    ],
    [
      'a wrong setting',
      ['Startup', { user: 'me', options: '-c extra_float_digits=99' }],
      '22023 99 is outside the valid range for parameter "extra_float_digits" (-15 .. 3)',
    ],
    [
      'an option of the server',
      ['Startup', { user: 'me', options: '-B 12' }],
      '42601 invalid command-line argument for server process: -B',
    ],
    [
      'another encoding',
      ['Startup', { user: 'me', client_encoding: 'LATIN1' }],
      '22023 invalid value for parameter "client_encoding": "LATIN1"',
    ],
  ])('is refused with %s', (_what, message, error) => {
    const session = new TestSession(execution);
    expect(session.say(message).at(-1)).toBe(`ErrorResponse FATAL ${error}`);
    expect(session.session.isClosed).toBe(true);
  });

  it('tells newer clients what is spoken here', () => {
    const parameters = { user: 'me', '_pq_.command_tag': 'x' };
    const [line] = new TestSession(execution).say(['Startup', parameters, 196_610]);
    expect(line).toBe('NegotiateProtocolVersion 196608 _pq_.command_tag');
  });

  it('reads options with blanks in them', () => {
    const options = '-c application_name=two\\ words -cstatement_timeout=3s --work-mem=1MB';
    const session = new TestSession(execution).logIn({ options });
    expect(session.session.applicationName).toBe('two words');
    expect(session.say(['Query', 'show statement_timeout'])[1]).toBe('DataRow "3s"');
  });

  it('of a role that only reads makes transactions read-only', () => {
    const handle = identifying({ method: 'trust', isReadOnly: true });
    const session = new TestSession(execution, {}, (request) =>
      request.kind === 'identify' ? handle(request) : execution.handle(request),
    ).logIn();
    expect(session.say(['Query', "insert into t values (1, 'x')"])[0]).toMatch(/ 25006 /);
  });
});

describe('before a log-in', () => {
  it('encryption is offered where there is some', () => {
    const session = new TestSession(execution, { offersTls: true });
    expect(session.say(['GSSENCRequest'])).toEqual(['Byte N']);
    expect(session.say(['SSLRequest'])).toEqual(['Byte S']);
    expect(session.others).toEqual([{ kind: 'start-tls' }]);
    session.session.tlsStarted();
    expect(session.say(['Startup', { user: 'me' }]).at(-1)).toBe('ReadyForQuery I');
    expect(execution.requests[0]).toMatchObject({ kind: 'identify', isEncrypted: true });
  });

  it('it is refused where there is none', () => {
    const session = new TestSession(execution);
    expect(session.say(['SSLRequest'], ['Startup', { user: 'me' }])[0]).toBe('Byte N');
  });

  it('what was sent in clear after asking for it ends the connection', () => {
    const session = new TestSession(execution, { offersTls: true });
    const bytes = [encodeClient(['SSLRequest']), encodeClient(['Startup', { user: 'me' }])];
    expect(session.receive(Buffer.concat(bytes))).toEqual([
      'ErrorResponse FATAL 08P01 received unencrypted data after SSL request',
    ]);
  });

  it('a request to cancel is passed on, and not answered', () => {
    const session = new TestSession(execution);
    expect(session.say(['CancelRequest', 7, -2])).toEqual([]);
    expect(session.others).toEqual([
      { kind: 'cancel', processId: 7, secret: -2 },
      { kind: 'close' },
    ]);
  });
});

describe('time limits', () => {
  const timers = (session: TestSession) =>
    session.others.filter(({ kind }) => kind.endsWith('timer'));

  it('of idle transactions run while it waits', () => {
    const session = new TestSession(execution).logIn();
    session.say(['Query', "set idle_in_transaction_session_timeout = '2s'"], ['Query', 'begin']);
    const name = 'idle-in-transaction';
    expect(timers(session)).toEqual([{ kind: 'set-timer', name, afterMs: 2_000 }]);
    session.say(['Query', 'rollback']);
    expect(timers(session).at(-1)).toEqual({ kind: 'clear-timer', name });
  });

  it.each([
    ['idle-in-transaction', '25P03 terminating connection due to idle-in-transaction timeout'],
    ['transaction', '25P04 terminating connection due to transaction timeout'],
    ['idle-session', '57P05 terminating connection due to idle-session timeout'],
  ] as const)('%s ends the session', (name, error) => {
    const session = new TestSession(execution).logIn();
    expect(session.act(session.session.timer(name))).toEqual([`ErrorResponse FATAL ${error}`]);
    expect(session.session.isClosed).toBe(true);
  });

  it('of transactions run from their begin to their end', () => {
    const session = new TestSession(execution, { settings: { transaction_timeout: '5s' } }).logIn();
    session.say(['Query', 'begin'], ['Query', 'select 1'], ['Query', 'commit']);
    expect(timers(session)).toEqual([
      { kind: 'set-timer', name: 'transaction', afterMs: 5_000 },
      { kind: 'clear-timer', name: 'transaction' },
    ]);
  });

  it('of statements go with what is run', () => {
    const session = new TestSession(execution).logIn();
    session.say(['Query', 'set statement_timeout = 1500'], ['Query', 'select 1']);
    expect(execution.requests.at(-1)).toMatchObject({ settings: { statementTimeoutMs: 1_500 } });
  });
});

describe('what it asks of its node', () => {
  const kinds = () => execution.requests.map(({ kind }) => kind).slice(2);
  const insert = (k: number): ClientMessage[] => [
    ['Parse', '', `insert into t values (${k}, 'x')`],
    ['Bind', '', ''],
    ['Execute', ''],
  ];

  it('a single write is a transaction of its own', () => {
    const session = new TestSession(execution).logIn();
    session.say(['Query', "insert into t values (1, 'x')"]);
    session.say(...insert(2), ['Sync']);
    session.say(...insert(3), ['Close', 'P', ''], ['Sync']);
    expect(kinds()).toEqual(['run', 'run', 'run']);
    expect(execution.requests.at(-1)).toMatchObject({ autocommit: true });
  });

  it('writes that belong together are one transaction', () => {
    const session = new TestSession(execution).logIn();
    session.say(...insert(1), ...insert(2), ['Sync']);
    session.say(['Query', "insert into t values (3, 'x'); insert into t values (4, 'x')"]);
    expect(kinds()).toEqual(['begin', 'run', 'run', 'commit', 'begin', 'run', 'run', 'commit']);
  });

  it('reads by themselves open none', () => {
    const session = new TestSession(execution).logIn();
    session.say(['Query', 'select 1; select 2']);
    session.say(
      ['Parse', '', 'select 1'],
      ['Bind', '', ''],
      ['Execute', ''],
      ['Execute', ''],
      ['Sync'],
    );
    expect(kinds()).toEqual(['run', 'run', 'run']);
  });

  it('while it waits for an answer, more messages wait', () => {
    const asked: SessionRequest[] = [];
    const session = new TestSession(execution, {}, (request) => {
      if (request.kind !== 'run') return execution.handle(request);
      asked.push(request);
      return [];
    }).logIn();
    expect(session.say(['Query', 'select 1'], ['Query', 'select 2'])).toEqual([
      'RowDescription ?column?:23:4',
    ]);
    expect(asked).toHaveLength(1);
    expect(session.session.isFull).toBe(false);
    session.say(['Query', `select '${'x'.repeat(300_000)}'`]);
    expect(session.session.isFull).toBe(true);
    session.act(session.session.answer(done));
    expect(asked).toHaveLength(2);
  });

  it('an answer that comes after the end is dropped', () => {
    const session = new TestSession(execution, {}, (request) =>
      request.kind === 'run' ? [] : execution.handle(request),
    ).logIn();
    session.say(['Query', 'select 1']);
    const error = new PgError('57P01', 'terminating connection due to administrator command');
    expect(session.act(session.session.end(error)).at(-1)).toBe(
      'ErrorResponse FATAL 57P01 terminating connection due to administrator command',
    );
    expect(session.session.answer(done)).toEqual([]);
    expect(session.session.receive(encodeClient(['Sync']))).toEqual([]);
  });

  it('a rollback that fails ends the session: nobody knows where its transaction stands', () => {
    const error = new PgError('XX000', 'the node lost the transaction');
    const session = new TestSession(execution, {}, (request) =>
      request.kind === 'rollback' ? [{ kind: 'failed', error }] : execution.handle(request),
    ).logIn();
    const lines = session.say(['Query', "insert into t values (1, 'x'); select nothing"]);
    expect(lines.slice(1)).toEqual([
      'ErrorResponse ERROR 42703 column "nothing" does not exist',
      'ErrorResponse FATAL XX000 the node lost the transaction',
    ]);
    expect(session.session.isClosed).toBe(true);
  });

  it('a savepoint that the node refuses is none', () => {
    const error = new PgError('54000', 'a transaction has at most 1 savepoints');
    const session = new TestSession(execution, {}, (request) =>
      request.kind === 'savepoint' ? [{ kind: 'failed', error }] : execution.handle(request),
    ).logIn();
    session.say(['Query', 'begin'], ['Query', 'savepoint s']);
    expect(session.say(['Query', 'rollback to s'])).toEqual([
      'ErrorResponse ERROR 3B001 savepoint "s" does not exist',
      'ReadyForQuery E',
    ]);
  });

  it('a commit that fails is an error, and ends the transaction', () => {
    const error = new PgError('40001', 'could not serialize access due to concurrent update');
    const session = new TestSession(execution, {}, (request) => {
      if (request.kind !== 'commit') return execution.handle(request);
      execution.handle({ kind: 'rollback' });
      return [{ kind: 'failed', error }];
    }).logIn();
    session.say(['Query', "begin; set application_name = 'x'"]);
    expect(session.say(['Query', 'commit'])).toEqual([
      'ErrorResponse ERROR 40001 could not serialize access due to concurrent update',
      'ParameterStatus application_name=',
      'ReadyForQuery I',
    ]);
    expect(session.say(...insert(1), ...insert(2), ['Sync']).slice(-2)).toEqual([
      'ErrorResponse ERROR 40001 could not serialize access due to concurrent update',
      'ReadyForQuery I',
    ]);
  });
});

describe('notifications of others', () => {
  it('come at once when it is idle, else when its transaction has ended', () => {
    const session = new TestSession(execution).logIn();
    session.say(['Query', 'listen c']);
    const line = 'NotificationResponse "c", "hello"';
    expect(session.act(session.session.notify(7, 'c', 'hello'))).toEqual([line]);
    session.receive(Buffer.alloc(0));
    session.say(['Query', 'begin']);
    expect(session.act(session.session.notify(7, 'c', 'hello'))).toEqual([]);
    expect(session.say(['Query', 'rollback'])).toEqual([
      'CommandComplete ROLLBACK',
      line,
      'ReadyForQuery I',
    ]);
  });
});

describe('a prepared statement', () => {
  const prepare: ClientMessage[] = [['Parse', 's', 'select * from t'], ['Sync']];
  const run: ClientMessage[] = [['Bind', '', 's'], ['Execute', ''], ['Sync']];

  it('is planned again when the schema has changed', () => {
    const session = new TestSession(execution).logIn();
    session.say(...prepare);
    execution.setSchema([...testTables, 'CREATE TABLE u (a INT)'], 'CREATE TABLE u (a INT)');
    expect(session.say(...run)).toEqual([
      'BindComplete',
      'CommandComplete SELECT 0',
      'ReadyForQuery I',
    ]);
  });

  it('fails where it would now have other columns', () => {
    const session = new TestSession(execution).logIn();
    session.say(...prepare);
    const changed = ['CREATE TABLE t (k INT NOT NULL PRIMARY KEY, v TEXT, w INT)'];
    execution.setSchema(changed, 'ALTER TABLE t ADD COLUMN w INT');
    expect(session.say(...run)).toEqual([
      'ErrorResponse ERROR 0A000 cached plan must not change result type',
      'ReadyForQuery I',
    ]);
  });
});

describe('limits', () => {
  it(`of ${portalsMax} portals`, () => {
    const session = new TestSession(execution).logIn();
    session.say(['Query', 'begin'], ['Parse', '', 'select 1'], ['Sync']);
    for (let index = 0; index < portalsMax; index++) session.say(['Bind', `p${index}`, '']);
    expect(session.say(['Bind', 'more', ''], ['Sync'])[0]).toMatch(/ 54000 a session has at most/);
  });

  it(`of ${statementsMax} prepared statements`, () => {
    const session = new TestSession(execution).logIn();
    for (let index = 0; index < statementsMax; index++)
      session.say(['Parse', `s${index}`, 'select 1']);
    expect(session.say(['Parse', 'more', 'select 1'], ['Sync'])[0]).toMatch(/ 54000 a session has/);
    session.say(['Close', 'S', 's0'], ['Sync']);
    expect(session.say(['Parse', 'more', 'select 1'], ['Sync'])[0]).toBe('ParseComplete');
  });

  it('of statements that execute themselves', () => {
    const session = new TestSession(execution).logIn();
    session.say(['Parse', 'a', 'execute a'], ['Sync']);
    expect(session.say(['Query', 'execute a'])).toEqual([
      'ErrorResponse ERROR 54001 stack depth limit exceeded',
      'ReadyForQuery I',
    ]);
  });

  it('of a message: what says that it is 4 GB long ends the session at once', () => {
    const session = new TestSession(execution).logIn();
    expect(session.receive(Buffer.from('51ffffffff', 'hex'))).toEqual([
      'ErrorResponse FATAL 08P01 invalid message length',
    ]);
  });
});
