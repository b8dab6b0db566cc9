// Reading SQL as a tree whose nodes say where in the text they stand, so that new statements are made by
// cutting and adding text rather than by printing trees.

import type { AstNode, Expr, ParserModule, Select, SelectStmt, Token } from 'sqlite3-parser';
import { tokenName, traverse, withOptions } from 'sqlite3-parser';
import { assert } from '../base/assert.ts';
import { PatinaError } from '../base/errors.ts';

/** SQLite reads `1_000` as a number since 3.46; the parser has to be told. */
const parser: ParserModule = withOptions({ digitSeparator: '_' });

export interface ParsedQuery {
  readonly text: string;
  readonly select: Select;
  /** All tokens but white space, comments and semicolons. */
  readonly tokens: readonly Token[];
}

/** Parses one SELECT or VALUES. Throws PATINA_SUBSCRIPTION_REFUSED for anything else. */
export function parseQuery(text: string): ParsedQuery {
  const parsed = parser.parseStmt(text, { emitTokens: true });
  if (parsed.status === 'error') {
    const why = parsed.errors[0]?.message ?? 'the statement cannot be read';
    throw refused(`the query cannot be analysed: ${why}`, 'write it in another way');
  }
  const statement: SelectStmt | undefined =
    parsed.root.type === 'SelectStmt' ? parsed.root : undefined;
  if (statement === undefined) {
    throw refused('only a SELECT can be followed', 'a live query is one SELECT, WITH or VALUES');
  }
  const tokens = (parsed.tokens ?? []).filter(({ span, type }) => {
    return span.length > 0 && tokenName(type) !== 'SEMI';
  });
  return { text, select: statement.body, tokens };
}

/** The query of a CREATE VIEW statement; undefined where it cannot be read. */
export function parseView(text: string): Select | undefined {
  const parsed = parser.parseStmt(text);
  if (parsed.status === 'error') return undefined;
  return parsed.root.type === 'CreateViewStmt' ? parsed.root.select : undefined;
}

/** A query that cannot be followed, with what to do instead. */
export function refused(message: string, hint: string): PatinaError {
  return new PatinaError('PATINA_SUBSCRIPTION_REFUSED', message, { hint });
}

/** The grammar's name of a token: `SELECT`, `ID`, `LP`. */
export function kindOf(token: Token): string {
  return tokenName(token.type) ?? '';
}

export function endOf(span: { readonly offset: number; readonly length: number }): number {
  return span.offset + span.length;
}

/** Calls `visit` for every node below and including `root`, parents first; `false` leaves children out. */
export function walk(
  root: AstNode,
  // biome-ignore lint/suspicious/noConfusingVoidType: most visitors have nothing to say.
  visit: (node: AstNode, parent: AstNode | undefined) => boolean | void,
  leave?: (node: AstNode) => void,
): void {
  traverse(root, {
    enter: (node, parent) => (visit(node, parent) === false ? 'skip' : 'continue'),
    leave: (node) => {
      leave?.(node);
    },
  });
}

/** Whether an identifier node names a column, rather than a function. */
export function isColumnName(node: AstNode, parent: AstNode | undefined): boolean {
  if (node.type === 'QualifiedExpr') return true;
  if (node.type !== 'Id') return false;
  const isFunction =
    (parent?.type === 'FunctionCallExpr' || parent?.type === 'FunctionCallStarExpr') &&
    parent.name === node;
  return !isFunction && !/^(true|false)$/i.test(node.name);
}

/** An expression without the parentheses around it. */
export function bare(expr: Expr): Expr {
  let inner = expr;
  while (inner.type === 'ParenthesizedExpr' && inner.exprs.length === 1) {
    const [only] = inner.exprs;
    assert(only !== undefined, 'parentheses hold an expression');
    inner = only;
  }
  return inner;
}

/** The parts that AND joins at the top of a condition. */
export function conjunctsOf(condition: Expr | undefined): Expr[] {
  if (condition === undefined) return [];
  const inner = bare(condition);
  if (inner.type !== 'BinaryExpr' || inner.op !== 'And') return [inner];
  return [...conjunctsOf(inner.left), ...conjunctsOf(inner.right)];
}

/** A change of text: `text` in place of `length` characters at `offset`. */
export interface Edit {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

/** Applies edits that do not overlap; those at one place keep their order. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const edit of edits.toSorted((one, other) => one.offset - other.offset)) {
    assert(edit.offset >= at, 'edits do not overlap');
    result += text.slice(at, edit.offset) + edit.text;
    at = edit.offset + edit.length;
  }
  return result + text.slice(at);
}
