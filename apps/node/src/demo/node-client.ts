// A node of the demo as its clients see it: the public HTTP API and nothing else.

import {
  type ActorLag,
  type Health,
  healthResponseSchema,
  lagResponseSchema,
  type Member,
  membersResponseSchema,
  type TransactionResponse,
  transactionResponseSchema,
} from '@patina/api/schemas.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { z } from 'zod';
import { postJson } from '../cli/http-client.ts';
import { formatHostPort, type HostPort } from '../config/host-port.ts';

/** A value of a parameter. */
export type Value = string | number | null;

export type StatementJson = readonly [sql: string, params: readonly Value[]];

/** How long an answer about the node may take, milliseconds. */
const tellMsMax = 2_000;

const rowStart = '{"row":';

export class NodeClient {
  readonly #address: HostPort;

  constructor(address: HostPort) {
    this.#address = address;
  }

  /** Where a browser finds the node. */
  get url(): string {
    return `http://${formatHostPort(this.#address)}/`;
  }

  /** Runs statements as one transaction, within `timeoutSeconds`. */
  async transact(
    statements: readonly StatementJson[],
    timeoutSeconds: number,
  ): Promise<TransactionResponse> {
    const json = JSON.stringify(statements);
    const answer = await this.#post('/v1/transactions', json, timeoutSeconds);
    let body = '';
    for await (const line of answer.lines()) body += line;
    return this.#read(transactionResponseSchema, body);
  }

  /**
   * The rows of a query, each as the JSON text `{"row":[n,[…]]}` that the node wrote. Throws when the
   * answer ends early. `after` is a version to wait for, `actor:version`.
   */
  async *rows(sql: string, timeoutSeconds: number, after?: string): AsyncGenerator<string> {
    const path = after === undefined ? '' : `?after=${after}&wait=${timeoutSeconds}`;
    const json = JSON.stringify(sql);
    const answer = await this.#post(`/v1/queries${path}`, json, timeoutSeconds);
    let isComplete = false;
    for await (const line of answer.lines()) {
      if (line.startsWith(rowStart)) yield line;
      else if (line.startsWith('{"eoq":')) isComplete = true;
      else if (line.startsWith('{"error":')) throw this.#notUnderstood(line);
    }
    if (!isComplete) {
      throw new PatinaError('PATINA_STREAM_CLOSED', `the answer of ${this.url} ended early`);
    }
  }

  /** The whole numbers in the one row of a query. */
  async numbers(sql: string, timeoutSeconds: number): Promise<number[]> {
    for await (const line of this.rows(sql, timeoutSeconds)) {
      const cells = /^\{"row":\[1,\[([-\d,]*)\]\]\}$/.exec(line)?.[1];
      if (cells !== undefined) return cells.split(',').map(Number);
    }
    throw this.#notUnderstood('not one row of numbers');
  }

  /** Resolves once the node has the version, `actor:version`, and all of that actor's before it. */
  async waitFor(version: string, waitSeconds: number): Promise<void> {
    for await (const _row of this.rows('SELECT 1', waitSeconds, version));
  }

  async members(): Promise<readonly Member[]> {
    return (await this.#get(membersResponseSchema, 'v1/members')).members;
  }

  async lag(): Promise<readonly ActorLag[]> {
    return (await this.#get(lagResponseSchema, 'v1/lag')).lag;
  }

  async health(): Promise<Health> {
    return (await this.#get(healthResponseSchema, 'v1/health')).response;
  }

  /** Whether the node serves the console. */
  async hasConsole(): Promise<boolean> {
    const response = await fetch(this.url, { signal: AbortSignal.timeout(tellMsMax) });
    await response.body?.cancel();
    return response.ok;
  }

  async #get<T>(schema: z.ZodType<T>, path: string): Promise<T> {
    const signal = AbortSignal.timeout(tellMsMax);
    let text: string;
    try {
      text = await (await fetch(new URL(path, this.url), { signal })).text();
    } catch (cause) {
      throw new PatinaError('PATINA_PEER_UNREACHABLE', `no node answers at ${this.url}`, { cause });
    }
    return this.#read(schema, text);
  }

  #post(path: string, json: string, timeoutSeconds: number): ReturnType<typeof postJson> {
    return postJson({ address: this.#address, token: undefined }, path, json, timeoutSeconds);
  }

  #read<T>(schema: z.ZodType<T>, text: string): T {
    const parsed = schema.safeParse(JSON.parse(text));
    if (!parsed.success) throw this.#notUnderstood(text);
    return parsed.data;
  }

  #notUnderstood(text: string): PatinaError {
    const shown = text.slice(0, 200);
    return new PatinaError('PATINA_WIRE_MALFORMED', `${this.url} answered: ${shown}`);
  }
}
