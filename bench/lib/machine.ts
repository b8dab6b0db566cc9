// How busy other programs keep the machine while something is measured: on a shared machine a figure
// says little without it.

import { readFileSync } from 'node:fs';

const tickMs = 10;

/** CPU time of all cores since the machine started, and of this program and all that it has ended. */
interface BusyTimes {
  readonly atMs: number;
  readonly allMs: number;
  readonly ownMs: number;
}

/** Begins to watch; the returned function says how many cores others have used on average since. */
export function watchOthers(): () => number {
  const start = busyTimes();
  return () => {
    const { atMs, allMs, ownMs } = busyTimes();
    const othersMs = allMs - start.allMs - (ownMs - start.ownMs);
    return Math.max(0, othersMs / (atMs - start.atMs));
  };
}

function busyTimes(): BusyTimes {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = line
    .split(/\s+/)
    .map(Number);
  const own = readFileSync('/proc/self/stat', 'utf8');
  const fields = own
    .slice(own.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  // utime, stime, and those of children that were waited for.
  const ownTicks = fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0);
  return {
    atMs: performance.now(),
    allMs: (user + nice + system + irq + softIrq) * tickMs,
    ownMs: ownTicks * tickMs,
  };
}
