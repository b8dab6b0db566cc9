// What each node thinks of each other one, and where they disagree: a node that only some hold for down is
// cut off from some, not dead.

import type { MemberState } from '../../ui/badge.tsx';

export interface OpinionFigures {
  readonly actor_id: string;
  readonly address: string;
  readonly state: MemberState;
  readonly incarnation: number;
}

export type OpinionsAnswer = { readonly actor_id: string; readonly address: string } & (
  | { readonly ok: true; readonly answer: readonly OpinionFigures[] }
  | { readonly ok: false; readonly error: { readonly error: string; readonly code: string } }
);

export type OpinionCell =
  | { readonly kind: 'self' }
  | { readonly kind: 'silent' }
  /** The observer doesn't know of the member. */
  | { readonly kind: 'unknown'; readonly disagrees: boolean }
  | {
      readonly kind: 'opinion';
      readonly state: MemberState;
      readonly incarnation: number;
      /** Others see the member otherwise. */
      readonly disagrees: boolean;
    };

export interface OpinionNode {
  readonly actorId: string;
  readonly address: string;
  readonly trouble: string | null;
}

export interface OpinionMatrix {
  readonly observers: readonly OpinionNode[];
  readonly members: readonly OpinionNode[];
  /** By observer, then by member. */
  readonly cells: readonly (readonly OpinionCell[])[];
}

export function opinionMatrixOf(answers: readonly OpinionsAnswer[]): OpinionMatrix {
  const nodes = new Map<string, OpinionNode>();
  for (const each of answers) {
    const trouble = each.ok ? null : each.error.error;
    nodes.set(each.actor_id, { actorId: each.actor_id, address: each.address, trouble });
  }
  const observers = [...nodes.values()].toSorted(byAddress);
  for (const { actor_id: actorId, address } of answers.flatMap((each) =>
    each.ok ? each.answer : [],
  )) {
    if (!nodes.has(actorId)) nodes.set(actorId, { actorId, address, trouble: null });
  }
  const members = [...nodes.values()].toSorted(byAddress);
  const rows = new Map(
    answers.flatMap((each) =>
      each.ok
        ? [[each.actor_id, new Map(each.answer.map((opinion) => [opinion.actor_id, opinion]))]]
        : [],
    ),
  );
  const disputed = new Set(
    members.filter(({ actorId }) => isDisputed(actorId, rows)).map(({ actorId }) => actorId),
  );
  const cells = observers.map((observer) =>
    members.map(({ actorId }): OpinionCell => {
      if (observer.trouble !== null) return { kind: 'silent' };
      if (observer.actorId === actorId) return { kind: 'self' };
      const opinion = rows.get(observer.actorId)?.get(actorId);
      const disagrees = disputed.has(actorId);
      if (opinion === undefined) return { kind: 'unknown', disagrees };
      const { state, incarnation } = opinion;
      return { kind: 'opinion', state, incarnation, disagrees };
    }),
  );
  return { observers, members, cells };
}

/** Incarnations may differ for a moment; states that differ are a dispute. */
function isDisputed(
  actorId: string,
  rows: ReadonlyMap<string, ReadonlyMap<string, OpinionFigures>>,
): boolean {
  const states = new Set<string>();
  for (const [observer, row] of rows) {
    if (observer !== actorId) states.add(row.get(actorId)?.state ?? 'unknown');
  }
  return states.size > 1;
}

function byAddress(a: OpinionNode, b: OpinionNode): number {
  return a.address.localeCompare(b.address, 'en', { numeric: true });
}

/** The matrix in a sentence or two. */
export function opinionSummaryOf({ observers, members, cells }: OpinionMatrix): string {
  const disputes = members.flatMap((member, column) => {
    const opinions = cells.map((row) => row[column]);
    if (!opinions.some((cell) => cell !== undefined && 'disagrees' in cell && cell.disagrees)) {
      return [];
    }
    const counts = new Map<string, number>();
    for (const cell of opinions) {
      if (cell?.kind !== 'opinion' && cell?.kind !== 'unknown') continue;
      const state = cell.kind === 'opinion' ? cell.state : 'unknown';
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    const parts = [...counts].map(
      ([state, count]) => `${count} ${count === 1 ? 'holds' : 'hold'} it for ${state}`,
    );
    return [`${member.address}: ${parts.join(', ')}.`];
  });
  const silent = observers.filter(({ trouble }) => trouble !== null).length;
  const sentences = [
    disputes.length === 0
      ? observers.length - silent < 2
        ? 'Only one node answers: there is no other opinion.'
        : 'All nodes that answer agree.'
      : `The nodes disagree. ${disputes.join(' ')}`,
    ...(silent === 0
      ? []
      : [silent === 1 ? '1 node doesn’t answer.' : `${silent} nodes don’t answer.`]),
  ];
  return sentences.join(' ');
}
