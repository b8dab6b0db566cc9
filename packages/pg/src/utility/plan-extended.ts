// Commands that PostgreSQL's grammar lacks: Materialize's SUBSCRIBE, by itself, in COPY and in DECLARE, and
// FETCH … WITH (timeout). The unknown part is cut out, PostgreSQL's parser reads the rest.

import { type Node, parseSync } from 'libpg-query';
import { PgError } from '../pg-error.ts';
import { refuseServerFiles } from './copy.ts';
import { copyOptions } from './copy-options.ts';
import { declaredCursor, planFetch } from './cursors.ts';
import type { PlanTools } from './plan-tools.ts';
import { readSubscribe, type SubscribeText } from './subscribe.ts';
import { type Token, tokensOf } from './tokens.ts';
import type { UtilityStatement } from './utility-statement.ts';
import { refuseToken, withOptions } from './with-options.ts';

/**
 * Plans a statement that PostgreSQL's parser refused; undefined where it is none of ours either. Throws
 * PgError 42601 where it begins like one of ours and goes on otherwise.
 */
export function planExtended(text: string, tools: PlanTools): UtilityStatement | undefined {
  const [first] = /^\s*(?:--|\/\*|[a-z])/i.exec(text) ?? [];
  if (first === undefined) return undefined;
  const tokens = tokensOf(text);
  switch (tokens?.[0]?.word) {
    case 'subscribe':
      return wholeSubscribe(text, tokens, tools);
    case 'copy':
      return copyOfSubscribe(text, tokens, tools);
    case 'declare':
      return cursorOfSubscribe(text, tokens, tools);
    case 'fetch':
      return fetchWithTimeout(text, tokens, tools);
    default:
      return undefined;
  }
}

function wholeSubscribe(text: string, tokens: readonly Token[], tools: PlanTools) {
  const end = tokens.at(-1)?.text === ';' ? tokens.length - 1 : tokens.length;
  return readSubscribe({ text, tokens, from: 0, end }, tools);
}

/** `COPY (SUBSCRIBE …) [TO] STDOUT [WITH …]`. */
function copyOfSubscribe(
  text: string,
  tokens: readonly Token[],
  tools: PlanTools,
): UtilityStatement | undefined {
  if (tokens[1]?.text !== '(' || tokens[2]?.word !== 'subscribe') return undefined;
  const end = closing(tokens, 1);
  if (end === undefined) return undefined;
  const within: SubscribeText = { text, tokens, from: 2, end };
  const rest = parseAround(text, within);
  if (rest === undefined || !('CopyStmt' in rest)) return undefined;
  refuseServerFiles(rest.CopyStmt);
  const source = readSubscribe(within, tools);
  const options = copyOptions(rest.CopyStmt.options, {
    isFrom: false,
    columns: source.columns.map(({ name }) => name),
    table: undefined,
    positionOf: tools.positionOf,
  });
  return { kind: 'copy-out', source, options };
}

/** `DECLARE c CURSOR FOR SUBSCRIBE …`. */
function cursorOfSubscribe(
  text: string,
  tokens: readonly Token[],
  tools: PlanTools,
): UtilityStatement | undefined {
  const from = tokens.findIndex(({ word }, index) => {
    return word === 'subscribe' && tokens[index - 1]?.word === 'for';
  });
  if (from < 0) return undefined;
  const end = tokens.at(-1)?.text === ';' ? tokens.length - 1 : tokens.length;
  const within: SubscribeText = { text, tokens, from, end };
  const rest = parseAround(text, within);
  if (rest === undefined || !('DeclareCursorStmt' in rest)) return undefined;
  return declaredCursor(rest.DeclareCursorStmt, readSubscribe(within, tools));
}

/** `FETCH … WITH (timeout = '1s')`. */
function fetchWithTimeout(
  text: string,
  tokens: readonly Token[],
  tools: PlanTools,
): UtilityStatement | undefined {
  const at = tokens.findIndex(({ word }) => word === 'with');
  const next = tokens[at];
  if (next === undefined) return undefined;
  const fetch = parseOne(text.slice(0, next.start));
  if (fetch === undefined || !('FetchStmt' in fetch)) return undefined;
  const { options, next: after } = withOptions(tokens, at, tools);
  const rest = tokens[after];
  if (rest !== undefined && rest.text !== ';') throw refuseToken(rest, tools);
  for (const { name, token } of options) {
    if (name === 'timeout') continue;
    throw new PgError('42601', `unrecognized FETCH option "${name}"`, {
      position: tools.positionOf(token.location),
    });
  }
  const timeout = options.find(({ name }) => name === 'timeout');
  return planFetch(
    fetch.FetchStmt,
    timeout === undefined ? undefined : milliseconds(timeout.value),
  );
}

/** An interval of one unit or `HH:MM:SS`, in milliseconds. Throws PgError 22007. */
function milliseconds(text: string | undefined): number {
  const parts = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text ?? '');
  const unit = unitMs.get((parts?.[2] ?? '').toLowerCase());
  if (parts !== null && unit !== undefined) return Math.round(Number(parts[1]) * unit);
  const clock = /^\s*(\d+):(\d\d):(\d\d(?:\.\d+)?)\s*$/.exec(text ?? '');
  if (clock === null) {
    throw new PgError('22007', `invalid input syntax for type interval: "${text ?? ''}"`);
  }
  const minutes = Number(clock[1]) * 60 + Number(clock[2]);
  return Math.round((minutes * 60 + Number(clock[3])) * 1_000);
}

const unitMs: ReadonlyMap<string, number> = new Map([
  ...['ms', 'msec', 'msecs', 'millisecond', 'milliseconds'].map((name) => [name, 1] as const),
  ...['', 's', 'sec', 'secs', 'second', 'seconds'].map((name) => [name, 1_000] as const),
  ...['m', 'min', 'mins', 'minute', 'minutes'].map((name) => [name, 60_000] as const),
  ...['h', 'hour', 'hours'].map((name) => [name, 3_600_000] as const),
]);

/** Parses the statement with `SELECT 1` in the place of SUBSCRIBE, all other places kept. */
function parseAround(text: string, within: SubscribeText): Node | undefined {
  const start = within.tokens[within.from]?.start ?? 0;
  const end = within.tokens[within.end - 1]?.end ?? text.length;
  const cut = text.slice(start, end);
  const filled = 'SELECT 1'.padEnd(Buffer.byteLength(cut));
  return parseOne(text.slice(0, start) + filled + text.slice(end));
}

function parseOne(text: string): Node | undefined {
  try {
    const statements = parseSync(text).stmts ?? [];
    return statements.length === 1 ? statements[0]?.stmt : undefined;
  } catch {
    return undefined;
  }
}

/** The index of the parenthesis that closes the one at `open`. */
function closing(tokens: readonly Token[], open: number): number | undefined {
  let depth = 0;
  for (let index = open; index < tokens.length; index++) {
    if (tokens[index]?.text === '(') depth++;
    if (tokens[index]?.text === ')' && --depth === 0) return index;
  }
  return undefined;
}
