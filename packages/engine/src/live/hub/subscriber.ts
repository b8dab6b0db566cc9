// One reader of one live query: first the rows of a snapshot or the changes that it missed, then every
// group as it comes. What it gets is without gap and repetition, whatever happens to the process behind.

import { asPatinaError, PatinaError } from '../../base/errors.ts';
import { brokenSnapshot } from '../live-errors.ts';
import type { ChangeGroup, LiveSink } from '../live-queries.ts';
import type { ChangesSince } from '../process/live-protocol.ts';
import { cursorOf } from './cursor.ts';
import { Outbox } from './outbox.ts';

/** What a subscriber knows of its query. */
export interface FollowedQuery {
  readonly id: string;
  readonly isFilling: boolean;
  /** The last change that came from the process. */
  readonly changeId: number;
}

/** What a subscriber asks of those who own the connection. */
export interface SubscriberHost {
  /** Answers come in the order of the pipe, among the groups. */
  since(
    queryId: string,
    changeId: number,
    settle: (since: ChangesSince | PatinaError) => void,
  ): void;
  /** Opens a snapshot whose news go to the subscriber; returns its number. */
  openSnapshot(subscriber: Subscriber): number;
  credit(stream: number, pages: number): void;
  closeSnapshot(stream: number): void;
  /** It has ended, for whatever reason. */
  onLeft(subscriber: Subscriber, why: 'closed' | 'lagged' | 'ended'): void;
  /** Its sink threw. */
  onSinkFault(error: unknown): void;
  monotonicMs(): number;
}

/** What may wait for one subscriber. */
export interface QueueLimits {
  readonly queueChangesMax: number;
  readonly queueBytesMax: number;
}

/** Pages of a snapshot that are on their way to one subscriber at once. */
const pagesInFlight = 3;

/** A group with its size, which is counted once for all subscribers. */
export interface SizedGroup {
  readonly group: ChangeGroup;
  readonly firstId: number;
  readonly lastId: number;
  readonly bytes: number;
}

type Phase = 'waiting' | 'snapshot' | 'catching-up' | 'live' | 'left';

export class Subscriber {
  readonly query: FollowedQuery;
  readonly #sink: LiveSink;
  readonly #host: SubscriberHost;
  readonly #limits: QueueLimits;
  readonly #skipRows: boolean;
  readonly #openedMs: number;
  readonly #outbox: Outbox;
  #phase: Phase = 'waiting';
  #stream: number | undefined;
  #hasRows = false;
  #isAsking = false;
  /** The last change that was put in the outbox, and the last that was handed over. */
  #position = 0;
  #delivered = 0;

