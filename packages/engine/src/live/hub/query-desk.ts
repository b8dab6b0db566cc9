// All readers of queries: opens them, routes groups and rows to them, and has a new process take them up
// where the old one ended. Everything happens in the order of the pipe, so nothing is missed or told twice.

import { asPatinaError, PatinaError } from '../../base/errors.ts';
import type { EngineQuery } from '../engine/engine-types.ts';
import {
  dropped,
  lostQuery,
  noSubscription,
  stopping,
  unexpectedAnswer,
  unknownQuery,
} from '../live-errors.ts';
import type {
  ChangeGroup,
  LiveHandle,
  LiveOpened,
  LiveSink,
  OpenRequest,
} from '../live-queries.ts';
import type { LiveLink, LiveNews } from '../process/live-link.ts';
import type { ChangesSince, LiveAnswer, LiveQuestion } from '../process/live-protocol.ts';
import type { Resume } from './cursor.ts';
import { type Start, startAfter, startOf } from './start.ts';
import {
  type FollowedQuery,
  type QueueLimits,
  Subscriber,
  type SubscriberHost,
  sizedGroup,
} from './subscriber.ts';

export interface QueryDeskOptions {
  readonly link: LiveLink;
  readonly limits: QueueLimits;
  readonly monotonicMs: () => number;
  /** Nobody reads this query any more. */
  readonly onUnused: (queryId: string) => void;
  readonly onLagged: (queryId: string) => void;
  readonly onSinkFault: (error: unknown) => void;
}

/** News of queries and their snapshots. */
export type QueryNews = Exclude<LiveNews, { kind: 'watch-group' | 'watch-ended' | 'totals' }>;

/** A query that somebody reads, or is about to. */
interface HeldQuery extends FollowedQuery {
  isFilling: boolean;
  changeId: number;
  readonly subscribers: Set<Subscriber>;
  /** Openings under way: it stays attached while there are any. */
  openings: number;
  lagged: number;
}

/** One opening, from its question to its end. */
interface Opening {
  readonly request: OpenRequest;
  readonly resume: Resume;
  readonly sink: LiveSink;
  /** Gives the place of the subscriber back. */
  readonly leave: () => void;
  readonly resolve: (handle: LiveHandle) => void;
  readonly reject: (error: PatinaError) => void;
}

type SettleSince = (since: ChangesSince | PatinaError) => void;

export class QueryDesk {
  readonly #options: QueryDeskOptions;
  readonly #queries = new Map<string, HeldQuery>();
  readonly #streams = new Map<number, Subscriber>();
  readonly #sinceWaiting = new Map<string, SettleSince[]>();
  readonly #host: SubscriberHost;
  #nextStream = 1;
  /** How many queries were detached so far: what was asked before the last may be detached, too. */
  #detached = 0;
  #isStopped = false;

  constructor(options: QueryDeskOptions) {
    this.#options = options;
    this.#host = this.#subscriberHost();
  }

  /** Queries that are read. */
  get size(): number {
    return this.#queries.size;
  }

  has(queryId: string): boolean {
    return this.#queries.has(queryId);
  }

  subscribersOf(queryId: string): number {
    return this.#queries.get(queryId)?.subscribers.size ?? 0;
  }

  laggedOf(queryId: string): number {
    return this.#queries.get(queryId)?.lagged ?? 0;
  }

  open(
    request: OpenRequest,
    resume: Resume,
    sink: LiveSink,
    leave: () => void,
  ): Promise<LiveHandle> {
    return new Promise((resolve, reject) => {
      this.#ask({ request, resume, sink, leave, resolve, reject });
    });
  }

  heard(news: QueryNews): void {
    switch (news.kind) {
      case 'group':
        this.#grouped(news.id, news.group);
        break;
      case 'filled':
        this.#filled(news.id, news.changeId);
        break;
      case 'query-failed':
        this.end(news.id, news.error);
        break;
      case 'snapshot':
        this.#streams.get(news.stream)?.onSnapshot(news.changeId);
        break;
      case 'rows':
        this.#streams.get(news.stream)?.onRows(news.lines, news.count);
        break;
      case 'snapshot-end':
        this.#endStream(news.stream)?.onSnapshotEnd();
        break;
      case 'snapshot-failed':
        this.#endStream(news.stream)?.end(news.error);
        break;
    }
  }

