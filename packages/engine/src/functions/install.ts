// SQL functions beyond SQLite's own, the same on every connection that runs SQL from outside: readers,
// writer, vetter, live queries. They compute on their arguments alone, but for the time and the chance that
// moment.ts gives them.

import type { DatabaseSync } from 'node:sqlite';
import type Database from 'better-sqlite3';
import { AggregateRun } from './aggregate-run.ts';
import { allFunctions } from './all-functions.ts';
import type { AggregateFunction, Answer, Cell, ScalarFunction } from './function-types.ts';

/** Names of all functions that are installed, in lower case: the authorizer lets them pass. */
export const installedFunctions: ReadonlySet<string> = new Set(
  allFunctions.map(({ name }) => name.toLowerCase()),
);

/** Names of those whose answers depend on more than their arguments. */
export const volatileFunctions: ReadonlySet<string> = new Set(
  allFunctions.flatMap((each) =>
    each.kind === 'scalar' && !each.isDeterministic ? [each.name.toLowerCase()] : [],
  ),
);

/** Installs all functions on a connection of node:sqlite. */
export function installOnNodeSqlite(database: DatabaseSync): void {
  for (const each of allFunctions) {
    if (each.kind === 'aggregate') {
      database.aggregate(each.name, {
        start: (() => new AggregateRun(each)) as () => never,
        step: stepOf(each) as never,
        inverse: withoutFirst as never,
        result: ((run: AggregateRun) => forNode(run.result())) as never,
        useBigIntArguments: true,
        varargs: true,
      });
      continue;
    }
    const options = {
      deterministic: each.isDeterministic,
      varargs: true,
      useBigIntArguments: true,
    };
    database.function(each.name, options, runnerOf(each, forNode));
  }
}

/** Installs all functions on a connection of better-sqlite3. */
export function installOnBetterSqlite(db: Database.Database): void {
  for (const each of allFunctions) {
    if (each.kind === 'aggregate') {
      db.aggregate(each.name, {
        start: () => new AggregateRun(each),
        step: stepOf(each) as (total: unknown, next: unknown) => unknown,
        inverse: withoutFirst as (total: unknown, dropped: unknown) => unknown,
        result: (run: unknown) => forBetter((run as AggregateRun).result()),
        safeIntegers: true,
        varargs: true,
        directOnly: false,
      });
      continue;
    }
    const options = { deterministic: each.isDeterministic, varargs: true, safeIntegers: true };
    db.function(each.name, options, runnerOf(each, forBetter));
  }
}

type Raw = Cell;

function runnerOf(
  each: ScalarFunction,
  answered: (answer: Answer) => Raw,
): (...args: Raw[]) => Raw {
  const { run, isStrict = true } = each;
  return (...args) => {
    for (let index = 0; index < args.length; index++) {
      const arg = args[index];
      if (arg === null && isStrict) return null;
      if (typeof arg === 'bigint') args[index] = narrowed(arg);
    }
    checkArity(each, args.length);
    return answered(run(...args));
  };
}

function stepOf(each: AggregateFunction): (run: AggregateRun, ...args: Raw[]) => AggregateRun {
  return (run, ...args) => {
    for (let index = 0; index < args.length; index++) {
      const arg = args[index];
      if (typeof arg === 'bigint') args[index] = narrowed(arg);
    }
    if (each.arity === 'any' || args.length === each.arity) run.add(args);
    else run.fail(wrongCount(each.name));
    return run;
  };
}

/** With an inverse an aggregate is a window function. */
function withoutFirst(run: AggregateRun): AggregateRun {
  run.dropFirst();
  return run;
}

/** Functions are registered for any number of arguments: a name may stand for several. */
function checkArity({ arity, name }: ScalarFunction, count: number): void {
  if (arity === 'any' || arity === count) return;
  if (typeof arity !== 'number' && arity.includes(count)) return;
  throw wrongCount(name);
}

function wrongCount(name: string): Error {
  return new Error(`wrong number of arguments to function ${name}()`);
}

function narrowed(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A number is a REAL for better-sqlite3 already; NaN, which SQLite does not have, is NULL. */
function forBetter(answer: Answer): Raw {
  if (typeof answer === 'boolean') return answer ? 1n : 0n;
  return typeof answer === 'number' && Number.isNaN(answer) ? null : answer;
}

function forNode(answer: Answer): Raw {
  return forBetter(answer);
}
