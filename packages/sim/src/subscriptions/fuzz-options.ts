// The command line of the fuzzer of live queries.

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { numberOf, UsageError } from '../options.ts';

export interface FuzzOptions {
  /** How many cases, from which seed on. */
  readonly cases: number;
  readonly from: number;
  /** One seed alone. */
  readonly isOne: boolean;
  readonly jobs: number;
  readonly isQuick: boolean;
}

export const fuzzHelpText = `Compares live queries with the same SQL run afresh, over random cases.

  npm run fuzz:subscriptions -- [options]

  --seed N         one case; with --cases: the first of them
  --cases N        so many cases (default 1000)
  --jobs N         processes that run them (default: one per core)
  --quick          tell failures as they are, without making them smaller
  --help           this text

Examples:
  npm run fuzz:subscriptions -- --cases 20000
  npm run fuzz:subscriptions -- --seed 84

Exit code 0: all promises held; 1: one was broken, or something never happened in 300 cases or more; 2: wrong use.
`;

/** Parses arguments; undefined when help is asked for. Throws {@link UsageError}. */
export function parseFuzzOptions(args: readonly string[]): FuzzOptions | undefined {
  const values = parse(args);
  if (values.help === true) return undefined;
  const seed = numberOf('seed', values.seed, 0, 2 ** 31 - 1);
  const cases = numberOf('cases', values.cases, 1, 10_000_000);
  const isOne = seed !== undefined && cases === undefined;
  return {
    cases: cases ?? (isOne ? 1 : 1_000),
    from: seed ?? 0,
    isOne,
    jobs: numberOf('jobs', values.jobs, 1, 64) ?? Math.min(8, availableParallelism()),
    isQuick: values.quick === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string' },
        cases: { type: 'string' },
        jobs: { type: 'string' },
        quick: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