  /** A new process is told what is read, and asked how far it is. */
  reattach(): void {
    for (const held of this.#queries.values()) this.#attach(held, () => undefined);
  }

  /** The process is gone, and all snapshots with it. */
  onLost(): void {
    this.#streams.clear();
    for (const { subscribers } of [...this.#queries.values()]) {
      for (const subscriber of [...subscribers]) subscriber.onLost();
    }
  }

  /** Ends all readers of a query. */
  end(queryId: string, error: PatinaError): void {
    const held = this.#queries.get(queryId);
    if (held === undefined) return;
    this.#queries.delete(queryId);
    this.#detach(queryId);
    for (const subscriber of [...held.subscribers]) subscriber.end(error);
  }

  endDropped(queryId: string): void {
    this.end(queryId, dropped());
  }

  endAll(error: PatinaError): void {
    for (const id of [...this.#queries.keys()]) this.end(id, error);
  }

  /** Ends everything; what is being opened is refused. */
  stop(): void {
    this.#isStopped = true;
    this.endAll(stopping());
  }

  #ask(opening: Opening): void {
    const { request, resume, reject } = opening;
    const { query } = request;
    const isById = 'id' in query;
    const question: LiveQuestion = isById
      ? { kind: 'attach', id: query.id }
      : {
          // A change id means nothing for a query that is made only now.
          kind: resume.kind === 'change-id' ? 'lookup' : 'subscribe',
          query: { sql: query.sql, params: query.params, role: request.role },
        };
    const detached = this.#detached;
    this.#options.link.ask(question, (answer) => {
      const found = queryOf(answer, isById ? unknownQuery(query.id) : noSubscription());
      if (found instanceof PatinaError) {
        reject(found);
        return;
      }
      const held = this.#queries.get(found.id) ?? this.#hold(found);
      held.openings++;
      if (detached === this.#detached) this.#begin(opening, found, held);
      // Somebody left meanwhile: that may have undone what was just asked for.
      else this.#attach(held, () => this.#begin(opening, found, held));
    });
  }

  #begin(opening: Opening, found: EngineQuery, held: HeldQuery): void {
    this.#resume(held, opening.resume, (start) => {
      held.openings--;
      const refusal = this.#refusalOf(held, start);
      if (refusal !== undefined || start instanceof PatinaError) {
        this.#release(held);
        opening.reject(refusal ?? stopping());
        return;
      }
      try {
        opening.resolve(this.#enter(opening, found, held, start));
      } catch (error) {
        this.#release(held);
        opening.reject(asPatinaError(error));
      }
    });
  }

  #refusalOf(held: HeldQuery, start: Start | PatinaError): PatinaError | undefined {
    if (start instanceof PatinaError) return start;
    if (this.#isStopped) return stopping();
    return this.#queries.get(held.id) === held ? undefined : unknownQuery(held.id);
  }

