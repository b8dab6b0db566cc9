// All live queries of a node on its main thread: who reads which, and what to do when the process that
// evaluates them ends. Nothing here waits for SQLite.

import { asPatinaError, PatinaError } from '../base/errors.ts';
import type { Timers } from '../ports.ts';
import type { SqlParams } from '../storage/sql-value.ts';
import { Admission } from './admission.ts';
import { cursorTooOld, invalidCursor, parseFrom, type Resume } from './cursor.ts';
import type { EngineQuery } from './engine-types.ts';
import { IdleKeeper } from './idle-keeper.ts';
import type { LiveExit, LiveProcess, LiveProcessHandlers } from './live-child.ts';
import { LiveLink, type LiveNews, stopping } from './live-link.ts';
import type { ChangesSince, LiveAnswer, LiveQuestion, LiveTotals } from './live-protocol.ts';
import type {
  ChangeGroup,
  LiveCounters,
  LiveExplanation,
  LiveHandle,
  LiveOpened,
  LiveQueries,
  LiveQueryStats,
  LiveSink,
  OpenRequest,
  WatchHandle,
  WatchRequest,
  WatchSink,
} from './live-queries.ts';
import { unknownQuery } from './live-server.ts';
import {
  type FollowedQuery,
  type QueueLimits,
  Subscriber,
  type SubscriberHost,
  sizedGroup,
} from './subscriber.ts';
import { WatchDesk } from './watch-desk.ts';

export interface HubLimits extends QueueLimits {
  readonly subscribersMax: number;
  readonly clientSubscribersMax: number;
  /** A query that nobody reads is forgotten after this time, milliseconds. */
  readonly unusedMs: number;
}

/** Something that operators want to know of. */
export type LiveEvent =
  | { readonly kind: 'process-lost'; readonly exit: LiveExit }
  | { readonly kind: 'given-up'; readonly error: PatinaError }
  | { readonly kind: 'query-failed'; readonly id: string; readonly error: PatinaError }
  | { readonly kind: 'lagged'; readonly id: string }
  | { readonly kind: 'sink-fault'; readonly error: unknown };

export interface LiveHubOptions {
  readonly limits: HubLimits;
  readonly timers: Timers;
  readonly monotonicMs: () => number;
  readonly newId: () => string;
  readonly startProcess: (handlers: LiveProcessHandlers) => LiveProcess;
  readonly onEvent: (event: LiveEvent) => void;
  readonly restartMsMax?: number;
  readonly checkPeriodMs?: number;
  /** The process has ended because it had nothing to do: its file holds no query. */
  readonly onTurnedOff: () => void;
}

/** A query that somebody reads, or is about to. */
interface HeldQuery extends FollowedQuery {
  isFilling: boolean;
  changeId: number;
  readonly subscribers: Set<Subscriber>;
  /** Openings under way: it stays attached while there are any. */
  openings: number;
}

export class LiveHub implements LiveQueries {
  readonly #options: LiveHubOptions;
  readonly #link: LiveLink;
  readonly #admission: Admission;
  readonly #watches: WatchDesk;
  readonly #idle: IdleKeeper;
  readonly #queries = new Map<string, HeldQuery>();
  readonly #streams = new Map<number, Subscriber>();
  readonly #sinceWaiting = new Map<string, ((since: ChangesSince | PatinaError) => void)[]>();
  readonly #laggedById = new Map<string, number>();
  readonly #host: SubscriberHost;
  #nextStream = 1;
  #openings = 0;
  #isStopped = false;
  #totals: LiveTotals = { queries: 0, watches: 0, rows: 0, evaluations: 0 };
  #evaluations = 0;
  #changes = 0;
  #lagged = 0;

