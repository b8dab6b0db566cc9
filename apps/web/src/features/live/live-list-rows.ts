// The live queries of all nodes as one list: filtered, sorted, with the nodes that did not answer beside it.

import type { Answers } from '../../connection/shapes.ts';

type Stats = Answers['live']['info'];

/** What one node tells, or why it does not. */
export type ListAnswer = { readonly actor_id: string; readonly address: string } & (
  | { readonly ok: true; readonly answer: readonly Stats[] }
  | { readonly ok: false; readonly error: { readonly error: string } }
);

export interface LiveListRow extends Stats {
  readonly node: string;
  readonly address: string;
}

export interface LiveList {
  readonly rows: readonly LiveListRow[];
  /** Nodes that did not answer, with the reason. */
  readonly silent: readonly { readonly address: string; readonly error: string }[];
}

/** All queries of all nodes. */
export function listOf(answers: readonly ListAnswer[]): LiveList {
  return {
    rows: answers.flatMap((each) =>
      each.ok
        ? each.answer.map((stats) => ({ ...stats, node: each.actor_id, address: each.address }))
        : [],
    ),
    silent: answers.flatMap((each) =>
      each.ok ? [] : [{ address: each.address, error: each.error.error }],
    ),
  };
}

export const sortKeys = ['cost', 'rows', 'readers', 'age', 'query', 'node'] as const;
export type SortKey = (typeof sortKeys)[number];

export interface ListFilter {
  /** Part of the query, in whatever case. */
  readonly text: string;
  /** An actor id, or nothing for all. */
  readonly node: string;
  /** A state, or nothing for all. */
  readonly state: string;
  readonly sort: SortKey;
  readonly isReversed: boolean;
}

const orders: Readonly<Record<SortKey, (a: LiveListRow, b: LiveListRow) => number>> = {
  cost: (a, b) => b.ms_per_sec_cost - a.ms_per_sec_cost,
  rows: (a, b) => b.rows - a.rows,
  readers: (a, b) => b.subscribers - a.subscribers,
  age: (a, b) => b.created_ms - a.created_ms,
  query: (a, b) => compareTexts(a.sql, b.sql),
  node: (a, b) => compareTexts(a.address, b.address),
};

/** Those that pass the filter: figures with the greatest first, texts by letters. */
export function listed(rows: readonly LiveListRow[], filter: ListFilter): readonly LiveListRow[] {
  const { text, node, state, sort, isReversed } = filter;
  const wanted = text.trim().toLowerCase();
  const order = orders[sort];
  return rows
    .filter(
      (row) =>
        (wanted === '' || row.sql.toLowerCase().includes(wanted)) &&
        (node === '' || row.node === node) &&
        (state === '' || row.state === state),
    )
    .toSorted(
      (a, b) => (isReversed ? order(b, a) : order(a, b)) || compareTexts(keyOf(a), keyOf(b)),
    );
}

/** Names a query of the list: ids are those of one node. */
export function keyOf({ node, id }: LiveListRow): string {
  return `${node} ${id}`;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
