// The description of the API against the server: the same routes, answers of the described shapes, and
// a page that shows all of it.

import { parseExactJson } from '@patina/api/exact-json.ts';
import {
  type OpenApiDocument,
  type OpenApiOperation,
  openApiDocument,
} from '@patina/api/openapi-document.ts';
import { must } from '@patina/engine/base/assert.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { apiPage } from './api-page.ts';
import { createApplication } from './application.ts';
import { fakeId } from './fake-live-queries.ts';
import { escapeHtml, isRecord } from './html.ts';
import { createHttpServer, type HttpServer } from './server.ts';
import { patience } from './stream-reader.ts';
import { testAccess } from './test-access.ts';
import { createTestService, type TestService, testActor } from './test-service.ts';

let service: TestService;
let server: HttpServer;
let base: string;
let document: OpenApiDocument;

const secret = testAccess('secret');

beforeAll(async () => {
  service = createTestService();
  const addresses = [{ host: '127.0.0.1', port: 0 }];
  server = createHttpServer({ service, addresses, ...secret });
  await server.start();
  await service.pool.start();
  base = `http://127.0.0.1:${must(server.addresses()[0], 'listens').port}`;
  document = openApiDocument('0.1.0');
});
beforeEach(() => service.live.reset());
afterAll(async () => {
  await server.stop(100);
  await service.close();
});

test('every registered route is in the document, and the other way round', async () => {
  const { app } = createApplication({ service, addresses: [], ...secret });
  await app.ready();
  const tree = app.printRoutes({ commonPrefix: false, includeHooks: false });
  await app.close();
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(
    routesIn(tree)
      .filter((route) => !route.includes('/trpc'))
      .sort(),
  ).toEqual(described.sort());
});

/** The routes of the framework's own list, in the words of OpenAPI. */
function routesIn(tree: string): string[] {
  const routes: string[] = [];
  const prefixes: string[] = [];
  for (const line of tree.split('\n')) {
    const match = /^(?<indent>[│ ]*)[├└]── (?<path>\S*)(?: \((?<methods>[A-Z, ]+)\))?$/.exec(line);
    if (match?.groups === undefined) continue;
    const { indent = '', path = '', methods } = match.groups;
    prefixes.splice(indent.length / 4);
    prefixes.push(path);
    const whole = prefixes.join('').replaceAll(/:(\w+)/g, '{$1}');
    for (const method of methods?.split(', ') ?? []) routes.push(`${method} ${whole}`);
  }
  return routes;
}