  constructor(options: LiveHubOptions) {
    this.#options = options;
    const { limits, timers, onEvent } = options;
    this.#admission = new Admission(limits);
    this.#link = new LiveLink({
      startProcess: options.startProcess,
      timers,
      onNews: (news) => this.#heard(news),
      onStarted: () => this.#reattach(),
      onLost: (exit) => this.#lost(exit),
      onGivenUp: (error) => {
        onEvent({ kind: 'given-up', error });
        this.#endAll(error);
      },
      ...(options.restartMsMax === undefined ? {} : { restartMsMax: options.restartMsMax }),
    });
    this.#host = this.#subscriberHost();
    this.#watches = new WatchDesk({
      link: this.#link,
      limits,
      newId: options.newId,
      onLagged: (id) => this.#countLag(id),
      onSinkFault: (error) => onEvent({ kind: 'sink-fault', error }),
    });
    this.#idle = new IdleKeeper({
      link: this.#link,
      timers,
      monotonicMs: options.monotonicMs,
      unusedMs: limits.unusedMs,
      ...(options.checkPeriodMs === undefined ? {} : { checkPeriodMs: options.checkPeriodMs }),
      isUsed: (id) => this.#queries.has(id),
      isBusy: () => this.#openings > 0 || this.#queries.size > 0 || this.#watches.count > 0,
      onTurnedOff: options.onTurnedOff,
    });
  }

  /** Starts the process although nobody asks: queries are kept from before. */
  begin(): void {
    this.#link.start();
    this.#idle.start();
  }

  get pid(): number | undefined {
    return this.#link.pid;
  }

  async open(request: OpenRequest, sink: LiveSink): Promise<LiveHandle> {
    if (this.#isStopped) throw stopping();
    const resume = parseFrom(request.from);
    const leave = this.#admission.enter(request.client);
    this.#openings++;
    this.#idle.start();
    try {
      const handle = await new Promise<LiveHandle>((resolve, reject) => {
        this.#opening(request, resume, sink, leave, resolve, reject);
      });
      return handle;
    } catch (error) {
      leave();
      throw error;
    } finally {
      this.#openings--;
    }
  }

  async watch(request: WatchRequest, sink: WatchSink): Promise<WatchHandle> {
    if (this.#isStopped) throw stopping();
    const leave = this.#admission.enter(request.client);
    this.#openings++;
    this.#idle.start();
    try {
      return await this.#watches.open(request, sink, leave);
    } catch (error) {
      leave();
      throw error;
    } finally {
      this.#openings--;
    }
  }

  async list(): Promise<readonly LiveQueryStats[]> {
    if (!this.#link.isOn) return [];
    const answer = await this.#ask({ kind: 'list' });
    return answer.kind === 'list' ? answer.queries.map((stats) => this.#counted(stats)) : [];
  }

  async info(id: string): Promise<LiveQueryStats> {
    const stats = (await this.list()).find((query) => query.id === id);
    if (stats === undefined) throw unknownQuery(id);
    return stats;
  }

  async explain(id: string): Promise<LiveExplanation> {
    if (!this.#link.isOn) throw unknownQuery(id);
    const answer = await this.#ask({ kind: 'explain-query', id });
    if (answer.kind !== 'explanation' || answer.explanation === undefined) throw unknownQuery(id);
    return answer.explanation;
  }

  async explainSql(sql: string, params: SqlParams): Promise<LiveExplanation> {
    this.#idle.start();
    const answer = await this.#ask({ kind: 'explain', query: { sql, params } });
    if (answer.kind === 'explanation' && answer.explanation !== undefined) {
      return answer.explanation;
    }
    throw new PatinaError('PATINA_INTERNAL', 'the live process gave no explanation');
  }

  async drop(id: string): Promise<void> {
    if (!this.#link.isOn) throw unknownQuery(id);
    await this.#ask({ kind: 'drop', id }, () => this.#endQuery(id, dropped()));
  }

  wake(): void {
    this.#link.post({ kind: 'wake' });
  }

  stats(): LiveCounters {
    return {
      queries: this.#totals.queries,
      subscribers: this.#admission.count - this.#watches.count,
      watches: this.#watches.count,
      rows: this.#totals.rows,
      evaluations: this.#evaluations,
      changes: this.#changes,
      lagged: this.#lagged,
      restarts: this.#link.restarts,
    };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#idle.stop();
    this.#endAll(stopping());
    await this.#link.close();
  }

  /** `first` is called in the order of the pipe, before anything that came after the answer. */
  #ask(question: LiveQuestion, first?: () => void): Promise<LiveAnswer> {
    return new Promise((resolve, reject) => {
      this.#link.ask(question, (answer) => {
        if (answer.kind === 'refused') {
          reject(answer.error);
          return;
        }
        first?.();
        resolve(answer);
      });
    });
  }

  #opening(
    request: OpenRequest,
    resume: Resume,
    sink: LiveSink,
    leave: () => void,
    resolve: (handle: LiveHandle) => void,
    reject: (error: PatinaError) => void,
  ): void {
    const { query } = request;
    const isById = 'id' in query;
    const question: LiveQuestion = isById
      ? { kind: 'attach', id: query.id }
      : {
          // A change id means nothing for a query that is made only now.
          kind: resume.kind === 'change-id' ? 'lookup' : 'subscribe',
          query: { sql: query.sql, params: query.params, role: request.role },
        };
    // Everything in here happens in the order of the pipe, so no group is missed or taken twice.
    this.#link.ask(question, (answer) => {
      const found = queryOf(answer, isById ? unknownQuery(query.id) : noSubscription());
      if (found instanceof PatinaError) {
        reject(found);
        return;
      }
      const held = this.#hold(found);
      held.openings++;
      this.#resume(held, resume, (start) => {
        held.openings--;
        if (start instanceof PatinaError || this.#isStopped) {
          this.#release(held);
          reject(start instanceof PatinaError ? start : stopping());
          return;
        }
        if (this.#queries.get(held.id) !== held) {
          reject(unknownQuery(held.id));
          return;
        }
        try {
          resolve(this.#enter(request, found, held, start, sink, leave));
        } catch (error) {
          this.#release(held);
          reject(asPatinaError(error));
        }
      });
    });
  }

  /** Finds out how it starts; settles in the order of the pipe. */
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
    request: OpenRequest,
    found: EngineQuery,
    held: HeldQuery,
    start: Start,
    sink: LiveSink,
    leave: () => void,
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
    const known = this.#queries.get(query.id);
    if (known !== undefined) return known;
    const held: HeldQuery = {
      id: query.id,
      isFilling: query.state === 'filling',
      changeId: query.changeId,
      subscribers: new Set(),
      openings: 0,
    };
    this.#queries.set(query.id, held);
    return held;
  }

  /** Has no more groups sent when nobody is left. */
  #release(held: HeldQuery): void {
    if (held.subscribers.size > 0 || held.openings > 0) return;
    if (this.#queries.get(held.id) !== held) return;
    this.#queries.delete(held.id);
    this.#idle.unused(held.id);
    this.#link.post({ kind: 'detach', id: held.id });
  }

  #subscriberHost(): SubscriberHost {
    return {
      since: (queryId, changeId, settle) => this.#since(queryId, changeId, settle),
      openSnapshot: (subscriber) => {
        const stream = this.#nextStream++;
        this.#streams.set(stream, subscriber);
        this.#link.post({ kind: 'open-snapshot', stream, id: subscriber.query.id });
        return stream;
      },
      credit: (stream, pages) => this.#link.post({ kind: 'credit', stream, pages }),
      closeSnapshot: (stream) => {
        this.#streams.delete(stream);
        this.#link.post({ kind: 'close-snapshot', stream });
      },
      onLeft: (subscriber, why) => {
        if (why === 'lagged') this.#countLag(subscriber.query.id);
        const held = this.#queries.get(subscriber.query.id);
        if (held?.subscribers.delete(subscriber)) this.#release(held);
      },
      onSinkFault: (error) => this.#options.onEvent({ kind: 'sink-fault', error }),
      monotonicMs: this.#options.monotonicMs,
    };
  }

  /** Asks once for all who lack the same. */
  #since(id: string, changeId: number, settle: (since: ChangesSince | PatinaError) => void): void {
    const key = `${id}:${changeId}`;
    const waiting = this.#sinceWaiting.get(key);
    if (waiting !== undefined) {
      waiting.push(settle);
      return;
    }
    const settles = [settle];
    this.#sinceWaiting.set(key, settles);
    this.#link.ask({ kind: 'since', id, changeId }, (answer) => {
      this.#sinceWaiting.delete(key);
      const since =
        answer.kind === 'since'
          ? answer.since
          : answer.kind === 'refused'
            ? answer.error
            : unexpected(answer);
      for (const each of settles) each(since);
    });
  }

  #heard(news: LiveNews): void {
    switch (news.kind) {
      case 'group':
        this.#grouped(news.id, news.group);
        break;
      case 'watch-group':
        this.#changes += news.group.notices.length;
        this.#watches.heard(news.watchId, news.group);
        break;
      case 'filled': {
        const held = this.#queries.get(news.id);
        if (held === undefined) break;
        held.isFilling = false;
        held.changeId = Math.max(held.changeId, news.changeId);
        for (const subscriber of [...held.subscribers]) subscriber.onFilled();
        break;
      }
      case 'query-failed':
        this.#options.onEvent({ kind: 'query-failed', id: news.id, error: news.error });
        this.#endQuery(news.id, news.error);
        break;
      case 'snapshot':
        this.#streams.get(news.stream)?.onSnapshot(news.changeId);
        break;
      case 'rows':
        this.#streams.get(news.stream)?.onRows(news.lines, news.count);
        break;
      case 'snapshot-end': {
        const subscriber = this.#streams.get(news.stream);
        this.#streams.delete(news.stream);
        subscriber?.onSnapshotEnd();
        break;
      }
      case 'snapshot-failed': {
        const subscriber = this.#streams.get(news.stream);
        this.#streams.delete(news.stream);
        subscriber?.end(news.error);
        break;
      }
      case 'totals':
        this.#evaluations += Math.max(0, news.totals.evaluations - this.#totals.evaluations);
        this.#totals = news.totals;
        break;
    }
  }

  #grouped(id: string, group: ChangeGroup): void {
    this.#changes += group.changes.length;
    const held = this.#queries.get(id);
    const sized = sizedGroup(group);
    if (held === undefined || sized.lastId <= held.changeId) return;
    held.changeId = sized.lastId;
    for (const subscriber of [...held.subscribers]) subscriber.onGroup(sized);
  }

  /** A new process is told what is read, and asked how far it is. */
  #reattach(): void {
    for (const held of this.#queries.values()) {
      this.#link.ask({ kind: 'attach', id: held.id }, (answer) => {
        const query = answer.kind === 'query' ? answer.query : undefined;
        if (query === undefined || query.changeId < held.changeId) {
          this.#endQuery(held.id, answer.kind === 'refused' ? answer.error : lostQuery());
          return;
        }
        held.isFilling = query.state === 'filling';
        held.changeId = query.changeId;
        for (const subscriber of [...held.subscribers]) subscriber.onAttached();
      });
    }
    this.#watches.reattach();
  }

  #lost(exit: LiveExit): void {
    this.#options.onEvent({ kind: 'process-lost', exit });
    this.#streams.clear();
    if (exit.kind === 'stuck' && exit.queryId !== '') {
      this.#endQuery(exit.queryId, tookTooLong());
      this.#watches.end(exit.queryId, tookTooLong());
    }
    for (const { subscribers } of [...this.#queries.values()]) {
      for (const subscriber of [...subscribers]) subscriber.onLost();
    }
  }

  #endQuery(id: string, error: PatinaError): void {
    const held = this.#queries.get(id);
    if (held === undefined) return;
    this.#queries.delete(id);
    this.#link.post({ kind: 'detach', id });
    for (const subscriber of [...held.subscribers]) subscriber.end(error);
  }

  #endAll(error: PatinaError): void {
    for (const id of [...this.#queries.keys()]) this.#endQuery(id, error);
    this.#watches.endAll(error);
  }

  #countLag(id: string): void {
    this.#lagged++;
    this.#options.onEvent({ kind: 'lagged', id });
    if (this.#queries.has(id)) this.#laggedById.set(id, (this.#laggedById.get(id) ?? 0) + 1);
  }

  #counted(stats: LiveQueryStats): LiveQueryStats {
    const subscribers = this.#queries.get(stats.id)?.subscribers.size ?? 0;
    return { ...stats, subscribers, lagged: this.#laggedById.get(stats.id) ?? 0 };
  }
}

