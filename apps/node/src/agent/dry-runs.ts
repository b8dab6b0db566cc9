// Dry runs: what a transaction would do, found out by running it in the trial process, which takes it back.
// The node's writer is held for as long as one runs, so that its time is short whatever the caller allows.

import { dryRunMsMax } from '@patina/api/insights/data-shapes.ts';
import type { PatinaService } from '@patina/api/service.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { NodeStorage } from '@patina/engine/storage/threaded-storage.ts';
import { createTrialRunner, type TrialRunner } from '@patina/engine/storage/trial-runner.ts';
import { toLocal } from './local-statement.ts';

/** Dry runs that may wait; more are refused with PATINA_OVERLOADED. */
const dryRunsMax = 64;

/** A runner whose process starts with the first dry run, and ends when there are none for a while. */
export function createDryRunner(
  databasePath: string,
  compileCacheDirectory: string,
  storage: Pick<NodeStorage, 'hold'>,
): TrialRunner {
  return createTrialRunner({
    databasePath,
    compileCacheDirectory,
    hold: () => storage.hold(),
    queueMax: dryRunsMax,
  });
}

export function dryRunOf(trials: Pick<TrialRunner, 'dryRun'>): PatinaService['dryRun'] {
  return async (statements, { timeoutMs, signal }) => {
    const startMs = performance.now();
    const limitMs = Math.min(timeoutMs, dryRunMsMax);
    try {
      const results = await trials.dryRun({
        statements: statements.map(toLocal),
        timeoutMs: limitMs,
        signal,
      });
      return { results, timeMs: performance.now() - startMs };
    } catch (error) {
      if (signal?.aborted === true) {
        throw new PatinaError('PATINA_STREAM_CLOSED', 'the caller went away', { cause: error });
      }
      throw error instanceof PatinaError && error.code === 'PATINA_SQL_TIMEOUT'
        ? tookTooLong(limitMs)
        : error;
    }
  };
}

function tookTooLong(limitMs: number): PatinaError {
  return new PatinaError(
    'PATINA_SQL_TIMEOUT',
    `the dry run took longer than ${limitMs / 1_000} s`,
    {
      hint: 'Nothing of it is kept. Writes wait while one runs: try a smaller part of it.',
    },
  );
}
