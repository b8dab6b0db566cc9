// The endpoint under load and under bad clients: many connections, idle transactions, clients that vanish or
// stand still, a stop amid work.

import { execFileSync } from 'node:child_process';
import type { Socket } from 'node:net';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../cluster/support/wait.ts';
import {
  clientConfig,
  type PgTarget,
  startTarget,
  targetKind,
  useTarget,
  withClient,
} from './support/target.ts';

const connectionsMax = 210;
const target = useTarget({ pgConfig: `max_connections = ${connectionsMax}` });
const onPatina = test.skipIf(targetKind !== 'patina');

const open: pg.Client[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.end().catch(() => undefined)));
});

async function connected(server: PgTarget = target()): Promise<pg.Client> {
  const client = new pg.Client(clientConfig(server));
  client.on('error', () => undefined);
  await client.connect();
  open.push(client);
  return client;
}

beforeAll(async () => {
  await withClient(target(), async (client) => {
    await client.query('create table marks (id int primary key, t text)');
    await client.query('insert into marks select g, null from generate_series(1, 100) g');
    await client.query('create table written (id text primary key, n int)');
  });
});

onPatina(
  '200 connections, 50 of them idle in a transaction: writes over HTTP keep their rate',
  async () => {
    /** Writes over HTTP for a while, several at once; how many were acknowledged in a second. */
    const writesPerSecond = async (name: string): Promise<number> => {
      const beginMs = performance.now();
      let count = 0;
      const writer = async (writer: number): Promise<void> => {
        for (let n = 0; performance.now() - beginMs < 2_000; n++, count++) {
          await writeByHttp('INSERT INTO written VALUES (?, ?)', [`${name}-${writer}-${n}`, n]);
        }
      };
      await Promise.all([0, 1, 2, 3].map(writer));
      return (count * 1000) / (performance.now() - beginMs);
    };
    await writesPerSecond('warm');
    const alone = await writesPerSecond('alone');
    const clients = await Promise.all(Array.from({ length: 200 }, () => connected()));
    for (const [n, client] of clients.slice(0, 50).entries()) {
      await client.query('begin');
      await client.query('update marks set t = $1 where id = $2', [`held by ${n}`, n + 1]);
    }
    await Promise.all(clients.slice(50).map((client) => client.query('select 1')));
    const beside = await writesPerSecond('beside');
    expect(beside).toBeGreaterThan(alone * 0.5);
    await Promise.all(clients.slice(0, 50).map((client) => client.query('commit')));
    await withClient(target(), async (client) => {
      const { rows } = await client.query(
        "select count(*)::int as n from marks where t like 'held by %'",
      );
      expect(rows).toEqual([{ n: 50 }]);
    });
  },
);

onPatina('connections beyond the limit are told 53300, and one that goes makes room', async () => {
  const clients = await Promise.all(Array.from({ length: connectionsMax }, () => connected()));
  const oneMore = new pg.Client(clientConfig(target()));
  await expect(oneMore.connect()).rejects.toMatchObject({ code: '53300' });
  await clients[0]?.end();
  await eventually('there is room again', () => connected(), { withinMs: 5_000 });
});

test('a client killed amid a transaction leaves nothing, and blocks nobody', async () => {
  const [socket, say] = await rawClient();
  await say("begin; insert into marks values (1000, 'ghost')");
  socket.resetAndDestroy();
  await withClient(target(), async (client) => {
    await client.query("set statement_timeout = '5s'");
    await eventually(
      'its row can be written',
      async () => {
        await client.query("insert into marks values (1000, 'real') on conflict (id) do nothing");
        const { rows } = await client.query('select t from marks where id = 1000');
        expect(rows).toEqual([{ t: 'real' }]);
      },
      { withinMs: 5_000 },
    );
  });
});

