// A live query as a program follows it: one HTTP request whose lines are read as they come.

import { Agent, request as httpRequest } from 'node:http';
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

/** Opens a live query; resolves at the end of its snapshot. */
export function openLive(
  port: number,
  statement: unknown,
  listener: LiveListener,
): Promise<LiveStream> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: '/v1/subscriptions?details=true',
        headers: { 'content-type': 'application/json' },
        agent,
      },
      (response) => {
        response.setEncoding('utf8');
        let rest = '';
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
        response.on('data', (piece: string) => {
          const atMs = nowMs();
          const lines = (rest + piece).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) if (line !== '') take(line, atMs);
        });
        response.on('error', () => undefined);
        response.on('end', () => reject(new Error(`the stream ended: ${response.statusCode}`)));
      },
    );
    request.setNoDelay(true);
    request.on('error', reject);
    request.end(JSON.stringify(statement));
  });
}

/** Bytes and rows of a snapshot as fast as they come, unparsed. */
export function drainSnapshot(
  port: number,
  statement: unknown,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: '/v1/subscriptions',
        headers: { 'content-type': 'application/json' },
        agent,
      },
      (response) => {
        let rows = -1;
        let bytes = 0;
        response.on('data', (piece: Buffer) => {
          bytes += piece.length;
          for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) rows++;
          if (piece.subarray(-200).includes('{"eoq"')) {
            request.destroy();
            resolve({ rows: rows - 1, bytes });
          }
        });
        response.on('error', () => undefined);
        response.on('end', () => reject(new Error(`the stream ended: ${response.statusCode}`)));
      },
    );
    request.on('error', reject);
    request.end(JSON.stringify(statement));
  });
}
