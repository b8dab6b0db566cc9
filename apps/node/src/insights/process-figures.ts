// What the process costs: the lateness of its main thread, garbage collection, memory, processor, files.

import { readdir, stat } from 'node:fs/promises';
import { monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks';
import type { Sample } from './series-store.ts';

/** How often the lateness of timers is measured, milliseconds: seldom enough to cost nothing. */
const delayResolutionMs = 50;

/** Files are looked at once in so many samples. */
const filePeriod = 10;

export interface ProcessFigures {
  /** Figures since the last call. */
  read(): Sample;
  stop(): void;
}

export function watchProcess(databasePath: string): ProcessFigures {
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  delay.enable();
  let gcMs = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) gcMs += duration;
  });
  observer.observe({ entryTypes: ['gc'] });
  let cpu = process.cpuUsage();
  let utilization = performance.eventLoopUtilization();
  let lastMs = performance.now();
  let calls = 0;
  let files: Sample = {};

  return {
    read() {
      if (calls++ % filePeriod === 0) {
        void lookAtFiles(databasePath).then((seen) => {
          files = seen;
        });
      }
      const nowMs = performance.now();
      const spent = process.cpuUsage(cpu);
      const now = performance.eventLoopUtilization();
      const busy = performance.eventLoopUtilization(now, utilization).utilization;
      const lateMs = Math.max(0, delay.percentile(99) / 1e6 - delayResolutionMs);
      const sample: Sample = {
        ...files,
        event_loop_lag_p99: delay.count === 0 ? 0 : lateMs,
        event_loop_busy: busy,
        gc_pause: gcMs,
        cpu: (spent.user + spent.system) / 1_000 / Math.max(1, nowMs - lastMs),
        rss: process.memoryUsage.rss(),
        heap_used: process.memoryUsage().heapUsed,
      };
      delay.reset();
      gcMs = 0;
      cpu = process.cpuUsage();
      utilization = now;
      lastMs = nowMs;
      return sample;
    },
    stop() {
      delay.disable();
      observer.disconnect();
    },
  };
}

/** What cannot be seen, on systems that have it not, is left out. */
async function lookAtFiles(databasePath: string): Promise<Sample> {
  const [fds, db, wal] = await Promise.all([
    readdir('/proc/self/fd').then(
      (names) => names.length,
      () => undefined,
    ),
    sizeOf(databasePath),
    sizeOf(`${databasePath}-wal`),
  ]);
  return {
    ...(fds === undefined ? {} : { open_fds: fds }),
    ...(db === undefined ? {} : { db_bytes: db }),
    ...(wal === undefined ? {} : { wal_bytes: wal }),
  };
}

function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}
