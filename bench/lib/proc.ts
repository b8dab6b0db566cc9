// Memory and CPU time of a process and all its descendants, as Linux counts them.

import { readdirSync, readFileSync } from 'node:fs';

/** CPU time is counted in ticks of this length, milliseconds. */
const tickMs = 10;

export interface TreeUse {
  readonly processes: number;
  /** Resident, where shared pages count in each process; bytes. */
  readonly rssBytes: number;
  /** Resident, where shared pages are divided among those who share them; bytes. */
  readonly pssBytes: number;
  /** Used since the start, ended descendants not counted; milliseconds. */
  readonly cpuMs: number;
}

interface ProcessStat {
  readonly parentPid: number;
  readonly cpuMs: number;
}

/** Adds up a process and all its descendants. */
export function treeUse(rootPid: number): TreeUse {
  const stats = new Map<number, ProcessStat>();
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? statOf(Number(entry)) : undefined;
    if (stat !== undefined) stats.set(Number(entry), stat);
  }
  const pids = new Set([rootPid]);
  for (let size = 0; size !== pids.size; ) {
    size = pids.size;
    for (const [pid, { parentPid }] of stats) if (pids.has(parentPid)) pids.add(pid);
  }
  let use: TreeUse = { processes: 0, rssBytes: 0, pssBytes: 0, cpuMs: 0 };
  for (const pid of pids) {
    const memory = memoryOf(pid);
    use = {
      processes: use.processes + 1,
      rssBytes: use.rssBytes + memory.rssBytes,
      pssBytes: use.pssBytes + memory.pssBytes,
      cpuMs: use.cpuMs + (stats.get(pid)?.cpuMs ?? 0),
    };
  }
  return use;
}

/** undefined when the process has ended. */
function statOf(pid: number): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything; the fields after it are counted from there.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { parentPid: Number(fields[1]), cpuMs: ticks * tickMs };
  } catch {
    return undefined;
  }
}

function memoryOf(pid: number): { readonly rssBytes: number; readonly pssBytes: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
  return { rssBytes: kib('Rss') * 1024, pssBytes: kib('Pss') * 1024 };
}
