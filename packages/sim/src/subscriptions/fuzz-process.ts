// A process that runs ranges of seeds, one after the other, as it is told by its parent.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Coverage } from './coverage.ts';
import { fuzzSeed, type SeedFailure } from './fuzz-seed.ts';

/** Seeds that are run one after the other; sent to the process. */
export interface FuzzJob {
  readonly from: number;
  readonly count: number;
  readonly isQuick: boolean;
}

/** What became of them; sent back. */
export interface FuzzJobResult {
  readonly failures: readonly SeedFailure[];
  readonly coverage: Coverage;
}

process.on('message', ({ from, count, isQuick }: FuzzJob) => {
  const folder = mkdtempSync(join(tmpdir(), 'patina-fuzz-'));
  try {
    const coverage: Coverage = {};
    const failures: SeedFailure[] = [];
    for (let seed = from; seed < from + count; seed++) {
      const failure = fuzzSeed(seed, { folder, coverage, isQuick });
      if (failure !== undefined) failures.push(failure);
    }
    // Without its parent, which may be gone by now, it ends when it hears of that.
    process.send?.({ failures, coverage } satisfies FuzzJobResult, () => undefined);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
process.on('disconnect', () => process.exit(0));
