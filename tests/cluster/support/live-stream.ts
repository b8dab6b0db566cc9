// A live query followed over HTTP, line by line, and the result folded from what it tells.

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { parseExactJson } from '@patina/api/exact-json.ts';
import { z } from 'zod';

const originSchema = z.object({ actor_id: z.string(), version: z.number(), hlc: z.number() });

const lineSchema = z.union([
  z.object({
    opened: z.object({
      id: z.string(),
      start: z.enum(['snapshot', 'resumed', 'restarted']),
      reason: z.string().optional(),
    }),
  }),
  z.object({ columns: z.array(z.string()) }),
  z.object({ row: z.tuple([z.number(), z.array(z.unknown())]) }),
  z.object({ eoq: z.object({ time: z.number(), change_id: z.number() }) }),
  z.object({
    change: z
      .tuple([z.enum(['insert', 'update', 'delete']), z.number(), z.array(z.unknown()), z.number()])
      .rest(z.number()),
  }),
  z.object({ commit: z.object({ cursor: z.string(), origins: z.array(originSchema) }) }),
  z.object({ heartbeat: z.unknown() }),
  z.object({ restarted: z.object({ reason: z.string() }) }),
  z.object({ lagged: z.object({ change_id: z.number(), cursor: z.string() }) }),
  z.object({ error: z.string(), code: z.string() }),
]);

export type LiveLine = z.infer<typeof lineSchema>;

export interface FollowOptions {
  /** The follower that this one goes on for, from its cursor. */
  readonly after?: LiveFollower;
  readonly from?: string | number;
  /** Do not read from the connection until `resume` is called. */
  readonly paused?: boolean;
}

export class LiveFollower {
  /** Every line so far. */
  readonly lines: LiveLine[] = [];
  /** The result: cells by row id. */
  readonly rows = new Map<number, readonly unknown[]>();
  readonly columns: string[] = [];
  /** What was not as the protocol promises. */
  readonly faults: string[] = [];
  changeId = 0;
  cursor = '';
  isEnded = false;
  status = 0;
  queryId = '';
  #response: IncomingMessage | undefined;
  readonly #request;
  readonly #after: LiveFollower | undefined;

  constructor(apiPort: number, statement: unknown, options: FollowOptions = {}) {
    const { after, paused } = options;
    const from = options.from ?? after?.cursor;
    this.#after = after;
    const suffix = from === undefined ? '' : `&from=${encodeURIComponent(from)}`;
    this.#request = httpRequest(
      {
        host: '127.0.0.1',
        port: apiPort,
        method: 'POST',
        path: `/v1/subscriptions?details=true${suffix}`,
        headers: { 'content-type': 'application/json' },
      },
      (response) => this.#read(response, paused === true),
    );
    this.#request.on('error', () => {
      this.isEnded = true;
    });
    this.#request.end(JSON.stringify(statement));
  }

  /** The rows of the result, sorted as text. */
  get sorted(): string[] {
    return [...this.rows.values()].map((cells) => cells.map(String).join('|')).toSorted();
  }

  /** How the stream began; undefined before it did. */
  get opened(): Extract<LiveLine, { opened: unknown }>['opened'] | undefined {
    for (const line of this.lines) if ('opened' in line) return line.opened;
    return undefined;
  }

  /** Takes nothing more from the connection until `resume`. */
  pause(): void {
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  close(): void {
    this.#request.destroy();
    this.isEnded = true;
  }

  #read(response: IncomingMessage, paused: boolean): void {
    this.#response = response;
    this.status = response.statusCode ?? 0;
    this.queryId = String(response.headers['corro-query-id'] ?? '');
    response.setEncoding('utf8');
    let rest = '';
    response.on('data', (piece: string) => {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') this.#take(lineSchema.parse(parseExactJson(line)));
    });
    if (paused) response.pause();
    for (const event of ['end', 'error', 'close']) {
      response.on(event, () => {
        this.isEnded = true;
      });
    }
  }

  #take(line: LiveLine): void {
    this.lines.push(line);
    if ('opened' in line && line.opened.start === 'resumed') this.#goOn();
    else if ('columns' in line) {
      this.columns.push(...line.columns);
      this.rows.clear();
    } else if ('row' in line) this.rows.set(line.row[0], line.row[1]);
    else if ('eoq' in line) {
      this.changeId = line.eoq.change_id;
      this.cursor = `${this.queryId}:${this.changeId}`;
    } else if ('commit' in line) this.cursor = line.commit.cursor;
    else if ('change' in line) this.#change(line.change);
  }

  #goOn(): void {
    if (this.#after === undefined) return;
    const { rows, changeId, cursor } = this.#after;
    for (const [rowId, cells] of rows) this.rows.set(rowId, cells);
    this.changeId = changeId;
    this.cursor = cursor;
  }

  #change([type, rowId, cells, id]: Extract<LiveLine, { change: unknown }>['change']): void {
    if (this.changeId !== 0 && id !== this.changeId + 1) {
      this.faults.push(`change ${id} after ${this.changeId}`);
    }
    this.changeId = id;
    if ((type === 'insert') === this.rows.has(rowId)) this.faults.push(`${type} of row ${rowId}`);
    if (type === 'delete') this.rows.delete(rowId);
    else this.rows.set(rowId, cells);
  }
}
