// What a session listens for and tells: LISTEN, UNLISTEN and NOTIFY take effect when the transaction commits,
// and what comes in waits until the session is idle.

import { PgError } from '../pg-error.ts';
import { notificationResponse } from '../protocol/backend.ts';
import type { SessionRequest } from './requests.ts';

export interface Notification {
  readonly channel: string;
  readonly payload: string;
}

export type ListenRequest = Extract<SessionRequest, { kind: 'listen' | 'unlisten' }>;

/** Bytes of the payload of a notification, as in PostgreSQL. */
const payloadBytesMax = 7_999;

/** Bytes of the name of a channel, as in PostgreSQL. */
const channelBytesMax = 63;

/** Channels that a session listens to. */
const channelsMax = 1_000;

/** Notifications, and changes of what is listened to, of one transaction. */
const pendingMax = 10_000;

/** Notifications that wait for the end of a transaction or a statement; then the oldest are dropped. */
const waitingMax = 10_000;

export class Notifications {
  readonly #processId: number;
  readonly #tell: (request: SessionRequest) => void;
  readonly #channels = new Set<string>();
  #listens: ListenRequest[] = [];
  /** By channel and payload: the same one is told once per transaction. */
  #notifies = new Map<string, Notification>();
  #waiting: Uint8Array[] = [];

  constructor(processId: number, tell: (request: SessionRequest) => void) {
    this.#processId = processId;
    this.#tell = tell;
  }

  /** Throws 54000. */
  listen(request: ListenRequest, isInTransaction: boolean): void {
    if (this.#listens.length >= pendingMax) throw tooMany('LISTEN');
    if (request.kind === 'listen' && this.#channels.size >= channelsMax) {
      throw new PgError('54000', `a session listens to at most ${channelsMax} channels`);
    }
    this.#listens.push(request);
    if (!isInTransaction) this.end(true);
  }

  /** Throws 22023 for what is no channel or payload, 54000 for too much. */
  notify(channel: string, payload: string, isInTransaction: boolean): void {
    if (channel === '') throw new PgError('22023', 'channel name cannot be empty');
    if (Buffer.byteLength(channel) > channelBytesMax) {
      throw new PgError('22023', 'channel name too long');
    }
    if (Buffer.byteLength(payload) > payloadBytesMax) {
      throw new PgError('22023', 'payload string too long');
    }
    if (this.#notifies.size >= pendingMax) throw tooMany('NOTIFY');
    this.#notifies.set(`${channel}\0${payload}`, { channel, payload });
    if (!isInTransaction) this.end(true);
  }

  /** The transaction ends. */
  end(isCommitted: boolean): void {
    const listens = this.#listens;
    const notifies = this.#notifies;
    if (listens.length > 0) this.#listens = [];
    if (notifies.size > 0) this.#notifies = new Map();
    if (!isCommitted) return;
    for (const request of listens) this.#change(request);
    for (const notification of notifies.values()) {
      this.#tell({ kind: 'notify', ...notification });
      if (this.#channels.has(notification.channel)) this.#wait(this.#processId, notification);
    }
  }

  /**
   * Told by the node. What this session told itself comes back from there too late: it belongs before
   * ReadyForQuery, and is there already.
   */
  receive(processId: number, notification: Notification): void {
    if (processId !== this.#processId) this.#wait(processId, notification);
  }

  /** Messages for the client, which may have them now. */
  take(): Uint8Array[] {
    return this.#waiting.length === 0 ? [] : this.#waiting.splice(0);
  }

  #change(request: ListenRequest): void {
    if (request.kind === 'listen') this.#channels.add(request.channel);
    else if (request.channel === '*') this.#channels.clear();
    else this.#channels.delete(request.channel);
    this.#tell(request);
  }

  #wait(processId: number, { channel, payload }: Notification): void {
    if (this.#waiting.length >= waitingMax) this.#waiting.shift();
    this.#waiting.push(notificationResponse(processId, channel, payload));
  }
}

function tooMany(what: string): PgError {
  return new PgError('54000', `a transaction has at most ${pendingMax} commands ${what}`);
}