/** How a subscription starts. */
type Start =
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'restarted'; readonly reason: string }
  | {
      readonly kind: 'resumed';
      readonly changeId: number;
      readonly groups: readonly ChangeGroup[];
    };

/** How it starts, where that can be told without asking for changes. */
function startOf(held: HeldQuery, resume: Resume): Start | PatinaError | undefined {
  if (resume.kind === 'start') return { kind: 'snapshot' };
  const { changeId } = resume;
  if (resume.kind === 'cursor' && resume.queryId !== held.id) {
    return { kind: 'restarted', reason: 'the query of the cursor is not known here' };
  }
  if (changeId > held.changeId) return aheadOf(resume, changeId, held.changeId);
  const isThere = changeId === held.changeId && !held.isFilling;
  return isThere ? { kind: 'resumed', changeId, groups: [] } : undefined;
}

function startAfter(
  resume: Resume,
  changeId: number,
  since: ChangesSince | PatinaError,
): Start | PatinaError {
  if (since instanceof PatinaError) return since;
  if (since.kind === 'groups') return { kind: 'resumed', changeId, groups: since.groups };
  if (since.kind === 'future') return aheadOf(resume, changeId, since.changeId);
  if (resume.kind === 'change-id') return cursorTooOld(since.minChangeId);
  return { kind: 'restarted', reason: 'the changes after the cursor are not all kept any more' };
}

