// The small parts: addresses, suggestions, secrets, and the document that is written from the
// table.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { configurationMarkdown } from './docs.ts';
import { formatHostPort, isLoopback, isUnspecified, parseHostPort } from './host-port.ts';
import { parseHttpOrigin } from './http-origin.ts';
import { listedOptions } from './option-list.ts';
import { Secret } from './secret.ts';
import { nearestName } from './suggest.ts';

it('reads back every address that it writes', () => {
  const host = fc.oneof(
    fc.ipV4(),
    fc.ipV6().map((text) => text.toLowerCase()),
    fc.domain(),
  );
  fc.assert(
    fc.property(host, fc.integer({ min: 0, max: 65_535 }), (name, port) => {
      const address = { host: name, port };
      expect(parseHostPort(formatHostPort(address))).toEqual(address);
    }),
  );
});

it.each([
  '',
  ':80',
  '1.2.3.4',
  '1.2.3.4:',
  '1.2.3:80',
  'a:b',
  '::1:80',
  '[::1',
  '[1.2.3.4]:1',
  'a b:1',
])('refuses %j as an address', (text) => {
  expect(parseHostPort(text)).toBeUndefined();
});

it.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.0.0.1', true],
  ['128.0.0.1', false],
  ['::', false],
  ['0.0.0.0', false],
  ['fe80::1', false],
  ['1::1', false],
  ['::ffff:10.0.0.1', false],
  ['127.example.com', false],
])('says whether %s is loopback', (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});

it('knows the addresses that stand for all interfaces', () => {
  const hosts = ['0.0.0.0', '::', '0:0:0:0:0:0:0:0', '::1', '0.0.0.1'];
  expect(hosts.filter(isUnspecified)).toEqual(['0.0.0.0', '::', '0:0:0:0:0:0:0:0']);
});

it.each([
  ['http://127.0.0.1:8081', 'http://127.0.0.1:8081'],
  ['https://DB1.example.com/', 'https://db1.example.com'],
  ['https://db1.example.com:443', 'https://db1.example.com'],
  ['http://[::1]:8080', 'http://[::1]:8080'],
  ['http://db1.example.com/console', undefined],
  ['http://user@db1.example.com', undefined],
  ['ws://db1.example.com', undefined],
  ['http://*', undefined],
  ['http://*.example.com', undefined],
  ["http://a;script-src'", undefined],
  ['null', undefined],
  ['', undefined],
])('reads %j as the origin %j', (text, origin) => {
  expect(parseHttpOrigin(text)).toBe(origin);
});

it('suggests what was meant, and nothing that is far off', () => {
  const keys = listedOptions.map(({ key }) => key);
  for (const key of keys) {
    const swapped = key.replace(/(.)(.)$/, '$2$1');
    if (!keys.includes(swapped)) expect(nearestName(swapped, keys)).toBe(key);
  }
  expect(nearestName('something.else.entirely', keys)).toBeUndefined();
});

it('compares a secret with what somebody sends', () => {
  const secret = new Secret('abc');
  expect([
    secret.equals('abc'),
    secret.equals('abd'),
    secret.equals(''),
    secret.equals('abcd'),
  ]).toEqual([true, false, false, false]);
});

it('keeps docs/configuration.md up to date (scripts/generate-config-docs.ts writes it)', () => {
  const path = join(import.meta.dirname, '../../../../docs/configuration.md');
  expect(readFileSync(path, 'utf8')).toBe(configurationMarkdown());
});
