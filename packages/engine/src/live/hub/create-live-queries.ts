// Live queries of a node: the hub on the main thread with a real process, its file and its limits.

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Timers } from '../../ports.ts';
import type { EngineLimits } from '../engine/engine-types.ts';
import { startLiveChild } from '../process/live-child.ts';
import { type HubLimits, type LiveEvent, LiveHub } from './live-hub.ts';

export interface LiveQueriesOptions {
  readonly databasePath: string;
  /** Where results and changes are kept, in a file named after the database; made when it is needed. */
  readonly stateDirectory: string;
  readonly limits?: Partial<LiveLimits>;
  /** Where the process keeps compiled code; default: nowhere. */
  readonly compileCacheDirectory?: string;
  readonly onEvent?: (event: LiveEvent) => void;
  /** The program of the process; tests run it with another engine. */
  readonly program?: URL;
  /** How often unused queries are looked for, and the longest wait before a restart; milliseconds. */
  readonly checkPeriodMs?: number;
  readonly restartMsMax?: number;
}

export interface LiveLimits extends EngineLimits, HubLimits {
  /** A statement that runs for longer ends its query, milliseconds. */
  readonly statementMsMax: number;
}

/** What suits nearly everybody. */
export const liveLimitsDefault: LiveLimits = {
  subscribersMax: 10_000,
  clientSubscribersMax: 1_000,
  unusedMs: 600_000,
  queueChangesMax: 10_000,
  queueBytesMax: 8 * 1024 * 1024,
  queriesMax: 10_000,
  queryRowsMax: 1_000_000,
  rowsMax: 10_000_000,
  rerunRowsMax: 200_000,
  changesMax: 10_000,
  snapshotChangesMax: 200_000,
  statementMsMax: 15_000,
};

const systemTimers: Timers = {
  after(delayMs, run) {
    // Neither restarts nor idle checks keep a process alive that has nothing else to do.
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

/** Endings of the files that SQLite keeps beside a database. */
const fileEndings = ['', '-wal', '-shm', '-journal'];

/** The file in which the queries of this database are kept. */
export function liveStatePath(stateDirectory: string, databasePath: string): string {
  return join(stateDirectory, `${basename(databasePath)}.live`);
}

/** Creates live queries; their process starts with the first, or when there are some from before. */
export function createLiveQueries(options: LiveQueriesOptions): LiveHub {
  const limits = { ...liveLimitsDefault, ...options.limits };
  const statePath = liveStatePath(options.stateDirectory, options.databasePath);
  const hub = new LiveHub({
    limits,
    timers: systemTimers,
    monotonicMs: () => performance.now(),
    newId: () => crypto.randomUUID(),
    startProcess: (handlers) => {
      mkdirSync(options.stateDirectory, { recursive: true, mode: 0o700 });
      return startLiveChild(
        {
          configuration: {
            databasePath: options.databasePath,
            statePath,
            limits,
            statementMsMax: limits.statementMsMax,
          },
          compileCacheDirectory: options.compileCacheDirectory,
          ...(options.program === undefined ? {} : { program: options.program }),
        },
        handlers,
      );
    },
    onEvent: options.onEvent ?? (() => undefined),
    onTurnedOff: () => {
      for (const ending of fileEndings) rmSync(statePath + ending, { force: true });
    },
    ...(options.checkPeriodMs === undefined ? {} : { checkPeriodMs: options.checkPeriodMs }),
    ...(options.restartMsMax === undefined ? {} : { restartMsMax: options.restartMsMax }),
  });
  if (existsSync(statePath)) hub.begin();
  return hub;
}
