// The demo as a person runs it: the import, the proof, a killed node that comes back, and nothing left
// behind however it ends.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PatinaProcess } from '../cluster/support/agent-process.ts';
import { areFree, freePorts } from '../cluster/support/free-ports.ts';
import { NodeApi } from '../cluster/support/node-api.ts';
import { eventually, within } from '../cluster/support/wait.ts';

const directory = mkdtempSync(join(tmpdir(), 'patina-demo-'));
const demos: PatinaProcess[] = [];
let port = 0;

beforeAll(async () => {
  port = await eventually('free ports in a row', findPorts, { withinMs: 10_000 });
});

afterAll(async () => {
  for (const demo of demos) demo.signal('SIGKILL');
  await Promise.all(demos.map(({ ended }) => ended));
  await eventually('no agent is left', () => expect(livingAgents()).toEqual([]), {
    withinMs: 10_000,
  });
  rmSync(directory, { recursive: true, force: true });
});

/** The first of three ports in a row that are free, as are the gossip ports that belong to them. */
async function findPorts(): Promise<number> {
  const [first = 0] = await freePorts(1);
  const needed = [0, 1, 2, 100, 101, 102].map((offset) => first + offset);
  if (!(await areFree(needed))) throw new Error(`not all of ${needed.join(', ')} are free`);
  return first;
}

function startDemo(...args: string[]): PatinaProcess {
  const demo = new PatinaProcess(['demo', '--port', String(port), ...args], directory);
  demos.push(demo);
  return demo;
}

/** All process ids that the demos have named. */
function namedPids(): number[] {
  return demos.flatMap(({ output }) =>
    [...output.matchAll(/\bpid (\d+)/g)].map(([, pid]) => Number(pid)),
  );
}

function livingAgents(): number[] {
  return namedPids().filter((pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  });
}

async function end(demo: PatinaProcess): Promise<unknown> {
  return within('the demo ends', demo.ended, { withinMs: 60_000, describe: () => demo.tail(40) });
}

it('imports the data, proves that all nodes are equal, and ends', async () => {
  const demo = startDemo('--once', '--fresh');
  expect(await end(demo), demo.output).toEqual({ code: 0, signal: null });
  for (const [table, rows] of [
    ['airports', 3_376],
    ['flights', 20_000],
  ]) {
    const line = new RegExp(`${table} +(\\d) +${rows} {2}([0-9a-f]{32})`, 'g');
    const found = [...demo.output.matchAll(line)];
    expect(found.map(([, node]) => node)).toEqual(['1', '2', '3']);
    expect(new Set(found.map(([, , checksum]) => checksum)).size).toBe(1);
  }
  expect(demo.output).toContain('100 %');
  expect(demo.output).toMatch(/all 3 nodes are equal\n$/);
  expect(namedPids()).toHaveLength(3);
  expect(livingAgents()).toEqual([]);
});

it('uses the data again, replays, brings back a killed node, and stops by a signal', async () => {
  const demo = startDemo('--rate', '60');
  await demo.wrote('writes/s', 40_000);
  expect(demo.output).toContain('from an earlier run');
  expect(demo.output).not.toContain('importing');
  const [, pid] = /kill -9 (\d+)/.exec(demo.output) ?? [];
  process.kill(Number(pid), 'SIGKILL');
  await demo.wrote(`node 2 (pid ${pid}) was killed (SIGKILL); it starts again in 3 s`, 5_000);
  await demo.wrote('node 2 is back (pid ', 20_000);
  const apis = [0, 1, 2].map((offset) => new NodeApi(port + offset));
  await eventually(
    'new flights appear at all nodes, node 2 too',
    async () => {
      for (const api of apis) {
        const live = await api.query('SELECT status FROM flights WHERE id > 20000 LIMIT 50');
        expect(live).toHaveLength(50);
      }
      const own = await apis[1]?.lag();
      expect(own?.map(({ versions }) => versions)).toEqual([0, 0, 0]);
    },
    { withinMs: 20_000, describe: () => demo.tail(40) },
  );
  demo.signal('SIGTERM');
  expect(await end(demo), demo.output).toEqual({ code: 0, signal: null });
  expect(demo.output).toContain('stopped; the data stays in .patina/demo');
  expect(livingAgents()).toEqual([]);
});

it('finishes the import although its node is killed meanwhile', async () => {
  const demo = startDemo('--once', '--fresh');
  await demo.wrote('importing', 40_000);
  const [, pid] = /node 1 .* pid (\d+)/.exec(demo.output) ?? [];
  process.kill(Number(pid), 'SIGKILL');
  expect(await end(demo), demo.output).toEqual({ code: 0, signal: null });
  expect(demo.output).toContain(`node 1 (pid ${pid}) was killed`);
  expect(demo.output).toMatch(/all 3 nodes are equal\n$/);
  expect(livingAgents()).toEqual([]);
});

it('leaves no agent behind when it is killed itself', async () => {
  const demo = startDemo();
  await demo.wrote('writes/s', 40_000);
  expect(livingAgents()).toHaveLength(3);
  demo.signal('SIGKILL');
  await demo.ended;
  await eventually('all agents have ended', () => expect(livingAgents()).toEqual([]), {
    withinMs: 8_000,
  });
});

it('says which port is in use, and leaves the data alone', async () => {
  const server = createServer().listen(port + 1, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const demo = startDemo('--once', '--fresh');
    expect(await end(demo)).toEqual({ code: 1, signal: null });
    expect(demo.output).toBe(
      `error: 127.0.0.1:${port + 1} is in use (PATINA_ADDRESS_IN_USE)\n` +
        'hint: Does another demo run? Stop it, or choose other ports with --port.\n',
    );
  } finally {
    server.close();
  }
  const again = startDemo('--once');
  expect(await end(again), again.output).toEqual({ code: 0, signal: null });
  expect(again.output).toContain('from an earlier run');
});
