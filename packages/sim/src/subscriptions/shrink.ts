// Makes a failing case as small as it gets while it breaks the same promise: fewer steps, statements,
// queries and tables, simpler SELECTs.

import type { FuzzCase, FuzzQuery, FuzzStep } from './fuzz-case.ts';
import { simplerParts } from './sql-parts.ts';

/** Runs that the search may take. */
const runsMax = 1_500;

/** `fails`: whether a case breaks the promise that the first one broke. */
export function shrinkCase(first: FuzzCase, fails: (smaller: FuzzCase) => boolean): FuzzCase {
  let best = first;
  let runs = 0;
  const take = (smaller: FuzzCase): boolean => {
    if (runs >= runsMax) return false;
    runs++;
    if (!fails(smaller)) return false;
    best = smaller;
    return true;
  };
  for (let before: FuzzCase | undefined; before !== best && runs < runsMax; ) {
    before = best;
    dropParts(
      () => best.steps,
      (steps) => take({ ...best, steps }),
    );
    dropQueries(() => best, take);
    dropStatements(() => best, take);
    dropParts(
      () => best.schema,
      (schema) => take({ ...best, schema }),
    );
    simplifyQueries(() => best, take);
    dropRows(() => best, take);
  }
  return best;
}

/** Leaves out as many items as it can: halves first, single ones in the end. */
function dropParts<T>(items: () => readonly T[], take: (fewer: readonly T[]) => boolean): void {
  for (let size = Math.ceil(items().length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = items().length - size; start >= 0; start -= size) {
      const all = items();
      if (all.length > size) take([...all.slice(0, start), ...all.slice(start + size)]);
    }
  }
}

function dropQueries(best: () => FuzzCase, take: (smaller: FuzzCase) => boolean): void {
  for (let index = best().queries.length - 1; index >= 0; index--) {
    const { queries, steps } = best();
    if (queries.length <= 1) return;
    const kept = steps.flatMap((step): FuzzStep[] => {
      if (!('query' in step)) return [step];
      if (step.query === index) return [];
      return [{ ...step, query: step.query > index ? step.query - 1 : step.query }];
    });
    take({ ...best(), queries: queries.filter((_, other) => other !== index), steps: kept });
  }
}

function dropStatements(best: () => FuzzCase, take: (smaller: FuzzCase) => boolean): void {
  for (const index of best().steps.keys()) {
    const change = (step: FuzzStep): boolean =>
      take({ ...best(), steps: best().steps.with(index, step) });
    const step = best().steps[index];
    if (step?.kind === 'pass' && step.budgetMs !== Number.POSITIVE_INFINITY) {
      change({ ...step, budgetMs: Number.POSITIVE_INFINITY });
    }
    if (step?.kind === 'pass' && step.during !== undefined) {
      change({ kind: 'pass', budgetMs: step.budgetMs });
    }
    if (step?.kind === 'restart' && step.isCrash) change({ ...step, isCrash: false });
    if (step?.kind !== 'write' && step?.kind !== 'foreign') continue;
    const statements = (): readonly string[] => {
      const now = best().steps[index];
      return now?.kind === 'write' || now?.kind === 'foreign' ? now.statements : [];
    };
    dropParts(statements, (fewer) => change({ ...step, statements: fewer }));
  }
}

/** Leaves rows out of VALUES lists. */
function dropRows(best: () => FuzzCase, take: (smaller: FuzzCase) => boolean): void {
  for (const index of best().steps.keys()) {
    const step = best().steps[index];
    if (step?.kind !== 'write' && step?.kind !== 'foreign') continue;
    for (const [place, statement] of step.statements.entries()) {
      const [, head, rows, tail] = /^(.* VALUES )(\(.*?\))( ON CONFLICT.*)?$/.exec(statement) ?? [];
      if (head === undefined || rows === undefined) continue;
      const parts = rows.slice(1, -1).split('), (');
      if (parts.length < 2) continue;
      for (const part of parts) {
        const now = best().steps[index];
        if (now?.kind !== 'write' && now?.kind !== 'foreign') continue;
        const statements = now.statements.with(place, `${head}(${part})${tail ?? ''}`);
        if (take({ ...best(), steps: best().steps.with(index, { ...now, statements }) })) break;
      }
    }
  }
}

function simplifyQueries(best: () => FuzzCase, take: (smaller: FuzzCase) => boolean): void {
  for (const index of best().queries.keys()) {
    const change = (query: FuzzQuery): boolean =>
      take({ ...best(), queries: best().queries.with(index, query) });
    const query = (): FuzzQuery | undefined => best().queries[index];
    const first = query();
    if (first?.style !== undefined && first.style !== 'constants')
      change({ ...first, style: 'constants' });
    for (let isSimpler = true; isSimpler; ) {
      isSimpler = false;
      const now = query();
      if (now === undefined) break;
      for (const sql of simplerParts(now.sql)) {
        if (!change({ ...now, sql })) continue;
        isSimpler = true;
        break;
      }
    }
  }
}
