// The program of the trial process: a connection that writes and never commits. Synchronous on purpose:
// a trial that takes too long is ended from outside, by killing the process, which leaves no trace.

import { readSync, writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { must } from '../base/assert.ts';
import { FrameOutput } from './frame-output.ts';
import { openDatabase } from './open-database.ts';
import { toPlain } from './plain-error.ts';
import { encodeFrame, frameHeaderBytes } from './reader-protocol.ts';
import { Trials } from './trial.ts';
import {
  decodeTrial,
  encodeTrialAnswer,
  encodeTrialFailure,
  trialFrames,
} from './trial-protocol.ts';
import { watchParent } from './watch-parent.ts';

const requestFd = 0;
const answerFd = 1;
const parentFd = 3;

/** Page cache of the connection. */
const cacheKib = 16 * 1024;

/** What SQLite may allocate in this process for sorting, values and pages. */
const heapBytesMax = 512 * 1024 * 1024;

/** Answers are written one by one: each has somebody waiting. */
const gatherBytesMax = 0;

function readFully(length: number): Buffer | undefined {
  const buffer = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    const count = readSync(requestFd, buffer, filled, length - filled, null);
    if (count === 0) return undefined;
    filled += count;
  }
  return buffer;
}

/** Serves until the runner closes the pipe. */
function serve(trials: Trials, frames: FrameOutput): void {
  for (;;) {
    const header = readFully(frameHeaderBytes);
    const payload = header === undefined ? undefined : readFully(header.readUInt32LE(0));
    if (payload === undefined) return;
    const answer = encodeTrialAnswer(trials.run(decodeTrial(payload)));
    frames.add(encodeFrame(trialFrames.answer, answer));
  }
}

function main(): void {
  process.title = 'patina-trial';
  // Signals to the process group are for the node, which ends this process when it is done.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
  const path = must(process.argv[2], 'the trial process is told which database to open');
  watchParent(parentFd);
  const frames = new FrameOutput(answerFd, gatherBytesMax);
  try {
    const db = openDatabase(path, { synchronous: 'normal', cacheKib, readonly: false });
    db.pragma(`hard_heap_limit = ${heapBytesMax}`);
    const trials = new Trials(db);
    frames.add(encodeFrame(trialFrames.ready, new Uint8Array(0)));
    flushCompileCache();
    serve(trials, frames);
  } catch (error) {
    frames.add(encodeFrame(trialFrames.failed, encodeTrialFailure(toPlain(error))));
  }
}

try {
  main();
} catch (error) {
  // Most likely the node is gone and its pipe is closed: then nobody reads this either.
  writeSync(2, `${error instanceof Error ? error.stack : String(error)}\n`);
} finally {
  // The watching thread is blocked, and a normal exit would wait for it.
  process.kill(process.pid, 'SIGKILL');
}