test('a client killed amid COPY leaves nothing', async () => {
  const [socket, say] = await rawClient();
  await say('copy marks from stdin', 'G');
  const row = Buffer.from('2000\thalf\n');
  for (let n = 0; n < 10; n++) {
    const line = Buffer.from(row.toString().replace('2000', String(2000 + n)));
    socket.write(Buffer.concat([Buffer.from('d'), i32(line.length + 4), line]));
  }
  socket.resetAndDestroy();
  await withClient(target(), async (client) => {
    await client.query("insert into marks values (2000, 'whole')");
    const { rows } = await client.query(
      'select count(*)::int as n from marks where id between 2000 and 2009',
    );
    expect(rows).toEqual([{ n: 1 }]);
  });
});

test('a reader that stands still holds up nobody and costs no memory', async () => {
  const [socket, say] = await rawClient();
  void say("select repeat('x', 1000) from generate_series(1, 300000)", 'nothing');
  socket.pause();
  const before = memoryBytes(target().pid);
  await withClient(target(), async (client) => {
    for (let n = 0; n < 50; n++) {
      await client.query('insert into marks values ($1, null)', [3000 + n]);
      await client.query('select count(*) from marks');
    }
  });
  expect(memoryBytes(target().pid) - before).toBeLessThan(128 * 1024 * 1024);
  socket.destroy();
});

test('1,000,000 rows come out in bounded memory, by SELECT and by COPY', async () => {
  const series = "select n, n * 2 as twice, 'row ' || n as t from generate_series(1, 1000000) g(n)";
  const before = memoryBytes(target().pid);
  let mostBytes = 0;
  const look = setInterval(() => {
    mostBytes = Math.max(mostBytes, memoryBytes(target().pid));
  }, 100);
  try {
    const client = await connected();
    let lines = 0;
    for await (const chunk of client.query(copyTo(`copy (${series}) to stdout`))) {
      for (const byte of chunk as Buffer) if (byte === 10) lines++;
    }
    expect(lines).toBe(1_000_000);
    const [socket, say] = await rawClient();
    await say(series);
    socket.destroy();
  } finally {
    clearInterval(look);
  }
  expect(mostBytes - before).toBeLessThan(200 * 1024 * 1024);
});

test('at its end the server tells its clients 57P01', async () => {
  const server = await startTarget();
  try {
    const client = new pg.Client(clientConfig(server));
    const { promise, resolve } = Promise.withResolvers<unknown>();
    client.on('error', resolve);
    await client.connect();
    await client.query('begin');
    const stopped = server.stop();
    expect(await promise).toMatchObject({ code: '57P01' });
    await stopped;
  } finally {
    await server.close();
  }
});

async function writeByHttp(sql: string, params: readonly unknown[]): Promise<void> {
  const { apiPort = 0, apiToken } = target();
  const answer = await fetch(`http://127.0.0.1:${apiPort}/v1/transactions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiToken}` },
    body: JSON.stringify([[sql, params]]),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
}

/** A log-in, and then the bare socket: `say` sends a query and waits for a type of message. */
async function rawClient(): Promise<[Socket, (sql: string, until?: string) => Promise<void>]> {
  const client = await connected();
  open.splice(open.indexOf(client), 1);
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  stream.removeAllListeners('data');
  stream.on('error', () => undefined);
  const say = (sql: string, until = 'Z'): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let rest = Buffer.alloc(0);
    stream.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      let at = 0;
      while (rest.length - at >= 5 && rest.length - at > rest.readInt32BE(at + 1)) {
        if (String.fromCharCode(rest[at] ?? 0) === until) resolve();
        at += 1 + rest.readInt32BE(at + 1);
      }
      rest = rest.subarray(at);
    });
    const body = Buffer.from(`${sql}\0`);
    stream.write(Buffer.concat([Buffer.from('Q'), i32(body.length + 4), body]));
    return promise;
  };
  return [stream, say];
}

function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Resident memory of a process and its children, bytes. */
function memoryBytes(pid: number): number {
  const lines = execFileSync('ps', ['-o', 'rss=', '-p', String(pid), '--ppid', String(pid)]);
  const sizesKib = lines.toString().trim().split(/\s+/).map(Number);
  return sizesKib.reduce((sum, each) => sum + each, 0) * 1024;
}
