// What the reader has typed for the parameters of a query, and how the API takes it: as parameters, never as
// text within the SQL.

import { parseExactJson, stringifyExactJson } from '@patina/api/exact-json.ts';
import { paramSchema } from '@patina/api/schemas.ts';
import { z } from 'zod';
import type { Inputs } from '../../connection/shapes.ts';
import { parametersOf } from '../../sql-text/parameters.ts';
import type { SqlStatement } from '../../sql-text/statements.ts';

export const valueTypes = ['text', 'number', 'null', 'json'] as const;
export type ValueType = (typeof valueTypes)[number];

/** A value longer than this belongs into a table, not into this form. */
export const valueCharsMax = 100_000;

export const typedValueSchema = z.object({
  type: z.enum(valueTypes),
  text: z.string().max(valueCharsMax),
});

export type TypedValue = z.infer<typeof typedValueSchema>;
export type TypedValues = Readonly<Record<string, TypedValue>>;

/** What stands in a field before anything is typed. */
export const emptyValue: TypedValue = { type: 'text', text: '' };

/** A statement with its parameters, as every procedure takes it. */
export type BoundStatement = Inputs['sql']['query']['statement'];
type Param = z.infer<typeof paramSchema>;

export type Bound =
  | { readonly ok: true; readonly statement: Bindings }
  | { readonly ok: false; readonly text: string; readonly hint?: string };

/** The statement and its values by position or by name. */
export interface Bindings {
  readonly query: string;
  readonly params: Param[] | Record<string, Param> | undefined;
}

export function bind(statement: Pick<SqlStatement, 'sql' | 'tokens'>, values: TypedValues): Bound {
  const parameters = parametersOf(statement);
  const query = statement.sql;
  if (parameters.length === 0) return { ok: true, statement: { query, params: undefined } };
  const named: Record<string, Param> = {};
  const list: Param[] = Array.from({ length: parameters.at(-1)?.number ?? 0 }, () => null);
  for (const { name, number } of parameters) {
    const read = readValue(values[name] ?? emptyValue);
    if (!read.ok) return { ok: false, text: `${name}: ${read.text}` };
    named[name] = read.value;
    list[number - 1] = read.value;
  }
  const namedCount = parameters.filter(({ isNamed }) => isNamed).length;
  if (namedCount === parameters.length) return { ok: true, statement: { query, params: named } };
  if (namedCount === 0) return { ok: true, statement: { query, params: list } };
  return {
    ok: false,
    text: 'The statement has parameters with names and others without.',
    hint: 'Give all of them a name, or none.',
  };
}

type Read =
  | { readonly ok: true; readonly value: Param }
  | { readonly ok: false; readonly text: string };

/** The value that was meant. */
export function readValue({ type, text }: TypedValue): Read {
  switch (type) {
    case 'text':
      return { ok: true, value: text };
    case 'null':
      return { ok: true, value: null };
    case 'number':
      return readNumber(text.trim());
    case 'json':
      return readJson(text);
  }
}

function readNumber(text: string): Read {
  if (/^[+-]?\d{1,19}$/.test(text)) {
    const whole = BigInt(text.replace('+', ''));
    const number = Number(whole);
    return { ok: true, value: Number.isSafeInteger(number) ? number : whole };
  }
  const number = Number(text);
  if (text !== '' && Number.isFinite(number)) return { ok: true, value: number };
  return { ok: false, text: 'a number is expected, such as 42 or -1.5e3.' };
}

function readJson(text: string): Read {
  try {
    return { ok: true, value: paramSchema.parse(parseExactJson(text)) };
  } catch {
    return { ok: false, text: 'JSON is expected, such as {"blob": "AAEC"} or [0, 1, 2].' };
  }
}

/** As the procedures take it. */
export function inputOf({ query, params }: Bindings): BoundStatement {
  return params === undefined ? query : [query, params];
}

/** The values as JSON text: a list or an object, as other pages and the export take them. */
export function paramsText({ params }: Bindings): string | undefined {
  return params === undefined ? undefined : stringifyExactJson(params);
}

/** Fields for values that came as JSON: a list, or an object by name. */
export function valuesOfParams(params: unknown): TypedValues {
  if (typeof params !== 'object' || params === null) return {};
  const entries = Array.isArray(params)
    ? params.map((value: unknown, index): [string, unknown] => [`?${index + 1}`, value])
    : Object.entries(params);
  return Object.fromEntries(entries.map(([name, value]) => [name, typed(value)]));
}

function typed(value: unknown): TypedValue {
  if (value === null) return { type: 'null', text: '' };
  if (typeof value === 'string') return { type: 'text', text: value.slice(0, valueCharsMax) };
  if (typeof value === 'number' || typeof value === 'bigint') {
    return { type: 'number', text: String(value) };
  }
  return { type: 'json', text: stringifyExactJson(value).slice(0, valueCharsMax) };
}
