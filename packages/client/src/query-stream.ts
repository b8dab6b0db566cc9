// The answer to a query, row by row as it arrives.

import { errorSchema } from '@patina/api/schemas.ts';
import { asClientError, ClientError, errorOfBody, protocolError } from './client-error.ts';
import { LineSplitter } from './ndjson.ts';
import type { RowMaker } from './rows.ts';
import { decodeCells, type IntegerMode, parseJson } from './values.ts';

export interface QueryHead {
  columns: readonly string[];
  /** How long the node took, once the answer is whole. */
  timeMs: number;
}

/** Yields the rows of an answer; `head` is filled on the way. Throws where it is cut off. */
export async function* readRows<Row>(
  response: Response,
  head: QueryHead,
  make: RowMaker<Row>,
  integers: IntegerMode,
): AsyncGenerator<Row, void, undefined> {
  if (response.body === null) throw protocolError('no body');
  const reader = response.body.getReader();
  const splitter = new LineSplitter();
  let isWhole = false;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(brokenOff);
      if (done) break;
      for (const text of splitter.push(value)) {
        const line = decodeLine(text, integers);
        if ('columns' in line) head.columns = line.columns;
        else if ('cells' in line) yield make(head.columns, line.cells);
        else {
          head.timeMs = line.timeMs;
          isWhole = true;
        }
      }
    }
  } finally {
    // Where the program has enough, the node shall know.
    reader.cancel().catch(() => undefined);
  }
  if (!isWhole) {
    throw new ClientError('PATINA_UNREACHABLE', 'the answer ended early', { retry: true });
  }
}

function brokenOff(cause: unknown): never {
  throw asClientError(cause);
}

type Line =
  | { readonly columns: readonly string[] }
  | { readonly cells: ReturnType<typeof decodeCells> }
  | { readonly timeMs: number };

function decodeLine(text: string, integers: IntegerMode): Line {
  let line: unknown;
  try {
    line = parseJson(text, integers);
  } catch (cause) {
    throw protocolError('a line that is no JSON', cause);
  }
  if (typeof line !== 'object' || line === null) throw protocolError('a line that is no object');
  if ('row' in line && Array.isArray(line.row)) return { cells: decodeCells(line.row[1]) };
  if ('columns' in line && Array.isArray(line.columns))
    return { columns: line.columns.map(String) };
  if ('eoq' in line && typeof line.eoq === 'object' && line.eoq !== null) {
    const time = 'time' in line.eoq ? Number(line.eoq.time) : 0;
    return { timeMs: time * 1000 };
  }
  const failed = errorSchema.safeParse(line);
  if (failed.success) throw errorOfBody(failed.data);
  throw protocolError('a line of an unknown kind');
}
