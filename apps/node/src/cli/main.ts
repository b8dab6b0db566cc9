// The entry of `patina`, started by bin/patina.js on a runtime that is new enough.

import { processIo } from './io.ts';
import { nodeParts } from './node-parts.ts';
import { runCli } from './run.ts';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read the output has seen enough (`patina query ... | head`).
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const exitCode = await runCli(process.argv.slice(2), processIo(), nodeParts);
// A stopped agent can leave handles behind that would keep the process alive.
process.exit(exitCode);
