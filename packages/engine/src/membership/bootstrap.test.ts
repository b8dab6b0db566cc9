// Bootstrap entries as operators write them, and the choice of whom to announce to.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRng } from '../base/rng.ts';
import type { StoredMember } from '../ports.ts';
import {
  bootstrapAddressesMax,
  chooseSeeds,
  formatAddress,
  parseBootstrapEntry,
  storedFallbackMax,
} from './bootstrap.ts';
import { actorId, addressOf } from './test-network.ts';

describe('parseBootstrapEntry', () => {
  const named = (host: string, port: number) => ({
    host,
    port,
    kind: 'name',
    dnsServer: undefined,
  });
  it.each([
    ['node1.example:5000', named('node1.example', 5_000)],
    ['node1.example', named('node1.example', 4_001)],
    ['  localhost  ', named('localhost', 4_001)],
    ['app.internal.:4001', named('app.internal.', 4_001)],
    ['_gossip.my-app', named('_gossip.my-app', 4_001)],
    ['10.0.0.1:99', { host: '10.0.0.1', port: 99, kind: 'ipv4', dnsServer: undefined }],
    ['10.0.0.1', { host: '10.0.0.1', port: 4_001, kind: 'ipv4', dnsServer: undefined }],
    ['[::1]:99', { host: '::1', port: 99, kind: 'ipv6', dnsServer: undefined }],
    ['[fdaa::3]', { host: 'fdaa::3', port: 4_001, kind: 'ipv6', dnsServer: undefined }],
    ['fdaa::3', { host: 'fdaa::3', port: 4_001, kind: 'ipv6', dnsServer: undefined }],
    ['[fe80::1%eth0]:1', { host: 'fe80::1%eth0', port: 1, kind: 'ipv6', dnsServer: undefined }],
    [
      '::ffff:10.0.0.1',
      { host: '::ffff:10.0.0.1', port: 4_001, kind: 'ipv6', dnsServer: undefined },
    ],
    [
      'app.internal:4001@[fdaa::3]:53',
      {
        host: 'app.internal',
        port: 4_001,
        kind: 'name',
        dnsServer: { host: 'fdaa::3', port: 53, kind: 'ipv6' },
      },
    ],
    [
      'app.internal@10.0.0.53',
      {
        host: 'app.internal',
        port: 4_001,
        kind: 'name',
        dnsServer: { host: '10.0.0.53', port: 53, kind: 'ipv4' },
      },
    ],
    [
      'app:1@10.0.0.53:5353',
      {
        host: 'app',
        port: 1,
        kind: 'name',
        dnsServer: { host: '10.0.0.53', port: 5_353, kind: 'ipv4' },
      },
    ],
  ])('%s', (text, expected) => {
    expect(parseBootstrapEntry(text)).toEqual(expected);
  });

  it.each([
    ['', /not a host name/],
    [':4001', /not a host name/],
    ['host:', /"" is not a port/],
    ['host:0', /not a port/],
    ['host:65536', /not a port/],
    ['host:http', /not a port/],
    ['host:1:2', /more than one ":"/],
    ['[::1', /more than one ":"/],
    ['[10.0.0.1]:1', /not an IPv6 address/],
    ['[::1]x', /more than one ":"|not a host name/],
    ['[1::2::3]:1', /not an IPv6 address/],
    ['1:2:3:4:5:6:7:8:9', /more than one ":"/],
    ['300.1.1.1:1', /not a host name/],
    ['1.2.3:1', /not a host name/],
    ['-a.example', /not a host name/],
    ['a..b', /not a host name/],
    ['under score.example', /not a host name/],
    [`${'a'.repeat(64)}.example`, /not a host name/],
    ['http://host:1', /more than one ":"|not a host name/],
    ['a@b@c', /more than one "@"/],
    ['host@dns.example', /DNS server is not an IP address/],
    ['10.0.0.1@10.0.0.2', /needs no DNS server/],
  ])('refuses "%s"', (text, message) => {
    expect(() => parseBootstrapEntry(text)).toThrow(
      expect.objectContaining({
        code: 'PATINA_CONFIG_INVALID',
        message: expect.stringMatching(message),
      }),
    );
  });

  it('never throws anything else', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.[\]@%-]{0,40}$/));
    fc.assert(
      fc.property(text, (any) => {
        try {
          const entry = parseBootstrapEntry(any);
          expect(entry.port).toBeGreaterThan(0);
          const { host, port } = entry;
          const again = parseBootstrapEntry(formatAddress(host, port));
          expect([again.host, again.port, again.kind]).toEqual([host, port, entry.kind]);
        } catch (error) {
          expect(error).toMatchObject({ code: 'PATINA_CONFIG_INVALID' });
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

it('formatAddress puts IPv6 in brackets', () => {
  expect(formatAddress('10.0.0.1', 5)).toBe('10.0.0.1:5');
  expect(formatAddress('::1', 5)).toBe('[::1]:5');
});

describe('chooseSeeds', () => {
  const stored = (count: number): StoredMember[] =>
    Array.from({ length: count }, (_, index) => ({
      actorId: actorId(index + 100),
      address: addressOf(index + 100),
      incarnation: 0,
      rttMs: undefined,
    }));
  const addresses = (count: number) =>
    Array.from({ length: count }, (_, index) => addressOf(index + 1));
  const choose = (resolved: readonly string[], known: StoredMember[] = [], seed = 1) =>
    chooseSeeds(seededRng(seed), { resolved, self: addressOf(1), stored: known });

  it('takes up to ten resolved addresses, each once, never our own', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 40 }), (seed, count) => {
        const seeds = choose([...addresses(count), ...addresses(count)], stored(3), seed);
        expect(seeds).toHaveLength(Math.min(bootstrapAddressesMax, count - 1));
        expect(new Set(seeds).size).toBe(seeds.length);
        expect(seeds).not.toContain(addressOf(1));
      }),
    );
  });

  it('spreads over all of them', () => {
    const seen = new Set(
      Array.from({ length: 50 }, (_, seed) => choose(addresses(30), [], seed)).flat(),
    );
    expect(seen.size).toBe(29);
  });

  it('falls back to five stored members when nothing usable was resolved', () => {
    expect(choose([], stored(20))).toHaveLength(storedFallbackMax);
    expect(choose([addressOf(1)], stored(2)).toSorted()).toEqual([addressOf(100), addressOf(101)]);
    expect(choose([], [])).toEqual([]);
  });

  it('does not fall back on itself', () => {
    const self: StoredMember = {
      ...stored(1)[0],
      actorId: actorId(1),
      address: addressOf(1),
      incarnation: 0,
      rttMs: undefined,
    };
    expect(choose([], [self])).toEqual([]);
  });
});
