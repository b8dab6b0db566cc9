// The origin of a node as browsers write it.

import { expect, it } from 'vitest';
import { apiUrlOf } from './api-url.ts';
import { parseHostPort } from './host-port.ts';

const tls = { certFile: undefined, keyFile: undefined };

function urlOf(addr: string, more: object = {}): string | null {
  const address = parseHostPort(addr);
  if (address === undefined) throw new Error(`${addr} is no address`);
  return apiUrlOf({ addr: [address], publicUrl: undefined, tls, ...more });
}

it('is the address where it listens, with the scheme that it speaks', () => {
  expect(urlOf('127.0.0.1:8081')).toBe('http://127.0.0.1:8081');
  expect(urlOf('[::1]:8080')).toBe('http://[::1]:8080');
  expect(urlOf('127.0.0.7:443', { tls: { certFile: '/c.pem', keyFile: '/k.pem' } })).toBe(
    'https://127.0.0.7',
  );
});

it('is not known where the node listens everywhere, or on a port that the system chooses', () => {
  expect(urlOf('0.0.0.0:8080')).toBeNull();
  expect(urlOf('[::]:8080')).toBeNull();
  expect(urlOf('127.0.0.1:0')).toBeNull();
});

it('is what the configuration says', () => {
  expect(urlOf('0.0.0.0:8080', { publicUrl: 'https://db1.example.com' })).toBe(
    'https://db1.example.com',
  );
});
