// Who is who: tokens, users and sessions, what ends them, and the file in which they outlive the process.

import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEvent } from '@patina/api/access/audit.ts';
import { must } from '@patina/engine/base/assert.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AuditLog } from '../audit/audit-log.ts';
import { Secret } from '../config/secret.ts';
import { AccessControl, type AccessControlOptions } from './access-control.ts';
import { manageAccess } from './manage.ts';

let directory: string;
let path: string;
let nowMs: number;
let events: AuditEvent[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'patina-access-'));
  path = join(directory, 'access.json');
  nowMs = 1_800_000_000_000;
  events = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

function open(options: Partial<AccessControlOptions> = {}): AccessControl {
  return new AccessControl({
    path,
    tokens: [],
    isAlwaysRequired: false,
    failedLogInsPerMinute: 5,
    audit: (event) => void events.push(event),
    onFault: (error) => {
      throw error;
    },
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    ...options,
  });
}

function manage(control: AccessControl) {
  const audit = new AuditLog({
    path: undefined,
    bytesMax: 1_000_000,
    wallMs: () => nowMs,
    onFault: (error) => {
      throw error;
    },
  });
  return manageAccess({ control, audit, wallMs: () => nowMs }, { name: 'a test', through: 'test' });
}

test('a token works until it is revoked, and its holder is told at once', async () => {
  const control = open();
  const service = manage(control);
  const { token, info } = await service.createToken('ci', { roles: ['writer', 'reader'] });
  expect(token).toMatch(/^patina_[0-9a-z]{12}_[A-Za-z0-9_-]{43}$/);
  const principal = must(control.byToken(token), 'lets it in');
  expect(principal).toMatchObject({ name: `token ${info.id} ci`, roles: ['writer'] });
  expect(control.byToken(token)).toBe(principal);
  expect(
    control.byToken(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`),
  ).toBeUndefined();
  expect((await service.tokens())[0]).toMatchObject({ id: info.id, last_used_ms: nowMs });
  await service.revokeToken(info.id);
  expect(principal.revoked?.aborted).toBe(true);
  expect(control.byToken(token)).toBeUndefined();
  expect(await service.tokens()).toEqual([]);
  await expect(service.revokeToken(info.id)).rejects.toMatchObject({ code: 'PATINA_NOT_FOUND' });
});

test('rights end when they expire, and when they change', async () => {
  const control = open();
  const service = manage(control);
  const { token } = await service.createToken('', { roles: ['reader'], expiresMs: nowMs + 1_000 });
  await service.createUser('anna', 'a good password', { roles: ['writer'] });
  const reader = must(control.byToken(token), 'is not expired yet');
  const anna = must(control.byUser('anna'), 'is there');
  nowMs += 1_000;
  expect(control.byToken(token)).toBeUndefined();
  control.book.sweep();
  expect(reader.revoked?.aborted).toBe(true);
  expect(anna.revoked?.aborted).toBe(false);
  await service.changeUser('anna', { roles: ['reader'], tables: ['flights*'] });
  expect(anna.revoked?.aborted).toBe(true);
  expect(control.byUser('anna')).toMatchObject({ roles: ['reader'], tables: ['flights*'] });
});

test('the file is for its owner only, holds no secret, and outlives the process', async () => {
  const first = open();
  const service = manage(first);
  const { token } = await service.createToken('ci', { roles: ['reader'], tables: ['a*'] });
  await service.createUser('anna', 'a good password', { roles: ['writer'] });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const text = readFileSync(path, 'utf8');
  expect(text).not.toContain(token.slice(-43));
  expect(text).not.toContain('a good password');
  expect(text).toContain('SCRAM-SHA-256$4096:');
  const second = open();
  expect(second.byToken(token)).toMatchObject({ roles: ['reader'], tables: ['a*'] });
  expect(await second.logInUser('anna', 'a good password', '10.0.0.1')).toMatchObject({ ok: true });
});

test('a damaged file, or one that others can read, stops the start instead of opening the node', () => {
  writeFileSync(path, '{', { mode: 0o600 });
  expect(() => open()).toThrow(/cannot be read/);
  writeFileSync(path, '{"version":1}');
  expect(() => open()).toThrow(/is damaged/);
  chmodSync(path, 0o644);
  expect(() => open()).toThrow(/can be read or changed by other users/);
});

test('without credentials everybody may do everything; the first one ends that, and the last one brings it not back', async () => {
  const control = open();
  const service = manage(control);
  const anyone = must(control.open, 'nothing is asked for');
  expect(anyone.roles).toEqual(['admin']);
  const { info } = await service.createToken('', { roles: ['reader'] });
  expect(anyone.revoked?.aborted).toBe(true);
  expect(control.open).toBeUndefined();
  await service.revokeToken(info.id);
  expect(control.open).toBeUndefined();
  expect(open().open).toBeUndefined();
  expect(open({ path: undefined, isAlwaysRequired: true }).open).toBeUndefined();
});

test('the token of the configuration may do everything, and is compared as a whole', () => {
  const control = open({ tokens: [new Secret('one'), new Secret('two')] });
  expect(control.byToken('two')?.roles).toEqual(['admin']);
  for (const wrong of ['', 'tw', 'twoo', 'TWO']) expect(control.byToken(wrong)).toBeUndefined();
});

test('sessions: a new id for each log-in, ended by logging out, idleness and revocation', async () => {
  const control = open();
  const service = manage(control);
  await service.createUser('anna', 'a good password', { roles: ['writer'] });
  const logIn = async (): Promise<string> => {
    const outcome = await control.logInUser('anna', 'a good password', '10.0.0.1');
    if (!outcome.ok) throw new Error('was refused');
    return outcome.session;
  };
  const [one, two] = [await logIn(), await logIn()];
  expect(one).not.toBe(two);
  expect(control.bySession(one)?.name).toBe('user anna');
  control.endSession(one);
  expect(control.bySession(one)).toBeUndefined();
  nowMs += 11 * 3_600_000;
  expect(control.bySession(two)?.name).toBe('user anna');
  nowMs += 11 * 3_600_000;
  expect(control.bySession(two)?.name).toBe('user anna');
  nowMs += 12 * 3_600_000;
  expect(control.bySession(two)).toBeUndefined();
  const three = await logIn();
  await service.removeUser('anna');
  expect(control.bySession(three)).toBeUndefined();
  expect(events.filter(({ kind }) => kind === 'log-in')).toHaveLength(3);
});

test('after five failures a name and an address wait, whoever is right', async () => {
  const control = open();
  await manage(control).createUser('anna', 'a good password', { roles: ['writer'] });
  for (let count = 0; count < 5; count++) {
    expect(await control.logInUser('anna', 'wrong', `10.0.0.${count}`)).toEqual({
      ok: false,
      waitMs: 0,
    });
  }
  const refused = await control.logInUser('anna', 'a good password', '10.0.0.9');
  expect(refused).toMatchObject({ ok: false });
  expect(refused.ok || refused.waitMs).toBeGreaterThan(0);
  nowMs += 60_000;
  expect(await control.logInUser('anna', 'a good password', '10.0.0.9')).toMatchObject({
    ok: true,
  });
  for (let count = 0; count < 5; count++) await control.logInUser(`x${count}`, 'wrong', '10.0.0.7');
  expect(await control.logInUser('anna', 'a good password', '10.0.0.7')).toMatchObject({
    ok: false,
  });
  expect(events.filter(({ kind }) => kind === 'log-in-failed')).toHaveLength(10);
});

test('a user that is not there looks like one that is', () => {
  const control = open();
  const one = control.verifierOf('nobody');
  expect(one.isUnknown).toBe(true);
  expect(one.verifier).toEqual(control.verifierOf('nobody').verifier);
  expect(one.verifier.salt).toHaveLength(16);
  expect(control.verifierOf('somebody').verifier.salt).not.toEqual(one.verifier.salt);
});

test('wrong names, passwords, roles and times are refused', async () => {
  const service = manage(open());
  const reader = { roles: ['reader'] } as const;
  for (const name of ['', 'Anna', 'a b', 'token', 'patina_x', 'x'.repeat(64)]) {
    await expect(service.createUser(name, 'a good password', reader)).rejects.toThrow(/the name/);
  }
  await expect(service.createUser('anna', 'short', reader)).rejects.toThrow(/the password/);
  await expect(service.createToken('', { roles: [] })).rejects.toThrow(/the roles/);
  await expect(service.createToken('', { ...reader, tables: [] })).rejects.toThrow(/the tables/);
  await expect(service.createToken('', { ...reader, expiresMs: 1 })).rejects.toThrow(/in the past/);
  await service.createUser('anna', 'a good password', reader);
  await expect(service.createUser('anna', 'a good password', reader)).rejects.toThrow(/already/);
});
