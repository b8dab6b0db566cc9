// Live queries for the contract tests that do as a test tells them: every request is kept with its
// sink, so that the test can play the part of the evaluation.

import { PatinaError } from '@patina/engine/base/errors.ts';
import type {
  LiveExplanation,
  LiveOpened,
  LiveQueries,
  LiveQueryStats,
  LiveSink,
  OpenRequest,
  WatchOpened,
  WatchRequest,
  WatchSink,
} from '@patina/engine/live/live-queries.ts';

export const fakeId = '9f8b1f6e-0c3d-4c55-9a57-2f1f3a8e0d11';
export const fakeHash = '0123456789abcdef';

/** A request that was let in. */
export interface FakeSubscription {
  readonly request: OpenRequest;
  readonly sink: LiveSink;
  isClosed: boolean;
}

export interface FakeWatch {
  readonly request: WatchRequest;
  readonly sink: WatchSink;
  isClosed: boolean;
}

export interface FakeLiveQueries extends LiveQueries {
  readonly subscriptions: FakeSubscription[];
  readonly watches: FakeWatch[];
  readonly dropped: string[];
  /** What a request is answered with first; throws to refuse it. */
  opening: (request: OpenRequest) => LiveOpened | Promise<LiveOpened>;
  watching: (request: WatchRequest) => WatchOpened;
  /** Requests that are not closed. */
  openCount(): number;
  reset(): void;
}

export const fakeOpened: LiveOpened = {
  id: fakeId,
  hash: fakeHash,
  columns: ['id', 'body'],
  isOrdered: false,
  start: 'snapshot',
  reason: undefined,
};

export const fakeWatched: WatchOpened = {
  id: fakeId,
  key: ['id'],
  columns: ['id', 'body'],
  start: 'now',
  reason: undefined,
  cursor: 'c1',
};

export const fakeStats: LiveQueryStats = {
  id: fakeId,
  hash: fakeHash,
  sql: 'SELECT id, body FROM notes',
  mode: 'key-wise',
  state: 'live',
  subscribers: 1,
  rows: 2,
  changeId: 7,
  evaluations: 3,
  evaluationMs: 1.5,
  costMsPerSecond: 0.25,
  lagged: 0,
  createdMs: 1_700_000_000_000,
};

const explanation: LiveExplanation = {
  mode: 'key-wise',
  sql: 'SELECT id, body FROM notes',
  columns: ['id', 'body'],
  isOrdered: false,
  reasons: ['each row comes from one row of notes'],
  tables: [{ table: 'notes', columns: ['id', 'body'], reaction: 'keys' }],
  indexedBy: [],
  queryPlan: ['SEARCH notes USING INTEGER PRIMARY KEY (rowid=?)'],
};

/** Makes one that lets everything in. */
export function createFakeLiveQueries(): FakeLiveQueries {
  const subscriptions: FakeSubscription[] = [];
  const watches: FakeWatch[] = [];
  const dropped: string[] = [];
  const known = (id: string): void => {
    if (id !== fakeId) throw new PatinaError('PATINA_NOT_FOUND', 'there is no such query');
  };
  const fake: FakeLiveQueries = {
    subscriptions,
    watches,
    dropped,
    opening: () => fakeOpened,
    watching: () => fakeWatched,
    openCount: () => [...subscriptions, ...watches].filter(({ isClosed }) => !isClosed).length,
    reset() {
      for (const list of [subscriptions, watches, dropped]) list.splice(0);
      fake.opening = () => fakeOpened;
      fake.watching = () => fakeWatched;
    },
    async open(request, sink) {
      if ('id' in request.query) known(request.query.id);
      const opened = await fake.opening(request);
      const subscription: FakeSubscription = { request, sink, isClosed: false };
      subscriptions.push(subscription);
      sink.onOpened(opened);
      return {
        opened,
        close() {
          subscription.isClosed = true;
        },
      };
    },
    async watch(request, sink) {
      const opened = fake.watching(request);
      const watch: FakeWatch = { request, sink, isClosed: false };
      watches.push(watch);
      sink.onOpened(opened);
      return {
        opened: { ...fakeOpened, id: opened.id },
        close() {
          watch.isClosed = true;
        },
      };
    },
    list: async () => [fakeStats],
    async info(id) {
      known(id);
      return fakeStats;
    },
    async explain(id) {
      known(id);
      return explanation;
    },
    async explainSql(sql) {
      if (/^delete/i.test(sql)) {
        throw new PatinaError('PATINA_SQL_NOT_READONLY', 'statement is not readonly');
      }
      return { ...explanation, sql };
    },
    async drop(id) {
      known(id);
      dropped.push(id);
    },
    wake: () => undefined,
    stats: () => ({
      queries: 1,
      subscribers: fake.openCount(),
      watches: 0,
      rows: 0,
      evaluations: 0,
      changes: 0,
      lagged: 0,
      restarts: 0,
    }),
    stop: async () => undefined,
  };
  return fake;
}
