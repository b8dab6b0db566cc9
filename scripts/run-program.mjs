// Runs a program of the repository on the pinned runtime, as if the person had started it directly:
// with the terminal, its signals and its exit code.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { onParentEnd } from './parent-watch.mjs';
import { rootDir } from './setup.mjs';

/**
 * @param {{ runtime: string, env: NodeJS.ProcessEnv }} ready What set-up found.
 * @param {string} file The program, relative to the root.
 * @param {string[]} args
 */
export function runProgram({ runtime, env }, file, args) {
  const child = spawn(runtime, [join(rootDir, file), ...args], {
    cwd: rootDir,
    env,
    stdio: 'inherit',
  });
  // A terminal sends Ctrl-C to the whole group, so the program has it already and ends by itself;
  // the signals that reach only us are passed on. Either way we wait until it has cleaned up.
  process.on('SIGINT', () => undefined);
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  onParentEnd(() => child.kill('SIGTERM'));
  child.on('error', (error) => {
    console.error(`${file} could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
  });
}