  /** Finds out how it starts. */
  #resume(held: HeldQuery, resume: Resume, settle: (start: Start | PatinaError) => void): void {
    const start = startOf(held, resume);
    if (start !== undefined || resume.kind === 'start') {
      settle(start ?? { kind: 'snapshot' });
      return;
    }
    const { changeId } = resume;
    this.#since(held.id, changeId, (since) => settle(startAfter(resume, changeId, since)));
  }

  #enter(
    { request, sink, leave }: Opening,
    found: EngineQuery,
    held: HeldQuery,
    start: Start,
  ): LiveHandle {
    // What takes the place of changes must be whole.
    const skipRows = request.skipRows === true && start.kind === 'snapshot';
    const subscriber = new Subscriber({
      query: held,
      sink,
      host: {
        ...this.#host,
        onLeft: (left, why) => {
          leave();
          this.#host.onLeft(left, why);
        },
      },
      limits: this.#options.limits,
      skipRows,
    });
    const opened: LiveOpened = {
      id: found.id,
      hash: found.hash,
      columns: found.columns,
      isOrdered: found.isOrdered,
      start: start.kind,
      reason: start.kind === 'restarted' ? start.reason : undefined,
      ...(start.kind === 'resumed' ? { changeId: start.changeId } : {}),
      ...(skipRows && !held.isFilling ? { changeId: held.changeId } : {}),
    };
    sink.onOpened(opened);
    held.subscribers.add(subscriber);
    if (start.kind === 'resumed') subscriber.resume(start.changeId, start.groups);
    else subscriber.begin();
    return { opened, close: () => subscriber.close() };
  }

  #hold(query: EngineQuery): HeldQuery {
    const held: HeldQuery = {
      id: query.id,
      isFilling: query.state === 'filling',
      changeId: query.changeId,
      subscribers: new Set(),
      openings: 0,
      lagged: 0,
    };
    this.#queries.set(query.id, held);
    return held;
  }

  /** Has the groups of the query sent from now on, and learns how far it is; then goes on. */
  #attach(held: HeldQuery, then: () => void): void {
    this.#options.link.ask({ kind: 'attach', id: held.id }, (answer) => {
      const query = queryOf(answer, lostQuery());
      if (query instanceof PatinaError) this.end(held.id, query);
      else if (query.changeId < held.changeId) this.end(held.id, lostQuery());
      else {
        held.isFilling = query.state === 'filling';
        held.changeId = query.changeId;
        for (const subscriber of [...held.subscribers]) subscriber.onAttached();
      }
      then();
    });
  }

  #detach(queryId: string): void {
    this.#detached++;
    this.#options.link.post({ kind: 'detach', id: queryId });
  }

  /** Has no more groups sent when nobody is left. */
  #release(held: HeldQuery): void {
    if (held.subscribers.size > 0 || held.openings > 0) return;
    if (this.#queries.get(held.id) !== held) return;
    this.#queries.delete(held.id);
    this.#options.onUnused(held.id);
    this.#detach(held.id);
  }

  #subscriberHost(): SubscriberHost {
    const { link } = this.#options;
    return {
      since: (queryId, changeId, settle) => this.#since(queryId, changeId, settle),
      openSnapshot: (subscriber) => {
        const stream = this.#nextStream++;
        this.#streams.set(stream, subscriber);
        link.post({ kind: 'open-snapshot', stream, id: subscriber.query.id });
        return stream;
      },
      credit: (stream, pages) => link.post({ kind: 'credit', stream, pages }),
      closeSnapshot: (stream) => {
        this.#streams.delete(stream);
        link.post({ kind: 'close-snapshot', stream });
      },
      onLeft: (subscriber, why) => {
        const held = this.#queries.get(subscriber.query.id);
        if (why === 'lagged') {
          this.#options.onLagged(subscriber.query.id);
          if (held !== undefined) held.lagged++;
        }
        if (held?.subscribers.delete(subscriber)) this.#release(held);
      },
      onSinkFault: (error) => this.#options.onSinkFault(error),
      monotonicMs: this.#options.monotonicMs,
    };
  }

  /** Asks once for all who lack the same. */
  #since(queryId: string, changeId: number, settle: SettleSince): void {
    const key = `${queryId}:${changeId}`;
    const waiting = this.#sinceWaiting.get(key);
    if (waiting !== undefined) {
      waiting.push(settle);
      return;
    }
    const settles = [settle];
    this.#sinceWaiting.set(key, settles);
    this.#options.link.ask({ kind: 'since', id: queryId, changeId }, (answer) => {
      this.#sinceWaiting.delete(key);
      const since = sinceOf(answer);
      for (const each of settles) each(since);
    });
  }

  #grouped(queryId: string, group: ChangeGroup): void {
    const held = this.#queries.get(queryId);
    const sized = sizedGroup(group);
    if (held === undefined || sized.lastId <= held.changeId) return;
    held.changeId = sized.lastId;
    for (const subscriber of [...held.subscribers]) subscriber.onGroup(sized);
  }

  #filled(queryId: string, changeId: number): void {
    const held = this.#queries.get(queryId);
    if (held === undefined) return;
    held.isFilling = false;
    held.changeId = Math.max(held.changeId, changeId);
    for (const subscriber of [...held.subscribers]) subscriber.onFilled();
  }

  #endStream(stream: number): Subscriber | undefined {
    const subscriber = this.#streams.get(stream);
    this.#streams.delete(stream);
    return subscriber;
  }
}

function queryOf(answer: LiveAnswer, unknown: PatinaError): EngineQuery | PatinaError {
  if (answer.kind === 'refused') return answer.error;
  return answer.kind === 'query' ? (answer.query ?? unknown) : unexpectedAnswer(answer.kind);
}

function sinceOf(answer: LiveAnswer): ChangesSince | PatinaError {
  if (answer.kind === 'refused') return answer.error;
  return answer.kind === 'since' ? answer.since : unexpectedAnswer(answer.kind);
}
