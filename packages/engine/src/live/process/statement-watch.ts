// Ends the live process when one statement takes too long, or when its parent is gone. A statement that
// runs cannot be interrupted from JavaScript, so a thread beside it watches and kills the process.

import { SHARE_ENV, Worker } from 'node:worker_threads';

/** Over this pipe the thread tells what it sees, a line each: `busy <id>`, `free`, `stuck <id>`. */
const verdictFd = 3;

/** Room for the id of a query. */
const idBytesMax = 64;

/** How often the thread looks, milliseconds: a twentieth of the limit within these bounds. */
const lookMsMin = 20;
const lookMsMax = 250;

/**
 * The memory that both threads see: a counter that is odd while something is evaluated, the length of
 * its id, the id. The counter alone tells the thread whether what it sees is still the same.
 */
const program = `
  const { workerData } = require('node:worker_threads');
  const { writeSync } = require('node:fs');
  const { memory, statementMsMax, lookMs, parentPid, fd } = workerData;
  const words = new Int32Array(memory, 0, 2);
  const idBytes = Buffer.from(memory, 8);
  const never = new Int32Array(new SharedArrayBuffer(4));
  let seen = 0;
  let sinceMs = 0;
  let isTold = false;
  const tell = (line) => {
    try { writeSync(fd, line + '\\n'); } catch {}
  };
  while (process.ppid === parentPid) {
    Atomics.wait(never, 0, 0, lookMs);
    const turn = Atomics.load(words, 0);
    if (turn !== seen) {
      seen = turn;
      sinceMs = performance.now();
      if (isTold) tell('free');
      isTold = false;
    } else if ((turn & 1) === 1) {
      const id = idBytes.toString('latin1', 0, Atomics.load(words, 1));
      if (performance.now() - sinceMs > statementMsMax) {
        tell('stuck ' + id);
        break;
      }
      if (!isTold) tell('busy ' + id);
      isTold = true;
    }
  }
  process.kill(process.pid, 'SIGKILL');
`;

export interface StatementWatch {
  /** The query whose statement runs from now on; '' for anything else that may get stuck. */
  evaluating(id: string | undefined): void;
}

/** What the thread said last, given the end of all that it said. */
export function readVerdict(said: string): { readonly state: string; readonly queryId: string } {
  const last = said.split('\n').at(-2) ?? '';
  const [state = '', queryId = ''] = last.split(' ');
  return { state, queryId: state === 'free' ? '' : queryId };
}

/** Starts watching; it ends with the process. */
export function watchStatements(parentPid: number, statementMsMax: number): StatementWatch {
  const memory = new SharedArrayBuffer(8 + idBytesMax);
  const words = new Int32Array(memory, 0, 2);
  const idBytes = Buffer.from(memory, 8);
  const lookMs = Math.min(lookMsMax, Math.max(lookMsMin, statementMsMax / 20));
  const watcher = new Worker(program, {
    eval: true,
    env: SHARE_ENV,
    // Forwarding the thread's output would open our own stdout as a stream, and make it non-blocking.
    stdout: true,
    stderr: true,
    workerData: { memory, statementMsMax, lookMs, parentPid, fd: verdictFd },
    resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 8, stackSizeMb: 1 },
  });
  watcher.unref();
  let turn = 0;
  return {
    evaluating(id) {
      const isEvaluating = id !== undefined;
      // Odd numbers mean work, whatever came before.
      turn = (turn + (((turn & 1) === 1) === isEvaluating ? 2 : 1)) | 0;
      if (isEvaluating) words[1] = idBytes.write(id, 0, idBytesMax, 'latin1');
      Atomics.store(words, 0, turn);
    },
  };
}
