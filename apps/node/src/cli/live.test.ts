// `patina subscribe`, `updates` and `subs` against a node that answers as told: what people see, what
// programs get, and how each end of a stream is told.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeHttpNode, startFakeHttpNode } from './testing/fake-http-node.ts';
import { type CliResult, type CliSetup, runForTest } from './testing/harness.ts';

let node: FakeHttpNode;

beforeAll(async () => {
  node = await startFakeHttpNode();
});
afterAll(() => node.stop());

function patina(args: readonly string[], setup: CliSetup = {}): Promise<CliResult> {
  return runForTest([...args, '--api-addr', node.address], setup);
}

const id = '9f8b1f6e-0c3d-4c55-9a57-2f1f3a8e0d11';
const hash = '0123456789abcdef';
const origins = '[{"actor_id":"00112233445566778899aabbccddeeff","version":3,"hlc":7}]';

const opened = `{"opened":{"id":"${id}","hash":"${hash}","ordered":false,"start":"snapshot"}}`;
const commit = (changeId: number): string =>
  `{"commit":{"change_id":${changeId},"cursor":"${id}:${changeId}","origins":${origins}}}`;

const snapshot = [
  opened,
  '{"columns":["id","name"]}',
  '{"row":[1,[1,"one"]]}',
  '{"row":[2,[9007199254740993,"two\\u001b[2J"]]}',
  '{"eoq":{"time":0.001,"change_id":4}}',
];

const changes = [
  '{"change":["insert",3,[3,"three"],5]}',
  '{"change":["update",1,[1,null],6]}',
  '{"heartbeat":{"change_id":4}}',
  '{"change":["delete",2,[9007199254740993,[0,255]],7]}',
  commit(7),
];

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;

describe('subscribe', () => {
  it('prints rows, then changes with a mark, and how to go on when the node leaves', async () => {
    node.answer(200, lines(...snapshot, ...changes));
    const { code, out, err } = await patina(['subscribe', 'SELECT *', '--param', 'x']);
    expect(out).toBe(
      [
        '                  1  one',
        '   9007199254740993  two\\x1b[2J',
        '+                 3  three',
        '~                 1  NULL',
        "-  9007199254740993  x'00ff'",
        '',
      ].join('\n'),
    );
    expect(code).toBe(3);
    expect(err).toBe(
      `error: the node ended the stream (PATINA_STREAM_CLOSED)\nhint: Go on with --from ${id}:7\n`,
    );
    expect(node.seen.at(-1)).toMatchObject({
      method: 'POST',
      path: '/v1/subscriptions?heartbeat=15&details=true',
      body: '["SELECT *",["x"]]',
    });
  });

  it('has a heading, colours and notes on a terminal', async () => {
    node.answer(200, lines(...snapshot, ...changes));
    const { out, err } = await patina(['subscribe', 'SELECT *'], { isTerminal: true });
    expect(out).toContain('id  name');
    expect(out).toContain('\u001b[32m+                 3  three\u001b[0m\n');
    expect(out).toContain('\u001b[33m~ ');
    expect(out).toContain('\u001b[31m- ');
    expect(err).toContain('2 rows; changes follow\n');
    const plain = await patina(['subscribe', 'S'], { isTerminal: true, env: { NO_COLOR: '1' } });
    expect(plain.out).not.toContain('\u001b');
  });

  it('goes on after a cursor, without rows', async () => {
    node.answer(200, lines(opened, ...changes));
    const { out } = await patina(['subscribe', 'SELECT *', '--from', `${id}:4`]);
    expect(out.split('\n')[0]).toBe('+  3  three');
    expect(node.seen.at(-1)?.path).toContain(`from=${encodeURIComponent(`${id}:4`)}`);
  });

  it('prints the plain lines with --json, without signs of life', async () => {
    const plain = [...snapshot.slice(1), ...changes.slice(0, 2)];
    node.answer(200, lines(...plain, '{"heartbeat":{"change_id":4}}'));
    const { code, out } = await patina(['subscribe', 'SELECT *', '--json']);
    expect({ code, out }).toEqual({ code: 3, out: lines(...plain) });
    expect(node.seen.at(-1)?.path).toBe('/v1/subscriptions?heartbeat=15&details=false');
    await patina(['subscribe', 'SELECT *', '--json', '--details']);
    expect(node.seen.at(-1)?.path).toContain('details=true');
  });

  it('tells a reader that fell behind where to go on', async () => {
    const lagged = `{"lagged":{"change_id":9,"cursor":"${id}:9"}}`;
    node.answer(200, lines(...snapshot, lagged));
    const people = await patina(['subscribe', 'SELECT *']);
    expect(people).toMatchObject({ code: 6 });
    expect(people.err).toContain(`hint: Go on with --from ${id}:9\n`);
    const program = await patina(['subscribe', 'SELECT *', '--json']);
    expect(program.code).toBe(6);
    expect(program.out).toContain(lagged);
  });

  it.each([
    [200, '{"error":"gone","code":"PATINA_SHUTTING_DOWN","hint":"Later."}\n', 6],
    [200, '{"error":"no more","code":"PATINA_SUBSCRIPTION_FAILED"}\n', 1],
    [200, '{"error":"old","code":"PATINA_CURSOR_TOO_OLD"}\n', 1],
    [400, '{"error":"no","code":"PATINA_SUBSCRIPTION_REFUSED"}', 4],
    [429, '{"error":"many","code":"PATINA_SUBSCRIPTION_LIMIT"}', 6],
    [401, '', 4],
    [200, '{"row":[1,[1]]}\n', 1],
    [200, 'hello\n', 1],
    [200, '{"change":["insert",1]}\n', 1],
  ])('answered as %i %j ends with exit code %i', async (status, body, code) => {
    node.answer(status, body);
    const people = await patina(['subscribe', 'SELECT 1']);
    expect(people.code).toBe(code);
    expect(people.err).toMatch(/^error: .*\(PATINA_\w+\)\n(hint: .*\n)?$/);
    expect((await patina(['subscribe', 'SELECT 1', '--json', '--details'])).code).not.toBe(0);
  });

  it('says that the connection broke', async () => {
    node.answerBy((response) => {
      response.writeHead(200).write(lines(...snapshot, ...changes), () => response.destroy());
    });
    const { code, out } = await patina(['subscribe', 'SELECT *']);
    expect(code).toBe(3);
    expect(out).toContain('+                 3  three');
  });
});

