// `WITH (name [= value], …)` as Materialize writes options.

import { PgError } from '../pg-error.ts';
import type { PlanTools } from './plan-tools.ts';
import type { Token } from './tokens.ts';

export interface WithOption {
  readonly name: string;
  /** Unquoted; undefined where the name stands alone. */
  readonly value: string | undefined;
  readonly token: Token;
}

/** Reads options from the WITH at `at`; `next` is the token behind the closing parenthesis. Throws 42601. */
export function withOptions(
  tokens: readonly Token[],
  at: number,
  tools: PlanTools,
): { readonly options: readonly WithOption[]; readonly next: number } {
  const options: WithOption[] = [];
  let index = at + 1;
  const expect = (text: string): void => {
    if (tokens[index]?.text !== text) throw refuseToken(tokens[index], tools);
    index++;
  };
  expect('(');
  for (;;) {
    const token = tokens[index];
    if (token === undefined || token.word === '') throw refuseToken(token, tools);
    index++;
    if (tokens[index]?.text === '=') index++;
    const given = tokens[index];
    const hasValue = given !== undefined && given.text !== ',' && given.text !== ')';
    if (hasValue) index++;
    options.push({ name: token.word, value: hasValue ? unquoted(given.text) : undefined, token });
    if (tokens[index]?.text !== ',') break;
    index++;
  }
  expect(')');
  return { options, next: index };
}

/** The syntax error for a token that cannot stand where it does. */
export function refuseToken(token: Token | undefined, tools: PlanTools): PgError {
  if (token === undefined) return new PgError('42601', 'syntax error at end of input');
  return new PgError('42601', `syntax error at or near "${token.text}"`, {
    position: tools.positionOf(token.location),
  });
}

function unquoted(text: string): string {
  return text.startsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : text;
}
