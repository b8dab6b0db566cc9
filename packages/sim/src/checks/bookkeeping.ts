// P7: what the node keeps in memory of what it has equals what the replica keeps, which equals what is
// on disk. Only to be asked while nothing is under way between them.

import type { ActorState } from '@patina/engine/ports.ts';
import type { Machine } from '../machine.ts';

/** Where bookkeeping differs on this machine; undefined when it does not, or cannot be asked now. */
export function bookkeepingFault(machine: Machine): string | undefined {
  const { running } = machine;
  if (running?.node === undefined) return undefined;
  const wrong = running.replica.verifyBookkeeping();
  if (wrong.length > 0) {
    return `${machine.name}: bookkeeping of ${wrong.join(', ')} in memory differs from the disk`;
  }
  if (running.storage.pending > 0) return undefined;
  const mirror = bookText(running.node.book.state());
  const disk = bookText(running.replica.book.state());
  if (mirror === disk) return undefined;
  return `${machine.name}: the node's bookkeeping differs from the replica's:\n${mirror}\n${disk}`;
}

/** Bookkeeping as text that is equal when the bookkeeping is. */
export function bookText(states: readonly ActorState[]): string {
  return states
    .filter(({ head }) => head > 0)
    .map(({ actorId, head, gaps, partials }) => JSON.stringify([actorId, head, gaps, partials]))
    .toSorted()
    .join('\n');
}
