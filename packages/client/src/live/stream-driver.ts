// Carries out what a stream machine asks for: connections, timers, and events at the pace of who takes
// them. While they are not taken, nothing is read from the node.

import type { Addresses } from '../addresses.ts';
import { asClientError, ClientError, protocolError } from '../client-error.ts';
import { LineSplitter } from '../ndjson.ts';
import type { NodeRequest, Transport } from '../transport.ts';
import { type IntegerMode, parseJson } from '../values.ts';
import type { StreamEffect, StreamInput, StreamMachine, StreamStatus } from './stream-machine.ts';

export interface StreamDriverOptions<Line, Event> {
  readonly machine: StreamMachine<Line, Event>;
  readonly transport: Transport;
  readonly addresses: Addresses;
  readonly integers: IntegerMode;
  /** A node that tells nothing for this long, not even a heartbeat, is given up. Milliseconds. */
  readonly silenceMs: number;
  request(from: string | undefined): Omit<NodeRequest, 'signal'>;
  /** Undefined for a line that means nothing to this client. */
  decode(value: unknown): Line | undefined;
  /** The promise, if any, resolves when more can be taken. */
  onEvents(events: readonly Event[]): Promise<void> | undefined;
  onStatus(status: StreamStatus, error: Error | undefined): void;
}

export class StreamDriver<Line, Event> {
  readonly #options: StreamDriverOptions<Line, Event>;
  readonly #machine: StreamMachine<Line, Event>;
  #connection: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: StreamDriverOptions<Line, Event>) {
    this.#options = options;
    this.#machine = options.machine;
  }

  start(): void {
    void this.#step({ kind: 'start' });
  }

  close(): void {
    void this.#step({ kind: 'close' });
  }

  /** The program cannot go on. */
  fail(error: Error): void {
    void this.#step({ kind: 'fail', error });
  }

  /** Returns a promise while events are not taken. */
  #step(input: StreamInput<Line>): Promise<void> | undefined {
    let taken: Promise<void> | undefined;
    for (const effect of this.#machine.step(input, Math.random())) {
      taken = this.#carryOut(effect) ?? taken;
    }
    return taken;
  }

  #carryOut(effect: StreamEffect<Event>): Promise<void> | undefined {
    switch (effect.kind) {
      case 'connect': {
        const { attempt, urlIndex, from } = effect;
        const connection = new AbortController();
        this.#connection = connection;
        void this.#follow(attempt, urlIndex, from, connection.signal);
        return undefined;
      }
      case 'hang-up':
        clearTimeout(this.#timer);
        this.#connection?.abort();
        this.#connection = undefined;
        return undefined;
      case 'wait': {
        const { attempt, ms } = effect;
        this.#timer = setTimeout(() => this.#step({ kind: 'waited', attempt }), ms);
        return undefined;
      }
      case 'tell':
        return this.#options.onEvents(effect.events);
      case 'status':
        this.#options.onStatus(effect.status, effect.error);
        return undefined;
    }
  }

  /** One connection from its request to its end; never rejects. */
  async #follow(
    attempt: number,
    urlIndex: number,
    from: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { addresses, transport, request } = this.#options;
    try {
      const url = addresses.url(urlIndex);
      const response = await transport.send(url, { ...request(from), signal });
      addresses.worked(urlIndex);
      await this.#read(attempt, response, signal);
      throw new ClientError('PATINA_UNREACHABLE', 'the stream ended', { retry: true });
    } catch (cause) {
      if (signal.aborted) return;
      addresses.failed(urlIndex);
      void this.#step({ kind: 'lost', attempt, error: asClientError(cause) });
    }
  }

  async #read(attempt: number, response: Response, signal: AbortSignal): Promise<void> {
    if (response.body === null) throw protocolError('no body');
    const reader = response.body.getReader();
    const splitter = new LineSplitter();
    try {
      for (;;) {
        const { done, value } = await this.#nextPiece(reader);
        if (done) return;
        for (const line of splitter.push(value)) {
          const taken = this.#take(attempt, line);
          if (taken !== undefined) await taken;
          if (signal.aborted) return;
        }
      }
    } finally {
      // Ends the connection where this side does; where it is broken, it has ended already.
      reader.cancel().catch(() => undefined);
    }
  }

  #take(attempt: number, text: string): Promise<void> | undefined {
    const line = this.#options.decode(parseLine(text, this.#options.integers));
    return line === undefined ? undefined : this.#step({ kind: 'line', attempt, line });
  }

  async #nextPiece(
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ): ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']> {
    const silence = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const what = `the node told nothing for ${this.#options.silenceMs} ms`;
      silence.reject(new ClientError('PATINA_TIMEOUT', what, { retry: true }));
    }, this.#options.silenceMs);
    try {
      return await Promise.race([reader.read(), silence.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function parseLine(text: string, integers: IntegerMode): unknown {
  try {
    return parseJson(text, integers);
  } catch (cause) {
    throw protocolError('a line that is no JSON', cause);
  }
}