function aheadOf(resume: Resume, changeId: number, lastId: number): Start | PatinaError {
  return resume.kind === 'change-id'
    ? invalidCursor(`\`from\` is ${changeId}, but the last change is ${lastId}`)
    : { kind: 'restarted', reason: 'the cursor is ahead of what is kept here' };
}

function noSubscription(): PatinaError {
  return invalidCursor('a `from` query param was supplied, but no existing subscription found');
}

function unexpected(answer: LiveAnswer): PatinaError {
  return asPatinaError(new Error(`the live process answered with ${answer.kind}`));
}

function queryOf(answer: LiveAnswer, unknown: PatinaError): EngineQuery | PatinaError {
  if (answer.kind === 'refused') return answer.error;
  return answer.kind === 'query' ? (answer.query ?? unknown) : unexpected(answer);
}

function dropped(): PatinaError {
  return new PatinaError('PATINA_SUBSCRIPTION_FAILED', 'the subscription was dropped', {
    hint: 'Subscribe again, if it was not meant for you.',
  });
}

function lostQuery(): PatinaError {
  return new PatinaError(
    'PATINA_SUBSCRIPTION_FAILED',
    'what was kept of the subscription is lost',
    { hint: 'Subscribe again, with your cursor: the answer begins with a fresh snapshot.' },
  );
}

function tookTooLong(): PatinaError {
  return new PatinaError(
    'PATINA_SQL_TIMEOUT',
    'the query took longer than subscriptions.statement_timeout allows',
    { hint: 'Make it cheaper: an index may help, or a narrower WHERE.' },
  );
}
