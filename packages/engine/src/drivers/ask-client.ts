// Asks other nodes: one stream for each question, with a time limit and a limit on what may be under
// way. The stream is aborted when nobody waits for the answer any more, which stops the work over there.

import {
  type AskMessage,
  askProtocolVersion,
  decodeAskMessage,
  encodeAskMessage,
} from '../asking/ask-wire.ts';
import { asPatinaError, type ErrorCode, errorCodes, PatinaError } from '../base/errors.ts';
import type { MessageStream, PeerAddress, Timers, Transport } from '../ports.ts';

/** Questions to one peer, and to all, that may be under way. */
const peerAsksMax = 16;
const asksMax = 1_024;

/** The longest answer taken, unless the asker says less. */
const answerBytesDefault = 16 * 1024 * 1024;

export interface AskOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly answerBytesMax?: number;
}

export interface AskClientOptions {
  readonly transport: Pick<Transport, 'openStream'>;
  readonly timers: Timers;
}

export class AskClient {
  readonly #options: AskClientOptions;
  readonly #underWay = new Set<Asking>();
  readonly #countByPeer = new Map<PeerAddress, number>();
  #isStopped = false;

  constructor(options: AskClientOptions) {
    this.#options = options;
  }

  /**
   * Asks; resolves with the text of the answer. Rejects with PATINA_PEER_UNREACHABLE, PATINA_PEER_REFUSED,
   * PATINA_WAIT_TIMEOUT, PATINA_OVERLOADED, PATINA_SHUTTING_DOWN, or with the error that the peer names.
   */
  async ask(
    address: PeerAddress,
    question: string,
    body: string,
    options: AskOptions,
  ): Promise<string> {
    this.#refuse(address, options.signal);
    const count = this.#countByPeer.get(address) ?? 0;
    this.#countByPeer.set(address, count + 1);
    const asking = new Asking(address, options, this.#options.timers);
    this.#underWay.add(asking);
    try {
      void this.#open(asking, address, question, body, options.timeoutMs);
      return await asking.answer;
    } finally {
      this.#underWay.delete(asking);
      const left = (this.#countByPeer.get(address) ?? 1) - 1;
      if (left === 0) this.#countByPeer.delete(address);
      else this.#countByPeer.set(address, left);
    }
  }

  /** Rejects whatever is under way, and all that comes. */
  stop(): void {
    this.#isStopped = true;
    for (const asking of [...this.#underWay]) asking.fail(stopping());
  }

  #refuse(address: PeerAddress, signal: AbortSignal | undefined): void {
    if (this.#isStopped) throw stopping();
    if (signal?.aborted === true) throw gone();
    const isFull = (this.#countByPeer.get(address) ?? 0) >= peerAsksMax;
    if (!isFull && this.#underWay.size < asksMax) return;
    throw new PatinaError('PATINA_OVERLOADED', `too many questions to ${address} are under way`, {
      hint: 'Ask again in a moment.',
    });
  }

  async #open(
    asking: Asking,
    address: PeerAddress,
    question: string,
    body: string,
    timeLimitMs: number,
  ): Promise<void> {
    try {
      const stream = await this.#options.transport.openStream(address);
      const ask: AskMessage = {
        kind: 'ask',
        protocolVersion: askProtocolVersion,
        timeLimitMs: Math.max(1, Math.ceil(timeLimitMs)),
        question,
        body,
      };
      asking.run(stream, encodeAskMessage(ask));
    } catch (error) {
      asking.fail(unreachable(address, error));
    }
  }
}

/** One question until it is settled. */
class Asking {
  readonly answer: Promise<string>;
  readonly #address: PeerAddress;
  readonly #bytesMax: number;
  readonly #settlement = Promise.withResolvers<string>();
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;
  #stream: MessageStream | undefined;
  #isSettled = false;
  readonly #release: () => void;

  constructor(address: PeerAddress, options: AskOptions, timers: Timers) {
    this.#address = address;
    this.#bytesMax = options.answerBytesMax ?? answerBytesDefault;
    this.answer = this.#settlement.promise;
    const { signal, timeoutMs } = options;
    const cancel = timers.after(timeoutMs, () => this.fail(late(address, timeoutMs)));
    const abort = (): void => this.fail(gone());
    signal?.addEventListener('abort', abort);
    this.#release = () => {
      cancel();
      signal?.removeEventListener('abort', abort);
    };
  }

  run(stream: MessageStream, ask: Uint8Array): void {
    if (this.#isSettled) {
      stream.abort();
      return;
    }
    this.#stream = stream;
    stream.receive({
      onMessage: (bytes) => this.#take(bytes),
      onEnd: (error) => this.fail(error === undefined ? cutOff(this.#address) : noAnswer(error)),
    });
    stream.send(ask).catch((error: unknown) => this.fail(unreachable(this.#address, error)));
  }

  fail(error: PatinaError): void {
    if (this.#isSettled) return;
    this.#settle();
    this.#stream?.abort();
    this.#settlement.reject(error);
  }

  #take(bytes: Uint8Array): void {
    if (this.#isSettled) return;
    let message: AskMessage;
    try {
      message = decodeAskMessage(bytes);
    } catch (error) {
      this.fail(asPatinaError(error));
      return;
    }
    if (message.kind === 'part') {
      this.#bytes += message.bytes.length;
      if (this.#bytes > this.#bytesMax) this.fail(tooLong(this.#address, this.#bytesMax));
      // Copied: the bytes are a view into what the stream reads into again.
      else this.#parts.push(Uint8Array.from(message.bytes));
    } else if (message.kind === 'failed') this.fail(toldError(message));
    else if (message.kind === 'done') {
      this.#settle();
      this.#stream?.end();
      this.#settlement.resolve(Buffer.concat(this.#parts, this.#bytes).toString('utf8'));
    } else this.fail(new PatinaError('PATINA_WIRE_MALFORMED', 'a question in place of an answer'));
  }

  #settle(): void {
    this.#isSettled = true;
    this.#release();
  }
}

const codes: ReadonlySet<string> = new Set(errorCodes);

function isErrorCode(code: string): code is ErrorCode {
  return codes.has(code);
}

/** The error as the peer told it; a code of a newer version is an internal error to us. */
function toldError({ code, message, hint }: Extract<AskMessage, { kind: 'failed' }>): PatinaError {
  const known = isErrorCode(code) ? code : 'PATINA_INTERNAL';
  return new PatinaError(known, message, hint === '' ? {} : { hint });
}

function unreachable(address: PeerAddress, cause: unknown): PatinaError {
  const { code, message } = asPatinaError(cause);
  const isRefusal = code === 'PATINA_PEER_REFUSED';
  return new PatinaError(
    isRefusal ? 'PATINA_PEER_REFUSED' : 'PATINA_PEER_UNREACHABLE',
    `the node at ${address} could not be asked: ${message}`,
    { hint: 'Look whether it runs, and whether this node can reach it.', cause },
  );
}

function noAnswer(cause: Error): PatinaError {
  return new PatinaError('PATINA_PEER_UNREACHABLE', 'the node ended the question unanswered', {
    hint: 'It may have stopped, or be of a version that cannot be asked.',
    cause,
  });
}

function cutOff(address: PeerAddress): PatinaError {
  return new PatinaError('PATINA_PEER_UNREACHABLE', `the answer of ${address} ended too early`);
}

function late(address: PeerAddress, timeoutMs: number): PatinaError {
  return new PatinaError(
    'PATINA_WAIT_TIMEOUT',
    `the node at ${address} did not answer within ${Math.round(timeoutMs)} ms`,
    { hint: 'Ask again, or ask another node.' },
  );
}

function tooLong(address: PeerAddress, bytesMax: number): PatinaError {
  return new PatinaError(
    'PATINA_RESULT_TOO_LARGE',
    `the answer of ${address} has more than ${bytesMax} bytes`,
    { hint: 'Ask for less at a time.' },
  );
}

function gone(): PatinaError {
  return new PatinaError('PATINA_STREAM_CLOSED', 'whoever asked has gone away');
}

function stopping(): PatinaError {
  return new PatinaError('PATINA_SHUTTING_DOWN', 'the node is stopping', {
    hint: 'Ask another node.',
  });
}
