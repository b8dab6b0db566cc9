// One reader of the changed rows of a table. The process keeps nothing of it but its place in the log,
// so after a restart of the process it goes on from the last cursor.

import type { PatinaError } from '../../base/errors.ts';
import type { WatchGroup, WatchOpened, WatchSink } from '../live-queries.ts';
import type { WatchText } from '../process/live-protocol.ts';
import { Outbox } from './outbox.ts';
import type { QueueLimits } from './subscriber.ts';

export interface WatcherHost {
  onLeft(watcher: Watcher, why: 'closed' | 'lagged' | 'ended'): void;
  onSinkFault(error: unknown): void;
}

export class Watcher {
  readonly #request: WatchText;
  readonly #sink: WatchSink;
  readonly #host: WatcherHost;
  readonly #limits: QueueLimits;
  readonly #outbox: Outbox;
  #hasLeft = false;
  /** Where it stands: the last group that was put in the outbox, and the last that was handed over. */
  #position: string;
  #delivered: string;

  constructor(options: {
    readonly request: WatchText;
    readonly opened: WatchOpened;
    readonly sink: WatchSink;
    readonly host: WatcherHost;
    readonly limits: QueueLimits;
  }) {
    this.#request = options.request;
    this.#sink = options.sink;
    this.#host = options.host;
    this.#limits = options.limits;
    this.#position = options.opened.cursor;
    this.#delivered = options.opened.cursor;
    this.#outbox = new Outbox({
      onDrained: () => undefined,
      onFault: (error) => {
        this.#host.onSinkFault(error);
        this.#leave('closed');
      },
    });
  }

  get id(): string {
    return this.#request.watchId;
  }

  /** How to ask a new process for what follows. */
  get request(): WatchText {
    return { ...this.#request, from: this.#position };
  }

  start(): void {
    this.#outbox.start();
  }

  /** Groups that were missed; the process bounds them. */
  onBacklog(groups: readonly WatchGroup[]): void {
    for (const group of groups) this.#push(group, bytesOf(group));
  }

  onGroup(group: WatchGroup): void {
    if (this.#hasLeft) return;
    const bytes = bytesOf(group);
    const isTooMuch =
      this.#outbox.changes + group.notices.length > this.#limits.queueChangesMax ||
      this.#outbox.bytes + bytes > this.#limits.queueBytesMax;
    if (isTooMuch && this.#outbox.length > 0) this.lag();
    else this.#push(group, bytes);
  }

  /** What follows cannot be told: to be asked for again. */
  lag(): void {
    if (this.#hasLeft) return;
    this.#leave('lagged');
    this.#tell(() => this.#sink.onLagged(this.#delivered));
  }

  end(error: PatinaError | undefined): void {
    if (this.#hasLeft) return;
    this.#leave('ended');
    this.#tell(() => this.#sink.onEnded(error));
  }

  close(): void {
    this.#leave('closed');
  }

  #push(group: WatchGroup, bytes: number): void {
    this.#position = group.cursor;
    this.#outbox.push({
      changes: group.notices.length,
      bytes,
      deliver: () => {
        this.#delivered = group.cursor;
        return this.#sink.onGroup(group);
      },
    });
  }

  #leave(why: 'closed' | 'lagged' | 'ended'): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#outbox.stop();
    this.#host.onLeft(this, why);
  }

  #tell(last: () => void): void {
    try {
      last();
    } catch (error) {
      this.#host.onSinkFault(error);
    }
  }
}

function bytesOf({ notices }: WatchGroup): number {
  return notices.reduce((sum, { key, row }) => sum + key.length + (row?.length ?? 0), 0);
}
