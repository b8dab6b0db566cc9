// What was told survives SIGKILL at any moment: the engine goes on from there, without a change missing,
// repeated or told in two ways.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seededRng } from '../../base/rng.ts';
import type { ChangeGroup } from '../live-queries.ts';
import { freshRows, openTestNode, TestReader } from './testing.ts';
import { killedQueries, killedSchema } from './testing-engine.ts';

const kills = 6;

/** Whole lines that the program said before it was killed. */
async function runAndKill(paths: string[], run: number, afterLines: number): Promise<string[]> {
  const script = join(import.meta.dirname, 'testing-engine.ts');
  const child = spawn(process.execPath, ['--no-warnings', script, ...paths, String(run + 1)], {
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

test('an engine that is killed goes on from what it told', async () => {
  const seed = Date.now();
  const rng = seededRng(seed);
  const node = openTestNode(killedSchema);
  const told = new Map<string, ChangeGroup[]>();
  const readers = killedQueries.map((sql) => {
    const { id } = node.engine.subscribe({ sql, params: [], role: '' });
    node.engine.work(Number.POSITIVE_INFINITY);
    told.set(id, []);
    return new TestReader(node.engine, id);
  });
  for (let run = 0; run < kills; run++) {
    node.engine.close();
    const lines = await runAndKill([node.databasePath, node.statePath], run, 2 + rng.below(300));
    node.open();
    for (const reader of readers) {
      for (const line of lines.filter((said) => said.startsWith(`${reader.id} `))) {
        // JSON of our own making, from the other end of a pipe.
        const group = JSON.parse(line.slice(reader.id.length + 1)) as ChangeGroup;
        // Told twice: after a kill the reader may have taken it from what is kept.
        if ((group.changes[0]?.changeId ?? 0) > reader.changeId) reader.apply(group);
      }
      const kept = node.engine.changesSince(reader.id, reader.changeId);
      if (kept.kind !== 'groups') throw new Error(`${kept.kind} at ${reader.changeId}`);
      for (const group of kept.groups) reader.apply(group);
    }
    const pass = node.engine.work(Number.POSITIVE_INFINITY);
    for (const [index, reader] of readers.entries()) {
      reader.take(pass);
      const sql = killedQueries[index] ?? '';
      expect(reader.rows(), `seed ${seed}: ${sql}`).toEqual(freshRows(node, sql, reader.isOrdered));
      expect(new TestReader(node.engine, reader.id).rows(), sql).toEqual(reader.rows());
    }
  }
  expect(Math.min(...readers.map(({ changeId }) => changeId))).toBeGreaterThan(kills);
  node.close();
}, 60_000);
