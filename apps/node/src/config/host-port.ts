// Network addresses as they are written in the configuration: `host:port`, IPv6 in brackets.

import { isIP, isIPv4 } from 'node:net';

/** An address to listen on or to dial. */
export interface HostPort {
  /** An IP address without brackets, or a DNS name where the option allows one. */
  readonly host: string;
  /** 0 lets the system choose when listening. */
  readonly port: number;
  /** The DNS server to ask for the name, `ip:port`; of bootstrap entries only. */
  readonly dnsServer?: string;
}

const portMax = 65_535;

/** Writes an address as `host:port`, IPv6 in brackets, with its DNS server where it has one. */
export function formatHostPort({ host, port, dnsServer }: HostPort): string {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return dnsServer === undefined ? address : `${address}@${dnsServer}`;
}

/**
 * Reads `host:port` or `[ipv6]:port`; undefined when malformed. `localhost` becomes 127.0.0.1, so
 * that one text always means one socket.
 */
export function parseHostPort(text: string): HostPort | undefined {
  const match =
    /^\[(?<v6>[0-9a-fA-F:.]+)\]:(?<port>\d{1,5})$/.exec(text) ??
    /^(?<name>[^\s:[\]/@]+):(?<port>\d{1,5})$/.exec(text);
  const groups = match?.groups;
  if (groups === undefined) return undefined;
  const port = Number(groups.port);
  if (port > portMax) return undefined;
  if (groups.v6 !== undefined) {
    return isIP(groups.v6) === 6 ? { host: groups.v6, port } : undefined;
  }
  const name = groups.name ?? '';
  if (name === 'localhost') return { host: '127.0.0.1', port };
  return isIPv4(name) || isDnsName(name) ? { host: name, port } : undefined;
}

/** Whether the host is an IP address rather than a name. */
export function isIpAddress(host: string): boolean {
  return isIP(host) !== 0;
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  const ipv4 = host.toLowerCase().replace(/^::ffff:/, '');
  if (isIPv4(ipv4)) return ipv4.startsWith('127.');
  return isIP(host) === 6 && /^(0*:)*:?0*1$/.test(host);
}

/** Whether the address stands for all interfaces (0.0.0.0 or ::), which nobody can dial. */
export function isUnspecified(host: string): boolean {
  if (isIPv4(host)) return host === '0.0.0.0';
  return isIP(host) === 6 && /^[0:]+$/.test(host);
}

function isDnsName(text: string): boolean {
  // A name whose last label is all digits would be a mistyped IPv4 address.
  const labels = text.replace(/\.$/, '').split('.');
  const wellFormed = labels.every((label) =>
    /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(label),
  );
  return wellFormed && text.length <= 253 && !/^\d+$/.test(labels.at(-1) ?? '');
}
