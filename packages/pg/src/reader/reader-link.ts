// The endpoint's handle on one reader process: sends it requests without waiting for answers, hands rows on
// in order at the pace of whoever takes them, and knows which requests it has not begun.

import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '@patina/engine/storage/child-environment.ts';
import { FrameReader } from '@patina/engine/storage/frame-reader.ts';
import type { CatalogFacts } from '../catalog/facts.ts';
import { PgError } from '../pg-error.ts';
import {
  answerKinds,
  decodeError,
  decodeSummary,
  encodeFacts,
  type ReadSummary,
  resumeFrame,
} from './reader-protocol.ts';

/** One run of a statement, as the pool hands it to a reader. */
export interface Flight {
  /** The frame of the request. */
  readonly frame: Buffer;
  /** Rows as they are for the client. While the promise is pending, no more is read from the reader. */
  onRows(bytes: Buffer, rows: number): void | Promise<void>;
  onEnd(summary: ReadSummary): void;
  onFailed(error: PgError): void;
}

export interface ReaderLinkOptions {
  readonly databasePath: string;
  /** Where compiled code is kept between starts; undefined keeps none. */
  readonly compileCacheDirectory: string | undefined;
  readonly facts: CatalogFacts;
  readonly onReady: (startMs: number) => void;
  /** It may take more. `residentBytes` is told after large results. */
  readonly onDrained: (residentBytes: number) => void;
  /** Requests that it dropped after a long one, without having begun them. */
  readonly onGivenBack: (flights: readonly Flight[]) => void;
  /** The process ended; `error` says why unless it was told to. `unbegun` are for another reader. */
  readonly onExit: (error: PgError | undefined, unbegun: readonly Flight[]) => void;
}

const nodeFlags = ['--max-old-space-size=384', '--max-semi-space-size=2', '--no-warnings'];

/** How much of the end of stderr is kept to explain a crash. */
const stderrTailMax = 2_000;

const program = fileURLToPath(new URL('./reader-process.ts', import.meta.url));

interface Slot {
  /** Undefined when the request was taken away, or its caller has gone: its answer is dropped. */
  flight: Flight | undefined;
}

export class ReaderLink {
  readonly #process: ChildProcess;
  readonly #input: Writable | undefined;
  readonly #output: Readable | undefined;
  readonly #options: ReaderLinkOptions;
  readonly #frames = new FrameReader(() => this.#process.kill('SIGKILL'));
  readonly #startedMs = performance.now();
  /** Sent and not answered, in order; the first is the one that runs. */
  readonly #slots: Slot[] = [];
  #outbox: Buffer[] = [];
  #isFlushPlanned = false;
  #frontSinceMs = 0;
  #isHeld = false;
  #isReady = false;
  #isTold = false;
  #hasExited = false;
  #stderrTail = '';
  #startError: PgError | undefined;

