// What the commands that stand on the HTTP API have in common: statements as they are sent, and lines
// as they are answered.

import { parseExactJson } from '@patina/api/exact-json.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { Cell } from './cells.ts';

/** A statement as the API takes it. Parameters are JSON already: their integers stay exact. */
export function statementJson(sql: string, params: readonly string[]): string {
  return params.length === 0
    ? JSON.stringify(sql)
    : `[${JSON.stringify(sql)},[${params.join(',')}]]`;
}

/** What the line of a row begins with, and no other. */
export const rowStart = '{"row"';

/** The cells of a `{"row":[ordinal,[cells]]}` line. */
export function rowOf(line: string): readonly Cell[] | undefined {
  if (!line.startsWith(rowStart)) return undefined;
  const parsed = parseAnswer(line);
  const row = typeof parsed === 'object' && parsed !== null && 'row' in parsed ? parsed.row : null;
  const cells: unknown = Array.isArray(row) ? row[1] : undefined;
  if (!Array.isArray(cells) || !cells.every(isCell)) throw notUnderstood();
  return cells;
}

function isCell(value: unknown): value is Cell {
  if (Array.isArray(value)) return value.every(Number.isInteger);
  if (value === null) return true;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
}

/** JSON with exact integers. */
export function parseAnswer(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    throw notUnderstood(error);
  }
}

/** The answer is of something else than a node. */
export function notUnderstood(cause?: unknown): PatinaError {
  return new PatinaError('PATINA_WIRE_MALFORMED', 'the node answered with something else', {
    hint: 'Check that --api-addr is the HTTP API of a Patina node.',
    cause,
  });
}
