// The runner's handle on the trial process: starts it, sends it trials, hands on its answers in order, and
// knows when and why it ended.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PatinaError } from '../base/errors.ts';
import { childEnvironment } from './child-environment.ts';
import { FrameReader } from './frame-reader.ts';
import { fromPlain } from './plain-error.ts';
import { encodeFrame } from './reader-protocol.ts';
import {
  decodeTrialAnswer,
  decodeTrialFailure,
  type TrialAnswer,
  trialFrames,
} from './trial-protocol.ts';

export interface TrialChildOptions {
  readonly databasePath: string;
  /** Where compiled code is kept between starts; undefined keeps none. */
  readonly compileCacheDirectory: string | undefined;
  readonly onAnswer: (answer: TrialAnswer) => void;
  /** The process ended; `error` says why unless it was told to. */
  readonly onExit: (error: PatinaError | undefined) => void;
}

const nodeFlags = ['--max-old-space-size=512', '--max-semi-space-size=4', '--no-warnings'];

/** How much of the end of stderr is kept to explain a crash. */
const stderrTailMax = 2_000;

const program = fileURLToPath(new URL('./trial-process.ts', import.meta.url));

export class TrialChild {
  readonly #process: ChildProcess;
  readonly #options: TrialChildOptions;
  readonly #frames = new FrameReader(() => this.#process.kill('SIGKILL'));
  readonly #ready = Promise.withResolvers<void>();
  #stderrTail = '';
  #fault: PatinaError | undefined;
  #isTold = false;
  #hasEnded = false;

  constructor(options: TrialChildOptions) {
    this.#options = options;
    this.#process = spawn(process.execPath, [...nodeFlags, program, options.databasePath], {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      env: childEnvironment(options.compileCacheDirectory),
    });
    this.#ready.promise.catch(() => undefined);
    this.#listen();
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Whether it can still be sent trials. */
  get isAlive(): boolean {
    return !this.#isTold && !this.#hasEnded;
  }

  /** Resolves when it takes trials; rejects with the reason why it never will. */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Sends a trial, encoded. */
  send(payload: Uint8Array): void {
    this.#process.stdin?.write(encodeFrame(trialFrames.trial, payload));
  }

  /** Ends it at once, whatever it does; `onExit` follows. */
  kill(): void {
    this.#isTold = true;
    this.#process.kill('SIGKILL');
  }

  #listen(): void {
    const { stdout, stderr } = this.#process;
    this.#process.on('error', (cause) => {
      const message = 'the trial process could not be started';
      this.#fault ??= new PatinaError('PATINA_INTERNAL', message, { cause });
      if (this.#process.pid === undefined) this.#ended('no process');
    });
    this.#process.on('close', (code, signal) => this.#ended(signal ?? `exit code ${code}`));
    stdout?.on('data', (chunk: Buffer) => {
      this.#frames.push(chunk);
      for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
        this.#take(frame.kind, frame.payload);
      }
    });
    stderr?.on('data', (chunk: Buffer) => {
      this.#stderrTail = (this.#stderrTail + chunk.toString('utf8')).slice(-stderrTailMax);
    });
    // Writing to a process that has just died fails; its exit is what counts.
    for (const pipe of this.#process.stdio ?? []) pipe?.on('error', () => undefined);
  }

  #take(kind: number, payload: Buffer): void {
    if (kind === trialFrames.ready) this.#ready.resolve();
    else if (kind === trialFrames.answer) this.#options.onAnswer(decodeTrialAnswer(payload));
    else this.#fault ??= fromPlain(decodeTrialFailure(payload));
  }

  #ended(how: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const tail = this.#stderrTail.trim().replaceAll(/\s+/g, ' ');
    const message = `the trial process ended (${how})${tail === '' ? '' : `: ${tail}`}`;
    const error = this.#fault ?? new PatinaError('PATINA_INTERNAL', message);
    this.#ready.reject(error);
    this.#options.onExit(this.#isTold ? undefined : error);
  }
}
