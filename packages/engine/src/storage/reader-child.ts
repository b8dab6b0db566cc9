// The parent's handle on one reader process: starts it, sends it one query at a time, hands its
// frames on in order and at the pace of whoever takes the rows, and knows when and why it ended.

import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { PatinaError } from '../base/errors.ts';
import { childEnvironment } from './child-environment.ts';
import { FrameReader } from './frame-reader.ts';
import {
  decodeError,
  decodeHead,
  decodeSummary,
  encodeFrame,
  encodeRequest,
  frameKinds,
  type ReaderRequest,
  type ReaderSummary,
} from './reader-protocol.ts';

/** Takes the answer of one query, in order: head once, rows, then end or failed. */
export interface AnswerHandler {
  onHead(columns: readonly string[]): void;
  /** The payload of a rows frame. While the promise is pending, no more is read from the reader. */
  onRows(payload: Uint8Array): void | Promise<void>;
  onEnd(summary: ReaderSummary): void;
  onFailed(error: PatinaError): void;
}

export interface ReaderChildOptions {
  readonly databasePath: string;
  /** Where compiled code is kept between starts; undefined keeps none. */
  readonly compileCacheDirectory: string | undefined;
  /** The reader can take its first query; `heavy` when it holds a compiler it needs no more. */
  readonly onReady: (startMs: number, heavy: boolean) => void;
  /** The process ended; `error` says why unless it was told to. */
  readonly onExit: (error: PatinaError | undefined) => void;
}

/**
 * Small heaps: the cap on old space is above what the greatest value (64 MiB) needs as JSON text. The
 * type-stripping notice of older runtimes would only fill the tail of stderr.
 */
const nodeFlags = ['--max-old-space-size=384', '--max-semi-space-size=1', '--no-warnings'];

/** How much of the end of stderr is kept to explain a crash. */
const stderrTailMax = 2_000;

const program = fileURLToPath(new URL('./reader-process.ts', import.meta.url));

export class ReaderChild {
  readonly #process: ChildProcess;
  /** Undefined when the process could not even be started. */
  readonly #input: Writable | undefined;
  readonly #output: Readable | undefined;
  readonly #options: ReaderChildOptions;
  readonly #startedMs = performance.now();
  #stderrTail = '';
  #handler: AnswerHandler | undefined;
  readonly #frames = new FrameReader(() => this.#process.kill('SIGKILL'));
  #delivering = false;
  #ready = false;
  #told = false;
  #exited = false;
  #startError: PatinaError | undefined;

  constructor(options: ReaderChildOptions) {
    this.#options = options;
    this.#process = spawn(process.execPath, [...nodeFlags, program, options.databasePath], {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      env: childEnvironment(options.compileCacheDirectory),
    });
    this.#input = this.#process.stdin ?? undefined;
    this.#output = this.#process.stdout ?? undefined;
    this.#listen();
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isReady(): boolean {
    return this.#ready && !this.#exited && !this.#told;
  }

  /** Whether it ever got as far as taking queries; one that did not will hardly fare better anew. */
  get hasStarted(): boolean {
    return this.#ready;
  }

  /** Runs one query; the reader must be ready and idle. */
  run(request: ReaderRequest, handler: AnswerHandler): void {
    this.#handler = handler;
    this.#input?.write(encodeFrame(0, encodeRequest(request)));
  }

  /** Replaces who takes the rest of the running answer. */
  redirect(handler: AnswerHandler): void {
    if (this.#handler === undefined) return;
    this.#handler = handler;
    this.#delivering = false;
    this.#output?.resume();
    this.#deliver();
  }

  /** Ends the process at once; `onExit` follows. */
  kill(): void {
    this.#told = true;
    this.#process.kill('SIGKILL');
    // A paused pipe would keep back its own end, and with it the news that the process is gone.
    this.#output?.destroy();
  }

  #listen(): void {
    this.#process.on('error', (cause) => {
      this.#startError ??= new PatinaError('PATINA_DB_UNUSABLE', 'a reader could not be started', {
        cause,
      });
      if (this.#process.pid === undefined) this.#ended('no process');
    });
    this.#process.on('close', (code, signal) => this.#ended(signal ?? `exit code ${code}`));
    this.#output?.on('data', (chunk: Buffer) => {
      this.#frames.push(chunk);
      this.#deliver();
    });
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#stderrTail = (this.#stderrTail + chunk.toString('utf8')).slice(-stderrTailMax);
    });
    // Writing to a process that has just died fails; its exit is what counts.
    this.#input?.on('error', () => undefined);
    for (const pipe of this.#process.stdio ?? []) pipe?.on('error', () => undefined);
  }

  #ended(how: string): void {
    if (this.#exited) return;
    this.#exited = true;
    const error = this.#told ? undefined : (this.#startError ?? this.#crash(how));
    const handler = this.#handler;
    this.#handler = undefined;
    handler?.onFailed(error ?? crashed('it was ended', ''));
    this.#options.onExit(error);
  }

  #crash(how: string): PatinaError {
    return crashed(how, this.#stderrTail.trim().replaceAll(/\s+/g, ' '));
  }

  /** Hands on whole frames until they run out or their taker asks for time. */
  #deliver(): void {
    while (!this.#delivering) {
      const frame = this.#frames.next();
      if (frame === undefined) return;
      const pending = this.#take(frame.kind, frame.payload);
      if (pending !== undefined) this.#waitFor(pending);
    }
  }

  #waitFor(pending: Promise<void>): void {
    const handler = this.#handler;
    this.#delivering = true;
    this.#output?.pause();
    const resume = (): void => {
      if (this.#handler !== handler) return;
      this.#delivering = false;
      this.#output?.resume();
      this.#deliver();
    };
    pending.then(resume, resume);
  }

  #take(kind: number, payload: Buffer): Promise<void> | undefined {
    const handler = this.#handler;
    if (kind === frameKinds.ready) {
      this.#ready = true;
      this.#options.onReady(performance.now() - this.#startedMs, payload[0] === 1);
    } else if (handler === undefined) {
      if (kind === frameKinds.error) this.#startError = decodeError(payload);
    } else if (kind === frameKinds.head) {
      handler.onHead(decodeHead(payload));
    } else if (kind === frameKinds.rows) {
      return handler.onRows(payload) ?? undefined;
    } else {
      this.#handler = undefined;
      if (kind === frameKinds.end) handler.onEnd(decodeSummary(payload));
      else handler.onFailed(decodeError(payload));
    }
    return undefined;
  }
}

function crashed(how: string, stderrTail: string): PatinaError {
  const detail = stderrTail === '' ? '' : `: ${stderrTail}`;
  return new PatinaError('PATINA_INTERNAL', `the reader process ended (${how})${detail}`, {
    hint: 'the query may need more memory than readers have; others are not affected',
  });
}
