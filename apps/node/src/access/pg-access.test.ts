// The access of the PostgreSQL endpoint: who is asked for what, what a token is good for, and what the policy
// says in the words of PostgreSQL.

import type { AccessService } from '@patina/api/access/access-service.ts';
import { must } from '@patina/engine/base/assert.ts';
import type { PgAccess, PgPrincipal } from '@patina/pg/server/pg-access.ts';
import { beforeEach, expect, test } from 'vitest';
import { type TestAccess, testAccess } from '../http/test-access.ts';
import { passwordFits } from './passwords.ts';
import { createPgAccess } from './pg-access.ts';

const local = { remoteAddress: '127.0.0.1', isEncrypted: false };
const remote = { remoteAddress: '10.0.0.7', isEncrypted: false };

let shared: TestAccess;
let manage: AccessService;
let pg: PgAccess;

beforeEach(() => {
  shared = testAccess();
  manage = shared.manage({ name: 'test', through: 'test' });
  pg = createPgAccess({ control: shared.access, audit: shared.audit, isReadOnly: false });
});

test('where nothing is asked for, everybody is let in', async () => {
  expect(await pg.identify('anybody', local)).toEqual({ method: 'trust', isReadOnly: false });
  const principal = await pg.logIn('anybody', local);
  expect(principal).toMatchObject({ name: 'anyone', role: 'admin' });
  pg.check(principal, { kind: 'schema', statement: 'CREATE TABLE t (id INTEGER PRIMARY KEY)' });
  expect(shared.audited.at(-1)).toMatchObject({ kind: 'schema', through: 'postgres' });
});

test('users show their passwords by SCRAM; those that are not there look the same', async () => {
  await manage.createUser('anna', 'a good password', { roles: ['reader'], tables: ['flights*'] });
  const known = await pg.identify('anna', remote);
  if (known.method !== 'scram-sha-256') throw new Error('no SCRAM');
  expect(known).toMatchObject({ isUnknown: false, isReadOnly: true });
  expect(passwordFits('a good password', known.verifier)).toBe(true);
  expect(passwordFits('another', known.verifier)).toBe(false);
  const unknown = await pg.identify('nobody', remote);
  if (unknown.method !== 'scram-sha-256') throw new Error('no SCRAM');
  expect(unknown.isUnknown).toBe(true);
  expect(unknown.verifier.iterations).toBe(known.verifier.iterations);
  expect(unknown.verifier.salt).toHaveLength(known.verifier.salt.length);
  const principal = await pg.logIn('anna', remote);
  expect(principal).toMatchObject({ name: 'user anna', role: 'reader of ["flights*"]' });
  await expect(pg.logIn('nobody', remote)).rejects.toMatchObject({ sqlState: '28000' });
});

test('a token is taken as the password of the user token, over TLS or on this machine', async () => {
  const { token } = await manage.createToken('', { roles: ['writer'] });
  await expect(pg.identify('token', remote)).rejects.toMatchObject({ sqlState: '28000' });
  const secure = { ...remote, isEncrypted: true };
  expect(await pg.identify('token', secure)).toMatchObject({ method: 'password' });
  expect(await pg.checkPassword('token', token, secure)).toBe(true);
  expect(await pg.logIn('token', secure)).toMatchObject({ role: 'writer' });
  expect(await pg.checkPassword('token', 'wrong', secure)).toBe(false);
  expect(await pg.checkPassword('anna', token, secure)).toBe(false);
  // The proof is of one connection, once.
  await expect(pg.logIn('token', secure)).rejects.toMatchObject({ sqlState: '28000' });
});

async function userWith(grant: Parameters<AccessService['createUser']>[2]): Promise<PgPrincipal> {
  await manage.createUser('anna', 'a good password', grant);
  return pg.logIn('anna', local);
}

test('the policy, as 42501', async () => {
  const principal = await userWith({ roles: ['writer'], tables: ['flights*'] });
  pg.check(principal, { kind: 'read', tables: ['flights', 'flights_2025'] });
  pg.check(principal, { kind: 'write', tablesRead: [], tablesWritten: ['flights'] });
  pg.check(principal, { kind: 'notify' });
  const refusals = [
    { kind: 'read', tables: ['airports'] },
    { kind: 'write', tablesRead: ['airports'], tablesWritten: ['flights'] },
    { kind: 'schema', statement: 'DROP TABLE flights' },
  ] as const;
  for (const action of refusals) {
    expect(() => pg.check(principal, action)).toThrow(
      expect.objectContaining({ sqlState: '42501' }),
    );
  }
});

test('a session whose rights end is told to go, and may do nothing more', async () => {
  const principal = await userWith({ roles: ['writer'] });
  await manage.changeUser('anna', { roles: ['reader'] });
  expect(principal.revoked.aborted).toBe(true);
  expect(() => pg.check(principal, { kind: 'read', tables: [] })).toThrow(
    expect.objectContaining({ sqlState: '57P01' }),
  );
});

test('a read-only endpoint takes no writes, and who may only see metrics does not get in', async () => {
  pg = createPgAccess({ control: shared.access, audit: shared.audit, isReadOnly: true });
  const principal = await userWith({ roles: ['admin'] });
  pg.check(principal, { kind: 'read', tables: ['t'] });
  expect(() =>
    pg.check(principal, { kind: 'write', tablesRead: [], tablesWritten: ['t'] }),
  ).toThrow(expect.objectContaining({ sqlState: '25006' }));
  await manage.createUser('grafana', 'a good password', { roles: ['metrics'] });
  await expect(pg.logIn('grafana', local)).rejects.toMatchObject({ sqlState: '28000' });
});

test('after five failures the name waits', async () => {
  await manage.createUser('anna', 'a good password', { roles: ['reader'] });
  for (let count = 0; count < 5; count++) pg.logInFailed('anna', remote, 'wrong password');
  await expect(pg.identify('anna', local)).rejects.toMatchObject({ sqlState: '53300' });
  const failed = must(shared.audited.at(-1), 'was written');
  expect(failed).toMatchObject({ kind: 'log-in-failed', who: 'user anna', from: '10.0.0.7' });
});
