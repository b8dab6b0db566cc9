// What was acknowledged survives SIGKILL at any moment (promise P2), transactions are there whole or not
// at all, and the bookkeeping agrees with the data (promise P7).

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { seededRng } from '../base/rng.ts';
import { Host } from './host.ts';
import { testActor } from './testing.ts';
import { largeRows } from './testing-load.ts';

const kills = 20;

/** Lines that the loader said before it was killed at a moment after `afterLines` of them. */
async function loadAndKill(path: string, run: number, afterLines: number): Promise<string[]> {
  const script = join(import.meta.dirname, 'testing-load.ts');
  const child = spawn(process.execPath, [script, path, String(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const data of child.stdout) {
    text += String(data);
    if (text.split('\n').length > afterLines) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  return text.split('\n').slice(0, -1);
}

function checkFile(path: string, said: ReadonlySet<string>): void {
  const db = new Database(path, { readonly: true });
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  const column = (sql: string): unknown[] => db.prepare(sql).pluck().all();
  const present = new Set([
    ...column("SELECT 'local ' || id FROM local"),
    ...column("SELECT 'large ' || id FROM large GROUP BY id"),
  ]);
  for (const line of said) if (!line.startsWith('remote')) expect(present).toContain(line);
  expect(column(`SELECT id FROM large GROUP BY id HAVING count(*) <> ${largeRows}`)).toEqual([]);
  db.close();
}

it('nothing that was acknowledged is lost when the process is killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'patina-kill-'));
  const path = join(folder, 'node.db');
  const rng = seededRng(Date.now());
  const said = new Set<string>();
  let actorId: string | undefined;
  let head = 0;
  for (let run = 0; run < kills; run++) {
    for (const line of await loadAndKill(path, run, 2 + rng.below(400))) {
      if (line !== 'ready') said.add(line);
    }
    checkFile(path, said);
    const host = new Host({ path, synchronous: 'normal', cacheKib: 2_000, maxClockDriftMs: 500 });
    expect(host.opened.doubt).toBeUndefined();
    actorId ??= host.replica.actorId;
    expect(host.replica.actorId).toBe(actorId);
    expect(host.replica.verifyBookkeeping()).toEqual([]);
    expect(host.replica.head).toBeGreaterThanOrEqual(head);
    head = host.replica.head;
    for (const line of said) {
      const [kind, version] = line.split(' ');
      if (kind !== 'remote') continue;
      expect(host.replica.book.contains(testActor('b'), Number(version))).toBe(true);
    }
    const own = host.replica.db.prepare('SELECT count(*) FROM local').pluck().get();
    const wide = host.replica.db.prepare('SELECT count(DISTINCT id) FROM large').pluck().get();
    // Each version of ours is one transaction: none is lost, none is counted twice.
    expect(Number(own) + Number(wide)).toBe(head);
    host.close();
  }
  expect(said.size).toBeGreaterThan(kills);
  rmSync(folder, { recursive: true });
}, 120_000);
