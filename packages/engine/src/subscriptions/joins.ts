// What LEFT JOIN means for keeping a result by keys. A row on the side that may be absent can bring or
// take the row in which it is NULL, and whether kept rows tell which rows those are depends on
// what else the query asks of that side.

import type { Expr } from 'sqlite3-parser';
import type { Mentions, Resolver } from './mentions.ts';
import type { Source } from './sources.ts';
import { bare, conjunctsOf } from './syntax.ts';

/** A condition that every row of the result fulfils. */
export interface Condition {
  readonly expr: Expr;
  readonly mentions: Mentions;
}

export interface JoinShape {
  /** Per source: no row of the result has it empty. */
  readonly isInner: readonly boolean[];
  /** Per source: kept rows do not tell what a touched row of it means. */
  readonly isOpaque: readonly boolean[];
  /** WHERE, and the conditions of joins that leave no source empty. */
  readonly conditions: readonly Condition[];
  /** Columns set equal by such joins. */
  readonly equalities: readonly Equality[];
  /** Per source that may be empty and is not opaque: the source whose rows are looked at anew. */
  readonly anchors: readonly (number | undefined)[];
}

export interface Equality {
  readonly name: string;
  readonly left: number;
  readonly right: number;
}

export function shapeOf(
  sources: readonly Source[],
  where: Expr | undefined,
  resolver: Resolver,
): JoinShape {
  const isInner = sources.map(({ join }) => join !== 'left');
  const conditions: Condition[] = [];
  const equalities: Equality[] = [];
  const add = (condition: Expr | undefined): void => {
    for (const expr of conjunctsOf(condition)) {
      conditions.push({ expr, mentions: resolver.mentionsOf(expr) });
    }
  };
  const addJoin = (source: Source): void => {
    add(source.on);
    for (const { name, left } of source.using) {
      equalities.push({ name, left, right: source.index });
    }
  };
  add(where);
  for (const source of sources) if (isInner[source.index] === true) addJoin(source);

  // A join that becomes an inner one brings its own conditions, which may make another one so.
  for (let found = true; found; ) {
    const next = sources.find(({ index }) => {
      return isInner[index] === false && isNeverEmpty(index, conditions, equalities, resolver);
    });
    found = next !== undefined;
    if (next === undefined) break;
    isInner[next.index] = true;
    addJoin(next);
  }
  const isOpaque = opaqueSources(sources, isInner, conditions, resolver);
  const anchors = anchorsOf(sources, isInner, isOpaque, resolver);
  return { isInner, isOpaque, conditions, equalities, anchors };
}

function isNeverEmpty(
  source: number,
  conditions: readonly Condition[],
  equalities: readonly Equality[],
  resolver: Resolver,
): boolean {
  if (equalities.some(({ left }) => left === source)) return true;
  return conditions.some(({ expr }) => rejectsNull(expr, source, resolver));
}

/** Sources that a join's own condition mentions. */
function joinMentions(source: Source, resolver: Resolver): ReadonlySet<number> {
  const mentioned = new Set<number>(source.using.map(({ left }) => left));
  if (source.on !== undefined) {
    const { sources, hasUnknown } = resolver.mentionsOf(source.on);
    for (const index of sources) mentioned.add(index);
    // What is not known may be anything to the left.
    for (let index = 0; hasUnknown && index < source.index; index++) mentioned.add(index);
  }
  mentioned.delete(source.index);
  return mentioned;
}

/**
 * A condition on a source that may be empty filters rows out by what they joined: such a row is not
 * kept, so when the joined row changes nobody knows whose NULL row comes back. The same is true of all
 * that decides what such a source joins.
 */
function opaqueSources(
  sources: readonly Source[],
  isInner: readonly boolean[],
  conditions: readonly Condition[],
  resolver: Resolver,
): boolean[] {
  const isOpaque = sources.map(({ index }) => {
    if (isInner[index] === true) return false;
    return conditions.some(({ mentions }) => mentions.hasUnknown || mentions.sources.has(index));
  });
  for (const source of sources.toReversed()) {
    if (isOpaque[source.index] !== true) continue;
    for (const index of joinMentions(source, resolver)) {
      if (isInner[index] === false) isOpaque[index] = true;
    }
  }
  return isOpaque;
}

/** The nearest source that decides which rows this one joins, and is never empty itself. */
function anchorsOf(
  sources: readonly Source[],
  isInner: readonly boolean[],
  isOpaque: readonly boolean[],
  resolver: Resolver,
): (number | undefined)[] {
  const nearest = sources.map(() => 0);
  for (const source of sources) {
    if (isInner[source.index] === true) {
      nearest[source.index] = source.index;
      continue;
    }
    const candidates = [...joinMentions(source, resolver)].map((index) => nearest[index] ?? 0);
    nearest[source.index] = candidates.length === 0 ? 0 : Math.max(...candidates);
  }
  return sources.map(({ index }) => {
    return isInner[index] === true || isOpaque[index] === true ? undefined : nearest[index];
  });
}

const strictOperators: ReadonlySet<string> = new Set([
  'Add',
  'BitwiseAnd',
  'BitwiseOr',
  'Concat',
  'Divide',
  'Equals',
  'Greater',
  'GreaterEquals',
  'LeftShift',
  'Less',
  'LessEquals',
  'Modulus',
  'Multiply',
  'NotEquals',
  'RightShift',
  'Subtract',
]);

/** Whether the condition cannot be true where all columns of the source are NULL. */
export function rejectsNull(condition: Expr, source: number, resolver: Resolver): boolean {
  const expr = bare(condition);
  const rejects = (part: Expr): boolean => rejectsNull(part, source, resolver);
  const strict = (part: Expr): boolean => isNullWith(part, source, resolver);
  if (expr.type === 'BinaryExpr') {
    if (expr.op === 'And') return rejects(expr.left) || rejects(expr.right);
    if (expr.op === 'Or') return rejects(expr.left) && rejects(expr.right);
    if (expr.op === 'IsNot') return bare(expr.right).type === 'NullLiteral' && strict(expr.left);
    if (expr.op === 'Is') return isValueLiteral(bare(expr.right)) && strict(expr.left);
  }
  if (expr.type === 'NotNullExpr') return strict(expr.expr);
  return strict(expr);
}

function isValueLiteral(expr: Expr): boolean {
  return ['NumericLiteral', 'StringLiteral', 'BlobLiteral'].includes(expr.type);
}

/** Whether the expression is NULL where all columns of the source are. */
function isNullWith(part: Expr, source: number, resolver: Resolver): boolean {
  const expr = bare(part);
  const inner = (other: Expr): boolean => isNullWith(other, source, resolver);
  switch (expr.type) {
    case 'Id':
    case 'QualifiedExpr':
      return resolver.resolve(expr)?.source === source;
    case 'BinaryExpr':
      return strictOperators.has(expr.op) && (inner(expr.left) || inner(expr.right));
    case 'UnaryExpr':
      return inner(expr.expr);
    case 'CollateExpr':
    case 'CastExpr':
      return inner(expr.expr);
    case 'LikeExpr':
      return (expr.op === 'Like' || expr.op === 'Glob') && (inner(expr.lhs) || inner(expr.rhs));
    case 'BetweenExpr':
      return inner(expr.lhs);
    case 'InListExpr':
      return expr.rhs !== undefined && expr.rhs.length > 0 && inner(expr.lhs);
    default:
      return false;
  }
}
