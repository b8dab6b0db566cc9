// The main thread's side of the serving thread. The thread is started when the first peer asks, and
// ended when none has asked for a while: most of the time nobody needs it.

import { Worker } from 'node:worker_threads';
import { PatinaError } from '../base/errors.ts';
import type { NeedSlice, SyncNeed } from '../ports.ts';
import type { ServeAnswer, ServeRequest } from './serve-thread.ts';

/** Time without a request after which the thread ends, milliseconds. */
const idleEndMs = 60_000;

/** Requests that may be unanswered: each session has one, and sessions are limited. */
const requestsMax = 64;

interface Waiting {
  readonly resolve: (slice: NeedSlice) => void;
  readonly reject: (error: PatinaError) => void;
}

export class ServeClient {
  readonly #path: string;
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #isClosed = false;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  read(need: SyncNeed, bytesMax: number): Promise<NeedSlice> {
    if (this.#isClosed) {
      return Promise.reject(new PatinaError('PATINA_SHUTTING_DOWN', 'the node is stopping'));
    }
    if (this.#waiting.size >= requestsMax) {
      return Promise.reject(new PatinaError('PATINA_OVERLOADED', 'too many peers are syncing'));
    }
    const worker = this.#ensure();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, need, bytesMax } satisfies ServeRequest);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idleTimer);
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#fail(worker, 'the node is stopping');
    await worker.terminate();
  }

  #ensure(): Worker {
    clearTimeout(this.#idleTimer);
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL('./serve-thread.ts', import.meta.url), {
      workerData: { path: this.#path },
      name: 'patina-serve',
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
    });
    worker.on('message', (answer: ServeAnswer) => this.#receive(answer));
    worker.on('error', (error) => this.#fail(worker, String(error)));
    worker.on('exit', () => this.#fail(worker, 'the serving thread ended'));
    this.#worker = worker;
    return worker;
  }

  #receive(answer: ServeAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('slice' in answer) waiting?.resolve(answer.slice);
    else waiting?.reject(new PatinaError('PATINA_INTERNAL', answer.error));
    if (this.#waiting.size > 0) return;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      const worker = this.#worker;
      this.#worker = undefined;
      void worker?.terminate();
    }, idleEndMs).unref();
  }

  #fail(worker: Worker, message: string): void {
    // One that was ended while idle is not the one that serves now.
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) {
      reject(new PatinaError('PATINA_INTERNAL', `reading changes failed: ${message}`));
    }
    this.#waiting.clear();
  }
}
