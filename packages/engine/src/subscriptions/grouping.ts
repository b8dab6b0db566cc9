// Results whose rows are groups of joined rows: what a group is told apart by, and whether its row can
// be made from the rows of the group alone.

import type { AstNode, Expr, SelectFrom } from 'sqlite3-parser';
import { quoteName } from '../base/sql-text.ts';
import { columnProblem, isExact } from './exactness.ts';
import {
  dependsOnTime,
  functionName,
  isAggregateCall,
  isOrderedAggregate,
  isWindowCall,
} from './functions.ts';
import type { ColumnReference, Resolver } from './mentions.ts';
import { isOrdinal, ordinalOf } from './ordinals.ts';
import { columnNames } from './result-columns.ts';
import type { Source } from './sources.ts';
import { bare, endOf, isColumnName, walk } from './syntax.ts';

export interface Grouping {
  /** SQL of the expressions that the groups are told apart by. */
  readonly expressions: readonly string[];
}

/** How the rows are grouped, or a sentence that says why the groups cannot be kept one by one. */
export function groupingOf(
  text: string,
  select: SelectFrom,
  sources: readonly Source[],
  resolver: Resolver,
): Grouping | string {
  const grouper = new Grouper(text, sources, resolver);
  const isDistinct = select.distinctness === 'Distinct';
  if (isDistinct && select.groupBy !== undefined) return 'It has both DISTINCT and GROUP BY.';
  return isDistinct ? grouper.distinct(select) : grouper.grouped(select);
}

/** SQL of what GROUP BY names, where it can be given a place among the columns. */
export function groupExpressions(
  text: string,
  select: SelectFrom,
  sources: readonly Source[],
  resolver: Resolver,
): readonly string[] | undefined {
  return new Grouper(text, sources, resolver).named(select);
}

class Grouper {
  readonly #text: string;
  readonly #sources: readonly Source[];
  readonly #resolver: Resolver;

  constructor(text: string, sources: readonly Source[], resolver: Resolver) {
    this.#text = text;
    this.#sources = sources;
    this.#resolver = resolver;
  }

