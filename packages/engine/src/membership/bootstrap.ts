// Bootstrap entries, as operators write them, and the choice of whom to announce to at the start.
// Resolving names is the node's business; this is the part without I/O.

import { PatinaError } from '../base/errors.ts';
import { type Rng, sample } from '../base/rng.ts';
import type { PeerAddress, StoredMember } from '../ports.ts';

/** Port of a bootstrap entry that names none. */
export const gossipPortDefault = 4_001;

/** Port of a DNS server that is named without one. */
export const dnsPortDefault = 53;

/** Bootstrap addresses announced to at a time. */
export const bootstrapAddressesMax = 10;

/** Members from storage announced to when no bootstrap address is usable. */
export const storedFallbackMax = 5;

/** Longest host name that DNS allows. */
const hostCharsMax = 253;

/** A host and a port, taken apart. */
export interface Endpoint {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly kind: 'name' | 'ipv4' | 'ipv6';
}

/** One entry of `gossip.bootstrap`. */
export interface BootstrapEntry extends Endpoint {
  /** The server to ask for the name; undefined for the system's resolver. */
  readonly dnsServer: Endpoint | undefined;
}

/**
 * Parses `host`, `host:port`, `ip:port`, `[v6]:port`, a bare IPv6 address, and any of these with
 * `@dns_server[:port]` behind a name. Throws PATINA_CONFIG_INVALID.
 */
export function parseBootstrapEntry(text: string): BootstrapEntry {
  const [target, server, ...rest] = text.trim().split('@');
  if (target === undefined || rest.length > 0) throw invalid(text, 'more than one "@"');
  const endpoint = parseEndpoint(text, target, gossipPortDefault);
  if (server === undefined) return { ...endpoint, dnsServer: undefined };
  const dnsServer = parseEndpoint(text, server, dnsPortDefault);
  if (dnsServer.kind === 'name') throw invalid(text, 'the DNS server is not an IP address');
  if (endpoint.kind !== 'name') throw invalid(text, 'an IP address needs no DNS server');
  return { ...endpoint, dnsServer };
}

/** The address of an IP and a port, as peers write it. */
export function formatAddress(ip: string, port: number): PeerAddress {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/**
 * Chooses whom to announce to: up to ten of the resolved addresses at random, without our own; if
 * none is left, up to five of the members that were known before the restart.
 */
export function chooseSeeds(
  rng: Rng,
  options: {
    readonly resolved: readonly PeerAddress[];
    readonly self: PeerAddress;
    readonly stored: readonly StoredMember[];
  },
): PeerAddress[] {
  const { resolved, self, stored } = options;
  const usable = [...new Set(resolved)].filter((address) => address !== self);
  if (usable.length > 0) return sample(rng, usable, bootstrapAddressesMax);
  const known = [...new Set(stored.map((member) => member.address))];
  return sample(
    rng,
    known.filter((address) => address !== self),
    storedFallbackMax,
  );
}

function parseEndpoint(entry: string, text: string, portDefault: number): Endpoint {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) {
    const host = bracketed[1] ?? '';
    if (!isIpv6(host)) throw invalid(entry, `"${host}" is not an IPv6 address`);
    return { host, port: parsePort(entry, bracketed[2], portDefault), kind: 'ipv6' };
  }
  if (text.split(':').length > 2) {
    if (!isIpv6(text)) throw invalid(entry, 'more than one ":" outside an IPv6 address');
    return { host: text, port: portDefault, kind: 'ipv6' };
  }
  const [host = '', port] = text.split(':');
  if (isIpv4(host)) return { host, port: parsePort(entry, port, portDefault), kind: 'ipv4' };
  if (!isHostName(host)) throw invalid(entry, `"${host}" is not a host name`);
  return { host, port: parsePort(entry, port, portDefault), kind: 'name' };
}

function parsePort(entry: string, text: string | undefined, portDefault: number): number {
  if (text === undefined) return portDefault;
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw invalid(entry, `"${text}" is not a port (1 to 65535)`);
  return port;
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return (
    parts.length === 4 && parts.every((part) => /^[0-9]{1,3}$/.test(part) && Number(part) < 256)
  );
}

/** Groups of hex digits, at most one "::", perhaps an IPv4 address at the end and a zone. */
function isIpv6(text: string): boolean {
  const [address = '', zone, ...more] = text.split('%');
  if (more.length > 0 || zone === '' || !address.includes(':')) return false;
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1);
  const hasIpv4 = last?.includes('.') === true;
  if (hasIpv4 && !isIpv4(last)) return false;
  const hex = hasIpv4 ? groups.slice(0, -1) : groups;
  if (!hex.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  const count = hex.length + (hasIpv4 ? 2 : 0);
  return halves.length === 2 ? count <= 7 : count === 8;
}

/**
 * Labels of letters, digits, "-" and "_"; the last must not be a number, or it means an IP
 * address.
 */
function isHostName(text: string): boolean {
  if (text.length === 0 || text.length > hostCharsMax) return false;
  const labels = (text.endsWith('.') ? text.slice(0, -1) : text).split('.');
  const shape = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;
  return labels.every((label) => shape.test(label)) && !/^[0-9]+$/.test(labels.at(-1) ?? '');
}

function invalid(entry: string, why: string): PatinaError {
  return new PatinaError('PATINA_CONFIG_INVALID', `bootstrap entry "${entry}": ${why}`, {
    hint: 'write "host", "host:port", "ip:port", "[ipv6]:port" or "host:port@dns_server"',
  });
}
