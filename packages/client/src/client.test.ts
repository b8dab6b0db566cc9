// Requests with one answer, against nodes that answer as a script says: values, errors, fail-over, limits
// of time.

import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { type Client, type ClientOptions, createClient } from './client.ts';
import { ClientError } from './client-error.ts';
import {
  answer,
  cutAfter,
  FakeNode,
  type FakeRequest,
  type Script,
  writeLines,
} from './testing/fake-node.ts';

const nodes: FakeNode[] = [];
const clients: Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

async function fakeNode(script: Script): Promise<FakeNode> {
  const node = await FakeNode.start(script);
  nodes.push(node);
  return node;
}

function clientOf(fakes: readonly FakeNode[], options: Partial<ClientOptions> = {}): Client {
  const client = createClient({ urls: fakes.map(({ address }) => address), ...options });
  clients.push(client);
  return client;
}

async function errorOf(promise: Promise<unknown>): Promise<ClientError> {
  const error = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof ClientError) return error;
  throw new Error(`no ClientError: ${String(error)}`);
}

function answerRows(request: FakeRequest, columns: string[], rowsJson: string[]): void {
  request.response.writeHead(200);
  request.response.write(`${JSON.stringify({ columns })}\n`);
  for (const [index, json] of rowsJson.entries()) {
    request.response.write(`{"row":[${index + 1},${json}]}\n`);
  }
  request.response.end('{"eoq":{"time":0.25}}\n');
}

const written = {
  results: [{ rows_affected: 1, time: 0.001 }],
  time: 0.002,
  version: 7,
  actor_id: 'b'.repeat(32),
};

describe('query', () => {
  it('gives rows by column name, with exact integers and bytes', async () => {
    const node = await fakeNode((request) =>
      answerRows(
        request,
        ['big', 'small', 'real', 'text', 'blob', 'none'],
        [
          '[9007199254740993,-5,1.0,"ä",[0,255],null]',
          '[-9223372036854775808,0,1e+20,"",[],9e999]',
        ],
      ),
    );
    const { columns, rows, timeMs } = await clientOf([node]).query('SELECT 1');
    expect(columns).toEqual(['big', 'small', 'real', 'text', 'blob', 'none']);
    expect(rows).toEqual([
      {
        big: 9007199254740993n,
        small: -5,
        real: 1,
        text: 'ä',
        blob: new Uint8Array([0, 255]),
        none: null,
      },
      {
        big: -(2n ** 63n),
        small: 0,
        real: 1e20,
        text: '',
        blob: new Uint8Array(),
        none: Number.POSITIVE_INFINITY,
      },
    ]);
    expect(timeMs).toBe(250);
  });

  it('gives all integers as bigints where asked, and leaves reals alone', async () => {
    const node = await fakeNode((request) => answerRows(request, ['a', 'b', 'c'], ['[1,1.0,[7]]']));
    const client = clientOf([node], { integers: 'bigint' });
    const { rows } = await client.query('SELECT 1', [], { rowMode: 'array' });
    expect(rows).toEqual([[1n, 1, new Uint8Array([7])]]);
  });

  it('types rows by a parser, and passes on what it throws', async () => {
    const node = await fakeNode((request) => answerRows(request, ['id'], ['[1]', '["x"]']));
    const client = clientOf([node]);
    const parse = (row: { readonly [name: string]: unknown }): { readonly id: number } => {
      if (typeof row['id'] !== 'number') throw new TypeError('an id is a number');
      return { id: row['id'] };
    };
    await expect(client.query('SELECT 1', [], { parse })).rejects.toThrow(
      new TypeError('an id is a number'),
    );
    const lenient = { parse: (row: unknown) => JSON.stringify(row) };
    const { rows } = await client.query('SELECT 1', [], { parse: lenient });
    expect(rows).toEqual(['{"id":1}', '{"id":"x"}']);
  });

  it('sends parameters exactly, by position and by name', async () => {
    const node = await fakeNode((request) => answerRows(request, [], []));
    const client = clientOf([node], { token: async () => 'secret' });
    await client.query('SELECT ?', [2n ** 63n - 1n, true, null, 'x', 1.5, new Uint8Array([1, 2])]);
    await client.query('SELECT :a', { ':a': { nested: [1n] } });
    expect(node.requests.map(({ body }) => body)).toEqual([
      '["SELECT ?",[9223372036854775807,true,null,"x",1.5,{"blob":"AQI="}]]',
      '["SELECT :a",{":a":{"nested":[1]}}]',
    ]);
    expect(node.requests[0]?.authorization).toBe('Bearer secret');
    for (const value of [Number.NaN, 2n ** 63n]) {
      expect(await errorOf(client.query('SELECT ?', [value]))).toMatchObject({
        code: 'PATINA_BAD_VALUE',
      });
    }
    expect(node.requests).toHaveLength(2);
  });

  it('waits for a version that was written elsewhere', async () => {
    const node = await fakeNode((request) => {
      if (request.url.pathname === '/v1/transactions') answer(request, 200, written);
      else answerRows(request, [], []);
    });
    const client = clientOf([node]);
    const after = await client.execute([['INSERT INTO t VALUES (?)', [1]]]);
    expect(after).toMatchObject({ version: 7, actorId: 'b'.repeat(32) });
    expect(after.results).toEqual([{ rowsAffected: 1, timeMs: 1 }]);
    await client.query('SELECT 1', [], { after, waitMs: 2_500 });
    expect(node.requests[1]?.url.searchParams.get('after')).toBe(`${'b'.repeat(32)}:7`);
    expect(node.requests[1]?.url.searchParams.get('wait')).toBe('2.500');
    await client.query('SELECT 1', [], { after: { ...after, version: null } });
    expect(node.requests[2]?.url.searchParams.has('after')).toBe(false);
  });

  it('tells what the node said of an error, before and within an answer', async () => {
    const node = await fakeNode((request, number) => {
      const body = { error: 'no such table: t', code: 'PATINA_SQL_ERROR', hint: 'Make one.' };
      if (number === 1) answer(request, 400, body);
      else {
        writeLines(request, { columns: ['a'] }, { row: [1, [1]] }, body);
        request.response.end();
      }
    });
    const client = clientOf([node]);
    const fault = { code: 'PATINA_SQL_ERROR', message: 'no such table: t', retry: false };
    expect(await errorOf(client.query('SELECT 1'))).toMatchObject({
      ...fault,
      status: 400,
      hint: 'Make one.',
    });
    expect(await errorOf(client.query('SELECT 1'))).toMatchObject(fault);
    expect(node.requests).toHaveLength(2);
  });

  it('says so when what answers is no node', async () => {
    const node = await fakeNode((request, number) => {
      if (number === 1) request.response.end('<html>\n');
      else request.response.writeHead(404).end('<html>');
    });
    const client = clientOf([node]);
    expect(await errorOf(client.query('SELECT 1'))).toMatchObject({ code: 'PATINA_PROTOCOL' });
    expect(await errorOf(client.query('SELECT 1'))).toMatchObject({ status: 404 });
  });
});