describe('updates', () => {
  const start = `{"opened":{"id":"${id}","key":["id"],"columns":["name","id"],"start":"now","cursor":"c1"}}`;

  it('prints keys with a mark', async () => {
    const notices = ['{"notify":["update",[7]]}', '{"notify":["delete",[8]]}'];
    node.answer(200, lines(start, ...notices, `{"commit":{"cursor":"c2","origins":${origins}}}`));
    const { out, err } = await patina(['updates', 'a b']);
    expect(out).toBe('~  7\n-  8\n');
    expect(err).toContain('hint: Go on with --from c2\n');
    expect(node.seen.at(-1)).toMatchObject({
      method: 'POST',
      path: '/v1/updates/a%20b?heartbeat=15&details=true',
      body: '{}',
    });
  });

  it('prints whole rows, and the key of a row that is gone in its place', async () => {
    const notices = ['{"notify":["update",[7],["seven",7]]}', '{"notify":["delete",[8]]}'];
    node.answer(200, lines(start, '{"restarted":{"reason":"long ago"}}', ...notices));
    const args = ['updates', 't', '--images', '--filter', 'id > 1', '--from', 'c0'];
    const { out, err } = await patina(args, { isTerminal: true, env: { NO_COLOR: '1' } });
    expect(out).toBe('   name  id\n   ----  --\n~  seven  7\n-        8\n');
    expect(err).toContain('changes were missed: long ago\n');
    expect(node.seen.at(-1)?.body).toBe('{"filter":"id > 1","images":true}');
  });

  it('prints the lines of the API with --json', async () => {
    const notice = '{"notify":["update",[9007199254740993]]}';
    node.answer(200, lines(notice, '{"heartbeat":{"cursor":"c1"}}'));
    expect(await patina(['updates', 't', '--json'])).toMatchObject({ out: `${notice}\n` });
    node.answer(400, '{"error":"no table","code":"PATINA_BAD_REQUEST"}');
    expect(await patina(['updates', 't'])).toMatchObject({ code: 1 });
  });
});

