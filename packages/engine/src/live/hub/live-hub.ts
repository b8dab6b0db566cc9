// All live queries of a node on its main thread: who reads which, and what to do when the process that
// evaluates them ends. Nothing here waits for SQLite.

import type { PatinaError } from '../../base/errors.ts';
import type { Timers } from '../../ports.ts';
import type { SqlParams } from '../../storage/sql-value.ts';
import {
  endsTheProcess,
  stopping,
  tookTooLong,
  unexpectedAnswer,
  unknownQuery,
} from '../live-errors.ts';
import type {
  LiveCounters,
  LiveExplanation,
  LiveHandle,
  LiveQueries,
  LiveQueryStats,
  LiveSink,
  OpenRequest,
  WatchHandle,
  WatchRequest,
  WatchSink,
} from '../live-queries.ts';
import type { LiveExit, LiveProcess, LiveProcessHandlers } from '../process/live-child.ts';
import { LiveLink, type LiveNews } from '../process/live-link.ts';
import type { LiveAnswer, LiveQuestion, LiveTotals } from '../process/live-protocol.ts';
import { Admission } from './admission.ts';
import { parseFrom } from './cursor.ts';
import { IdleKeeper } from './idle-keeper.ts';
import { QueryDesk } from './query-desk.ts';
import type { QueueLimits } from './subscriber.ts';
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

export class LiveHub implements LiveQueries {
  readonly #options: LiveHubOptions;
  readonly #link: LiveLink;
  readonly #admission: Admission;
  readonly #queries: QueryDesk;
  readonly #watches: WatchDesk;
  readonly #idle: IdleKeeper;
  #openings = 0;
  #isStopped = false;
  #totals: LiveTotals = { queries: 0, watches: 0, rows: 0, evaluations: 0 };
  #evaluations = 0;
  #changes = 0;
  #lagged = 0;

  constructor(options: LiveHubOptions) {
    this.#options = options;
    const { limits, timers, onEvent } = options;
    const onLagged = (id: string): void => {
      this.#lagged++;
      onEvent({ kind: 'lagged', id });
    };
    const onSinkFault = (error: unknown): void => onEvent({ kind: 'sink-fault', error });
    const { monotonicMs } = options;
    this.#admission = new Admission(limits);
    const link = new LiveLink({
      startProcess: options.startProcess,
      timers,
      onNews: (news) => this.#heard(news),
      onStarted: () => {
        this.#queries.reattach();
        this.#watches.reattach();
      },
      onLost: (exit, fatalId) => this.#lost(exit, fatalId),
      onGivenUp: (error) => {
        onEvent({ kind: 'given-up', error });
        this.#endAll(error);
      },
      ...(options.restartMsMax === undefined ? {} : { restartMsMax: options.restartMsMax }),
    });
    this.#link = link;
    this.#queries = new QueryDesk({
      link,
      limits,
      monotonicMs,
      onUnused: (id) => this.#idle.unused(id),
      onLagged,
      onSinkFault,
    });
    this.#watches = new WatchDesk({ link, limits, newId: options.newId, onLagged, onSinkFault });
    this.#idle = new IdleKeeper({
      link,
      timers,
      monotonicMs,
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
    const resume = parseFrom(request.from);
    return this.#enter(request.client, (leave) => this.#queries.open(request, resume, sink, leave));
  }

  async watch(request: WatchRequest, sink: WatchSink): Promise<WatchHandle> {
    return this.#enter(request.client, (leave) => this.#watches.open(request, sink, leave));
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
    throw unexpectedAnswer(answer.kind);
  }

  async drop(id: string): Promise<void> {
    if (!this.#link.isOn) throw unknownQuery(id);
    await this.#ask({ kind: 'drop', id }, () => this.#queries.endDropped(id));
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
    this.#queries.stop();
    this.#watches.endAll(stopping());
    await this.#link.close();
  }

  /** Takes a place for the client, to be given back when it leaves or is refused. */
  async #enter<Handle>(
    client: string,
    open: (leave: () => void) => Promise<Handle>,
  ): Promise<Handle> {
    if (this.#isStopped) throw stopping();
    const leave = this.#admission.enter(client);
    this.#openings++;
    this.#idle.start();
    try {
      return await open(leave);
    } catch (error) {
      leave();
      throw error;
    } finally {
      this.#openings--;
    }
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

  #heard(news: LiveNews): void {
    if (news.kind === 'totals') {
      this.#evaluations += Math.max(0, news.totals.evaluations - this.#totals.evaluations);
      this.#totals = news.totals;
    } else if (news.kind === 'watch-group') {
      this.#changes += news.group.notices.length;
      this.#watches.heard(news.watchId, news.group);
    } else if (news.kind === 'watch-ended') {
      this.#watches.end(news.watchId, news.error);
    } else {
      if (news.kind === 'group') this.#changes += news.group.changes.length;
      if (news.kind === 'query-failed') this.#options.onEvent(news);
      this.#queries.heard(news);
    }
  }

  /** `fatalId` is what the process was evaluating when that ended it. */
  #lost(exit: LiveExit, fatalId: string | undefined): void {
    this.#options.onEvent({ kind: 'process-lost', exit });
    if (fatalId !== undefined) {
      const error = exit.kind === 'stuck' ? tookTooLong() : endsTheProcess();
      if (exit.kind !== 'stuck')
        this.#options.onEvent({ kind: 'query-failed', id: fatalId, error });
      this.#queries.end(fatalId, error);
      this.#watches.end(fatalId, error);
    }
    this.#queries.onLost();
  }

  #endAll(error: PatinaError): void {
    this.#queries.endAll(error);
    this.#watches.endAll(error);
  }

  #counted(stats: LiveQueryStats): LiveQueryStats {
    const { id } = stats;
    const subscribers = this.#queries.subscribersOf(id);
    return { ...stats, subscribers, lagged: this.#queries.laggedOf(id) };
  }
}
