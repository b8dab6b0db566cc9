// A query plan of SQLite in words: what each line does, and where reading a whole table is avoidable.

import type { Answers } from '../../connection/shapes.ts';

type PlanNode = Answers['sql']['explain'][number];

export type PlanBadge = 'scan' | 'search' | 'sort' | 'other';

export interface PlanLine {
  readonly id: number;
  readonly depth: number;
  readonly detail: string;
  readonly badge: PlanBadge;
  readonly hint: string | undefined;
}

/** The tree as lines, from the top down. */
export function planLines(nodes: readonly PlanNode[], depth = 0): readonly PlanLine[] {
  return nodes.flatMap((node) => {
    const line = { id: node.id, depth, detail: node.detail, ...readDetail(node.detail) };
    return [line, ...planLines(node.children, depth + 1)];
  });
}

export function readDetail(detail: string): Pick<PlanLine, 'badge' | 'hint'> {
  if (detail.startsWith('SEARCH ')) return { badge: 'search', hint: searchHint(detail) };
  if (detail.startsWith('SCAN ')) return { badge: 'scan', hint: scanHint(detail) };
  if (detail.startsWith('USE TEMP B-TREE')) return { badge: 'sort', hint: sortHint(detail) };
  return { badge: 'other', hint: undefined };
}

function scanHint(detail: string): string | undefined {
  const isIndexed = detail.includes(' USING ');
  const isMade = /^SCAN (CONSTANT ROW|SUBQUERY|\(|\d+ CONSTANT)/.test(detail);
  if (isMade || detail.includes(' VIRTUAL TABLE ')) return undefined;
  if (isIndexed) {
    return 'Every entry of the index is read. That is well where all rows are wanted.';
  }
  const name = /^SCAN (?:TABLE )?(\S+)/.exec(detail)?.[1] ?? 'the table';
  return `Every row of ${name} is read. Where the query wants few of them, an index on the columns of its WHERE or JOIN would let it search.`;
}

function searchHint(detail: string): string | undefined {
  return detail.includes('AUTOMATIC')
    ? 'SQLite builds an index for this query each time. One that stays would save that.'
    : undefined;
}

function sortHint(detail: string): string | undefined {
  const what = /FOR (.+)$/.exec(detail)?.[1] ?? 'this';
  return `The rows are sorted for ${what}. An index in that order would save it.`;
}