  constructor(options: ReaderLinkOptions) {
    this.#options = options;
    this.#process = spawn(process.execPath, [...nodeFlags, program, options.databasePath], {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      env: childEnvironment(options.compileCacheDirectory),
    });
    this.#input = this.#process.stdin ?? undefined;
    this.#output = this.#process.stdout ?? undefined;
    this.#listen();
    this.setFacts(options.facts);
  }

  /** What the catalogs tell from now on. */
  setFacts(facts: CatalogFacts): void {
    this.#write(encodeFacts(facts));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isReady(): boolean {
    return this.#isReady && !this.#hasExited && !this.#isTold;
  }

  get hasStarted(): boolean {
    return this.#isReady;
  }

  /** Requests sent and not answered. */
  get depth(): number {
    return this.#slots.length;
  }

  /** How long the request that runs has been running; 0 when none does. */
  frontAgeMs(nowMs: number): number {
    return this.#slots.length === 0 ? 0 : nowMs - this.#frontSinceMs;
  }

  /** Whether its rows wait for whoever takes them. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** The request that runs, unless nobody waits for it. */
  get front(): Flight | undefined {
    return this.#slots[0]?.flight;
  }

  /** Whether the caller of the request that runs has gone. */
  get runsForNobody(): boolean {
    const slot = this.#slots[0];
    return slot !== undefined && slot.flight === undefined;
  }

  send(flight: Flight): void {
    if (this.#slots.length === 0) this.#frontSinceMs = performance.now();
    this.#slots.push({ flight });
    this.#write(flight.frame);
  }

  /** Takes away what it has not begun; should it begin it yet, the answer is dropped. */
  takeUnbegun(): Flight[] {
    const taken: Flight[] = [];
    for (let index = 1; index < this.#slots.length; index++) {
      const slot = this.#slots[index];
      if (slot?.flight === undefined) continue;
      taken.push(slot.flight);
      slot.flight = undefined;
    }
    return taken;
  }

  /** Nobody waits for this one any more; returns whether it is the one that runs. */
  forget(flight: Flight): boolean {
    const place = this.#slots.findIndex((slot) => slot.flight === flight);
    const slot = this.#slots[place];
    if (slot === undefined) return false;
    slot.flight = undefined;
    if (place === 0 && this.#isHeld) this.#resumeOutput();
    return place === 0;
  }

  /** Ends the process at once; `onExit` follows. */
  kill(): void {
    this.#isTold = true;
    this.#process.kill('SIGKILL');
    // A paused pipe would keep back its own end, and with it the news that the process is gone.
    this.#output?.destroy();
  }

  /** Requests of one turn of the event loop go in one write. */
  #write(frame: Buffer | Uint8Array): void {
    this.#outbox.push(Buffer.from(frame.buffer, frame.byteOffset, frame.length));
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    setImmediate(() => {
      this.#isFlushPlanned = false;
      const frames = this.#outbox;
      this.#outbox = [];
      const [only] = frames;
      if (only === undefined) return;
      this.#input?.write(frames.length === 1 ? only : Buffer.concat(frames));
    });
  }

  #listen(): void {
    this.#process.on('error', (cause) => {
      this.#startError ??= new PgError('58000', 'a reader could not be started', { cause });
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
    for (const pipe of this.#process.stdio ?? []) pipe?.on('error', () => undefined);
  }

  #ended(how: string): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    this.#isHeld = false;
    const error = this.#isTold ? undefined : (this.#startError ?? crashed(how, this.#stderrTail));
    const front = this.#slots.shift()?.flight;
    const unbegun = this.#takeAll();
    front?.onFailed(error ?? crashed('it was ended', ''));
    this.#options.onExit(error, unbegun);
  }

  #takeAll(): Flight[] {
    const flights = this.#slots.splice(0).map((slot) => slot.flight);
    return flights.filter((flight) => flight !== undefined);
  }

  #deliver(): void {
    while (!this.#isHeld) {
      const frame = this.#frames.next();
      if (frame === undefined) return;
      const pending = this.#take(frame.kind, frame.payload);
      if (pending !== undefined) this.#hold(pending);
    }
  }

  #hold(pending: Promise<void>): void {
    const slot = this.#slots[0];
    this.#isHeld = true;
    this.#output?.pause();
    const resume = (): void => {
      if (this.#isHeld && this.#slots[0] === slot && slot?.flight !== undefined) {
        this.#resumeOutput();
      }
    };
    pending.then(resume, resume);
  }

  #resumeOutput(): void {
    this.#isHeld = false;
    this.#output?.resume();
    this.#deliver();
  }

  #take(kind: number, payload: Buffer): Promise<void> | undefined {
    if (kind === answerKinds.rows) {
      const flight = this.#slots[0]?.flight;
      return flight?.onRows(payload.subarray(4), payload.readUInt32LE(0)) ?? undefined;
    }
    if (kind === answerKinds.ready) {
      this.#isReady = true;
      this.#options.onReady(performance.now() - this.#startedMs);
    } else if (kind === answerKinds.paused) this.#paused();
    else if (this.#slots.length === 0) this.#startError = decodeError(payload);
    else this.#answered(kind, payload);
    return undefined;
  }

  #answered(kind: number, payload: Buffer): void {
    const flight = this.#slots.shift()?.flight;
    this.#frontSinceMs = performance.now();
    let residentBytes = 0;
    if (kind === answerKinds.end) {
      const summary = decodeSummary(payload);
      residentBytes = summary.residentBytes;
      flight?.onEnd(summary);
    } else flight?.onFailed(decodeError(payload));
    this.#options.onDrained(residentBytes);
  }

  /** After a long query the reader drops what it had not begun: others may have answered it meanwhile. */
  #paused(): void {
    const unbegun = this.#takeAll();
    this.#write(resumeFrame);
    this.#options.onGivenBack(unbegun);
  }
}

function crashed(how: string, stderrTail: string): PgError {
  const tail = stderrTail.trim().replaceAll(/\s+/g, ' ');
  const detail = tail === '' ? how : `${how}: ${tail}`;
  return new PgError('58000', 'the process that ran the query has ended', {
    detail,
    hint: 'The query may need more memory than readers have; others are not affected.',
  });
}
