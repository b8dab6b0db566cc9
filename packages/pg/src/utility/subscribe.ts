// `SUBSCRIBE [TO] (SELECT …) [WITH (SNAPSHOT [= bool], PROGRESS [= bool])]`, in Materialize's grammar:
// the rows of a query and then its changes, each with the moment and the number of copies that came or went.

import { type Node, parseSync } from 'libpg-query';
import { PgError } from '../pg-error.ts';
import type { PlannedQuery, ResultColumn } from '../sql/planned.ts';
import type { PlanTools } from './plan-tools.ts';
import type { Token } from './tokens.ts';
import type { SubscribeSource } from './utility-statement.ts';
import { refuseToken, type WithOption, withOptions } from './with-options.ts';

/** A SUBSCRIBE amid the tokens of a statement. */
export interface SubscribeText {
  readonly text: string;
  readonly tokens: readonly Token[];
  /** The token SUBSCRIBE. */
  readonly from: number;
  /** The token after the last. */
  readonly end: number;
}

const oids = { bool: 16, int8: 20, numeric: 1700 } as const;

/** Throws PgError 42601, 0A000, and what planning the query throws. */
export function readSubscribe(subscribe: SubscribeText, tools: PlanTools): SubscribeSource {
  const { tokens } = subscribe;
  let at = subscribe.from + 1;
  if (tokens[at]?.word === 'to') at++;
  const { query, next } = readQuery(subscribe, at, tools);
  at = next;
  let options: readonly WithOption[] = [];
  if (at < subscribe.end && tokens[at]?.word === 'with') {
    const read = withOptions(tokens.slice(0, subscribe.end), at, tools);
    options = read.options;
    at = read.next;
  }
  if (at < subscribe.end) throw refuseClause(tokens[at], tools);
  const withSnapshot = flag(options, 'snapshot', true, tools);
  const withProgress = flag(options, 'progress', false, tools);
  for (const { name, token } of options) {
    if (name === 'snapshot' || name === 'progress') continue;
    throw new PgError('42601', `unrecognized SUBSCRIBE option "${name}"`, {
      position: tools.positionOf(token.location),
    });
  }
  const columns = [...leadingColumns(withProgress), ...query.columns];
  return { kind: 'subscribe', query, columns, withSnapshot, withProgress };
}

/** The columns before those of the query, with Materialize's names and types. */
function leadingColumns(withProgress: boolean): ResultColumn[] {
  const column = (name: string, oid: number): ResultColumn => {
    return { name, type: { oid, typmod: -1 }, tableOid: 0, columnNumber: 0 };
  };
  return [
    column('mz_timestamp', oids.numeric),
    ...(withProgress ? [column('mz_progressed', oids.bool)] : []),
    column('mz_diff', oids.int8),
  ];
}

/** `(SELECT …)` or the name of a table or view. */
function readQuery(
  { text, tokens, from, end }: SubscribeText,
  at: number,
  tools: PlanTools,
): { readonly query: PlannedQuery; readonly next: number } {
  const first = tokens[at];
  if (first === undefined || at >= end) throw refuseToken(tokens[from], tools);
  if (first.text === '(') {
    const close = closingParenthesis(tokens, at, end);
    if (close === undefined) throw new PgError('42601', 'syntax error at end of input');
    const start = first.end;
    return {
      query: planQuery(text, start, tokens[close]?.start ?? start, '', tools),
      next: close + 1,
    };
  }
  let next = at + 1;
  while (next + 1 < end && tokens[next]?.text === '.') next += 2;
  const last = tokens[next - 1] ?? first;
  return { query: planQuery(text, first.start, last.end, 'TABLE ', tools), next };
}

/**
 * Parses a part of the text where it stands, so that places in it are places in the whole: what is before
 * becomes blank.
 */
function planQuery(
  text: string,
  start: number,
  end: number,
  keyword: string,
  tools: PlanTools,
): PlannedQuery {
  const blank = ' '.repeat(Math.max(Buffer.byteLength(text.slice(0, start)) - keyword.length, 0));
  const node = parseQuery(`${blank}${keyword}${text.slice(start, end)}`);
  const planned = tools.planInner(node, text);
  if (planned.kind === 'query') return planned;
  throw new PgError('0A000', 'SUBSCRIBE takes a query, not a statement that writes');
}

function parseQuery(text: string): Node {
  let node: Node | undefined;
  try {
    node = parseSync(text).stmts?.[0]?.stmt;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new PgError('42601', message, { cause });
  }
  if (node === undefined || !('SelectStmt' in node)) {
    throw new PgError('0A000', 'SUBSCRIBE takes a SELECT');
  }
  return node;
}

function closingParenthesis(
  tokens: readonly Token[],
  open: number,
  end: number,
): number | undefined {
  let depth = 0;
  for (let index = open; index < end; index++) {
    if (tokens[index]?.text === '(') depth++;
    if (tokens[index]?.text === ')' && --depth === 0) return index;
  }
  return undefined;
}

const unsupportedClauses: ReadonlySet<string> = new Set(['as', 'up', 'envelope', 'within']);

function refuseClause(token: Token | undefined, tools: PlanTools): PgError {
  if (token === undefined || !unsupportedClauses.has(token.word)) return refuseToken(token, tools);
  const clauses = { as: 'AS OF', up: 'UP TO', envelope: 'ENVELOPE', within: 'WITHIN TIMESTAMP' };
  const clause = Object.entries(clauses).find(([word]) => word === token.word)?.[1];
  return new PgError('0A000', `SUBSCRIBE … ${clause ?? token.text} is not supported`, {
    position: tools.positionOf(token.location),
  });
}

function flag(
  options: readonly WithOption[],
  name: string,
  byDefault: boolean,
  tools: PlanTools,
): boolean {
  const option = options.find((candidate) => candidate.name === name);
  if (option === undefined) return byDefault;
  const value = option.value?.toLowerCase() ?? 'true';
  if (value === 'true' || value === 'on' || value === '1') return true;
  if (value === 'false' || value === 'off' || value === '0') return false;
  throw new PgError('42601', `${name.toUpperCase()} requires a Boolean value`, {
    position: tools.positionOf(option.token.location),
  });
}
