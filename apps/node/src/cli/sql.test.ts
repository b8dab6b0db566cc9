// `patina query` and `patina exec` against a node that answers as told: output, JSON, errors.

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

const rows = [
  '{"columns":["id","name","data","note"]}',
  '{"row":[1,[1,"hotdogs",[0,255],null]]}',
  '{"row":[2,[9223372036854775807,"two\\nlines \\u001b[31m","", "NULL"]]}',
  '{"row":[3,[-5,"日本",[],"x\'00\'"]]}',
  '{"eoq":{"time":0.00012}}',
  '',
].join('\n');

describe('query', () => {
  it('prints an aligned table in which nothing is ambiguous', async () => {
    node.answer(200, rows);
    const { code, out, err } = await patina(['query', 'SELECT *', '--columns']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(
      [
        '                 id  name                 data     note',
        '-------------------  -------------------  -------  ---------',
        "                  1  hotdogs              x'00ff'  NULL",
        "9223372036854775807  two\\nlines \\x1b[31m           'NULL'",
        "                 -5  日本                 x''      'x''00'''",
        '',
      ].join('\n'),
    );
  });

  it('prints the names of columns on a terminal, or when asked to', async () => {
    node.answer(200, '{"columns":["n"]}\n{"row":[1,[1]]}\n{"eoq":{"time":0}}\n');
    const [piped, terminal, asked, declined] = await Promise.all([
      patina(['query', 'SELECT 1']),
      patina(['query', 'SELECT 1'], { isTerminal: true }),
      patina(['query', 'SELECT 1', '--columns']),
      patina(['query', 'SELECT 1', '--no-columns'], { isTerminal: true }),
    ]);
    expect(piped.out).toBe('1\n');
    expect(terminal.out).toBe('n\n-\n1\n');
    expect(asked.out).toBe(terminal.out);
    expect(declined.out).toBe('1\n');
  });

  it('prints the lines of the API with --json, untouched', async () => {
    node.answer(200, rows);
    const { code, out } = await patina(['query', 'SELECT *', '--json']);
    expect({ code, out }).toEqual({ code: 0, out: rows });
  });

  it('sends parameters in order, with exact integers, and the time limit', async () => {
    node.answer(200, rows);
    await patina([
      'query',
      'SELECT ?, ?, ?',
      '--param',
      '7 "x"',
      '--param-json',
      '9007199254740993',
      '--param-json',
      'null',
      '--timeout',
      '2.5',
    ]);
    expect(node.seen.at(-1)).toMatchObject({
      path: '/v1/queries?timeout=2.5',
      body: '["SELECT ?, ?, ?",["7 \\"x\\"",9007199254740993,null]]',
    });
  });

  it('takes the token from the environment, before the configuration', async () => {
    node.answer(200, rows);
    const env = { API__AUTHZ__BEARER_TOKEN: 'configured' };
    await patina(['query', 'SELECT 1']);
    await patina(['query', 'SELECT 1'], { env });
    await patina(['query', 'SELECT 1'], { env: { ...env, PATINA_TOKEN: 'given' } });
    expect(node.seen.slice(-3).map(({ authorization }) => authorization)).toEqual([
      undefined,
      'Bearer configured',
      'Bearer given',
    ]);
  });

  it('prints the time to standard error', async () => {
    node.answer(200, '{"columns":["n"]}\n{"eoq":{"time":0.00012}}\n');
    expect(await patina(['query', 'SELECT 1', '--timer'])).toEqual({
      code: 0,
      out: '',
      err: 'time: 0.000120 s\n',
    });
  });

  it('keeps the memory bounded and the rows in order on a long result', async () => {
    const count = 20_000;
    node.answerBy((response) => {
      response.writeHead(200).write('{"columns":["n"]}\n');
      for (let row = 1; row <= count; row++) response.write(`{"row":[${row},[${row}]]}\n`);
      response.end('{"eoq":{"time":1}}\n');
    });
    const { code, out } = await patina(['query', 'SELECT n']);
    expect(code).toBe(0);
    const numbers = out.trimEnd().split('\n').map(Number);
    expect(numbers).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  });
});

describe('an error', () => {
  const said =
    '{"error":"near \\"SELEC\\": syntax error","code":"PATINA_SQL_ERROR","hint":"Look."}';

  it.each([
    [400, said, 1, 'error: near "SELEC": syntax error (PATINA_SQL_ERROR)\nhint: Look.\n'],
    [400, '{"error":"writes","code":"PATINA_SQL_NOT_READONLY"}', 4, 'PATINA_SQL_NOT_READONLY'],
    [400, '{"error":"no","code":"PATINA_SQL_REFUSED"}', 4, 'PATINA_SQL_REFUSED'],
    [401, '', 4, 'PATINA_TOKEN'],
    [408, '{"error":"slow","code":"PATINA_SQL_TIMEOUT"}', 5, 'PATINA_SQL_TIMEOUT'],
    [503, 'max concurrency limit reached', 6, 'max concurrency limit reached (PATINA_OVERLOADED)'],
    [503, '{"error":"clock","code":"PATINA_CLOCK_DRIFT"}', 6, 'PATINA_CLOCK_DRIFT'],
    [504, '{"error":"late","code":"PATINA_WAIT_TIMEOUT"}', 5, 'PATINA_WAIT_TIMEOUT'],
    [500, '<html>', 1, '<html> (PATINA_INTERNAL)'],
    [200, 'hello', 1, 'PATINA_WIRE_MALFORMED'],
    [200, '{"row":[1,[1]]}\n', 1, 'PATINA_WIRE_MALFORMED'],
    [200, '{"columns":["n"]}\n', 3, 'PATINA_STREAM_CLOSED'],
  ])('answered as %i %j ends with exit code %i', async (status, body, code, text) => {
    node.answer(status, body);
    const result = await patina(['query', 'SELECT 1']);
    expect(result.err).toContain(text);
    expect(result.code).toBe(code);
    expect(result.err.split('\n').length).toBeLessThanOrEqual(3);
  });

  it('in the middle of a result comes after the rows before it', async () => {
    node.answer(200, `{"columns":["n"]}\n{"row":[1,[7]]}\n${said}\n`);
    const result = await patina(['query', 'SELECT 1']);
    expect(result).toMatchObject({ code: 1, out: '7\n' });
    expect(result.err).toContain('syntax error');
  });

  it('is one JSON line with --json', async () => {
    node.answer(400, said);
    const { code, err } = await patina(['query', 'SELECT 1', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(err)).toEqual({
      error: { code: 'PATINA_SQL_ERROR', message: 'near "SELEC": syntax error', hint: 'Look.' },
    });
  });

  it('cannot carry a command for the terminal', async () => {
    node.answer(400, '{"error":"\\u001b[2Jgone\\nfor good","code":"PATINA_SQL_ERROR"}');
    const { err } = await patina(['query', 'SELECT 1']);
    expect(err).toBe('error: \\x1b[2Jgone for good (PATINA_SQL_ERROR)\n');
  });

  it('of a connection that breaks, or of no node at all, is exit code 3', async () => {
    node.answerBy((response) => {
      response.writeHead(200).write('{"columns":["n"]}\n', () => response.destroy());
    });
    expect(await patina(['query', 'SELECT 1'])).toMatchObject({ code: 3 });
    const nobody = await runForTest(['query', 'SELECT 1', '--api-addr', '127.0.0.1:1']);
    expect(nobody.code).toBe(3);
    expect(nobody.err).toContain('no node answers at 127.0.0.1:1');
  });

  it('never shows the token', async () => {
    const env = { PATINA_TOKEN: 'tok-5f3a', API__AUTHZ__BEARER_TOKEN: 'tok-5f3a' };
    for (const args of [
      ['query', 'SELECT 1'],
      ['query', 'SELECT 1', '--json'],
      ['exec', 'DELETE FROM t'],
      ['config', 'check'],
    ]) {
      node.answer(401, '');
      const { out, err } = await patina(args, { env });
      expect(out + err).not.toContain('tok-5f3a');
    }
  });
});

describe('exec', () => {
  const body =
    '{"results":[{"rows_affected":3,"time":0.00003}],"time":0.00046,"version":3,"actor_id":"ab"}';

  it('prints how many rows it affected', async () => {
    node.answer(200, body);
    const { code, out, err } = await patina(['exec', 'DELETE FROM t', '--timer']);
    expect({ code, out, err }).toEqual({
      code: 0,
      out: 'Rows affected: 3\n',
      err: 'time: 0.000460 s\n',
    });
    expect(node.seen.at(-1)).toMatchObject({ path: '/v1/transactions', body: '["DELETE FROM t"]' });
  });

  it('prints the answer of the API with --json', async () => {
    node.answer(200, body);
    expect(await patina(['exec', 'DELETE FROM t', '--json'])).toMatchObject({ out: `${body}\n` });
  });

  it('says what went wrong', async () => {
    const result = '{"error":"UNIQUE constraint failed"}';
    const extra = '"error":"UNIQUE constraint failed","code":"PATINA_SQL_CONSTRAINT"';
    node.answer(400, `{"results":[${result}],"time":0,"version":null,"actor_id":"ab",${extra}}`);
    const { code, out, err } = await patina(['exec', 'INSERT']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe('error: UNIQUE constraint failed (PATINA_SQL_CONSTRAINT)\n');
  });
});
