// The live process without its pipes: takes messages, drives the engine in short passes, and sends what
// comes of them. Between passes messages are read, so a large fill holds nobody up for long.

import { asPatinaError } from '../../base/errors.ts';
import type { Cancel } from '../../ports.ts';
import type {
  EnginePass,
  EngineQuery,
  LiveEngine,
  SnapshotReader,
} from '../engine/engine-types.ts';
import { lostSnapshot, unknownQuery } from '../live-errors.ts';
import type { FromLive, LiveAnswer, LiveQuestion, ToLive } from './live-protocol.ts';

/** What the server needs of the event loop. */
export interface Turns {
  /** Runs after messages that are there already were read. */
  soon(run: () => void): void;
  after(delayMs: number, run: () => void): Cancel;
}

export interface LiveServerOptions {
  readonly engine: LiveEngine;
  readonly send: (message: FromLive) => void;
  /** Everything sent so far should leave now. */
  readonly flush: () => void;
  readonly turns: Turns;
  readonly monotonicMs: () => number;
}

/** How long one pass may go on filling queries, milliseconds. */
const passMs = 10;

/** How long pages of snapshots are read before messages are looked at again, milliseconds. */
const pagesMs = 5;

/** About how large a page is, and how many rows it has at most. */
const pageBytes = 128 * 1024;
const pageRowsMax = 4_096;

/** Rows of the first page, when nothing is known of their size. */
const firstPageRows = 32;

/** Changes sent in one answer to those who resume. */
const sinceChangesMax = 2_000;

/** Totals are counted at most this often, and take at most this part of the time. */
const totalsPeriodMs = 1_000;
const totalsShare = 1 / 100;

interface Stream {
  readonly queryId: string;
  readonly reader: SnapshotReader;
  credit: number;
  rows: number;
  bytes: number;
}

export class LiveServer {
  readonly #options: LiveServerOptions;
  readonly #attached = new Set<string>();
  readonly #streams = new Map<number, Stream>();
  readonly #watches = new Set<string>();
  #mayWork = false;
  #hasWorked = false;
  #isPassWanted = false;
  #isTurnPlanned = false;
  #cancelAgain: Cancel | undefined;
  #cancelTotals: Cancel | undefined;
  #totalsDelayMs = totalsPeriodMs;

  constructor(options: LiveServerOptions) {
    this.#options = options;
  }

