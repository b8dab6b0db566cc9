// The query of the page's URL as the node takes it: its text, and its parameters as JSON, in order or by name.

import { parseExactJson } from '@patina/api/exact-json.ts';
import { statementSchema } from '@patina/api/schemas.ts';
import type { z } from 'zod';

export type Statement = z.infer<typeof statementSchema>;

export type StatementReading =
  | { readonly kind: 'statement'; readonly statement: Statement }
  | { readonly kind: 'problem'; readonly text: string };

/** @param params JSON, or nothing. */
export function readStatement(sql: string, params: string): StatementReading {
  if (sql.trim() === '') return problem('There is no query.');
  if (params.trim() === '') return { kind: 'statement', statement: sql };
  let values: unknown;
  try {
    values = parseExactJson(params);
  } catch {
    return problem('The parameters are no JSON. Write them as ["fra", 80] or {":city": "fra"}.');
  }
  const parsed = statementSchema.safeParse([sql, values]);
  if (!parsed.success) {
    return problem('Parameters are a list, or an object whose names begin with :, @ or $.');
  }
  return { kind: 'statement', statement: parsed.data };
}

function problem(text: string): StatementReading {
  return { kind: 'problem', text };
}

/** Where a query is followed. */
export function watchHref(sql: string): string {
  return `/live?sql=${encodeURIComponent(sql)}`;
}

interface ExampleTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly key: number }[];
}

/** Queries over a table that a page can follow, however large the table is. */
export function examplesOf({ name, columns }: ExampleTable): readonly string[] {
  const keys = columns
    .filter(({ key }) => key > 0)
    .toSorted((a, b) => a.key - b.key)
    .map((column) => `${quoted(column.name)} DESC`);
  const order = keys.length === 0 ? '' : ` ORDER BY ${keys.join(', ')}`;
  return [
    `SELECT * FROM ${quoted(name)}${order} LIMIT 100`,
    `SELECT count(*) AS rows FROM ${quoted(name)}`,
  ];
}

/** Plain names stay as they are. */
function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
