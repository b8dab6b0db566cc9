// The socket of one client, plain or under TLS: answers of one turn leave in one packet, and whoever has much
// to say waits while the client does not read.

import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';

export interface ClientSocketHandlers {
  onData(bytes: Buffer): void;
  /** Once, when nothing can be sent or received any more. */
  onClose(): void;
}

export interface ClientSocketLimits {
  /** Bytes that wait for the client before its query is held. */
  readonly outputBytesMax: number;
  /** A client that takes nothing for so long while bytes wait is cut off, milliseconds. */
  readonly slowMsMax: number;
}

/** Between probes of a silent connection, milliseconds: a client that vanished is noticed in minutes. */
const keepAliveMs = 30_000;

/** How long a TLS handshake may take, milliseconds. */
const handshakeMsMax = 10_000;

export class ClientSocket {
  readonly #handlers: ClientSocketHandlers;
  readonly #limits: ClientSocketLimits;
  #socket: Socket;
  #drain: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #slowTimer: NodeJS.Timeout | undefined;
  #isCorked = false;
  #isClosed = false;
  readonly remoteAddress: string;

  constructor(socket: Socket, handlers: ClientSocketHandlers, limits: ClientSocketLimits) {
    this.#socket = socket;
    this.#handlers = handlers;
    this.#limits = limits;
    this.remoteAddress = socket.remoteAddress ?? '';
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveMs);
    this.#listen(socket);
  }

  get isEncrypted(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends, or queues; see {@link drained}. */
  write(bytes: Uint8Array): void {
    if (this.#isClosed || bytes.length === 0) return;
    const socket = this.#socket;
    if (!this.#isCorked) {
      this.#isCorked = true;
      socket.cork();
      setImmediate(() => {
        this.#isCorked = false;
        socket.uncork();
      });
    }
    socket.write(bytes);
  }

  /** Pending while too much waits for the client; undefined when it does not. */
  drained(): Promise<void> | undefined {
    const socket = this.#socket;
    if (this.#isClosed || socket.writableLength < this.#limits.outputBytesMax) return undefined;
    if (this.#isCorked) {
      this.#isCorked = false;
      socket.uncork();
    }
    return this.#waitForDrain();
  }

  /** Stops or goes on reading from the client. */
  setReading(isReading: boolean): void {
    if (isReading) this.#socket.resume();
    else this.#socket.pause();
  }

  /**
   * Goes on under TLS, on this connection; `unread` is what came of the handshake already. Resolves with
   * the protocol that was agreed on (ALPN); rejects when the handshake fails, and the socket is closed.
   */
  startTls(context: SecureContext, unread: Buffer): Promise<string | undefined> {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    plain.removeAllListeners('close');
    plain.removeAllListeners('drain');
    if (this.#isCorked) {
      this.#isCorked = false;
      plain.uncork();
    }
    if (unread.length > 0) plain.unshift(unread);
    const secure = new TLSSocket(plain, {
      isServer: true,
      secureContext: context,
      ALPNProtocols: ['postgresql'],
    });
    this.#socket = secure;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => secure.destroy(), handshakeMsMax);
      const failed = (error?: Error): void => {
        clearTimeout(timer);
        this.#closed();
        reject(error ?? new Error('the connection was closed in the TLS handshake'));
      };
      secure.once('error', failed);
      secure.once('close', failed);
      secure.once('secure', () => {
        clearTimeout(timer);
        secure.removeListener('error', failed);
        secure.removeListener('close', failed);
        this.#listen(secure);
        resolve(secure.alpnProtocol === false ? undefined : (secure.alpnProtocol ?? undefined));
      });
    });
  }

  /** Sends what waits and closes; a client that does not take it is cut off. */
  end(graceMs = 2_000): void {
    if (this.#isClosed) return;
    this.#socket.end();
    const socket = this.#socket;
    const timer = setTimeout(() => socket.destroy(), graceMs);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
    // What the client still says is not read by anybody: without this, the end is never seen.
    socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => this.#handlers.onData(bytes));
    socket.on('drain', () => this.#drained());
    // An error is followed by the close, which is what counts.
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#closed());
  }

  #waitForDrain(): Promise<void> {
    if (this.#drain === undefined) {
      this.#drain = Promise.withResolvers<void>();
      let leftBytes = this.#socket.writableLength;
      const look = (): void => {
        const nowBytes = this.#socket.writableLength;
        if (nowBytes >= leftBytes) this.destroy();
        else {
          leftBytes = nowBytes;
          this.#slowTimer = setTimeout(look, this.#limits.slowMsMax);
        }
      };
      this.#slowTimer = setTimeout(look, this.#limits.slowMsMax);
    }
    return this.#drain.promise;
  }

  #drained(): void {
    clearTimeout(this.#slowTimer);
    const drain = this.#drain;
    this.#drain = undefined;
    drain?.resolve();
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#drained();
    this.#handlers.onClose();
  }
}
