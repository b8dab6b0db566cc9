// Places in the merged events of several nodes. An event is named by its node and its hybrid clock, which
// rises strictly within a node; a page ends at one event, a subscription stands at one for each node.

import { PatinaError } from '@patina/engine/base/errors.ts';

export interface Moment {
  readonly hlc: number;
  readonly actor_id: string;
}

/** The longest text of positions: those of a few hundred nodes. */
export const positionsCharsMax = 14_000;

const momentPattern = /^(\d{1,16}):([0-9a-f]{32})$/;

export function momentText({ hlc, actor_id: actorId }: Moment): string {
  return `${hlc}:${actorId}`;
}

/** Throws PATINA_CURSOR_INVALID. */
export function momentOf(text: string): Moment {
  const [, hlc, actorId] = momentPattern.exec(text) ?? [];
  if (hlc !== undefined && actorId !== undefined && Number.isSafeInteger(Number(hlc))) {
    return { hlc: Number(hlc), actor_id: actorId };
  }
  throw new PatinaError('PATINA_CURSOR_INVALID', 'the cursor is not one that this list gave', {
    hint: 'Begin again without a cursor.',
  });
}

/** The positions that fit; a node that is left out begins with its newest events again. */
export function encodePositions(positions: ReadonlyMap<string, number>): string {
  let text = '';
  for (const [actorId, hlc] of positions) {
    const next = momentText({ hlc, actor_id: actorId });
    if (text.length + next.length + 1 > positionsCharsMax) break;
    text += text === '' ? next : `,${next}`;
  }
  return text;
}

export function decodePositions(text: string): Map<string, number> {
  if (text === '') return new Map();
  return new Map(
    text.split(',').map((part) => {
      const { actor_id: actorId, hlc } = momentOf(part);
      return [actorId, hlc];
    }),
  );
}
