// The body of an answer that stays open: writes at the pace of its reader, shows signs of life, and
// ends for good when the reader has gone, stands still, or the server stops.

import type { ServerResponse } from 'node:http';
import type { PatinaError } from '@patina/engine/base/errors.ts';
import { errorFields } from './error-answer.ts';
import type { StreamFormat } from './stream-format.ts';

/** A reader that takes nothing of what waits for it is cut off after this long, milliseconds. */
export const stalledMsMax = 60_000;

/** What waits is handed to the socket in pieces, so that a slow reader shows that it goes on. */
const pieceBytesMax = 256 * 1024;

/** Writes that wait for one reader: senders hold back after the first, so this is never reached. */
const waitingMax = 4_096;

/** After this long without a packet the system asks whether the other side is still there. */
const probeAfterMs = 30_000;

export interface OpenStreamOptions {
  readonly response: ServerResponse;
  readonly format: StreamFormat;
  readonly heartbeatMs: number | undefined;
  /** The JSON of a heartbeat at this moment. */
  readonly heartbeatJson: () => string;
  readonly stalledMs: number;
}

export class OpenStream {
  readonly #response: ServerResponse;
  readonly #format: StreamFormat;
  readonly #options: OpenStreamOptions;
  #waiting: Uint8Array[] = [];
  #taken: PromiseWithResolvers<void> | undefined;
  #isEnding = false;
  #stalled: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(options: OpenStreamOptions) {
    this.#options = options;
    this.#response = options.response;
    this.#format = options.format;
    this.#response.once('close', () => this.#closed());
  }

  /** Whether the head of the answer has left: from now on errors are events of the stream. */
  get hasStarted(): boolean {
    return this.#response.headersSent;
  }

  /** Whether nothing more can be sent. */
  get isOver(): boolean {
    return this.#isEnding || this.#response.destroyed;
  }

  /** Gives the response to somebody else, who ends it; nothing was sent yet. */
  abandon(): void {
    this.#isEnding = true;
  }

  /** Sends the head. */
  start(headers: Readonly<Record<string, string>>): void {
    const response = this.#response;
    if (this.isOver) return;
    response.socket?.setKeepAlive(true, probeAfterMs);
    response.on('drain', () => this.#pump());
    // What follows in the same turn leaves in one packet with the head.
    response.cork();
    process.nextTick(() => response.uncork());
    response.writeHead(200, { ...this.#format.headers, ...headers });
    if (this.#format.opening === '') response.flushHeaders();
    else void this.write(this.#format.opening);
    const { heartbeatMs } = this.#options;
    if (heartbeatMs === undefined) return;
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs);
    this.#heartbeat.unref();
  }

  /** Sends at once; the promise, if any, resolves when the reader can take more or has gone. */
  write(content: string | Uint8Array): Promise<void> | undefined {
    if (this.isOver || content.length === 0) return undefined;
    this.#enqueue(content);
    if (this.#waiting.length > waitingMax) this.#response.destroy();
    return this.#taken?.promise;
  }

  /** Sends a last event, if any, after all that waits, and ends the answer. */
  end(content: string): void {
    if (this.isOver) return;
    this.#isEnding = true;
    clearInterval(this.#heartbeat);
    this.#enqueue(content);
  }

  /** Ends with an error as the last event. */
  fail(error: PatinaError): void {
    this.end(this.#format.error(JSON.stringify(errorFields(error))));
  }

  #enqueue(content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    for (let start = 0; start < bytes.length; start += pieceBytesMax) {
      this.#waiting.push(bytes.subarray(start, start + pieceBytesMax));
    }
    this.#pump();
  }

  /** Hands over what waits until the socket is full; goes on when it has room again. */
  #pump(): void {
    const response = this.#response;
    let count = 0;
    while (count < this.#waiting.length && !response.writableNeedDrain) {
      const piece = this.#waiting[count++];
      if (piece !== undefined) response.write(piece);
    }
    this.#waiting.splice(0, count);
    clearTimeout(this.#stalled);
    if (this.#waiting.length === 0 && this.#isEnding) {
      response.end();
      this.#watch();
    } else if (response.writableNeedDrain) {
      this.#taken ??= Promise.withResolvers();
      this.#watch();
    } else {
      this.#resolve();
    }
  }

  /** Everything that waits has to move on within the limit. */
  #watch(): void {
    this.#stalled = setTimeout(() => this.#response.destroy(), this.#options.stalledMs);
    this.#stalled.unref();
  }

  #beat(): void {
    // A reader that does not keep up has enough to read.
    if (this.#taken !== undefined) return;
    void this.write(this.#format.heartbeat(this.#options.heartbeatJson()));
  }

  #resolve(): void {
    this.#taken?.resolve();
    this.#taken = undefined;
  }

  #closed(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#stalled);
    this.#isEnding = true;
    this.#waiting = [];
    this.#resolve();
  }
}
