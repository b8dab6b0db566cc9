// A node's storage on a file with a trial runner beside it, for tests.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalStatement } from '../ports.ts';
import { type NodeStorage, openThreadedStorage } from './threaded-storage.ts';
import {
  createTrialRunner,
  type TrialRequest,
  type TrialRunner,
  type TrialRunnerOptions,
} from './trial-runner.ts';

export interface TrialBench {
  readonly path: string;
  readonly storage: NodeStorage;
  readonly runner: TrialRunner;
  /** Commits statements; throws their error. */
  commit(...statements: LocalStatement[]): Promise<void>;
  close(): Promise<void>;
}

export async function openTrialBench(
  schema: string,
  options: Partial<TrialRunnerOptions> = {},
): Promise<TrialBench> {
  const folder = mkdtempSync(join(tmpdir(), 'patina-trial-'));
  const path = join(folder, 'node.db');
  const storage = await openThreadedStorage({
    path,
    synchronous: 'normal',
    cacheKib: 2_000,
    maxClockDriftMs: 500,
  });
  await storage.applySchema({ texts: [schema], allowDestructive: false });
  const runner = createTrialRunner({
    databasePath: path,
    compileCacheDirectory: undefined,
    hold: () => storage.hold(),
    ...options,
  });
  return {
    path,
    storage,
    runner,
    async commit(...statements) {
      const outcome = await storage.transact({ statements });
      if (!outcome.ok) throw outcome.error;
    },
    async close() {
      await runner.stop();
      await storage.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A trial of one statement with generous limits. */
export function trialOf(
  statement: string | LocalStatement,
  more: Partial<TrialRequest> = {},
): TrialRequest {
  const asStatement = typeof statement === 'string' ? { sql: statement } : statement;
  return {
    pending: [],
    statement: asStatement,
    isQuery: /^\s*(select|with|values)/i.test(asStatement.sql),
    moment: undefined,
    timeoutMs: 20_000,
    rowsMax: 10_000,
    bytesMax: 10_000_000,
    ...more,
  };
}
