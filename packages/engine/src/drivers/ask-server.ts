// Answers the questions of other nodes: each with the time limit that the asker set, and no more at once
// than the limits allow. When the asker goes away the work for it is told to stop.

import {
  type AskMessage,
  askProtocolVersion,
  decodeAskMessage,
  encodeAskMessage,
  partBytesMax,
} from '../asking/ask-wire.ts';
import { asPatinaError, PatinaError } from '../base/errors.ts';
import type { MessageStream, Peer, PeerAddress, Timers } from '../ports.ts';

/** Questions of one peer, and of all, that are answered at once. */
const peerAnswersMax = 24;
const answersMax = 1_024;

export interface Question {
  readonly name: string;
  readonly body: string;
  readonly peer: Peer;
  /** Aborted when the answer is no longer wanted. */
  readonly signal: AbortSignal;
  readonly timeLimitMs: number;
}

export interface AskServerOptions {
  readonly timers: Timers;
  readonly answer: (question: Question) => Promise<string>;
}

export class AskServer {
  readonly #options: AskServerOptions;
  readonly #running = new Set<() => void>();
  readonly #countByPeer = new Map<PeerAddress, number>();
  #isStopped = false;

  constructor(options: AskServerOptions) {
    this.#options = options;
  }

  /** Answers a stream whose first message is an Ask. */
  serve(stream: MessageStream, first: Uint8Array): void {
    const controller = new AbortController();
    let isOver = false;
    const stop = (): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      this.#leave(stream.peer.address, stop);
      controller.abort();
      stream.abort();
    };
    let cancel = (): void => {};
    this.#enter(stream.peer.address, stop);
    stream.receive({
      // The asker says nothing after its question; its end of the stream may come early.
      onMessage: stop,
      onEnd: (error) => {
        if (error !== undefined) stop();
      },
    });
    const run = async (): Promise<void> => {
      try {
        const ask = this.#read(first, stream.peer.address);
        cancel = this.#options.timers.after(ask.timeLimitMs, stop);
        const { question: name, body, timeLimitMs } = ask;
        const { signal } = controller;
        const text = await this.#options.answer({
          name,
          body,
          timeLimitMs,
          signal,
          peer: stream.peer,
        });
        await sendAnswer(stream, text, () => isOver);
      } catch (error) {
        if (isOver) return;
        const { code, message, hint = '' } = asPatinaError(error);
        await stream.send(encodeAskMessage({ kind: 'failed', code, message, hint }));
      }
    };
    run()
      .then(() => {
        if (isOver) return;
        isOver = true;
        cancel();
        this.#leave(stream.peer.address, stop);
        stream.end();
      })
      // The stream broke while something was sent: nobody is there to be told.
      .catch(stop);
  }

  /** Ends all answers that are under way, and takes no more questions. */
  stop(): void {
    this.#isStopped = true;
    for (const stop of [...this.#running]) stop();
  }

  #read(first: Uint8Array, address: PeerAddress): Extract<AskMessage, { kind: 'ask' }> {
    if (this.#isStopped) throw new PatinaError('PATINA_SHUTTING_DOWN', 'the node is stopping');
    const message = decodeAskMessage(first);
    if (message.kind !== 'ask') throw new PatinaError('PATINA_WIRE_MALFORMED', 'no question');
    if (message.protocolVersion !== askProtocolVersion) {
      const { protocolVersion } = message;
      throw new PatinaError(
        'PATINA_PEER_REFUSED',
        `version ${protocolVersion} of the question protocol is not spoken here`,
        { hint: 'Bring all nodes to the same version.' },
      );
    }
    const isFull = (this.#countByPeer.get(address) ?? 0) > peerAnswersMax;
    if (!isFull && this.#running.size <= answersMax) return message;
    throw new PatinaError('PATINA_OVERLOADED', 'too many questions are being answered', {
      hint: 'Ask again in a moment.',
    });
  }

  #enter(address: PeerAddress, stop: () => void): void {
    this.#running.add(stop);
    this.#countByPeer.set(address, (this.#countByPeer.get(address) ?? 0) + 1);
  }

  #leave(address: PeerAddress, stop: () => void): void {
    if (!this.#running.delete(stop)) return;
    const left = (this.#countByPeer.get(address) ?? 1) - 1;
    if (left === 0) this.#countByPeer.delete(address);
    else this.#countByPeer.set(address, left);
  }
}

async function sendAnswer(
  stream: MessageStream,
  text: string,
  isOver: () => boolean,
): Promise<void> {
  const bytes = Buffer.from(text, 'utf8');
  for (let start = 0; start < bytes.length; start += partBytesMax) {
    if (isOver()) return;
    const part = bytes.subarray(start, start + partBytesMax);
    await stream.send(encodeAskMessage({ kind: 'part', bytes: part }));
  }
  if (!isOver()) await stream.send(encodeAskMessage({ kind: 'done' }));
}
