// `npm start`: makes the clone ready, builds the console where it changed, then runs `patina demo`.
// Arguments after `--` go to the demo.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
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
  buildConsole(ready.env);
  runDemo(ready.runtime, ready.env);
}

/**
 * Builds the page that every node serves; turbo knows whether it has to. The nodes run without it too,
 * so a failure is told and no more.
 * @param {NodeJS.ProcessEnv} env
 */
function buildConsole(env) {
  if (!existsSync(join(rootDir, 'apps', 'web', 'out', 'index.html'))) {
    console.log('Building the console (about 20 seconds, the first time only) ...');
  }
  const turbo = join(rootDir, 'node_modules', '.bin', 'turbo');
  const args = ['run', 'build', '--output-logs=errors-only', '--log-order=grouped'];
  const result = spawnSync(turbo, args, { cwd: rootDir, env, encoding: 'utf8' });
  if (result.status === 0) return;
  const told = result.error?.message ?? `${result.stdout}${result.stderr}`;
  console.error(`${told}\nThe console could not be built; the nodes run without it.`);
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
