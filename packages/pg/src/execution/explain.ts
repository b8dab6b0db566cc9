// EXPLAIN: SQLite's plan as an indented tree, and the SQL that PostgreSQL's was translated to.

import type { SqlValue } from '@patina/engine/base/value.ts';

/** Rows of EXPLAIN QUERY PLAN are (id, parent, -, text); lines may stand for them already. */
export function explainLines(
  sql: string,
  steps: readonly (readonly SqlValue[])[] | readonly string[],
): string[] {
  return [...steps.map(asLine(new Map([['0', 0]]))), `SQLite: ${sql.replaceAll(/\s+/g, ' ')}`];
}

function asLine(depthById: Map<string, number>): (step: readonly SqlValue[] | string) => string {
  return (step) => {
    if (typeof step === 'string') return step;
    const [id, parent, , text] = step;
    const depth = depthById.get(String(parent)) ?? 0;
    depthById.set(String(id), depth + 1);
    return depth === 0 ? String(text) : `${'  '.repeat(depth)}->  ${String(text)}`;
  };
}