describe('fail-over', () => {
  it('asks the next node, and stays with it', async () => {
    const answers: Script = (request) => answerRows(request, ['a'], ['[1]']);
    const [first, second] = [await fakeNode(answers), await fakeNode(answers)];
    const client = clientOf([first, second]);
    await first.stop();
    await client.query('SELECT 1');
    await first.listen();
    await client.query('SELECT 1');
    expect([first.requests.length, second.requests.length]).toEqual([0, 2]);
    await second.stop();
    await client.query('SELECT 1');
    expect(first.requests).toHaveLength(1);
  });

  it('asks the next node when one is overloaded or breaks off, and the caller sees one answer', async () => {
    const first = await fakeNode((request, number) => {
      if (number === 1) answer(request, 503, { error: 'busy', code: 'PATINA_OVERLOADED' });
      else {
        writeLines(request, { columns: ['a'] });
        cutAfter(request, '{"row":[1,["half"]]}\n');
      }
    });
    const second = await fakeNode((request, number) => {
      if (number === 1) answerRows(request, ['a'], ['["whole"]']);
      else answer(request, 503, { error: 'busy', code: 'PATINA_OVERLOADED' });
    });
    const client = clientOf([first, second]);
    expect((await client.query('SELECT 1')).rows).toEqual([{ a: 'whole' }]);
    const error = await errorOf(client.query('SELECT 1'));
    expect(error.retry).toBe(true);
    expect([first.requests.length, second.requests.length]).toEqual([2, 2]);
  });

  it('writes once: at the next node where nothing was done, and never where it may have been', async () => {
    const first = await fakeNode((request, number) => {
      if (number === 1) answer(request, 503, { error: 'stopping', code: 'PATINA_SHUTTING_DOWN' });
      else request.response.destroy();
    });
    const second = await fakeNode((request) => answer(request, 200, written));
    const client = clientOf([first, second]);
    expect((await client.execute('DELETE FROM t')).version).toBe(7);
    await second.stop();
    const error = await errorOf(client.execute('DELETE FROM t'));
    expect(error).toMatchObject({ code: 'PATINA_OUTCOME_UNKNOWN', retry: false });
    expect(first.requests).toHaveLength(2);
    await second.listen();
    await first.stop();
    expect((await client.execute('DELETE FROM t')).version).toBe(7);
  });

  it('waits for a slow node that is there, and leaves one that is not', async () => {
    const slow = await fakeNode(async (request) => {
      // It answers late: only once it was asked whether it is there.
      await slow.probed;
      answerRows(request, ['a'], ['["slow"]']);
    });
    const options = { connectTimeoutMs: 60 };
    const patient = clientOf([slow], options);
    expect((await patient.query('SELECT 1')).rows).toEqual([{ a: 'slow' }]);
    expect(slow.probes).toBeGreaterThan(0);
    // Takes connections and never says a word.
    const silent: typeof fetch = (_url, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
    const client = createClient({
      urls: ['http://silent.test:1', slow.address],
      ...options,
      fetch: (url, init) => (url.startsWith(slow.address) ? fetch : silent)(url, init),
    });
    clients.push(client);
    expect((await client.query('SELECT 1')).rows).toEqual([{ a: 'slow' }]);
  });
});

describe('limits', () => {
  it('gives up in time, and says whether a write may have happened', async () => {
    const node = await fakeNode(() => undefined);
    const client = clientOf([node], { timeoutMs: 50 });
    const [query, write] = await Promise.all([
      errorOf(client.query('SELECT 1')),
      errorOf(client.execute('DELETE FROM t')),
    ]);
    expect(query).toMatchObject({ code: 'PATINA_TIMEOUT', retry: true });
    expect(write).toMatchObject({ code: 'PATINA_OUTCOME_UNKNOWN', retry: false });
    expect(node.requests[0]?.url.searchParams.get('timeout')).toBe('0.050');
  });

  it('ends by a signal with its reason, and leaves no listener', async () => {
    const node = await fakeNode(() => undefined);
    const client = clientOf([node]);
    const stop = new AbortController();
    const query = client.query('SELECT 1', [], { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(query).rejects.toThrow('enough');
    await expect(client.query('SELECT 1', [], { signal: stop.signal })).rejects.toThrow('enough');
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
  });

  it('ends everything when it is closed', async () => {
    const node = await fakeNode(() => undefined);
    const client = clientOf([node]);
    const query = errorOf(client.query('SELECT 1'));
    client.close();
    expect(await query).toMatchObject({ code: 'PATINA_CLOSED' });
    expect(() => client.subscribe('SELECT 1')).toThrow('closed');
  });

  it('refuses addresses that are none', () => {
    expect(() => createClient({ urls: [] })).toThrow(ClientError);
    expect(() => createClient({ urls: ['127.0.0.1:80'] })).toThrow('no address');
    expect(() => createClient({ urls: [''], heartbeatMs: 1 })).toThrow('heartbeatMs');
  });
});

describe('iterate', () => {
  it('gives rows as they arrive, and ends the query when the loop is left', async () => {
    const closed = Promise.withResolvers<void>();
    const node = await fakeNode((request) => {
      request.response.once('close', () => closed.resolve());
      writeLines(request, { columns: ['n'] }, { row: [1, [1]] }, { row: [2, [2]] });
    });
    const client = clientOf([node]);
    const seen: unknown[] = [];
    for await (const row of client.iterate('SELECT n FROM endless')) {
      seen.push(row);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([{ n: 1 }, { n: 2 }]);
    await closed.promise;
  });

  it('fails where the answer ends early', async () => {
    const node = await fakeNode((request) => {
      writeLines(request, { columns: ['n'] }, { row: [1, [1]] });
      request.response.end();
    });
    const rows = clientOf([node]).iterate('SELECT 1');
    expect((await rows.next()).value).toEqual({ n: 1 });
    await expect(rows.next()).rejects.toMatchObject({ code: 'PATINA_UNREACHABLE', retry: true });
  });
});

describe('information', () => {
  it('checks the shape of what it is told', async () => {
    const node = await fakeNode((request) => {
      const { pathname } = request.url;
      if (pathname === '/v1/members') answer(request, 200, { members: [] });
      else if (pathname === '/v1/lag') answer(request, 200, { lag: 'none' });
      else
        answer(request, 200, { response: { gaps: 0, members: 1, p99_lag: null, queue_size: 0 } });
    });
    const client = clientOf([node]);
    expect(await client.health()).toEqual({ gaps: 0, members: 1, p99_lag: null, queue_size: 0 });
    expect(await client.members()).toEqual([]);
    expect(await errorOf(client.lag())).toMatchObject({ code: 'PATINA_PROTOCOL' });
  });
});
