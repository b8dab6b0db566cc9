// Processes that the benchmark starts: each is ended by its id, also when measuring fails or the
// benchmark itself is ended.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

/** How long a process may take to end in order, milliseconds. */
const endMsMax = 8_000;

const running = new Set<ChildProcess>();

/** Starts a Node.js program of the runtime that runs this one. */
export function startProcess(args: readonly string[], options: SpawnOptions): ChildProcess {
  return startProgram(process.execPath, args, options);
}

/** Starts any program. */
export function startProgram(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const child = spawn(program, [...args], options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Resolves when the process is gone: asked to end in order, then killed. */
export async function endProcess(
  child: ChildProcess,
  signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM',
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const killer = setTimeout(() => child.kill('SIGKILL'), endMsMax);
  await gone;
  clearTimeout(killer);
}

export async function endAllProcesses(): Promise<void> {
  await Promise.all([...running].map((child) => endProcess(child)));
}

/** However the benchmark ends, nothing that it started outlives it. */
export function endProcessesOnExit(): void {
  process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => process.exit(1));
  }
}
