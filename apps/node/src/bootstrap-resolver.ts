// Turns bootstrap entries into addresses: names are looked up each time, with all the records that
// they have, so that a name may stand for a changing set of nodes.

import { lookup, Resolver } from 'node:dns/promises';
import {
  type BootstrapEntry,
  formatAddress,
  parseBootstrapEntry,
} from '@patina/engine/membership/bootstrap.ts';
import type { PeerAddress } from '@patina/engine/ports.ts';

/** How long a DNS server may take to answer, milliseconds. */
const dnsMsMax = 3_000;

/** Resolves all entries; one that cannot be resolved is told of and left out. */
export function createBootstrapResolver(
  texts: readonly string[],
  onError: (entry: string, error: unknown) => void,
): () => Promise<readonly PeerAddress[]> {
  const entries = texts.map((text) => ({ text, entry: parseBootstrapEntry(text) }));
  return async () => {
    const resolved = await Promise.all(
      entries.map(async ({ text, entry }) => {
        try {
          return await addressesOf(entry);
        } catch (error) {
          onError(text, error);
          return [];
        }
      }),
    );
    return [...new Set(resolved.flat())];
  };
}

async function addressesOf(entry: BootstrapEntry): Promise<PeerAddress[]> {
  const { host, port, kind, dnsServer } = entry;
  if (kind !== 'name') return [formatAddress(host, port)];
  if (dnsServer === undefined) {
    const found = await lookup(host, { all: true });
    return found.map(({ address }) => formatAddress(address, port));
  }
  const resolver = new Resolver({ timeout: dnsMsMax, tries: 2 });
  resolver.setServers([formatAddress(dnsServer.host, dnsServer.port)]);
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length === 0) {
    const reasons = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason] : [],
    );
    throw new AggregateError(reasons, `no address records for ${host}`);
  }
  return found.map((address) => formatAddress(address, port));
}
