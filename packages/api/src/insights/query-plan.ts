// SQLite tells its plan as rows that name their parents; people read it as a tree.

import type { PlanNode } from './shapes.ts';

/** Rows of EXPLAIN QUERY PLAN, (id, parent, not used, detail), as trees. */
export function planTree(rows: readonly (readonly unknown[])[]): PlanNode[] {
  const roots: PlanNode[] = [];
  const nodes = new Map<number, PlanNode>();
  for (const [id, parent, , detail] of rows) {
    const node: PlanNode = { id: Number(id), detail: String(detail), children: [] };
    nodes.set(node.id, node);
    const siblings = nodes.get(Number(parent))?.children ?? roots;
    siblings.push(node);
  }
  return roots;
}