describe('real answers', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });

  /** Objects with fields that are not described would pass otherwise. */
  function closed(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map(closed);
    if (!isRecord(schema)) return schema;
    const fields = Object.fromEntries(
      Object.entries(schema).map(([name, value]) => [name, closed(value)]),
    );
    const isOpen = !isRecord(schema.properties) || schema.additionalProperties !== undefined;
    return isOpen ? fields : { ...fields, additionalProperties: false };
  }

  /** What is wrong with a value of this type of an answer. */
  function problemsOf(operation: OpenApiOperation, status: number, type: string, value: unknown) {
    const schema = operation.responses[String(status)]?.content?.[type]?.schema;
    if (schema === undefined) return [`${operation.operationId} has no ${status} of ${type}`];
    const { components } = document;
    const text = JSON.stringify(closed({ ...schema, components: { schemas: components.schemas } }));
    const validate = ajv.compile(JSON.parse(text));
    return validate(value) ? [] : (validate.errors ?? []);
  }

  const headers = { authorization: 'Bearer secret', 'content-type': 'application/json' };

  /** Asks, and holds every line of the answer against the document. */
  async function check(method: string, path: string, template: string, body?: string) {
    const operation = must(document.paths[template]?.[method.toLowerCase()], 'is described');
    const response = await fetch(base + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
    const text = await response.text();
    const lines = type === 'application/x-ndjson' ? text.trimEnd().split('\n') : [text];
    for (const line of lines) {
      const value = numbers(parseExactJson(line));
      expect(problemsOf(operation, response.status, type, value), line).toEqual([]);
    }
    const described = Object.keys(operation.responses['200']?.headers ?? {});
    if (response.status === 200) {
      for (const header of described) expect(response.headers.get(header)).not.toBeNull();
    }
    return response.status;
  }

  /** The validator knows no bigints. */
  function numbers(value: unknown): unknown {
    if (typeof value === 'bigint') return Number(value);
    if (Array.isArray(value)) return value.map(numbers);
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, numbers(item)]));
  }

  const insert = '[["INSERT INTO notes (body) VALUES (?)", [9007199254740993]]]';

  test.each([
    ['POST', '/v1/transactions', '', insert, 200],
    ['POST', '/v1/transactions', '', '["SELEC"]', 400],
    ['POST', '/v1/transactions', '', '[]', 400],
    ['POST', '/v1/transactions', '?timeout=x', '[]', 400],
    ['POST', '/v1/transactions', '', '7', 422],
    ['POST', '/v1/queries', '', '"SELECT id, body, 1.5, x\'00ff\', NULL FROM notes"', 200],
    ['POST', '/v1/queries', '', '"DELETE FROM notes"', 400],
    ['POST', '/v1/queries', `?after=${testActor}:9999&wait=0`, '"SELECT 1"', 504],
    ['POST', '/v1/export', '', '{"sql":"SELECT 1, x\'00ff\' AS x","format":"ndjson"}', 200],
    ['POST', '/v1/export', '', '{"sql":"SELECT 1, NULL AS x","format":"json"}', 200],
    ['POST', '/v1/export', '', '{"sql":"DELETE FROM notes","format":"csv"}', 400],
    ['POST', '/v1/export', '', '{"sql":"SELECT 1"}', 422],
    ['POST', '/v1/table_stats', '', '{"tables":["notes","x"]}', 200],
    ['POST', '/v1/table_stats', '', '{}', 422],
    ['GET', '/v1/health', '', undefined, 200],
    ['GET', '/v1/health', '?p99_lag=0', undefined, 503],
    ['GET', '/v1/members', '', undefined, 200],
    ['GET', '/v1/lag', '', undefined, 200],
    ['GET', '/v1/subscriptions', '', undefined, 200],
    ['POST', '/v1/subscriptions/explain', '', '"SELECT 1"', 200],
    ['POST', '/v1/subscriptions/explain', '', '"DELETE FROM notes"', 400],
  ])('%s %s%s %s is %i as described', async (method, path, parameters, body, status) => {
    expect(await check(method, path + parameters, path, body)).toBe(status);
  });

  test('of queries as such', async () => {
    const template = '/v1/subscriptions/{id}';
    for (const [id, status] of [
      [fakeId, 200],
      [fakeId.replace('9', '8'), 404],
      ['x', 400],
    ] as const) {
      const path = `/v1/subscriptions/${id}`;
      expect(await check('GET', `${path}/explain`, `${template}/explain`)).toBe(status);
      expect(await check('DELETE', path, template)).toBe(status);
    }
  });

  test('of streams', async () => {
    const end = async (count: number): Promise<void> => {
      await expect.poll(() => service.live.openCount(), patience).toBe(count);
      for (const { sink } of service.live.subscriptions) {
        void sink.onRows(Buffer.from('{"row":[1,[1,null,"x",[0],1.5]]}\n'), 1);
        sink.onSnapshotEnd({ changeId: 3, timeMs: 1 });
        void sink.onGroup({
          origins: [{ actorId: testActor, version: 1, hlc: 2 }],
          changes: [{ type: 'insert', rowId: 2, cells: '[1]', changeId: 4, position: 0 }],
        });
        sink.onLagged(`${fakeId}:4`, 4);
      }
      for (const { sink } of service.live.watches) {
        void sink.onGroup({
          origins: [{ actorId: testActor, version: 1, hlc: 2 }],
          notices: [{ type: 'update', key: '[1]', row: '[1,2]' }],
          cursor: 'c2',
        });
        sink.onEnded(new PatinaError('PATINA_SUBSCRIPTION_FAILED', 'no more'));
      }
    };
    const path = '/v1/subscriptions';
    const byId = `${path}/${fakeId}`;
    const updates = '/v1/updates/notes';
    const [...statuses] = await Promise.all([
      check('POST', `${path}?details=true`, path, '"SELECT 1"'),
      check('POST', path, path, '"SELECT 1"'),
      check('GET', byId, `${path}/{id}`),
      check('POST', updates, '/v1/updates/{table}'),
      check('POST', `${updates}?details=true`, '/v1/updates/{table}', '{"images":true}'),
      end(5),
    ]);
    expect(statuses.slice(0, 5)).toEqual([200, 200, 200, 200, 200]);
  });

  test('examples fit their schemas', () => {
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      const { components } = document;
      const validate = ajv.compile({ ...schema, components: { schemas: components.schemas } });
      for (const example of Array.isArray(schema.examples) ? schema.examples : []) {
        expect(validate(example), `${name}: ${JSON.stringify(example)}`).toBe(true);
      }
    }
  });
});

describe('without a token', () => {
  test('the document is served', async () => {
    const response = await fetch(`${base}/openapi.json`);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(document)));
  });

  test('the page is served, and may load nothing', async () => {
    const response = await fetch(`${base}/docs/api`);
    expect(response.status).toBe(200);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+';/);
    expect(await response.text()).toBe(apiPage(document));
  });

  test('the rest of the API is not', async () => {
    for (const path of ['/v1/subscriptions', `/v1/subscriptions/${fakeId}`, '/docs/apix']) {
      const status = path.startsWith('/v1') ? 401 : 404;
      expect((await fetch(base + path)).status).toBe(status);
    }
  });
});

describe('the page', () => {
  test('has everything that the document has, at an anchor of its own', () => {
    const page = apiPage(document);
    for (const [path, operations] of Object.entries(document.paths)) {
      expect(page).toContain(`<code>${path}</code>`);
      for (const { operationId, summary } of Object.values(operations)) {
        expect(page).toContain(`<article id="${operationId}"`);
        expect(page).toContain(`<a href="#${operationId}">${escapeHtml(summary)}</a>`);
      }
    }
    for (const name of Object.keys(document.components.schemas)) {
      expect(page).toContain(`id="schema-${name}"`);
    }
  });

  test('is well formed: elements close, ids are unique, links lead somewhere', () => {
    const page = apiPage(document);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, anchor] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(anchor);
    const open: string[] = [];
    for (const [, slash, name = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
      if (['meta', 'link', 'br'].includes(name)) continue;
      if (slash === '/') expect(open.pop()).toBe(name);
      else open.push(name);
    }
    expect(open).toEqual([]);
  });

  test('has no script, no inline style and nothing from elsewhere', () => {
    const page = apiPage(document);
    expect(page).not.toMatch(/<script|<link|<img|<iframe| style=| on\w+=|javascript:/i);
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  test('shows text as text', () => {
    const { info } = document;
    const evil = '</style><script>alert(1)</script> "quoted" & `<b>`';
    const page = apiPage({ ...document, info: { ...info, title: evil, description: evil } });
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &quot;quoted&quot; &amp;');
    expect(page).toContain('<code>&lt;b&gt;</code>');
  });
});