  named(select: SelectFrom): readonly string[] | undefined {
    const expressions: string[] = [];
    for (const term of select.groupBy ?? []) {
      const group = this.#groupExpression(term, select);
      if (typeof group === 'string' || hasNode(group, 'Select')) return undefined;
      expressions.push(this.#sqlOf(group));
    }
    return expressions;
  }

  distinct(select: SelectFrom): Grouping | string {
    const expressions: string[] = [];
    for (const column of select.columns) {
      if (column.type !== 'ExprResultColumn') {
        const names = columnNames(column, this.#sources);
        if (typeof names === 'string') return names;
        for (const { source, column: starred } of names) {
          const problem = columnProblem(starred);
          if (problem !== undefined) return problem;
          expressions.push(`${quoteName(source.alias)}.${quoteName(starred.name)}`);
        }
        continue;
      }
      const problem = this.#groupProblem(column.expr);
      if (problem !== undefined) return problem;
      expressions.push(this.#sqlOf(column.expr));
    }
    return { expressions };
  }

  grouped(select: SelectFrom): Grouping | string {
    const groups: Expr[] = [];
    for (const term of select.groupBy ?? []) {
      const group = this.#groupExpression(term, select);
      if (typeof group === 'string') return group;
      const problem = this.#groupProblem(group);
      if (problem !== undefined) return problem;
      groups.push(group);
    }
    const known = new Set(groups.map((group) => this.#canonical(group)));
    const aliases = aliasesOf(select);
    for (const column of select.columns) {
      if (column.type !== 'ExprResultColumn') return 'It has * beside GROUP BY.';
      const problem = this.#valueProblem(column.expr, known, aliases);
      if (problem !== undefined) return problem;
    }
    if (select.having !== undefined) {
      const problem = this.#valueProblem(select.having, known, aliases);
      if (problem !== undefined) return problem;
    }
    return { expressions: groups.map((group) => this.#sqlOf(group)) };
  }

  /** GROUP BY may name a result column by its number or its alias. */
  #groupExpression(term: Expr, select: SelectFrom): Expr | string {
    const expr = bare(term);
    if (isOrdinal(expr)) {
      const position = ordinalOf(expr);
      const before = position === undefined ? [] : select.columns.slice(0, position);
      const last = before.at(-1);
      const isPlain = before.every(({ type }) => type === 'ExprResultColumn');
      if (position === undefined || before.length !== position || !isPlain) {
        return 'A number in GROUP BY cannot be told from here.';
      }
      return last?.type === 'ExprResultColumn' ? last.expr : 'A number in GROUP BY is unclear.';
    }
    if (expr.type === 'Id' && this.#resolver.resolve(expr) === undefined) {
      return aliasesOf(select).get(expr.name.toLowerCase()) ?? `${expr.name} is not known.`;
    }
    return expr;
  }

  /** Why groups by this expression cannot be found again by their value; undefined when they can. */
  #groupProblem(group: Expr): string | undefined {
    const mentions = this.#resolver.mentionsOf(group);
    const sql = this.#sqlOf(group);
    if (mentions.hasSubquery) return `It groups by a sub-query: ${sql}.`;
    if (mentions.hasUnknown) return `It groups by ${sql}, which has names of result columns.`;
    if (dependsOnTime(group)) return `It groups by ${sql}, which depends on the time.`;
    if (hasCall(group, (node) => isAggregateCall(node) || isWindowCall(node))) {
      return `It groups by ${sql}, which gathers rows itself.`;
    }
    return this.#exactProblem(group);
  }

  /**
   * Why two equal values of the expression may look different: by a collation, or as 1 and 1.0. Which of
   * them stands for the group would then be a matter of chance.
   */
  #exactProblem(value: Expr): string | undefined {
    const expr = bare(value);
    const { references } = this.#resolver.mentionsOf(expr);
    const collated = references.find(({ column }) => {
      return column !== undefined && column.collation !== 'BINARY';
    });
    if (collated !== undefined || hasNode(expr, 'CollateExpr')) {
      return `${this.#sqlOf(expr)} is compared with a collation.`;
    }
    if (isColumnName(expr, undefined)) {
      const column = this.#resolver.resolve(expr)?.column;
      return column === undefined ? undefined : columnProblem(column);
    }
    return isExact(expr) ? undefined : `Equal values of ${this.#sqlOf(expr)} may look different.`;
  }

  /** Why a value of the row cannot be made from the rows of its group; undefined when it can. */
  #valueProblem(
    root: Expr,
    groups: ReadonlySet<string>,
    aliases: ReadonlyMap<string, Expr>,
  ): string | undefined {
    let problem: string | undefined;
    walk(root, (node, parent) => {
      if (problem !== undefined) return false;
      if (isExpression(node) && groups.has(this.#canonical(node))) return false;
      if (isAggregateCall(node)) {
        problem = this.#aggregateProblem(node);
        return false;
      }
      if (node.type === 'Select' || node.type === 'InTableExpr') {
        const { sources, hasUnknown } = this.#resolver.mentionsOf(node);
        if (sources.size > 0 || hasUnknown) problem = 'A sub-query looks at the rows of a group.';
        return false;
      }
      if (!isColumnName(node, parent)) return true;
      const isAlias =
        this.#resolver.resolve(node) === undefined &&
        node.type === 'Id' &&
        aliases.has(node.name.toLowerCase());
      if (!isAlias) problem = `${this.#sqlOf(node)} is neither grouped by nor gathered.`;
      return false;
    });
    return problem;
  }

  #aggregateProblem(node: AstNode): string | undefined {
    const name = functionName(node) ?? '';
    const call = node.type === 'FunctionCallExpr' ? node : undefined;
    const { hasSubquery, hasUnknown } = this.#resolver.mentionsOf(node);
    if (hasSubquery || hasUnknown) return `${name}() takes more than columns.`;
    if (isOrderedAggregate(name)) {
      return this.#isOrdered(node) ? undefined : `${name}() depends on the order of the rows.`;
    }
    const isChoice = name === 'min' || name === 'max';
    const isOfDistinct = call?.distinctness === 'Distinct' && name !== 'count';
    if (!isChoice && !isOfDistinct) return undefined;
    for (const argument of call?.args ?? []) {
      const problem = this.#exactProblem(argument);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  /** Whether an aggregate sorts by all that it takes, so that rows that tie are the same to it. */
  #isOrdered(node: AstNode): boolean {
    if (node.type !== 'FunctionCallExpr') return false;
    if (node.orderBy?.type !== 'SortListFunctionCallOrder') return false;
    const sorted = node.orderBy.columns.map(({ expr }) => this.#canonical(expr));
    return (node.args ?? []).every((argument) => {
      const isFixed = this.#resolver.mentionsOf(argument).sources.size === 0;
      const isSorted = sorted.includes(this.#canonical(argument));
      return isFixed || (isSorted && this.#exactProblem(argument) === undefined);
    });
  }

  /** The same text for expressions that are the same but for how columns are named. */
  #canonical(expr: AstNode): string {
    const inner = isExpression(expr) ? bare(expr) : expr;
    const { references } = this.#resolver.mentionsOf(inner);
    let result = '';
    let at = inner.span.offset;
    for (const reference of references.toSorted((one, other) => one.offset - other.offset)) {
      result += this.#text.slice(at, reference.offset) + canonicalName(reference);
      at = reference.offset + reference.length;
    }
    return result + this.#text.slice(at, endOf(inner.span));
  }

  #sqlOf(node: AstNode): string {
    return this.#text.slice(node.span.offset, endOf(node.span));
  }
}

function canonicalName({ source, column }: ColumnReference): string {
  return `\u0001${source}.${column?.name ?? ''}\u0001`;
}

function aliasesOf(select: SelectFrom): ReadonlyMap<string, Expr> {
  const aliases = new Map<string, Expr>();
  for (const column of select.columns) {
    if (column.type !== 'ExprResultColumn' || column.alias === undefined) continue;
    const name = column.alias.name.text.toLowerCase();
    if (!aliases.has(name)) aliases.set(name, column.expr);
  }
  return aliases;
}

function hasCall(root: AstNode, isSuch: (node: AstNode) => boolean): boolean {
  let found = false;
  walk(root, (node) => {
    found ||= isSuch(node);
  });
  return found;
}

function hasNode(root: AstNode, type: AstNode['type']): boolean {
  return hasCall(root, (node) => node.type === type);
}

const expressionTypes: ReadonlySet<string> = new Set([
  'BetweenExpr',
  'BinaryExpr',
  'BlobLiteral',
  'CaseExpr',
  'CastExpr',
  'CollateExpr',
  'FunctionCallExpr',
  'FunctionCallStarExpr',
  'Id',
  'InListExpr',
  'IsNullExpr',
  'LikeExpr',
  'NotNullExpr',
  'NumericLiteral',
  'ParenthesizedExpr',
  'QualifiedExpr',
  'StringLiteral',
  'UnaryExpr',
  'VariableExpr',
]);

function isExpression(node: AstNode): node is Expr {
  return expressionTypes.has(node.type);
}
