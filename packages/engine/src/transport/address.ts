// Peer addresses, `host:port`: taken apart, put together, and brought to one spelling, so that two
// spellings of one address never become two peers.

import { isIP, isIPv6 } from 'node:net';
import { PatinaError } from '../base/errors.ts';
import type { PeerAddress } from '../ports.ts';

/** The two halves of a peer address; an IPv6 host stands without its brackets. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Longest accepted host: the longest DNS name. */
const hostCharsMax = 253;

const hostNamePattern = /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/;

/** Takes an address apart and normalises its host; undefined when it is not `host:port`. */
export function parseAddress(address: string): HostPort | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address);
  if (match === null) return undefined;
  const [, bracketed, plain, digits] = match;
  const port = Number(digits);
  if (port > 65_535) return undefined;
  if (bracketed !== undefined) {
    return isIPv6(bracketed) ? { host: canonicalHost(bracketed), port } : undefined;
  }
  const host = (plain ?? '').toLowerCase();
  if (host.length > hostCharsMax) return undefined;
  if (isIP(host) === 0 && !isHostName(host)) return undefined;
  return { host, port };
}

/** As {@link parseAddress}, but throws PATINA_CONFIG_INVALID naming `what`. */
export function requireAddress(address: string, what: string): HostPort {
  const parsed = parseAddress(address);
  if (parsed !== undefined) return parsed;
  throw new PatinaError('PATINA_CONFIG_INVALID', `${what} "${address}" is not host:port`, {
    hint: 'Write an IP address and a port, as in 10.0.0.5:4001 or [fd00::5]:4001.',
  });
}

/** Puts an address together; IPv6 hosts get their brackets. */
export function formatAddress({ host, port }: HostPort): PeerAddress {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** One spelling per IP address: IPv4 inside IPv6 becomes IPv4, IPv6 is compressed and lowercase. */
export function canonicalHost(host: string): string {
  if (!isIPv6(host)) return host.toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1];
  if (mapped !== undefined) return mapped;
  try {
    return new URL(`http://[${host}]`).hostname.slice(1, -1);
  } catch {
    // A zone suffix (fe80::1%eth0) is no part of a URL; such a host keeps its own spelling.
    return host.toLowerCase();
  }
}

/** Whether the host is an address of this machine's loopback interface. */
export function isLoopbackHost(host: string): boolean {
  const canonical = canonicalHost(host);
  return canonical === '::1' || canonical === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(canonical);
}

/** Whether the host stands for all addresses of a machine: good to listen on, not to be dialled. */
export function isUnspecifiedHost(host: string): boolean {
  const canonical = canonicalHost(host);
  return canonical === '0.0.0.0' || canonical === '::';
}

/** Whether others can dial this address, and it is spelt as we spell it: one spelling per peer. */
export function isDiallable(address: string): boolean {
  const parsed = parseAddress(address);
  if (parsed === undefined || parsed.port === 0 || isUnspecifiedHost(parsed.host)) return false;
  return formatAddress(parsed) === address;
}

/** Whether the text can be a DNS name: not an IP address, and not a number that could pass as one. */
function isHostName(host: string): boolean {
  return hostNamePattern.test(host) && !/^[\d.]+$/.test(host);
}