  handle(message: Exclude<ToLive, { kind: 'configure' | 'close' }>): void {
    switch (message.kind) {
      case 'begin':
        this.#mayWork = true;
        this.#wantPass();
        break;
      case 'wake':
        this.#wantPass();
        break;
      case 'question':
        this.#options.send({
          kind: 'answer',
          request: message.request,
          answer: this.#answered(message.question),
        });
        break;
      case 'detach':
        this.#attached.delete(message.id);
        break;
      case 'unwatch':
        this.#options.engine.unwatch(message.watchId);
        this.#watches.delete(message.watchId);
        break;
      case 'open-snapshot':
        this.#openSnapshot(message.stream, message.id);
        break;
      case 'credit':
        this.#credit(message.stream, message.pages);
        break;
      case 'close-snapshot':
        this.#closeStream(message.stream);
        break;
    }
  }

  /** Ends everything; the engine belongs to the caller. */
  close(): void {
    this.#mayWork = false;
    this.#cancelAgain?.();
    this.#cancelTotals?.();
    for (const stream of [...this.#streams.keys()]) this.#closeStream(stream);
  }

  #answered(question: LiveQuestion): LiveAnswer {
    try {
      return this.#answer(question);
    } catch (error) {
      return { kind: 'refused', error: asPatinaError(error) };
    }
  }

  #answer(question: LiveQuestion): LiveAnswer {
    const { engine } = this.#options;
    switch (question.kind) {
      case 'subscribe': {
        const query = engine.subscribe(question.query);
        this.#attach(query);
        if (query.state === 'filling') this.#wantPass();
        return { kind: 'query', query };
      }
      case 'lookup':
        return { kind: 'query', query: this.#attach(engine.lookup(question.query)) };
      case 'attach':
        return { kind: 'query', query: this.#attach(engine.find(question.id)) };
      case 'since': {
        const { id, changeId } = question;
        return { kind: 'since', since: engine.changesSince(id, changeId, sinceChangesMax) };
      }
      case 'watch': {
        const { backlog, ...opened } = engine.watch(question.watch);
        this.#watches.add(question.watch.watchId);
        this.#wantPass();
        return { kind: 'watching', opened, backlog };
      }
      case 'explain':
        return {
          kind: 'explanation',
          explanation: engine.explain(question.query.sql, question.query.params),
        };
      case 'explain-query':
        return { kind: 'explanation', explanation: engine.explainQuery(question.id) };
      case 'list':
        return { kind: 'list', queries: engine.stats() };
      case 'drop':
        if (engine.find(question.id) === undefined) throw unknownQuery(question.id);
        this.#forget(question.id);
        engine.drop(question.id);
        this.#planTotals();
        return { kind: 'done' };
    }
  }

  #attach<Query extends EngineQuery | undefined>(query: Query): Query {
    if (query !== undefined) this.#attached.add(query.id);
    return query;
  }

  #forget(queryId: string): void {
    this.#attached.delete(queryId);
    for (const [number, stream] of this.#streams) {
      if (stream.queryId === queryId) this.#closeStream(number);
    }
  }

  #wantPass(): void {
    this.#isPassWanted = true;
    this.#plan();
  }

  #plan(): void {
    if (this.#isTurnPlanned) return;
    this.#isTurnPlanned = true;
    this.#options.turns.soon(() => {
      this.#isTurnPlanned = false;
      this.#turn();
    });
  }

  #turn(): void {
    if (this.#mayWork && this.#isPassWanted) this.#pass();
    this.#sendPages();
    this.#options.flush();
    const isMoreToDo = this.#mayWork && this.#isPassWanted;
    if (isMoreToDo || this.#payable() !== undefined) this.#plan();
  }

  #pass(): void {
    this.#isPassWanted = false;
    this.#cancelAgain?.();
    this.#cancelAgain = undefined;
    const pass = this.#options.engine.work(passMs);
    this.#tell(pass);
    if (!this.#hasWorked) {
      this.#hasWorked = true;
      this.#options.send({ kind: 'working' });
    }
    if (pass.againInMs === 0) this.#isPassWanted = true;
    else if (pass.againInMs !== undefined) {
      this.#cancelAgain = this.#options.turns.after(pass.againInMs, () => this.#wantPass());
    }
    this.#planTotals();
  }

  #tell(pass: EnginePass): void {
    const { send } = this.#options;
    for (const { id, changeId } of pass.filled) {
      if (this.#attached.has(id)) send({ kind: 'filled', id, changeId });
    }
    for (const { id, group } of pass.groups) {
      if (this.#attached.has(id)) send({ kind: 'group', id, group });
    }
    for (const { watchId, group } of pass.watchGroups)
      send({ kind: 'watch-group', watchId, group });
    for (const { watchId, error } of pass.endedWatches ?? []) {
      this.#watches.delete(watchId);
      send({ kind: 'watch-ended', watchId, error });
    }
    for (const { id, error } of pass.failed) {
      if (this.#attached.has(id)) send({ kind: 'query-failed', id, error });
      this.#forget(id);
    }
  }

  #openSnapshot(stream: number, queryId: string): void {
    const { engine, send } = this.#options;
    try {
      const reader = engine.openSnapshot(queryId);
      this.#streams.set(stream, { queryId, reader, credit: 0, rows: 0, bytes: 0 });
      send({ kind: 'snapshot', stream, changeId: reader.changeId });
    } catch (error) {
      send({ kind: 'snapshot-failed', stream, error: asPatinaError(error) });
    }
  }

  #credit(number: number, pages: number): void {
    const stream = this.#streams.get(number);
    if (stream === undefined) return;
    stream.credit += pages;
    this.#plan();
  }

  /** A stream that may send a page. */
  #payable(): number | undefined {
    for (const [number, { credit }] of this.#streams) if (credit > 0) return number;
    return undefined;
  }

  #sendPages(): void {
    const { monotonicMs } = this.#options;
    const untilMs = monotonicMs() + pagesMs;
    for (;;) {
      const number = this.#payable();
      const stream = number === undefined ? undefined : this.#streams.get(number);
      if (number === undefined || stream === undefined) return;
      // To the end of the line: all streams have their turn.
      this.#streams.delete(number);
      this.#streams.set(number, stream);
      this.#sendPage(number, stream);
      if (monotonicMs() >= untilMs) return;
    }
  }

  #sendPage(number: number, stream: Stream): void {
    const { send } = this.#options;
    try {
      if (stream.reader.isLost) throw lostSnapshot();
      const page = stream.reader.next(pageRowsOf(stream));
      if (page === undefined) {
        this.#closeStream(number);
        send({ kind: 'snapshot-end', stream: number });
        return;
      }
      const lines = Buffer.from(page.lines, 'utf8');
      stream.credit--;
      stream.rows += page.count;
      stream.bytes += lines.length;
      send({ kind: 'rows', stream: number, count: page.count, lines });
    } catch (error) {
      this.#closeStream(number);
      send({ kind: 'snapshot-failed', stream: number, error: asPatinaError(error) });
    }
  }

  #closeStream(number: number): void {
    this.#streams.get(number)?.reader.close();
    this.#streams.delete(number);
  }

  #planTotals(): void {
    this.#cancelTotals ??= this.#options.turns.after(this.#totalsDelayMs, () => {
      this.#cancelTotals = undefined;
      this.#sendTotals();
    });
  }

  #sendTotals(): void {
    const { engine, send, flush, monotonicMs } = this.#options;
    const startMs = monotonicMs();
    const stats = engine.stats();
    const rows = stats.reduce((sum, query) => sum + query.rows, 0);
    const evaluations = stats.reduce((sum, query) => sum + query.evaluations, 0);
    this.#totalsDelayMs = Math.max(totalsPeriodMs, (monotonicMs() - startMs) / totalsShare);
    const totals = { queries: stats.length, watches: this.#watches.size, rows, evaluations };
    send({ kind: 'totals', totals });
    flush();
  }
}

function pageRowsOf({ rows, bytes }: Stream): number {
  if (rows === 0) return firstPageRows;
  return Math.min(pageRowsMax, Math.max(1, Math.floor(pageBytes / (bytes / rows))));
}
