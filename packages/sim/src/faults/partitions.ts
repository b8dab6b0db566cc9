// Ways to cut a cluster: into halves, one node off, two halves that share a node, or one direction of a
// path only.

import type { Rng } from '@patina/engine/base/rng.ts';
import { shuffled } from '@patina/engine/base/rng.ts';
import type { PeerAddress } from '@patina/engine/ports.ts';
import type { Links } from '../network/links.ts';
import { between, pick } from '../random.ts';
import type { FaultCounts } from './counters.ts';

const shapes = ['halves', 'isolate', 'bridge', 'one-way'] as const;

/** Cuts paths between these addresses, in a way that is drawn. */
export function cutRandomly(
  links: Links,
  rng: Rng,
  addresses: readonly PeerAddress[],
  faults: FaultCounts,
): string {
  const shape = pick(rng, shapes);
  const order = shuffled(rng, addresses);
  const cut = (a: readonly PeerAddress[], b: readonly PeerAddress[]): void => {
    for (const from of a) {
      for (const to of b) {
        links.block(from, to);
        links.block(to, from);
      }
    }
  };
  switch (shape) {
    case 'halves': {
      const size = between(rng, 1, Math.max(1, order.length - 1));
      cut(order.slice(0, size), order.slice(size));
      faults.partitionHalves++;
      break;
    }
    case 'isolate':
      cut(order.slice(0, 1), order.slice(1));
      faults.partitionIsolate++;
      break;
    case 'bridge': {
      const size = Math.floor((order.length - 1) / 2);
      cut(order.slice(1, 1 + size), order.slice(1 + size));
      faults.partitionBridge++;
      break;
    }
    case 'one-way': {
      const size = between(rng, 1, Math.max(1, order.length - 1));
      for (const from of order.slice(0, size)) {
        for (const to of order.slice(size)) links.block(from, to);
      }
      faults.partitionOneWay++;
      break;
    }
  }
  return shape;
}
