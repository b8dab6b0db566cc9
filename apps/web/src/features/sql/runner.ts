// Runs planned statements one step after the other and tells what came of each. What it calls is handed in, so
// that it is the same with a node and in tests.

import type { Fault } from '../../connection/faults.ts';
import type { Answers } from '../../connection/shapes.ts';
import type { Bindings } from './parameter-values.ts';
import type { PlannedStatement, Step } from './run-plan.ts';

export type QueryResult = Answers['sql']['query'];
export type WriteResult = Answers['sql']['execute'];
export type PlanNodes = Answers['sql']['explain'];

export type Outcome =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'rows'; readonly result: QueryResult; readonly ms: number }
  | { readonly kind: 'plan'; readonly nodes: PlanNodes; readonly ms: number }
  | { readonly kind: 'written'; readonly rows: number; readonly ms: number }
  | { readonly kind: 'failed'; readonly fault: Fault; readonly ms: number }
  | { readonly kind: 'canceled'; readonly ms: number }
  /** Something before it failed. */
  | { readonly kind: 'skipped' };

/** What is asked of the node. */
export interface SqlCalls {
  readonly query: (statement: Bindings) => Promise<QueryResult>;
  readonly explain: (statement: Bindings) => Promise<PlanNodes>;
  readonly execute: (statements: readonly Bindings[]) => Promise<WriteResult>;
  readonly faultOf: (error: unknown) => Fault;
  readonly nowMs: () => number;
  readonly isCanceled: () => boolean;
}

export interface RunReport {
  readonly outcome: (index: number, outcome: Outcome) => void;
  readonly written: (write: WriteResult, ms: number) => void;
}

/** Stops at the first step that fails. */
export async function runSteps(
  statements: readonly PlannedStatement[],
  steps: readonly Step[],
  calls: SqlCalls,
  report: RunReport,
): Promise<void> {
  let isOver = false;
  for (const step of steps) {
    const indexes = step.kind === 'read' ? [step.index] : step.indexes;
    if (isOver || calls.isCanceled()) {
      const outcome: Outcome = isOver ? { kind: 'skipped' } : { kind: 'canceled', ms: 0 };
      for (const index of indexes) report.outcome(index, outcome);
      continue;
    }
    for (const index of indexes) report.outcome(index, { kind: 'running' });
    const startedMs = calls.nowMs();
    try {
      if (step.kind === 'read') await runRead(statements, step.index, calls, report);
      else await runWrites(statements, step.indexes, calls, report);
    } catch (error) {
      isOver = true;
      const ms = calls.nowMs() - startedMs;
      const outcome: Outcome = calls.isCanceled()
        ? { kind: 'canceled', ms }
        : { kind: 'failed', fault: calls.faultOf(error), ms };
      // A transaction fails as a whole.
      for (const index of indexes) report.outcome(index, outcome);
    }
  }
}

async function runRead(
  statements: readonly PlannedStatement[],
  index: number,
  calls: SqlCalls,
  report: RunReport,
): Promise<void> {
  const statement = statements[index];
  if (statement === undefined) return;
  const startedMs = calls.nowMs();
  const result = await calls.query(statement.bound);
  report.outcome(index, { kind: 'rows', result, ms: calls.nowMs() - startedMs });
}

async function runWrites(
  statements: readonly PlannedStatement[],
  indexes: readonly number[],
  calls: SqlCalls,
  report: RunReport,
): Promise<void> {
  const startedMs = calls.nowMs();
  const chosen = indexes.flatMap((index) => statements[index]?.bound ?? []);
  const write = await calls.execute(chosen);
  const ms = calls.nowMs() - startedMs;
  indexes.forEach((index, place) => {
    const rows = write.results[place]?.rows_affected ?? 0;
    const took = (write.results[place]?.time ?? 0) * 1_000;
    report.outcome(index, { kind: 'written', rows, ms: took });
  });
  report.written(write, ms);
}

/** Asks how each statement would be run; one that can't be explained doesn't keep the others back. */
export async function explainAll(
  statements: readonly PlannedStatement[],
  calls: SqlCalls,
  report: RunReport,
): Promise<void> {
  for (const [index, { bound }] of statements.entries()) {
    if (calls.isCanceled()) {
      report.outcome(index, { kind: 'canceled', ms: 0 });
      continue;
    }
    report.outcome(index, { kind: 'running' });
    const startedMs = calls.nowMs();
    try {
      const nodes = await calls.explain(bound);
      report.outcome(index, { kind: 'plan', nodes, ms: calls.nowMs() - startedMs });
    } catch (error) {
      const ms = calls.nowMs() - startedMs;
      const outcome: Outcome = calls.isCanceled()
        ? { kind: 'canceled', ms }
        : { kind: 'failed', fault: calls.faultOf(error), ms };
      report.outcome(index, outcome);
    }
  }
}
