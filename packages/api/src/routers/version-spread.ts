// Follows one version to every node: each is asked to answer once the version can be read there, and what is
// known so far is told whenever one has.

import type { ActorId } from '@patina/engine/base/actor-id.ts';
import { asPatinaError } from '@patina/engine/base/errors.ts';
import { z } from 'zod';
import type { VersionSpread } from '../insights/cluster-shapes.ts';
import { questions } from '../insights/questions.ts';
import type { PatinaService } from '../service.ts';
import { nodeIdSchema } from './node-input.ts';

/** How long nodes are waited for, milliseconds. */
const waitMsDefault = 30_000;
const waitMsMax = 120_000;

export const versionInputSchema = z.object({
  actor_id: nodeIdSchema,
  version: z.number().int().positive(),
  wait_ms: z.number().int().min(1).max(waitMsMax).default(waitMsDefault),
});

type Row = VersionSpread['nodes'][number];

/** Tells at once, then whenever a node has it or cannot say; ends when all have done either. */
export async function* followVersion(
  service: Pick<PatinaService, 'insights' | 'members'>,
  { actor_id: actorId, version, wait_ms: waitMs }: z.infer<typeof versionInputSchema>,
  signal: AbortSignal | undefined,
): AsyncGenerator<VersionSpread, void> {
  const members = await service.members();
  const rows = members.flatMap(({ actor_id, address, state }): Row[] =>
    state === 'left' ? [] : [{ actor_id, address, ms: null, error: null }],
  );
  const startMs = performance.now();
  const over = new AbortController();
  const ended = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
  let left = rows.length;
  let changed = Promise.withResolvers<void>();
  const settle = (index: number, row: Row, change: Partial<Row>): void => {
    rows[index] = { ...row, ...change };
    left--;
    changed.resolve();
  };
  const limits = { timeoutMs: waitMs, signal: ended };
  const input = { actor_id: actorId, version, kind: 'write' as const };
  const aborted = (): void => changed.resolve();
  ended.addEventListener('abort', aborted);
  try {
    for (const [index, row] of rows.entries()) {
      service.insights.ask(idOf(row), questions.visible, input, limits).then(
        () => settle(index, row, { ms: performance.now() - startMs }),
        (error: unknown) => settle(index, row, { error: asPatinaError(error).message }),
      );
    }
    for (;;) {
      // Answers that come together are told together.
      changed = Promise.withResolvers();
      yield { nodes: [...rows], is_done: left === 0 };
      if (left === 0) return;
      await changed.promise;
      if (ended.aborted) return;
    }
  } finally {
    ended.removeEventListener('abort', aborted);
    over.abort();
  }
}

function idOf({ actor_id: actorId }: Row): ActorId {
  return nodeIdSchema.parse(actorId);
}
