// Notices when something of an actor begins to be missing here, and when nothing is any more. Looked at
// once a second, and only where the bookkeeping has changed: gaps that close at once are none.

import type { ActorId } from '@patina/engine/base/actor-id.ts';
import type { ActorState } from '@patina/engine/ports.ts';

export interface GapChange {
  readonly kind: 'gap-opened' | 'gap-closed';
  readonly actorId: ActorId;
  /** Versions that are missing; for a closed one how many were at most. */
  readonly versions: number;
  /** How long it was open; 0 for an opened one. */
  readonly openMs: number;
}

interface OpenGap {
  readonly sinceMs: number;
  versionsMax: number;
}

export class GapWatch {
  readonly #open = new Map<ActorId, OpenGap>();
  #revision = -1;

  look(
    book: { readonly revision: number; state(): readonly ActorState[] },
    nowMs: number,
  ): GapChange[] {
    if (book.revision === this.#revision) return [];
    this.#revision = book.revision;
    const changes: GapChange[] = [];
    for (const { actorId, gaps, partials } of book.state()) {
      const versions = gaps.reduce((sum, [start, end]) => sum + end - start + 1, partials.length);
      const open = this.#open.get(actorId);
      if (versions === 0) {
        if (open === undefined) continue;
        this.#open.delete(actorId);
        const openMs = nowMs - open.sinceMs;
        changes.push({ kind: 'gap-closed', actorId, versions: open.versionsMax, openMs });
      } else if (open === undefined) {
        this.#open.set(actorId, { sinceMs: nowMs, versionsMax: versions });
        changes.push({ kind: 'gap-opened', actorId, versions, openMs: 0 });
      } else open.versionsMax = Math.max(open.versionsMax, versions);
    }
    return changes;
  }
}
