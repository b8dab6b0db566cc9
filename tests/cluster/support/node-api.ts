// A node as its clients see it: the public HTTP API, checked by the published schemas.

import { parseExactJson, stringifyExactJson } from '@patina/api/exact-json.ts';
import {
  type ActorLag,
  errorSchema,
  type Health,
  healthResponseSchema,
  lagResponseSchema,
  type Member,
  membersResponseSchema,
  queryEventSchema,
  type TransactionResponse,
  transactionResponseSchema,
} from '@patina/api/schemas.ts';

export type Statement = string | readonly [sql: string, params: readonly unknown[]];

/** An answer that was no success. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(`${status} ${code}: ${message}`);
    this.status = status;
    this.code = code;
  }
}

export interface QueryOptions {
  /** Wait for this version first. */
  readonly after?: { readonly actor_id: string; readonly version: number | null };
  readonly waitSeconds?: number;
  /** Time limit of the query, seconds. */
  readonly timeoutSeconds?: number;
}

/** How long a call may take before the test gives it up, milliseconds. */
const callMsMax = 60_000;

export class NodeApi {
  readonly #base: string;

  constructor(port: number) {
    this.#base = `http://127.0.0.1:${port}`;
  }

  /** Runs statements as one transaction. */
  async transact(statements: readonly Statement[]): Promise<TransactionResponse> {
    const response = await this.#post('/v1/transactions', statements);
    return transactionResponseSchema.parse(parseExactJson(await response.text()));
  }

  /** All rows of a query. */
  async query(statement: Statement, options: QueryOptions = {}): Promise<unknown[][]> {
    const { after, waitSeconds, timeoutSeconds } = options;
    const parameters = new URLSearchParams();
    if (after !== undefined) parameters.set('after', `${after.actor_id}:${after.version}`);
    if (waitSeconds !== undefined) parameters.set('wait', String(waitSeconds));
    if (timeoutSeconds !== undefined) parameters.set('timeout', String(timeoutSeconds));
    const response = await this.#post(`/v1/queries?${parameters}`, statement);
    const rows: unknown[][] = [];
    let isComplete = false;
    for (const line of (await response.text()).split('\n')) {
      if (line === '') continue;
      const event = queryEventSchema.parse(parseExactJson(line));
      if ('error' in event) throw new ApiError(response.status, event.code, event.error);
      if ('row' in event) rows.push(event.row[1]);
      else if ('eoq' in event) isComplete = true;
    }
    if (!isComplete) throw new Error(`the answer of ${this.#base} ended early`);
    return rows;
  }

  /** The one value of a query. */
  async value(statement: Statement, options: QueryOptions = {}): Promise<unknown> {
    return (await this.query(statement, options))[0]?.[0];
  }

  async members(): Promise<readonly Member[]> {
    return membersResponseSchema.parse(await (await this.#get('/v1/members')).json()).members;
  }

  async lag(): Promise<readonly ActorLag[]> {
    return lagResponseSchema.parse(await (await this.#get('/v1/lag')).json()).lag;
  }

  async health(): Promise<Health> {
    return healthResponseSchema.parse(await (await this.#get('/v1/health')).json()).response;
  }

  /** The actor as which the node writes. */
  async actorId(): Promise<string> {
    const self = (await this.members()).find(({ is_self }) => is_self);
    if (self === undefined) throw new Error('a node lists itself');
    return self.actor_id;
  }

  /** A metric by its name with labels; 0 when it is not there. */
  async metric(name: string): Promise<number> {
    const text = await (await this.#get('/metrics')).text();
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1) ?? 0);
  }

  async #get(path: string): Promise<Response> {
    return this.#checked(
      await fetch(this.#base + path, { signal: AbortSignal.timeout(callMsMax) }),
    );
  }

  async #post(path: string, body: unknown): Promise<Response> {
    return this.#checked(
      await fetch(this.#base + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: stringifyExactJson(body),
        signal: AbortSignal.timeout(callMsMax),
      }),
    );
  }

  async #checked(response: Response): Promise<Response> {
    if (response.ok) return response;
    const text = await response.text();
    const parsed = errorSchema.safeParse(text.startsWith('{') ? JSON.parse(text) : undefined);
    const { code, error } = parsed.success ? parsed.data : { code: 'none', error: text };
    throw new ApiError(response.status, code, error);
  }
}
