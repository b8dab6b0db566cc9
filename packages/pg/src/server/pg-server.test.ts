// The endpoint over sockets and a real storage: transactions, COPY, cancel, clients that die or stand still.

import { readdirSync, readlinkSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { cellsOf, errorFields, i32, RawClient, type RawMessage } from './testing/raw-client.ts';
import { startTestEndpoint, type TestEndpoint } from './testing/test-endpoint.ts';

const schema = 'CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT);';
const endless =
  'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';

let endpoint: TestEndpoint;
const clients: RawClient[] = [];

beforeAll(async () => {
  const limits = { connectionsMax: 210, startupMsMax: 1_000, outputBytesMax: 256 * 1024 };
  endpoint = await startTestEndpoint({ schema, limits });
});

afterEach(() => {
  for (const client of clients.splice(0)) client.kill();
});

afterAll(() => endpoint.stop());

async function logIn(): Promise<RawClient> {
  const { client } = await RawClient.logIn(endpoint.port);
  clients.push(client);
  return client;
}

function errorOf(messages: readonly RawMessage[]): Readonly<Record<string, string>> {
  return errorFields(messages.find(({ type }) => type === 'E'));
}

/** Nothing runs, and nobody but these is connected. */
async function isQuiet(connections: number): Promise<void> {
  await expect
    .poll(() => endpoint.server.stats().connections, { timeout: 5_000 })
    .toBe(connections);
  await expect.poll(() => endpoint.readers.stats().running, { timeout: 5_000 }).toBe(0);
  expect(endpoint.trials.stats().waiting).toBe(0);
}

function spoolFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.includes('.spool') ? [path] : [];
    } catch {
      return [];
    }
  });
}

test('a client asks, writes and reads', async () => {
  const client = await logIn();
  const inserted = await client.query("INSERT INTO items VALUES (1, 'one') RETURNING name");
  expect(cellsOf(inserted)).toEqual([['one']]);
  expect(cellsOf(await client.query('SELECT id, name FROM items'))).toEqual([['1', 'one']]);
  await client.query('DELETE FROM items');
});

test('an error has its SQLSTATE and place, and the session goes on', async () => {
  const client = await logIn();
  expect(errorOf(await client.query('SELECT * FROM nowhere'))).toMatchObject({
    S: 'ERROR',
    C: '42P01',
    P: '15',
  });
  expect(cellsOf(await client.query('SELECT 1 AS one'))).toEqual([['1']]);
});

test('the writes of a transaction are seen by it, and by others after the commit', async () => {
  const [one, other] = [await logIn(), await logIn()];
  await one.query('BEGIN');
  await one.query("INSERT INTO items VALUES (1, 'one')");
  const count = 'SELECT count(*) FROM items';
  expect(cellsOf(await one.query(count))).toEqual([['1']]);
  expect(cellsOf(await other.query(count))).toEqual([['0']]);
  await other.query("INSERT INTO items VALUES (2, 'two')");
  await one.query('COMMIT');
  expect(cellsOf(await other.query(count))).toEqual([['2']]);
  await one.query('DELETE FROM items');
});

test('the second of two commits that write the same key fails with 40001', async () => {
  const [one, other] = [await logIn(), await logIn()];
  await one.query('BEGIN');
  await one.query("INSERT INTO items VALUES (7, 'one')");
  await other.query("INSERT INTO items VALUES (7, 'other')");
  expect(errorOf(await one.query('COMMIT'))).toMatchObject({ C: '40001' });
  expect(cellsOf(await one.query('SELECT name FROM items'))).toEqual([['other']]);
  await one.query('DELETE FROM items');
});

test('a cancel request ends what runs, and only with the right secret', async () => {
  const { client, key } = await RawClient.logIn(endpoint.port);
  clients.push(client);
  const ended = client.query(endless);
  await expect.poll(() => endpoint.readers.stats().running).toBeGreaterThan(0);
  const cancel = async (secret: Buffer): Promise<void> => {
    const second = await RawClient.open(endpoint.port);
    second.write(Buffer.concat([i32(16), i32(80_877_102), key.subarray(0, 4), secret]));
    await second.closed();
  };
  await cancel(i32(key.readInt32BE(4) ^ 1));
  expect(endpoint.server.stats().cancels).toBe(0);
  await cancel(key.subarray(4));
  expect(errorOf(await ended)).toMatchObject({
    C: '57014',
    M: 'canceling statement due to user request',
  });
  expect(cellsOf(await client.query('SELECT 1 AS one'))).toEqual([['1']]);
});

