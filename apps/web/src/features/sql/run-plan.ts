// In which steps the statements of a run go to the node, or why they don't: reads one by one, all writes as one
// transaction. What is refused is refused before anything is sent.

import { natureOf, type StatementNature } from '../../sql-text/statement-kind.ts';
import type { SqlStatement } from '../../sql-text/statements.ts';
import { type Bindings, bind, type TypedValues } from './parameter-values.ts';

export type SqlMode = 'read' | 'write';

export interface PlannedStatement {
  readonly source: SqlStatement;
  readonly nature: StatementNature;
  readonly bound: Bindings;
}

export type Step =
  | { readonly kind: 'read'; readonly index: number }
  | { readonly kind: 'transaction'; readonly indexes: readonly number[] };

export interface Refusal {
  readonly text: string;
  readonly hint?: string;
  /** Where in the text of the editor. */
  readonly at?: { readonly from: number; readonly to: number };
}

export type RunPlan =
  | { readonly ok: true; readonly statements: readonly PlannedStatement[]; readonly steps: Step[] }
  | { readonly ok: false; readonly refusal: Refusal };

/** Queries that one run has at most: each gets a tab of results. */
export const runQueriesMax = 50;

export function planRun(
  statements: readonly SqlStatement[],
  mode: SqlMode,
  values: TypedValues,
): RunPlan {
  const planned: PlannedStatement[] = [];
  if (statements.length === 0) return refused({ text: 'There is no statement to run.' });
  for (const source of statements) {
    const nature = natureOf(source);
    const refusal = refusalOf(nature, mode);
    const at = { from: source.start, to: source.end };
    if (refusal !== undefined) return refused({ ...refusal, at });
    const bound = bind(source, values);
    if (!bound.ok) return refused({ ...bound, at });
    planned.push({ source, nature, bound: bound.statement });
  }
  return stepsOf(planned);
}

function refusalOf({ kind, verb }: StatementNature, mode: SqlMode): Refusal | undefined {
  if (kind === 'transaction') {
    return {
      text: `${verb} can’t be sent from here.`,
      hint: 'All writes of a run are one transaction already: leave out BEGIN and COMMIT.',
    };
  }
  if (kind !== 'reads' && mode === 'read') {
    return {
      text: `${verb} writes, and the mode is read-only. Nothing was sent.`,
      hint: 'Choose the mode “Write” to allow it.',
    };
  }
  return undefined;
}

function stepsOf(statements: readonly PlannedStatement[]): RunPlan {
  const isRead = ({ nature }: PlannedStatement) => nature.kind === 'reads';
  if (statements.filter(isRead).length > runQueriesMax) {
    return refused({ text: `A run has at most ${runQueriesMax} queries. Nothing was sent.` });
  }
  const indexes = statements.flatMap((each, index) => (isRead(each) ? [] : [index]));
  const first = indexes.at(0);
  const last = indexes.at(-1);
  if (first === undefined || last === undefined) {
    return { ok: true, statements, steps: statements.map(readStep) };
  }
  const between = statements.slice(first, last).find(isRead);
  if (between !== undefined) {
    return refused({
      text: 'A query stands between the writes. Nothing was sent.',
      hint: 'The writes of a run are one transaction: put queries before or after them.',
      at: { from: between.source.start, to: between.source.end },
    });
  }
  const reads = statements.map(readStep);
  const transaction: Step = { kind: 'transaction', indexes };
  const steps = [...reads.slice(0, first), transaction, ...reads.slice(last + 1)];
  return { ok: true, statements, steps };
}

function readStep(_: unknown, index: number): Step {
  return { kind: 'read', index };
}

function refused(refusal: Refusal): RunPlan {
  return { ok: false, refusal };
}
