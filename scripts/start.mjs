// `npm start`: makes the clone ready, then runs `patina demo`. Arguments after `--` go to the demo.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { reportSetupFailure, rootDir, setUp } from './setup.mjs';

function main() {
  let ready;
  try {
    ready = setUp((line) => console.log(line));
  } catch (error) {
    reportSetupFailure(error);
    process.exitCode = 1;
    return;
  }
  runDemo(ready.runtime, ready.env);
}

/**
 * @param {string} runtime
 * @param {NodeJS.ProcessEnv} env
 */
function runDemo(runtime, env) {
  const command = join(rootDir, 'apps', 'node', 'bin', 'patina.js');
  const demo = spawn(runtime, [command, 'demo', ...process.argv.slice(2)], {
    cwd: rootDir,
    env,
    stdio: 'inherit',
  });
  // A terminal sends Ctrl-C to the whole group, so the demo has it already and ends by itself; the
  // signals that reach only us are passed on. Either way we wait until the demo has cleaned up.
  process.on('SIGINT', () => undefined);
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => demo.kill(signal));
  }
  demo.on('error', (error) => {
    console.error(`The demo could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  demo.on('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
  });
}

main();
