// The files of the console as browsers get them: policy, encodings, caching and missing pages.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { NodeAnswer } from '@patina/api/insights/insights.ts';
import type { QuestionOf } from '@patina/api/insights/questions.ts';
import { must } from '@patina/engine/base/assert.ts';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createHttpServer, type HttpServerOptions } from './server.ts';
import { testAccess } from './test-access.ts';
import { createTestService, type TestService, testActor } from './test-service.ts';

const directory = mkdtempSync(join(tmpdir(), 'patina-console-'));
let service: TestService;

const script = 'let a = 1;\n'.repeat(100);

beforeAll(() => {
  service = createTestService();
  const files: Record<string, string | Buffer> = {
    'index.html': '<h1>overview</h1>',
    'sql.html': '<h1>sql</h1>',
    'sql/parts.txt': 'parts',
    '404.html': '<h1>nothing here</h1>',
    'plain.html': '<h1>plain</h1>',
    '_next/static/app.js': script,
    '_next/static/app.js.br': brotliCompressSync(script),
    '_next/static/app.js.gz': gzipSync(script),
    'sql.html.gz': gzipSync('<h1>sql</h1>'),
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
});
afterAll(async () => {
  await service.close();
  rmSync(directory, { recursive: true });
});

async function start(options: Partial<HttpServerOptions> = {}): Promise<string> {
  const server = createHttpServer({
    service,
    addresses: [{ host: '127.0.0.1', port: 0 }],
    ...testAccess('secret'),
    consoleDirectory: directory,
    ...options,
  });
  await server.start();
  onTestFinished(() => server.stop(0));
  return `http://127.0.0.1:${must(server.addresses()[0], 'listens').port}`;
}

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** As it came, not decoded. */
function get(url: string, headers: Record<string, string> = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      const { statusCode = 0 } = response;
      resolve({ status: statusCode, headers: response.headers, body: Buffer.concat(chunks) });
    });
    request.on('error', reject);
    request.end();
  });
}

test.each([
  ['br, gzip', 'br'],
  ['gzip, deflate', 'gzip'],
  ['gzip;q=0, br;q=0.5', 'br'],
  ['br;q=0, gzip', 'gzip'],
  ['deflate', undefined],
  ['', undefined],
])('a browser that takes %j gets %j', async (accepted, encoding) => {
  const base = await start();
  const { status, headers, body } = await get(`${base}/_next/static/app.js`, {
    'accept-encoding': accepted,
  });
  expect(status).toBe(200);
  expect(headers['content-encoding']).toBe(encoding);
  expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
  expect(headers['vary']).toBe('accept-encoding');
  expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
  const plain = Buffer.from(script);
  const expected = { br: brotliCompressSync(plain), gzip: gzipSync(plain) };
  expect(body).toEqual(
    encoding === 'br' ? expected.br : encoding === 'gzip' ? expected.gzip : plain,
  );
});

test('a page is found by its name, is asked for anew each time, and may lack twins', async () => {
  const base = await start();
  for (const path of ['/sql', '/sql.html', '/sql?tab=2']) {
    const { status, headers, body } = await get(base + path);
    expect([status, String(body)]).toEqual([200, '<h1>sql</h1>']);
    expect(headers['cache-control']).toBe('no-cache');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
  }
  const zipped = await get(`${base}/sql`, { 'accept-encoding': 'br, gzip' });
  expect(zipped.headers['content-encoding']).toBe('gzip');
  const plain = await get(`${base}/plain`, { 'accept-encoding': 'br, gzip' });
  expect(plain.headers['content-encoding']).toBeUndefined();
});

test('a page that is missing is said by a page, and to programs by an error', async () => {
  const base = await start();
  const page = await get(`${base}/no/such`, { accept: 'text/html' });
  expect([page.status, String(page.body)]).toEqual([404, '<h1>nothing here</h1>']);
  const program = await get(`${base}/no/such`);
  expect(program.status).toBe(404);
  expect(JSON.parse(String(program.body))).toMatchObject({ code: 'PATINA_NOT_FOUND' });
  for (const path of ['/_next/static/app.js.br', '/sql.html.gz']) {
    expect((await get(base + path)).status, path).toBe(404);
  }
});

/** The directives of the policy of a page. */
async function policyOf(base: string, path = '/'): Promise<Record<string, string>> {
  const { headers } = await get(base + path);
  const text = String(headers['content-security-policy']);
  return Object.fromEntries(
    text.split('; ').map((directive) => {
      const [name = '', ...sources] = directive.split(' ');
      return [name, sources.join(' ')];
    }),
  );
}

test('a page may run what is here, and talk to this node and those that it trusts', async () => {
  const base = await start({ allowedOrigins: ['https://db1.example'] });
  expect(await policyOf(base)).toEqual({
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'font-src': "'self'",
    'img-src': "'self' data:",
    'manifest-src': "'self'",
    'worker-src': "'self'",
    'connect-src': "'self' https://db1.example wss://db1.example",
    'form-action': "'self' https://db1.example",
    'frame-ancestors': "'none'",
    'base-uri': "'none'",
  });
  const { headers } = await get(`${base}/`);
  // Without an origin in its forms other members could not tell this page from a strange one.
  expect(headers['referrer-policy']).toBe('strict-origin');
});

test('a page may talk to the other members', async () => {
  const base = await start({ service: { ...service, insights: { ...service.insights, askAll } } });
  const { 'connect-src': connect, 'form-action': form } = await policyOf(base);
  expect(connect).toBe("'self' http://127.0.0.1:8082 ws://127.0.0.1:8082");
  expect(form).toBe("'self' http://127.0.0.1:8082");
});

/** One other member, which says where it is. */
async function askAll<TAsked, TInput, TTold, TAnswer>(
  question: QuestionOf<TAsked, TInput, TTold, TAnswer>,
): Promise<NodeAnswer<TAnswer>[]> {
  const who = { actor_id: testActor, address: '127.0.0.1:4002' };
  const about = {
    ...{ ...who, incarnation: 1, api_url: 'http://127.0.0.1:8082', pid: 1, latest: {} },
    ...{ software_version: '1', runtime_version: '2' },
    ...{ started_at_ms: 1, uptime_ms: 1, now_ms: 1 },
  };
  return [{ ...who, ok: true, answer: question.output.parse(about) }];
}
