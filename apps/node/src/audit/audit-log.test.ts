// The audit log: for its owner only, in order, bounded, and readable after a crash in the middle of a line.

import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEvent } from '@patina/api/access/audit.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AuditLog } from './audit-log.ts';

let directory: string;
let path: string;
let faults: unknown[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'patina-audit-'));
  path = join(directory, 'audit.log');
  faults = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

function open(bytesMax = 1_000_000): AuditLog {
  return new AuditLog({ path, bytesMax, wallMs: () => 7, onFault: (error) => faults.push(error) });
}

const event = (what: string): AuditEvent => ({ kind: 'admin', who: 'anna', what });

test('entries are lines of JSON, for their owner only, and read back the newest first', async () => {
  const log = open();
  log.write({ kind: 'log-in', who: 'anna', what: 'log-in', from: '10.0.0.1', through: 'http' });
  log.write({ ...event('backup'), error: 'no room' });
  expect(await log.read(10)).toEqual([
    { at_ms: 7, kind: 'admin', who: 'anna', what: 'backup', error: 'no room' },
    { at_ms: 7, kind: 'log-in', who: 'anna', what: 'log-in', from: '10.0.0.1', through: 'http' },
  ]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(3);
  expect(await log.read(1)).toHaveLength(1);
});

test('it goes on after a restart, and passes over a line that was cut', async () => {
  const first = open();
  first.write(event('one'));
  await first.flush();
  appendFileSync(path, '{"at_ms":1,"ki\n');
  const second = open();
  second.write(event('two'));
  expect((await second.read(10)).map(({ what }) => what)).toEqual(['two', 'one']);
});

test('it never takes more than four files', async () => {
  const log = open(1_000);
  for (let count = 0; count < 200; count++) {
    log.write(event(`entry ${count}`));
    await log.flush();
  }
  expect([1, 2, 3, 4].map((number) => existsSync(`${path}.${number}`))).toEqual([
    true,
    true,
    true,
    false,
  ]);
  const entries = await log.read(1_000);
  const newest = entries.map(({ what }) => Number(what.slice('entry '.length)));
  expect(newest[0]).toBe(199);
  expect(newest).toEqual(newest.map((_, index) => 199 - index));
  expect(newest.length).toBeGreaterThan(30);
});

test('a long statement is cut, a flood is counted, and a full disk does no harm', async () => {
  const log = open();
  log.write(event('x'.repeat(1_000_000)));
  for (let count = 0; count < 20_000; count++) log.write(event('flood'));
  await log.flush();
  const entries = await log.read(20_000);
  expect(entries.at(-1)?.what).toHaveLength(2_000);
  expect(entries.some(({ what }) => what.includes('entries are missing'))).toBe(true);
  const lost = new AuditLog({
    path: join(directory, 'nowhere', 'audit.log'),
    bytesMax: 1,
    wallMs: () => 7,
    onFault: (error) => faults.push(error),
  });
  lost.write(event('one'));
  await lost.flush();
  expect(faults).toHaveLength(1);
});
