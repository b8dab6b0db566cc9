// A live query as a program follows it: one HTTP request whose lines are read as they come.

import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { hlcToUnixMs } from '@patina/engine/base/hlc.ts';
import { z } from 'zod';

const changeSchema = z
  .tuple([z.string(), z.number(), z.array(z.unknown()), z.number()])
  .rest(z.unknown());
const lineSchema = z.looseObject({
  change: changeSchema.optional(),
  commit: z.looseObject({ origins: z.array(z.looseObject({ hlc: z.number() })) }).optional(),
  eoq: z.looseObject({}).optional(),
  lagged: z.unknown().optional(),
  error: z.string().optional(),
});

/** Takes what a live query tells; times are of this process, milliseconds of the Unix epoch. */
export interface LiveListener {
  /** Called when all changes of a step are here. */
  onStep?(step: {
    readonly cells: readonly (readonly unknown[])[];
    readonly committedMs: number;
    readonly atMs: number;
  }): void;
  onLagged?(): void;
}

export interface LiveStream {
  /** Rows of the snapshot. */
  readonly rows: number;
  close(): void;
}

/** Milliseconds of the Unix epoch, with fractions. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });

/** Asks for a live query; `onFailed` is told when it cannot be had, or its stream ends. */
function ask(
  port: number,
  path: string,
  statement: unknown,
  onResponse: (response: IncomingMessage) => void,
  onFailed: (error: Error) => void,
): ClientRequest {
  const headers = { 'content-type': 'application/json' };
  const request = httpRequest(
    { host: '127.0.0.1', port, method: 'POST', path, headers, agent },
    (response) => {
      onResponse(response);
      response.on('error', () => undefined);
      response.on('end', () => onFailed(new Error(`the stream ended: ${response.statusCode}`)));
    },
  );
  request.setNoDelay(true);
  request.on('error', onFailed);
  request.end(JSON.stringify(statement));
  return request;
}

/** Opens a live query; resolves at the end of its snapshot. */
export function openLive(
  port: number,
  statement: unknown,
  listener: LiveListener,
): Promise<LiveStream> {
  return new Promise((resolve, reject) => {
    let rows = 0;
    let cells: unknown[][] = [];
    const take = (text: string, atMs: number): void => {
      if (text.startsWith('{"row"')) {
        rows++;
        return;
      }
      const line = lineSchema.parse(JSON.parse(text));
      if (line.error !== undefined) reject(new Error(line.error));
      else if (line.lagged !== undefined) listener.onLagged?.();
      else if (line.change !== undefined) cells.push(line.change[2]);
      else if (line.eoq !== undefined) resolve({ rows, close: () => request.destroy() });
      else if (line.commit !== undefined) {
        const hlc = Math.max(0, ...line.commit.origins.map((origin) => origin.hlc));
        listener.onStep?.({ cells, committedMs: hlcToUnixMs(hlc), atMs });
        cells = [];
      }
    };
    const read = (response: IncomingMessage): void => {
      response.setEncoding('utf8');
      let rest = '';
      response.on('data', (piece: string) => {
        const atMs = nowMs();
        const lines = (rest + piece).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') take(line, atMs);
      });
    };
    const request = ask(port, '/v1/subscriptions?details=true', statement, read, reject);
  });
}

/** Reads a snapshot as fast as it comes, unparsed; resolves with the count of its rows. */
export function drainSnapshot(port: number, statement: unknown): Promise<number> {
  return new Promise((resolve, reject) => {
    const read = (response: IncomingMessage): void => {
      let lines = 0;
      response.on('data', (piece: Buffer) => {
        for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, at + 1)) lines++;
        if (!piece.subarray(-endBytesMax).includes('{"eoq"')) return;
        request.destroy();
        resolve(lines - linesAroundRows);
      });
    };
    const request = ask(port, '/v1/subscriptions', statement, read, reject);
  });
}

const newline = 0x0a;

/** The line at the end of a snapshot is no longer. */
const endBytesMax = 200;

/** The lines of a snapshot that are no rows: the columns, and its end. */
const linesAroundRows = 2;
