// The parent's handle on one live process: starts it, exchanges messages with it, and knows when and why
// it ended.

import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { asPatinaError, PatinaError } from '../../base/errors.ts';
import { childEnvironment } from '../../storage/child-environment.ts';
import { FrameReader } from '../../storage/frame-reader.ts';
import { decodeFromLive } from './from-live-frames.ts';
import type { FromLive, LiveConfiguration, ToLive } from './live-protocol.ts';
import { readVerdict } from './statement-watch.ts';
import { encodeToLive } from './to-live-frames.ts';

/** Why a live process ended. */
export type LiveExit =
  | { readonly kind: 'told' }
  /** One statement took too long; `queryId` is '' when it was not one of a query. */
  | { readonly kind: 'stuck'; readonly queryId: string }
  /** `queryId` is the query that it had been evaluating for some time, or ''. */
  | { readonly kind: 'crashed'; readonly queryId: string; readonly error: PatinaError };

/** One live process, as who uses it sees it. */
export interface LiveProcess {
  readonly pid: number | undefined;
  send(message: ToLive): void;
  /** Has it close its files and end; `onExit` follows, at the latest after some time by force. */
  close(): void;
  /** Ends it at once; `onExit` follows with `told`. */
  kill(): void;
}

export interface LiveProcessHandlers {
  readonly onMessage: (message: FromLive) => void;
  readonly onExit: (exit: LiveExit) => void;
}

export interface LiveChildOptions {
  readonly configuration: LiveConfiguration;
  /** Where compiled code is kept between starts; undefined keeps none. */
  readonly compileCacheDirectory: string | undefined;
  /** The program to run; tests run it with another engine. */
  readonly program?: URL;
}

const nodeFlags = ['--max-old-space-size=1024', '--max-semi-space-size=4', '--no-warnings'];

/** How much of the end of stderr is kept to explain a crash. */
const stderrTailMax = 2_000;

/** How much of the end of what the watching thread says is kept: a few lines. */
const verdictLengthMax = 400;

/** How long it may take to close its files, milliseconds. */
const closeMsMax = 3_000;

const liveProgram = new URL('./live-process.ts', import.meta.url);

/** Starts a process; its messages come once it runs. */
export function startLiveChild(
  options: LiveChildOptions,
  handlers: LiveProcessHandlers,
): LiveProcess {
  return new LiveChild(options, handlers);
}

class LiveChild implements LiveProcess {
  readonly #process: ChildProcess;
  readonly #input: Writable | undefined;
  readonly #handlers: LiveProcessHandlers;
  readonly #frames = new FrameReader(() => this.#broken('it sent a frame that is too large'));
  #stderrTail = '';
  #verdict = '';
  #fault: PatinaError | undefined;
  #isTold = false;
  #hasExited = false;
  #closeTimer: NodeJS.Timeout | undefined;

  constructor(options: LiveChildOptions, handlers: LiveProcessHandlers) {
    this.#handlers = handlers;
    const program = fileURLToPath(options.program ?? liveProgram);
    this.#process = spawn(process.execPath, [...nodeFlags, program, String(process.pid)], {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      env: childEnvironment(options.compileCacheDirectory),
    });
    this.#input = this.#process.stdin ?? undefined;
    this.#listen(this.#process.stdout ?? undefined);
    this.send({ kind: 'configure', configuration: options.configuration });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  send(message: ToLive): void {
    if (!this.#hasExited) this.#input?.write(encodeToLive(message));
  }

  close(): void {
    if (this.#isTold || this.#hasExited) return;
    this.#isTold = true;
    this.send({ kind: 'close' });
    this.#closeTimer = setTimeout(() => this.#process.kill('SIGKILL'), closeMsMax);
  }

  kill(): void {
    this.#isTold = true;
    this.#process.kill('SIGKILL');
  }

  #listen(output: Readable | undefined): void {
    this.#process.on('error', (cause) => {
      this.#fault ??= new PatinaError('PATINA_INTERNAL', 'the live process could not be started', {
        cause,
      });
      if (this.#process.pid === undefined) this.#ended('no process');
    });
    this.#process.on('close', (code, signal) => this.#ended(signal ?? `exit code ${code}`));
    output?.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#stderrTail = (this.#stderrTail + chunk.toString('utf8')).slice(-stderrTailMax);
    });
    const [, , , verdicts] = this.#process.stdio;
    verdicts?.on('data', (chunk: Buffer) => {
      this.#verdict = (this.#verdict + chunk.toString('latin1')).slice(-verdictLengthMax);
    });
    // Writing to a process that has just died fails; its exit is what counts.
    for (const pipe of this.#process.stdio ?? []) pipe?.on('error', () => undefined);
  }

  #receive(chunk: Buffer): void {
    this.#frames.push(chunk);
    try {
      for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
        this.#handlers.onMessage(decodeFromLive(frame.kind, frame.payload));
      }
    } catch (error) {
      this.#broken(asPatinaError(error).message);
    }
  }

  #broken(why: string): void {
    this.#fault ??= new PatinaError('PATINA_INTERNAL', `the live process was ended: ${why}`);
    this.#process.kill('SIGKILL');
  }

  #ended(how: string): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    clearTimeout(this.#closeTimer);
    this.#handlers.onExit(this.#exitOf(how));
  }

  #exitOf(how: string): LiveExit {
    if (this.#isTold) return { kind: 'told' };
    const { state, queryId } = readVerdict(this.#verdict);
    if (state === 'stuck') return { kind: 'stuck', queryId };
    const tail = this.#stderrTail.trim().replaceAll(/\s+/g, ' ');
    const detail = tail === '' ? '' : `: ${tail}`;
    const crash = new PatinaError('PATINA_INTERNAL', `the live process ended (${how})${detail}`);
    return { kind: 'crashed', queryId, error: this.#fault ?? crash };
  }
}
