// A case as the text of a test that can be pasted into a file of regressions.

import type { FuzzCase, FuzzFailure, FuzzQuery } from './fuzz-case.ts';
import { render } from './sql-parts.ts';

export function printCase(
  fuzzCase: FuzzCase,
  failure: FuzzFailure,
  seed: number | undefined,
): string {
  const queries = fuzzCase.queries.map(writtenQuery);
  const { schema, steps, changesMax } = fuzzCase;
  const whole = { schema, queries, steps, ...(changesMax === undefined ? {} : { changesMax }) };
  const origin = seed === undefined ? '' : ` (seed ${seed})`;
  return [
    `test(${text(`${failure.check}${origin}`)}, () => {`,
    `  const failure = caseFailure(${text(whole)});`,
    '  expect(failure).toBeUndefined();',
    '});',
  ].join('\n');
}

/** The query as SQL and parameters. */
function writtenQuery({ sql, style, params, order, isLoose }: FuzzQuery): FuzzQuery {
  const rendered = params === undefined ? render(sql, style) : { sql: render(sql).sql, params };
  const isBare =
    !(rendered.params instanceof Map) && (rendered.params as readonly unknown[]).length === 0;
  return {
    sql: rendered.sql,
    ...(isBare ? {} : { params: rendered.params }),
    ...(order === undefined ? {} : { order }),
    ...(isLoose === true ? { isLoose } : {}),
  };
}

/** A value as TypeScript. */
function text(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (value === Number.POSITIVE_INFINITY) return 'Number.POSITIVE_INFINITY';
  if (typeof value === 'string') return stringText(value);
  if (value instanceof Uint8Array) return `Uint8Array.of(${value.join(', ')})`;
  if (value instanceof Map) return `new Map([${[...value].map(text).join(', ')}])`;
  if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).map(([name, of]) => `${name}: ${text(of)}`);
  return `{ ${entries.join(', ')} }`;
}

function stringText(value: string): string {
  if (value.includes("'") && !value.includes('"')) return JSON.stringify(value);
  return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}