test('a client that is killed amid a query or a transaction leaves nothing', async () => {
  const [busy, open] = [await logIn(), await logIn()];
  void busy.query(endless);
  await open.query('BEGIN');
  await open.query("INSERT INTO items VALUES (1, 'never')");
  await open.query(`DECLARE c CURSOR FOR SELECT * FROM items`);
  await expect.poll(() => endpoint.readers.stats().running).toBeGreaterThan(0);
  busy.kill();
  open.kill();
  await isQuiet(0);
  expect(spoolFiles()).toEqual([]);
  const client = await logIn();
  expect(cellsOf(await client.query('SELECT count(*) FROM items'))).toEqual([['0']]);
});

test('a client that is killed amid COPY leaves nothing', async () => {
  const client = await logIn();
  client.send('Q', 'COPY items FROM STDIN\0');
  await client.until('G');
  client.send('d', '1\tone\n2\ttw');
  client.kill();
  await isQuiet(0);
  const other = await logIn();
  expect(cellsOf(await other.query('SELECT count(*) FROM items'))).toEqual([['0']]);
});

test('COPY takes lines that are cut anywhere, as one version', async () => {
  const client = await logIn();
  client.send('Q', 'COPY items FROM STDIN\0');
  await client.until('G');
  client.send('d', '1\tone\n2\ttw');
  client.send('d', 'o\n3\t\\N\n');
  client.send('c', '');
  await client.until('Z');
  expect(cellsOf(await client.query('SELECT id, name FROM items ORDER BY id'))).toEqual([
    ['1', 'one'],
    ['2', 'two'],
    ['3', null],
  ]);
  await client.query('DELETE FROM items');
});

test('a client that stands still holds its query, and costs little memory', async () => {
  const client = await logIn();
  const large = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)
    SELECT i, 'some text of a row that is long enough to matter ' || i FROM n`;
  client.pause();
  const rows = client.query(large);
  const before = process.memoryUsage.rss();
  await expect.poll(() => endpoint.readers.stats().running).toBe(1);
  const other = await logIn();
  expect(cellsOf(await other.query('SELECT 1 AS one'))).toEqual([['1']]);
  expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
  client.resume();
  expect(cellsOf(await rows)).toHaveLength(400_000);
});

test('idle transactions of many do not slow writes', async () => {
  const idle = await Promise.all(Array.from({ length: 50 }, logIn));
  await Promise.all(
    idle.map(async (client, index) => {
      await client.query('BEGIN');
      await client.query(`INSERT INTO items VALUES (${10_000 + index}, 'waits')`);
    }),
  );
  const others = await Promise.all(Array.from({ length: 150 }, logIn));
  const startMs = performance.now();
  await Promise.all(
    others.map(async (client, index) => {
      for (let row = 0; row < 5; row++) {
        await client.query(`INSERT INTO items VALUES (${index * 5 + row}, 'x')`);
      }
    }),
  );
  const perSecond = 750 / ((performance.now() - startMs) / 1_000);
  expect(perSecond).toBeGreaterThan(500);
  const [first] = others;
  expect(cellsOf((await first?.query('SELECT count(*) FROM items')) ?? [])).toEqual([['750']]);
  await first?.query('DELETE FROM items');
});

test('one more than there may be is told so', async () => {
  const many = await Promise.all(Array.from({ length: 210 }, logIn));
  const late = await RawClient.open(endpoint.port);
  late.startUp();
  expect(errorOf(await late.closed())).toMatchObject({ S: 'FATAL', C: '53300' });
  for (const client of many) client.kill();
  await isQuiet(0);
});

test('who does not say who it is, is let go', async () => {
  const silent = await RawClient.open(endpoint.port);
  expect(await silent.closed()).toEqual([]);
});

test('NOTIFY reaches those who listen', async () => {
  const [one, other] = [await logIn(), await logIn()];
  await one.query('LISTEN news');
  await other.query("NOTIFY news, 'hello'");
  const messages = await one.until('A');
  expect(messages.at(-1)?.body.toString('utf8', 4)).toBe('news\0hello\0');
});

test('a stop tells every client', async () => {
  const stopping = await startTestEndpoint();
  const { client } = await RawClient.logIn(stopping.port);
  const said = client.closed();
  await stopping.stop();
  expect(errorOf(await said)).toMatchObject({ S: 'FATAL', C: '57P01' });
});
