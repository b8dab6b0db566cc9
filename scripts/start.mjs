// `npm start`: makes the clone ready, builds the console where it changed, then runs `patina demo`.
// Arguments after `--` go to the demo.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './run-program.mjs';
import { rootDir, setUpOrReport } from './setup.mjs';

/**
 * Builds the page that every node serves; turbo knows whether it has to. The nodes run without it
 * too, so a failure is told and no more.
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

const ready = setUpOrReport();
if (ready === undefined) {
  process.exitCode = 1;
} else {
  buildConsole(ready.env);
  runProgram(ready, 'apps/node/bin/patina.js', ['demo', ...process.argv.slice(2)]);
}
