// What is known of SQL functions: which of them gather rows, depend on the time or on chance, or may
// fail on a value.

import type { AstNode, Expr, FunctionCallExpr } from 'sqlite3-parser';
import { bare, refused, walk } from './syntax.ts';

function words(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/));
}

/** Functions whose results are not a matter of the data: a change of them cannot be noticed. */
const refusedFunctions = words('changes last_insert_rowid random randomblob total_changes');

const aggregates = words(`
  avg count group_concat json_group_array json_group_object jsonb_group_array jsonb_group_object
  median percentile percentile_cont percentile_disc string_agg sum total
`);

const orderedAggregates = words(`
  group_concat json_group_array json_group_object jsonb_group_array jsonb_group_object string_agg
`);

const windowOnly = words(`
  cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
`);

/** Functions of their arguments alone, or of the time. */
const scalars = words(`
  abs acos acosh asin asinh atan atan2 atanh ceil ceiling char coalesce concat concat_ws cos cosh
  date datetime degrees exp floor format glob hex if ifnull iif instr json json_array
  json_array_insert json_array_length json_error_position json_extract json_insert json_object
  json_patch json_pretty json_quote json_remove json_replace json_set json_type json_valid jsonb
  jsonb_array jsonb_array_insert jsonb_extract jsonb_insert jsonb_object jsonb_patch jsonb_remove
  jsonb_replace jsonb_set julianday length like likelihood likely ln log log10 log2 lower ltrim mod
  nullif octet_length pi pow power printf quote radians replace round rtrim sign sin sinh soundex
  sqlite_version sqrt strftime substr substring subtype tan tanh time timediff trim trunc typeof
  unhex unicode unistr unistr_quote unixepoch unlikely upper zeroblob
`);

/** Functions that no value makes fail, so that they can be asked of any row. */
const neverFailing = words(`
  coalesce date datetime hex if ifnull iif instr julianday length lower ltrim nullif octet_length
  rtrim strftime substr substring time trim typeof unicode unixepoch upper
`);

/** Functions whose equal results always look alike: text, or integers. */
const exactFunctions = words(`
  date datetime hex instr length lower octet_length quote strftime time typeof unicode upper
`);

/** Position of the first time value among the arguments of a function, and how many there are. */
const timeArguments: ReadonlyMap<string, { readonly first: number; readonly count: number }> =
  new Map([
    ['date', { first: 0, count: 1 }],
    ['datetime', { first: 0, count: 1 }],
    ['julianday', { first: 0, count: 1 }],
    ['strftime', { first: 1, count: 1 }],
    ['time', { first: 0, count: 1 }],
    ['timediff', { first: 0, count: 2 }],
    ['unixepoch', { first: 0, count: 1 }],
  ]);

/** What a function is that SQLite has not by itself. */
export type FunctionKind =
  /** Of its arguments alone. */
  | 'scalar'
  /** Gathers rows, in the order in which it sees them. */
  | 'aggregate'
  /** Has another value at another time. */
  | 'time'
  /** Has another value each time. */
  | 'chance';

const kindByName = new Map<string, FunctionKind>();

/** Makes functions known that every connection has, by their names in lower case; before any analysis. */
export function knowFunctions(kinds: ReadonlyMap<string, FunctionKind>): void {
  for (const [name, kind] of kinds) kindByName.set(name, kind);
}

/** Whether the result of an aggregate depends on the order in which it sees the rows. */
export function isOrderedAggregate(name: string): boolean {
  return orderedAggregates.has(name) || kindByName.get(name) === 'aggregate';
}

export function functionName(node: AstNode): string | undefined {
  if (node.type !== 'FunctionCallExpr' && node.type !== 'FunctionCallStarExpr') return undefined;
  return node.name.name.toLowerCase();
}

function argumentsOf(node: AstNode): readonly Expr[] {
  return node.type === 'FunctionCallExpr' ? (node.args ?? []) : [];
}

/** Whether the call is of a window function: it has OVER, or makes no sense without. */
export function isWindowCall(node: AstNode): boolean {
  const name = functionName(node);
  if (name === undefined) return false;
  if (node.type !== 'FunctionCallExpr' && node.type !== 'FunctionCallStarExpr') return false;
  return node.filterOver?.overClause !== undefined || windowOnly.has(name);
}

/** Whether the call gathers rows; a function that is not known may. */
export function isAggregateCall(node: AstNode): boolean {
  const name = functionName(node);
  if (name === undefined || isWindowCall(node)) return false;
  if (name === 'min' || name === 'max') return argumentsOf(node).length === 1;
  const kind = kindByName.get(name);
  if (kind !== undefined) return kind === 'aggregate';
  return aggregates.has(name) || !(scalars.has(name) || name === 'min' || name === 'max');
}

/** Whether no value makes the expression fail: it can be asked of rows that the query never asks it of. */
export function neverFails(expr: Expr): boolean {
  let isSafe = true;
  walk(expr, (node) => {
    const name = functionName(node);
    isSafe &&= name === undefined || neverFailing.has(name);
    if (node.type === 'BinaryExpr') isSafe &&= !node.op.startsWith('Arrow');
    if (node.type === 'LikeExpr') {
      isSafe &&= (node.op === 'Like' || node.op === 'Glob') && node.escape === undefined;
    }
  });
  return isSafe;
}

/** Whether two results that compare equal are the same value of the same type. */
export function isExactFunction(name: string): boolean {
  return exactFunctions.has(name);
}

/** Throws PATINA_SUBSCRIPTION_REFUSED for functions of chance and of the connection. */
export function refuseUnfollowable(root: AstNode): void {
  walk(root, (node) => {
    const name = functionName(node);
    if (name === undefined) return;
    if (!refusedFunctions.has(name) && kindByName.get(name) !== 'chance') return;
    throw refused(
      `a live query cannot use ${name}(): its value changes although no data does`,
      'leave it out, or run the query once instead of following it',
    );
  });
}

const nowWords = /^(now|subsec|subsecond)$/i;

/** Whether a text given as time value means the present time. */
export function isNowWord(value: unknown): boolean {
  return typeof value === 'string' && nowWords.test(value);
}

/** The arguments of a call that are time values. */
export function timeValuesOf(call: FunctionCallExpr): readonly Expr[] {
  const position = timeArguments.get(call.name.name.toLowerCase());
  if (position === undefined) return [];
  return argumentsOf(call).slice(position.first, position.first + position.count);
}

/** Whether something in `root` has another value at another time. */
export function dependsOnTime(root: AstNode): boolean {
  let found = false;
  walk(root, (node) => {
    found ||= /^Current(Date|Time|Timestamp)Literal$/.test(node.type);
    found ||= kindByName.get(functionName(node) ?? '') === 'time';
    if (node.type !== 'FunctionCallExpr') return;
    const position = timeArguments.get(node.name.name.toLowerCase());
    if (position === undefined) return;
    found ||= argumentsOf(node).length <= position.first;
    found ||= timeValuesOf(node).some(saysNow);
  });
  return found;
}

/** Whether a time value may be the present time. A column that holds the text 'now' is not thought of. */
function saysNow(value: Expr): boolean {
  let found = false;
  walk(bare(value), (node) => {
    if (node.type === 'StringLiteral') found ||= isNowWord(node.value);
  });
  return found;
}
