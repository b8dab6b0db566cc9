// Addresses have one spelling, whatever way they were written.

import { describe, expect, it } from 'vitest';
import { formatAddress, isLoopbackHost, parseAddress } from './address.ts';

describe('addresses', () => {
  it.each([
    ['10.0.0.5:4001', '10.0.0.5', 4001],
    ['[::1]:1', '::1', 1],
    ['[FD00:0:0:0::5]:4001', 'fd00::5', 4001],
    ['[::ffff:10.0.0.5]:4001', '10.0.0.5', 4001],
    ['Node-1.Example:65535', 'node-1.example', 65_535],
  ])('takes %s apart', (address, host, port) => {
    expect(parseAddress(address)).toEqual({ host, port });
    expect(parseAddress(formatAddress({ host, port }))).toEqual({ host, port });
  });

  it.each([
    '',
    '10.0.0.5',
    '10.0.0.5:',
    ':4001',
    '10.0.0.5:65536',
    '10.0.0.256:1',
    '::1:4001',
    '[::1]',
    '[10.0.0.5]:1',
    'a b:1',
    '-a:1',
    `${'a'.repeat(254)}:1`,
  ])('refuses "%s"', (address) => {
    expect(parseAddress(address)).toBeUndefined();
  });

  it('knows loopback', () => {
    expect(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'].every(isLoopbackHost)).toBe(true);
    expect(['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'fd00::1'].some(isLoopbackHost)).toBe(false);
  });
});
