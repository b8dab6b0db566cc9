// docs/access.md says what is so: its examples are run, and its tables are those of the code.

import { readFileSync } from 'node:fs';
import type { Grant } from '@patina/api/access/access-service.ts';
import { type Access, procedureAccess, routeAccess } from '@patina/api/access/access-table.ts';
import { httpRouteNames, httpRoutes } from '@patina/api/http-routes.ts';
import { roles } from '@patina/api/roles.ts';
import { must } from '@patina/engine/base/assert.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTableVet, type NodeTableVet } from '../access/table-vet.ts';
import { createHttpServer, type HttpServer } from './server.ts';
import { testAccess } from './test-access.ts';
import { createTestService, type TestService } from './test-service.ts';

const text = readFileSync(new URL('../../../../docs/access.md', import.meta.url), 'utf8');

/** Rows `| who | `METHOD /path` | `body` | status |`. */
const examples = [
  ...text.matchAll(/^\| (\w+) \| `(GET|POST) (\S+)` \| (?:`(.*)` )?\| (\d{3}) \|$/gm),
].map(([, who = '', method = '', path = '', body, status = '']) => ({
  who,
  method,
  path,
  body,
  status: Number(status),
}));

let service: TestService;
let vet: NodeTableVet;
let server: HttpServer;
let base: string;
const tokens = new Map<string, string>();

beforeAll(async () => {
  service = createTestService();
  await service.pool.start();
  vet = createTableVet(service.pool);
  const access = testAccess();
  const addresses = [{ host: '127.0.0.1', port: 0 }];
  server = createHttpServer({ service, addresses, ...access, vet });
  await server.start();
  base = `http://127.0.0.1:${must(server.addresses()[0], 'listens').port}`;
  const manage = access.manage({ name: 'test', through: 'test' });
  const grants: Record<string, Grant> = { limited: { roles: ['writer'], tables: ['note*'] } };
  for (const role of roles) grants[role] = { roles: [role] };
  for (const [who, grant] of Object.entries(grants)) {
    tokens.set(who, (await manage.createToken(who, grant)).token);
  }
});
afterAll(async () => {
  await server.stop(100);
  vet.close();
  await service.close();
});

test('there are examples of every role', () => {
  expect(new Set(examples.map(({ who }) => who))).toEqual(new Set([...roles, 'limited', 'nobody']));
});

test.each(examples)('$who: $method $path $body is answered with $status', async (example) => {
  const { who, method, path, body, status } = example;
  const token = tokens.get(who);
  const response = await fetch(base + path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(method === 'GET' ? {} : { body: body ?? '' }),
  });
  await response.body?.cancel();
  expect(response.status).toBe(status);
});

test('the tables of routes and procedures are those of the code', () => {
  const row = (name: string, { role, tables }: Access): string =>
    `| \`${name}\` | ${role} | ${tables} |`;
  const wanted = [
    ...httpRouteNames.map((name) => {
      const { method, path } = httpRoutes[name];
      return row(`${method} ${path}`, routeAccess[name]);
    }),
    ...[...procedureAccess].map(([name, access]) => row(name, access)),
  ];
  const written = text.match(/^\| `[^`]+` \| \w+ \| (named|none|all) \|$/gm) ?? [];
  expect(written).toEqual(wanted);
});
