// The client: queries, writes and live queries over the HTTP API of any node of a cluster.

import {
  type ActorLag,
  type Health,
  healthResponseSchema,
  lagResponseSchema,
  type Member,
  membersResponseSchema,
  transactionResponseSchema,
} from '@patina/api/schemas.ts';
import { Addresses } from './addresses.ts';
import { ClientError, protocolError } from './client-error.ts';
import { Feed, type FeedOptions } from './live/feed.ts';
import {
  eventCallback,
  LiveQuery,
  rowsMaxDefault,
  type SubscribeOptions,
} from './live/live-query.ts';
import { decodeSubscriptionLine, decodeUpdatesLine } from './live/server-lines.ts';
import { StreamDriver, type StreamDriverOptions } from './live/stream-driver.ts';
import type { StreamFold } from './live/stream-fold.ts';
import { type RetryPolicy, retryPolicyDefault, StreamMachine } from './live/stream-machine.ts';
import { SubscriptionFold } from './live/subscription-fold.ts';
import { TableUpdates, type UpdatesOptions, updatesCallback } from './live/table-updates.ts';
import { UpdatesFold } from './live/updates-fold.ts';
import { type QueryHead, readRows } from './query-stream.ts';
import { deadline, type RequestOptions, Requests, type SafeRequest } from './requests.ts';
import { type RowObject, type RowOptions, rowMaker } from './rows.ts';
import { type Fetch, jsonOf, type Token, Transport } from './transport.ts';
import { type IntegerMode, type Params, statementJson } from './values.ts';

export interface ClientOptions {
  /** Addresses of nodes, `http://host:port`; the empty text is the origin of the page. */
  readonly urls: readonly string[];
  /** Bearer token, or a function that gives one for each request. */
  readonly token?: Token | undefined;
  readonly fetch?: Fetch | undefined;
  /** For a request with one answer, where it does not say. Milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** A node that has not begun to answer by then must answer a probe, or is given up. Milliseconds. */
  readonly connectTimeoutMs?: number | undefined;
  /** How often nodes show on a quiet stream that they are there; 0.1 to 300 s. Milliseconds. */
  readonly heartbeatMs?: number | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
  readonly integers?: IntegerMode | undefined;
}

/** A version to wait for: what `execute` gave, so that a program reads what it wrote at any node. */
export interface After {
  readonly actorId: string;
  /** null: nothing to wait for. */
  readonly version: number | null;
}

export interface QueryOptions<Row> extends RowOptions<Row>, RequestOptions {
  readonly after?: After | undefined;
  /** How long to wait for `after` at most. Milliseconds. */
  readonly waitMs?: number | undefined;
}

export interface QueryResult<Row> {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  readonly timeMs: number;
}

export type StatementInput = string | readonly [sql: string, params?: Params];

export interface ExecuteResult {
  readonly results: readonly { readonly rowsAffected: number; readonly timeMs: number }[];
  readonly timeMs: number;
  /** The version that the transaction made; null when it changed nothing that is replicated. */
  readonly version: number | null;
  readonly actorId: string;
}

export interface Client {
  /** Tells clients of one program apart. */
  readonly id: string;
  /** Runs a query and gathers its rows. */
  query<Row = RowObject>(
    sql: string,
    params?: Params,
    options?: QueryOptions<Row>,
  ): Promise<QueryResult<Row>>;
  /** Runs a query and gives its rows as they arrive; leaving the loop ends it. */
  iterate<Row = RowObject>(
    sql: string,
    params?: Params,
    options?: QueryOptions<Row>,
  ): AsyncGenerator<Row, void, undefined>;
  /** Runs statements as one transaction. */
  execute(
    statements: string | readonly StatementInput[],
    options?: RequestOptions,
  ): Promise<ExecuteResult>;
  /** Follows the result of a query. */
  subscribe<Row = RowObject>(
    sql: string,
    params?: Params,
    options?: SubscribeOptions<Row>,
  ): LiveQuery<Row>;
  /** Follows which rows of a table change. */
  updates<Row = RowObject>(table: string, options?: UpdatesOptions<Row>): TableUpdates<Row>;
  health(options?: RequestOptions): Promise<Health>;
  members(options?: RequestOptions): Promise<Member[]>;
  lag(options?: RequestOptions): Promise<ActorLag[]>;
  /** Ends everything that runs; nothing can be begun after. */
  close(): void;
}

