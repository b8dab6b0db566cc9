// The parameters of a query as text, exactly: to tell queries apart, and to keep them.

import { bindable, type SqlParam, type SqlParams } from '../../storage/sql-value.ts';
import { exactTextOf, parseKeyText } from './key-text.ts';

export function paramsToText(params: SqlParams): string {
  if (!(params instanceof Map)) {
    return `l${exactTextOf([...(params as readonly SqlParam[])].map(bindable), 0)}`;
  }
  const flat = [...params].flatMap(([name, value]) => [name, bindable(value)]);
  return `m${exactTextOf(flat, 0)}`;
}

/** The parameters of a text that {@link paramsToText} made. */
export function paramsOfText(text: string): SqlParams {
  const values = parseKeyText(text.slice(1));
  if (text.startsWith('l')) return values;
  const params = new Map<string, SqlParam>();
  for (let index = 0; index < values.length; index += 2) {
    params.set(String(values[index]), values[index + 1] ?? null);
  }
  return params;
}