  constructor(options: {
    readonly query: FollowedQuery;
    readonly sink: LiveSink;
    readonly host: SubscriberHost;
    readonly limits: QueueLimits;
    readonly skipRows: boolean;
  }) {
    this.query = options.query;
    this.#sink = options.sink;
    this.#host = options.host;
    this.#limits = options.limits;
    this.#skipRows = options.skipRows;
    this.#openedMs = options.host.monotonicMs();
    this.#outbox = new Outbox({
      onDrained: () => this.#catchUp(),
      onFault: (error) => {
        this.#host.onSinkFault(error);
        this.#leave('closed');
      },
    });
  }

  get hasLeft(): boolean {
    return this.#phase === 'left';
  }

  /** From a fresh snapshot: now, or as soon as the query is filled. */
  begin(): void {
    this.#outbox.start();
    this.onFilled();
  }

  /** From after this change; `groups` are the first that followed it. */
  resume(changeId: number, groups: readonly ChangeGroup[]): void {
    this.#position = changeId;
    this.#delivered = changeId;
    this.#phase = 'catching-up';
    for (const group of groups) this.#push(sizedGroup(group));
    this.#settle();
    this.#outbox.start();
    this.#catchUp();
  }

  onFilled(): void {
    if (this.#phase !== 'waiting' || this.query.isFilling) return;
    if (this.#skipRows) {
      this.#position = this.query.changeId;
      this.#delivered = this.#position;
      this.#phase = 'live';
      this.#tellSnapshotEnd();
      return;
    }
    this.#phase = 'snapshot';
    this.#stream = this.#host.openSnapshot(this);
  }

  onSnapshot(changeId: number): void {
    this.#position = changeId;
    this.#delivered = changeId;
    if (this.#stream !== undefined) this.#host.credit(this.#stream, pagesInFlight);
  }

  onRows(lines: Uint8Array, count: number): void {
    if (this.#phase !== 'snapshot') return;
    this.#hasRows = true;
    this.#outbox.push({
      changes: 0,
      bytes: lines.length,
      deliver: async () => {
        await this.#sink.onRows(lines, count);
        if (this.#stream !== undefined) this.#host.credit(this.#stream, 1);
      },
    });
  }

  onSnapshotEnd(): void {
    if (this.#phase !== 'snapshot') return;
    this.#stream = undefined;
    this.#tellSnapshotEnd();
    this.#phase = 'catching-up';
    this.#settle();
    this.#catchUp();
  }

  #tellSnapshotEnd(): void {
    const changeId = this.#position;
    this.#outbox.push({
      changes: 0,
      bytes: 0,
      deliver: () => {
        const timeMs = this.#host.monotonicMs() - this.#openedMs;
        this.#sink.onSnapshotEnd({ changeId, timeMs });
      },
    });
  }

  onGroup(sized: SizedGroup): void {
    if (this.#phase !== 'live' || sized.lastId <= this.#position) return;
    if (sized.firstId !== this.#position + 1) {
      this.#phase = 'catching-up';
      this.#catchUp();
      return;
    }
    const { queueChangesMax, queueBytesMax } = this.#limits;
    const changes = this.#outbox.changes + sized.group.changes.length;
    const isTooMuch = changes > queueChangesMax || this.#outbox.bytes + sized.bytes > queueBytesMax;
    // One group alone may be of any size: it cannot be told in parts.
    if (isTooMuch && this.#outbox.length > 0) this.#lag();
    else this.#push(sized);
  }

  /** The process is gone; what it was about to send is asked for again when there is another one. */
  onLost(): void {
    if (this.#phase !== 'snapshot') return;
    this.#stream = undefined;
    if (this.#hasRows) {
      this.end(brokenSnapshot());
    } else this.#phase = 'waiting';
  }

  /** The query is attached again, and may have come further meanwhile. */
  onAttached(): void {
    this.onFilled();
    if (this.#phase === 'live' && this.#position < this.query.changeId) {
      this.#phase = 'catching-up';
      this.#catchUp();
    }
  }

  /** Ends it from our side. */
  end(error: PatinaError | undefined): void {
    if (this.#phase === 'left') return;
    this.#leave('ended');
    this.#tell(() => this.#sink.onEnded(error));
  }

  /** Its holder wants no more. */
  close(): void {
    this.#leave('closed');
  }

  #push(sized: SizedGroup): void {
    this.#position = sized.lastId;
    this.#outbox.push({
      changes: sized.group.changes.length,
      bytes: sized.bytes,
      deliver: () => {
        this.#delivered = sized.lastId;
        return this.#sink.onGroup(sized.group);
      },
    });
  }

  /** When nothing is missing any more, groups are taken as they come. */
  #settle(): void {
    if (this.#phase === 'catching-up' && this.#position >= this.query.changeId) {
      this.#phase = 'live';
    }
  }

  /** Asks for more of what it missed, once it has taken what it has: the file is its buffer. */
  #catchUp(): void {
    if (this.#phase !== 'catching-up' || this.#isAsking || !this.#outbox.isEmpty) return;
    this.#isAsking = true;
    this.#host.since(this.query.id, this.#position, (since) => {
      if (this.#phase === 'catching-up') this.#caughtUpBy(since);
      this.#isAsking = false;
      this.#catchUp();
    });
  }

  /** Still counts as asking: a sink that takes at once would have more asked for amid this answer. */
  #caughtUpBy(since: ChangesSince | PatinaError): void {
    if (since instanceof PatinaError) this.end(since);
    else if (since.kind !== 'groups') this.#lag();
    else {
      for (const group of since.groups) this.#push(sizedGroup(group));
      this.#settle();
      if (since.groups.length === 0 && this.#phase === 'catching-up') this.#lag();
    }
  }

  #lag(): void {
    this.#leave('lagged');
    const changeId = this.#delivered;
    this.#tell(() => this.#sink.onLagged(cursorOf(this.query.id, changeId), changeId));
  }

  #leave(why: 'closed' | 'lagged' | 'ended'): void {
    if (this.#phase === 'left') return;
    this.#phase = 'left';
    this.#outbox.stop();
    if (this.#stream !== undefined) this.#host.closeSnapshot(this.#stream);
    this.#stream = undefined;
    this.#host.onLeft(this, why);
  }

  #tell(last: () => void): void {
    try {
      last();
    } catch (error) {
      this.#host.onSinkFault(asPatinaError(error));
    }
  }
}

/** Counts what a group holds. */
export function sizedGroup(group: ChangeGroup): SizedGroup {
  const { changes } = group;
  return {
    group,
    firstId: changes[0]?.changeId ?? 0,
    lastId: changes.at(-1)?.changeId ?? 0,
    bytes: changes.reduce((sum, { cells }) => sum + cells.length, 0),
  };
}
