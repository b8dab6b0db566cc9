// A process that is `patina agent` with an agent that does nothing: for tests of signals. Its stop
// takes as long as STOP_MS says; FAULT makes it fail in the given way once it runs.

import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeParts } from '../context.ts';
import { processIo } from '../io.ts';
import { runCli } from '../run.ts';

const unused = (): Promise<never> => Promise.reject(new Error('not for this test'));

const parts: NodeParts = {
  startAgent: async () => {
    const keepAlive = setInterval(() => undefined, 1_000);
    if (process.env.FAULT === 'rejection') void Promise.reject(new Error('forgotten'));
    if (process.env.FAULT === 'exception') {
      setImmediate(() => {
        throw new Error('thrown');
      });
    }
    return {
      stop: async () => {
        await sleep(Number(process.env.STOP_MS ?? 0));
        clearInterval(keepAlive);
      },
    };
  },
  runDemo: unused,
  certificates: unused,
  databaseFiles: unused,
};

process.exit(await runCli(process.argv.slice(2), processIo(), parts));
