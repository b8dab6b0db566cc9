// One seed from its case to its verdict; a failure is made small before it is told.

import { addCoverage, type Coverage } from './coverage.ts';
import { drawCase } from './draw-case.ts';
import type { FuzzCase, FuzzFailure } from './fuzz-case.ts';
import { printCase } from './print-case.ts';
import { failureOf, type RunOptions } from './run-case.ts';
import { shrinkCase } from './shrink.ts';

export interface SeedFailure {
  readonly seed: number;
  readonly check: string;
  readonly message: string;
  /** A test that fails in the same way. */
  readonly test: string;
}

export interface SeedOptions extends RunOptions {
  /** Failures are told as they are, without a search for a smaller case. */
  readonly isQuick?: boolean;
}

/** Runs the case of a seed; undefined: all promises held. */
export function fuzzSeed(seed: number, options: SeedOptions): SeedFailure | undefined {
  const coverage: Coverage = {};
  const fuzzCase = drawCase(seed);
  const failure = failureOf(fuzzCase, { ...options, coverage });
  if (options.coverage !== undefined) addCoverage(options.coverage, coverage);
  if (failure === undefined) return undefined;
  if (options.isQuick === true) return told(seed, fuzzCase, failure);
  const quiet = { ...options, coverage: {} };
  const small = shrinkCase(
    fuzzCase,
    (smaller) => failureOf(smaller, quiet)?.check === failure.check,
  );
  return told(seed, small, failureOf(small, quiet) ?? failure);
}

function told(seed: number, fuzzCase: FuzzCase, failure: FuzzFailure): SeedFailure {
  const { check, message } = failure;
  return { seed, check, message, test: printCase(fuzzCase, failure, seed) };
}