describe('subs', () => {
  const stats = {
    id,
    hash,
    sql: 'SELECT *\nFROM t',
    mode: 'key-wise',
    state: 'live',
    subscribers: 2,
    rows: 10,
    change_id: 7,
    evaluations: 3,
    evaluation_ms: 1.5,
    ms_per_sec_cost: 0.25,
    lagged: 0,
    created_ms: 0,
  };
  const list = JSON.stringify({ subscriptions: [stats] });

  it('list prints a table, or what the API says', async () => {
    node.answer(200, list);
    const { code, out } = await patina(['subs', 'list']);
    expect(code).toBe(0);
    expect(out).toContain(
      `${id}  key-wise  live         2    10          7  0.25  SELECT *\\nFROM t\n`,
    );
    expect(JSON.parse((await patina(['subs', 'list', '--json'])).out)).toEqual(JSON.parse(list));
    expect(node.seen.at(-1)).toMatchObject({ method: 'GET', path: '/v1/subscriptions' });
  });

  it('info finds a query by its id or its hash', async () => {
    node.answer(200, list);
    for (const args of [[id], ['--id', id.toUpperCase()], ['--hash', hash]]) {
      const { code, out } = await patina(['subs', 'info', ...args]);
      expect(code).toBe(0);
      expect(out).toMatch(/change_id +7\n/);
      expect(out).toMatch(/created +1970-01-01T00:00:00.000Z\n/);
    }
    const json = JSON.parse((await patina(['subs', 'info', '--hash', hash, '--json'])).out);
    expect(json).toEqual({ subscriptions: [stats] });
    expect((await patina(['subs', 'info', 'x'])).err).toContain('PATINA_NOT_FOUND');
    for (const args of [[], [id, '--hash', hash]]) {
      expect((await patina(['subs', 'info', ...args])).err).toContain('give either');
    }
  });

  it('explain asks for an open query or for a statement', async () => {
    const explanation = {
      mode: 're-run',
      sql: 'SELECT 1',
      columns: ['a', 'b'],
      ordered: true,
      reasons: ['it has a window function'],
      tables: [
        { table: 't', columns: 'all', reaction: 're-run' },
        { table: 'u', columns: ['x', 'y'], reaction: 'keys' },
      ],
      indexed_by: ['t.x'],
      query_plan: ['SCAN t'],
    };
    node.answer(200, JSON.stringify(explanation));
    const { code, out } = await patina(['subs', 'explain', id]);
    expect({ code, out: out.split('\n') }).toEqual({
      code: 0,
      out: [
        're-run: SELECT 1',
        'columns: a, b (in order)',
        'because: it has a window function',
        'table: t (all columns), re-run',
        'table: u (x, y), keys',
        'found by: t.x',
        'plan: SCAN t',
        '',
      ],
    });
    expect(node.seen.at(-1)).toMatchObject({
      method: 'GET',
      path: `/v1/subscriptions/${id}/explain`,
    });
    const other = ['subs', 'explain', '--sql', 'SELECT ?', '--param-json', '7', '--json'];
    expect(JSON.parse((await patina(other)).out)).toEqual(explanation);
    expect(node.seen.at(-1)).toMatchObject({
      method: 'POST',
      path: '/v1/subscriptions/explain',
      body: '["SELECT ?",[7]]',
    });
    expect((await patina(['subs', 'explain'])).err).toContain('give either');
  });

  it('drop ends a query', async () => {
    node.answer(200, JSON.stringify({ id }));
    expect(await patina(['subs', 'drop', id])).toMatchObject({ code: 0, out: `dropped ${id}\n` });
    expect(node.seen.at(-1)).toMatchObject({ method: 'DELETE', path: `/v1/subscriptions/${id}` });
    node.answer(404, '{"error":"could not find","code":"PATINA_NOT_FOUND"}');
    expect(await patina(['subs', 'drop', '../x', '--json'])).toMatchObject({ code: 1, out: '' });
    expect(node.seen.at(-1)?.path).toBe('/v1/subscriptions/..%2Fx');
  });

  it('does not take just any answer', async () => {
    node.answer(200, '{"subscriptions":[{"id":7}]}');
    expect((await patina(['subs', 'list'])).err).toContain('PATINA_WIRE_MALFORMED');
  });
});