const timeoutMsDefault = 60_000;
const connectTimeoutMsDefault = 3_000;
const heartbeatMsDefault = 5_000;
/** Heartbeats that may be missed, and one more for the way. */
const heartbeatsMissed = 2.5;

let clientCount = 0;

/** Makes a client. It opens nothing until it is asked for something. */
export function createClient(options: ClientOptions): Client {
  const heartbeatMs = options.heartbeatMs ?? heartbeatMsDefault;
  if (!(heartbeatMs >= 100 && heartbeatMs <= 300_000)) {
    throw new ClientError('PATINA_BAD_VALUE', 'heartbeatMs is 100 to 300,000');
  }
  return new HttpClient(options, heartbeatMs);
}

class HttpClient implements Client {
  readonly id = `client-${++clientCount}`;
  readonly #addresses: Addresses;
  readonly #transport: Transport;
  readonly #requests: Requests;
  readonly #integers: IntegerMode;
  readonly #timeoutMs: number;
  readonly #heartbeatMs: number;
  readonly #retry: RetryPolicy;
  readonly #closed = new AbortController();
  readonly #feeds = new Set<{ close(): void }>();

  constructor(options: ClientOptions, heartbeatMs: number) {
    this.#addresses = new Addresses(options.urls);
    this.#transport = new Transport({
      fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
      token: options.token,
      connectTimeoutMs: options.connectTimeoutMs ?? connectTimeoutMsDefault,
    });
    this.#requests = new Requests(this.#addresses, this.#transport);
    this.#integers = options.integers ?? 'exact';
    this.#timeoutMs = options.timeoutMs ?? timeoutMsDefault;
    this.#heartbeatMs = heartbeatMs;
    this.#retry = { ...retryPolicyDefault, ...options.retry };
  }

  async query<Row>(
    sql: string,
    params?: Params,
    options: QueryOptions<Row> = {},
  ): Promise<QueryResult<Row>> {
    const make = rowMaker(options);
    return this.#ask(this.#queryRequest(sql, params, options), options, async (response) => {
      const head: QueryHead = { columns: [], timeMs: 0 };
      const rows: Row[] = [];
      for await (const row of readRows(response, head, make, this.#integers)) rows.push(row);
      return { columns: head.columns, rows, timeMs: head.timeMs };
    });
  }

  async *iterate<Row>(
    sql: string,
    params?: Params,
    options: QueryOptions<Row> = {},
  ): AsyncGenerator<Row, void, undefined> {
    const make = rowMaker(options);
    const request = this.#queryRequest(sql, params, options);
    // A program may take its time between two rows: the limit is for the time until the first.
    const rows = new AbortController();
    const { signal } = options;
    const given: RequestOptions = {
      ...options,
      signal: signal === undefined ? rows.signal : AbortSignal.any([signal, rows.signal]),
    };
    try {
      const response = await this.#ask(request, given, async (answer) => answer);
      const head: QueryHead = { columns: [], timeMs: 0 };
      yield* readRows(response, head, make, this.#integers);
    } finally {
      rows.abort();
    }
  }

  async execute(
    statements: string | readonly StatementInput[],
    options: RequestOptions = {},
  ): Promise<ExecuteResult> {
    const list = typeof statements === 'string' ? [statements] : statements;
    const bodies = list.map((statement) => {
      if (typeof statement === 'string') return statementJson(statement, undefined);
      const [sql, params] = statement;
      return statementJson(sql, params);
    });
    const timeoutMs = options.timeoutMs ?? this.#timeoutMs;
    const request: SafeRequest = {
      method: 'POST',
      path: `/v1/transactions?timeout=${seconds(timeoutMs)}`,
      body: `[${bodies.join(',')}]`,
      isRepeatable: false,
    };
    return this.#ask(request, options, async (response) => {
      const answer = parsed(transactionResponseSchema, await jsonOf(response));
      const results = answer.results.map(({ rows_affected, time }) => {
        return { rowsAffected: rows_affected, timeMs: time * 1000 };
      });
      const { version, actor_id: actorId } = answer;
      return { results, timeMs: answer.time * 1000, version, actorId };
    });
  }

  subscribe<Row>(
    sql: string,
    params?: Params,
    options: SubscribeOptions<Row> = {},
  ): LiveQuery<Row> {
    const statement = statementJson(sql, params);
    const fold = new SubscriptionFold<Row>({
      make: rowMaker(options),
      rowsMax: options.rowsMax ?? rowsMaxDefault,
      statement,
      state: options.from,
    });
    const feed = this.#feed(
      options,
      eventCallback(options),
      fold,
      decodeSubscriptionLine,
      (from) => ({
        method: 'POST',
        path: this.#streamPath('/v1/subscriptions', from),
        body: statement,
      }),
    );
    if (fold.hasResult) void feed.deliver([fold.snapshotEvent()]);
    return new LiveQuery(feed, fold);
  }

  updates<Row>(table: string, options: UpdatesOptions<Row> = {}): TableUpdates<Row> {
    const { filter, images } = options;
    const fold = new UpdatesFold<Row>(rowMaker(options), options.from);
    const body = JSON.stringify({ filter, images });
    const path = `/v1/updates/${encodeURIComponent(table)}`;
    const feed = this.#feed(options, updatesCallback(options), fold, decodeUpdatesLine, (from) => ({
      method: 'POST',
      path: this.#streamPath(path, from),
      body,
    }));
    return new TableUpdates(feed, fold);
  }

  async health(options: RequestOptions = {}): Promise<Health> {
    const answer = await this.#get('/v1/health', options);
    return parsed(healthResponseSchema, answer).response;
  }

  async members(options: RequestOptions = {}): Promise<Member[]> {
    return parsed(membersResponseSchema, await this.#get('/v1/members', options)).members;
  }

  async lag(options: RequestOptions = {}): Promise<ActorLag[]> {
    return parsed(lagResponseSchema, await this.#get('/v1/lag', options)).lag;
  }

  close(): void {
    this.#closed.abort(closedError());
    for (const feed of this.#feeds) feed.close();
  }

  #get(path: string, options: RequestOptions): Promise<unknown> {
    return this.#ask({ method: 'GET', path, isRepeatable: true }, options, jsonOf);
  }

  async #ask<T>(
    request: SafeRequest,
    options: RequestOptions,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const { signal, clear } = deadline(options, this.#timeoutMs, this.#closed.signal);
    try {
      return await this.#requests.send(request, signal, read);
    } finally {
      clear();
    }
  }

  #queryRequest<Row>(
    sql: string,
    params: Params | undefined,
    { after, waitMs, timeoutMs }: QueryOptions<Row>,
  ): SafeRequest {
    const search = new URLSearchParams();
    search.set('timeout', seconds(timeoutMs ?? this.#timeoutMs));
    if (after !== undefined && after.version !== null) {
      search.set('after', `${after.actorId}:${after.version}`);
      if (waitMs !== undefined) search.set('wait', seconds(waitMs));
    }
    const body = statementJson(sql, params);
    return { method: 'POST', path: `/v1/queries?${search}`, body, isRepeatable: true };
  }

  #streamPath(path: string, from: string | undefined): string {
    const search = new URLSearchParams({ details: 'true' });
    search.set('heartbeat', seconds(this.#heartbeatMs));
    if (from !== undefined) search.set('from', from);
    return `${path}?${search}`;
  }

  #feed<Line, Event>(
    options: FeedOptions,
    callback: ((event: Event) => void | Promise<void>) | undefined,
    fold: StreamFold<Line, Event>,
    decode: (value: unknown) => Line | undefined,
    request: StreamDriverOptions<Line, Event>['request'],
  ): Feed<Line, Event> {
    this.#closed.signal.throwIfAborted();
    const feed = new Feed<Line, Event>(options, callback, () => this.#feeds.delete(feed));
    const { urls, index } = this.#addresses;
    const driver = new StreamDriver<Line, Event>({
      machine: new StreamMachine(fold, { urls: urls.length, firstUrl: index, retry: this.#retry }),
      transport: this.#transport,
      addresses: this.#addresses,
      integers: this.#integers,
      silenceMs: this.#heartbeatMs * heartbeatsMissed,
      request,
      decode,
      onEvents: (events) => feed.deliver(events),
      onStatus: (status, error) => feed.setStatus(status, error),
    });
    this.#feeds.add(feed);
    feed.start(driver);
    return feed;
  }
}

/** A time as the API takes it; what is positive stays so. */
function seconds(ms: number): string {
  return (Math.ceil(ms) / 1000).toFixed(3);
}

function parsed<T>(
  schema: {
    safeParse(value: unknown): { success: true; data: T } | { success: false; error: Error };
  },
  value: unknown,
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw protocolError('a shape that this client does not know', result.error);
}

function closedError(): ClientError {
  return new ClientError('PATINA_CLOSED', 'the client was closed');
}
