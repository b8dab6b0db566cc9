// What the benchmark asks of a node's HTTP API.

import {
  type ActorLag,
  healthResponseSchema,
  lagResponseSchema,
  type Member,
  membersResponseSchema,
  transactionResponseSchema,
} from '@patina/api/schemas.ts';
import { z } from 'zod';
import type { Row } from './databases.ts';
import { insertSql } from './databases.ts';
import { type HttpAnswer, HttpClient } from './http.ts';

const rowLineSchema = z.object({ row: z.tuple([z.number(), z.array(z.unknown())]) });
const anyLineSchema = z.looseObject({ error: z.string().optional() });

/** A version as a transaction made it. */
export interface MadeVersion {
  readonly actorId: string;
  readonly version: number;
}

export class NodeClient {
  readonly #http: HttpClient;

  constructor(apiPort: number) {
    this.#http = new HttpClient(apiPort);
  }

  async isUp(): Promise<boolean> {
    try {
      return (await this.#http.get('/v1/health')).status === 200;
    } catch {
      // Nobody listens yet.
      return false;
    }
  }

  /** Inserts rows in one transaction. */
  insert(rows: readonly Row[]): Promise<MadeVersion> {
    return this.write(rows.map((row) => [insertSql, row]));
  }

  /** Runs statements that change something, as one transaction. */
  async write(statements: readonly unknown[]): Promise<MadeVersion> {
    const answer = await this.#http.post('/v1/transactions', statements);
    const { version, actor_id } = transactionResponseSchema.parse(parsed(answer));
    if (version === null) throw new Error('the transaction made no version');
    return { actorId: actor_id, version };
  }

  /** The rows of a query; `after` waits until the version is visible here. */
  async query(statement: unknown, after?: MadeVersion): Promise<unknown[][]> {
    const wait = after === undefined ? '' : `?after=${after.actorId}:${after.version}&wait=60`;
    const answer = await this.#http.post(`/v1/queries${wait}`, statement);
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`);
    const rows: unknown[][] = [];
    for (const line of answer.body.trim().split('\n')) {
      const value: unknown = JSON.parse(line);
      const row = rowLineSchema.safeParse(value);
      if (row.success) rows.push(row.data.row[1]);
      const { error } = anyLineSchema.parse(value);
      if (error !== undefined) throw new Error(error);
    }
    return rows;
  }

  /** The only value of a query of one row and one column. */
  async value(statement: unknown): Promise<unknown> {
    return (await this.query(statement))[0]?.[0];
  }

  /** Rows in the table of the benchmark. */
  async count(): Promise<number> {
    return z.number().parse(await this.value('SELECT count(*) FROM t'));
  }

  /** Versions known of and missing. */
  async gaps(): Promise<number> {
    const { response } = healthResponseSchema.parse(parsed(await this.#http.get('/v1/health')));
    return response.gaps;
  }

  async members(): Promise<Member[]> {
    return membersResponseSchema.parse(parsed(await this.#http.get('/v1/members'))).members;
  }

  async lag(): Promise<ActorLag[]> {
    return lagResponseSchema.parse(parsed(await this.#http.get('/v1/lag'))).lag;
  }

  /** Metrics of Prometheus by name with labels, as they are written. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const { body } = await this.#http.get('/metrics');
    const values = new Map<string, number>();
    for (const line of body.split('\n')) {
      const match = /^(\S+) (\S+)$/.exec(line);
      if (match !== null) values.set(match[1] ?? '', Number(match[2]));
    }
    return values;
  }

  close(): void {
    this.#http.close();
  }
}

function parsed({ status, body }: HttpAnswer): unknown {
  if (status !== 200) throw new Error(`${status}: ${body}`);
  return JSON.parse(body);
}
