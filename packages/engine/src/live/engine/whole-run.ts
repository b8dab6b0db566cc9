// Runs a query whole and finds what is different from what is kept of it.

import { PatinaError } from '../../base/errors.ts';
import type { RawCell } from '../../storage/row-encoder.ts';
import type { QueryPlan } from '../../subscriptions/plan.ts';
import type { KeptRow } from '../state/state-store.ts';
import type { DatabaseReader } from './database-reader.ts';
import { exactTextOf } from './key-text.ts';
import type { LiveQuery } from './live-query.ts';
import {
  diffOrdered,
  type FreshRow,
  IdentityNamer,
  RowDiff,
  type RowEdit,
  RowNamer,
} from './row-edits.ts';
import type { RowSet } from './row-set.ts';

export interface WholeRun {
  readonly edits: RowEdit[];
  /** Edits of the rows behind the groups. */
  readonly hiddenEdits: RowEdit[];
}

/** How the rows of a query's result are told apart. */
export function namerOf(plan: QueryPlan): RowNamer {
  const byContent = plan.mode === 're-run' && plan.full.identityCount === 0;
  return new RowNamer(plan.full.identityCount, byContent);
}

/** Throws when a query that is run whole has more rows than may be held in memory. */
export function checkRerunRows(plan: QueryPlan, rows: number, rowsMax: number): void {
  if (plan.mode !== 're-run' || rows <= rowsMax) return;
  throw new PatinaError(
    'PATINA_SUBSCRIPTION_LIMIT',
    `a query that is run whole at every change may have ${rowsMax} rows at most`,
    { hint: 'Follow less with WHERE or LIMIT; ask `explain` why it cannot be kept row by row.' },
  );
}

export function diffWhole(
  reader: DatabaseReader,
  query: LiveQuery,
  kept: { readonly result: RowSet; readonly order: readonly number[]; readonly hidden: RowSet },
  rowsMax: number,
): WholeRun {
  const { plan, values } = query;
  const namer = namerOf(plan);
  const isComparable = query.keptShape === query.shape;
  const old = new Map<string, KeptRow>();
  for (const row of kept.result.all()) {
    // Rows of another form match nothing: all of them go, and all come anew.
    old.set(isComparable ? namer.matchText(row) : `-${row.rowId}`, row);
  }
  // Called where it is read to the end: a result left open would hold the snapshot.
  const rows = (): Iterable<RawCell[]> => reader.statement(plan.full.sql).iterate(values);
  const edits = plan.isOrdered
    ? orderedEdits(rows, namer, old, kept.order, (count) => checkRerunRows(plan, count, rowsMax))
    : plainEdits(rows, namer, old, (count) => checkRerunRows(plan, count, rowsMax));
  const hasHidden = plan.mode === 'group-wise';
  return { edits, hiddenEdits: hasHidden ? diffHidden(reader, query, kept.hidden) : [] };
}

function plainEdits(
  rows: () => Iterable<RawCell[]>,
  namer: RowNamer,
  old: Map<string, KeptRow>,
  checkCount: (count: number) => void,
): RowEdit[] {
  const diff = new RowDiff(old);
  let count = 0;
  for (const cells of rows()) {
    const row = namer.name(cells);
    diff.meet(namer.matchText(row), row);
    checkCount(++count);
  }
  return diff.finish();
}

function orderedEdits(
  rows: () => Iterable<RawCell[]>,
  namer: RowNamer,
  old: ReadonlyMap<string, KeptRow>,
  order: readonly number[],
  checkCount: (count: number) => void,
): RowEdit[] {
  const fresh = new Map<string, FreshRow>();
  for (const cells of rows()) {
    const row = namer.name(cells);
    fresh.set(namer.matchText(row), row);
    checkCount(fresh.size);
  }
  return diffOrdered(old, order, fresh);
}

function diffHidden(reader: DatabaseReader, query: LiveQuery, kept: RowSet): RowEdit[] {
  const { keyed } = query.plan;
  if (keyed === undefined) return [];
  const old = new Map<string, KeptRow>();
  for (const row of kept.all()) old.set(row.identity, row);
  const diff = new RowDiff(old);
  const namer = new IdentityNamer(keyed.identityCount);
  for (const cells of reader.statement(keyed.sql).iterate(query.values)) {
    const identity = namer.name(cells);
    diff.meet(identity, { identity, cells: exactTextOf(cells, keyed.identityCount) });
  }
  return diff.finish();
}
