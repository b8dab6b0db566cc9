// Actions at a node over a real storage: backups go where they are told and overwrite nothing, the log is
// emptied, the level changes for all parts of the log.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NodeStorage, openThreadedStorage } from '@patina/engine/storage/threaded-storage.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger, logLevel } from '../log.ts';
import { type ActionParts, createNodeActions } from './node-actions.ts';

let folder: string;
let storage: NodeStorage;

const lines: string[] = [];
const config = { level: 'info', format: 'json', colors: false } as const;
const logger = createLogger(config, { write: (line) => void lines.push(line) });
const child = logger.child({ component: 'part' });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'patina-actions-'));
  storage = await openThreadedStorage({
    path: join(folder, 'node.db'),
    synchronous: 'normal',
    cacheKib: 2_000,
    maxClockDriftMs: 500,
  });
  const texts = ['CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY);'];
  await storage.applySchema({ texts, allowDestructive: false });
});

afterEach(async () => {
  await storage.close();
  rmSync(folder, { recursive: true });
});

function actionsOf(node: Partial<ActionParts['node']> = {}) {
  const whole = {
    rejoin: vi.fn(),
    leave: vi.fn(),
    requestSync: () => 2,
    get membership(): never {
      throw new Error('not in this test');
    },
    ...node,
  };
  return createNodeActions({ logger, node: whole, storage });
}

test('a backup is written where it is told, and nothing is overwritten', async () => {
  const actions = actionsOf();
  const path = join(folder, 'copy.db');
  const told = await actions.backup(path);
  expect(told.path).toBe(path);
  expect(told.bytes).toBeGreaterThan(4_000);
  expect(told.time_ms).toBeGreaterThan(0);
  const taken = join(folder, 'taken');
  writeFileSync(taken, 'mine');
  for (const wrong of [path, taken, join(folder, 'nowhere', 'x.db')]) {
    await expect(actions.backup(wrong)).rejects.toMatchObject({ code: 'PATINA_BAD_REQUEST' });
  }
  await expect(actions.backup('relative.db')).rejects.toMatchObject({
    code: 'PATINA_BAD_REQUEST',
    hint: expect.stringContaining('root'),
  });
  expect(existsSync('relative.db')).toBe(false);
});

test('a checkpoint tells what became of the log', async () => {
  await storage.transact({ statements: [{ sql: 'INSERT INTO t VALUES (1)' }] });
  const told = await actionsOf().checkpoint();
  expect(told).toMatchObject({ busy: false, checkpointed_frames: told.wal_frames });
  expect(told.wal_frames).toBeGreaterThan(0);
});

test('the level of the log changes for all its parts', async () => {
  child.debug('unheard');
  expect(await actionsOf().setLogLevel('debug')).toEqual({ level: 'debug' });
  expect(logLevel(logger)).toBe('debug');
  child.debug('heard');
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['heard']);
});

test('the rest is done by the node', async () => {
  const leave = vi.fn();
  const actions = actionsOf({ leave });
  expect(await actions.requestSync()).toEqual({ asked: 2 });
  await actions.leave();
  expect(leave).toHaveBeenCalledOnce();
});
