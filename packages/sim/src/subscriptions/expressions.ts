// Random expressions over the columns in scope: all operators, functions that depend on nothing but
// their arguments, and sub-queries. Nothing here fails on a value, or depends on the order of rows.

import type { Rng } from '@patina/engine/base/rng.ts';
import { between, chance, pick } from '../random.ts';
import { expr, list, type Part, seq, value } from './sql-parts.ts';
import { type FuzzRelation, quoted } from './tables.ts';
import { type Pool, poolValue } from './values.ts';

/** A relation in FROM, under the name that columns of it are written with. */
export interface Source {
  readonly alias: string;
  readonly relation: FuzzRelation;
}

export interface Scope {
  readonly rng: Rng;
  readonly relations: readonly FuzzRelation[];
  readonly sources: readonly Source[];
  /** Sources of the queries around this one. */
  readonly outer: readonly Source[];
  readonly depth: number;
  readonly shapes: Set<string>;
  readonly nextAlias: () => string;
}

export function columnOf(source: Source, name: string): Part {
  return expr(source.alias === '' ? name : `${source.alias}.${name}`);
}

/** A column of a source in scope, with what it holds. */
export function drawColumn(scope: Scope, pools?: readonly Pool[]): { part: Part; pool: Pool } {
  const { rng, sources, outer } = scope;
  const from = outer.length > 0 && chance(rng, 0.25) ? outer : sources;
  const all = from.flatMap((source) =>
    source.relation.columns.map(({ name, pool }) => ({ part: columnOf(source, name), pool })),
  );
  const fitting = pools === undefined ? all : all.filter(({ pool }) => pools.includes(pool));
  if (fitting.length === 0) return { part: value(1), pool: 'int' };
  return pick(rng, fitting);
}

export function drawConstant(scope: Scope, pool: Pool): Part {
  const { rng } = scope;
  return chance(rng, 0.05) ? value(null) : value(poolValue(rng, pool));
}

/** An expression that sums exactly in any order. */
export function smallExpression(scope: Scope): Part {
  const { part } = drawColumn(scope, ['int', 'small']);
  const { rng } = scope;
  if (chance(rng, 0.6)) return part;
  return expr('(', part, pick(rng, [' + ', ' * ', ' - ']), value(pick(rng, [1, 2, 0.5])), ')');
}

export function drawValue(scope: Scope): Part {
  const { rng, shapes, depth } = scope;
  const column = drawColumn(scope);
  if (depth <= 0 || chance(rng, 0.45)) {
    return chance(rng, 0.85) ? column.part : drawConstant(scope, column.pool);
  }
  const inner = { ...scope, depth: depth - 1 };
  const a = drawValue(inner);
  const b = chance(rng, 0.5) ? drawValue(inner) : drawConstant(scope, column.pool);
  switch (rng.below(9)) {
    case 0:
      return expr(
        '(',
        a,
        pick(rng, [' + ', ' - ', ' * ', ' / ', ' % ', ' & ', ' | ', ' << ']),
        b,
        ')',
      );
    case 1:
      return expr('(', a, ' || ', b, ')');
    case 2:
      shapes.add('case');
      return chance(rng, 0.5)
        ? expr('CASE WHEN ', drawCondition(inner), ' THEN ', a, ' ELSE ', b, ' END')
        : expr(
            'CASE ',
            column.part,
            ' WHEN ',
            drawConstant(scope, column.pool),
            ' THEN ',
            a,
            ' END',
          );
    case 3:
      shapes.add('cast');
      return expr(
        'CAST(',
        a,
        ' AS ',
        pick(rng, ['TEXT', 'INTEGER', 'REAL', 'NUMERIC', 'BLOB']),
        ')',
      );
    case 4: {
      const name = pick(rng, ['coalesce', 'ifnull', 'nullif', 'max', 'min', 'instr']);
      return expr(name, '(', a, ', ', b, ')');
    }
    case 5: {
      const name = pick(rng, [
        'upper',
        'lower',
        'length',
        'typeof',
        'hex',
        'trim',
        'unicode',
        'quote',
      ]);
      return expr(name, '(', a, ')');
    }
    case 6:
      return pick(rng, [
        expr('substr(', a, ', 1, 1)'),
        expr('iif(', drawCondition(inner), ', ', a, ', ', b, ')'),
        expr('(', drawCondition(inner), ')'),
        expr('-', column.part),
        expr('~', column.part),
      ]);
    case 7:
      return scalarSubquery(inner);
    default:
      return expr('(', a, ' COLLATE ', pick(rng, ['NOCASE', 'RTRIM', 'BINARY']), ')');
  }
}

export function drawCondition(scope: Scope): Part {
  const { rng, shapes, depth } = scope;
  const column = drawColumn(scope);
  const left =
    depth > 0 && chance(rng, 0.3) ? drawValue({ ...scope, depth: depth - 1 }) : column.part;
  const right = (): Part =>
    chance(rng, 0.25) ? drawColumn(scope).part : drawConstant(scope, column.pool);
  const inner = { ...scope, depth: depth - 1 };
  const kind = depth > 0 ? rng.below(13) : rng.below(7);
  switch (kind) {
    case 0:
    case 1:
      return expr(left, pick(rng, [' = ', ' = ', ' == ', ' <> ', ' != ']), right());
    case 2:
      return expr(left, pick(rng, [' < ', ' <= ', ' > ', ' >= ']), right());
    case 3:
      return expr(
        left,
        pick(rng, [' IS ', ' IS NOT ', ' IS DISTINCT FROM ', ' IS NOT DISTINCT FROM ']),
        right(),
      );
    case 4:
      return expr(left, pick(rng, [' IS NULL', ' IS NOT NULL', ' NOTNULL', ' ISNULL']));
    case 5: {
      const not = chance(rng, 0.3) ? ' NOT' : '';
      if (chance(rng, 0.4)) return expr(left, not, ' BETWEEN ', right(), ' AND ', right());
      const items = Array.from({ length: between(rng, 1, 3) }, right);
      return expr(left, not, ' IN (', list(', ', items), ')');
    }
    case 6: {
      const [op, pattern] = pick(rng, [
        [' LIKE ', 'a%'],
        [' LIKE ', '%B'],
        [' GLOB ', 'a*'],
        [' LIKE ', '1%'],
        [' NOT LIKE ', '_'],
      ] as const);
      return expr(left, op, value(pattern));
    }
    case 7:
    case 8:
      return expr('(', drawCondition(inner), ' AND ', drawCondition(inner), ')');
    case 9:
      return expr('(', drawCondition(inner), ' OR ', drawCondition(inner), ')');
    case 10:
      return expr('NOT (', drawCondition(inner), ')');
    case 11: {
      const other = drawColumn(scope);
      shapes.add('row-value');
      const pair = seq(
        '(',
        drawConstant(scope, column.pool),
        ', ',
        drawConstant(scope, other.pool),
        ')',
      );
      return expr('(', column.part, ', ', other.part, ')', pick(rng, [' = ', ' < ', ' IS ']), pair);
    }
    default:
      return subqueryCondition(inner);
  }
}

/** A source of a sub-query, and the scope inside it. */
function within(scope: Scope, mayCorrelate: boolean): { scope: Scope; source: Source } {
  const { rng, relations, shapes } = scope;
  const source = { alias: scope.nextAlias(), relation: pick(rng, relations) };
  const isCorrelated = mayCorrelate && chance(rng, 0.6);
  if (isCorrelated) shapes.add('sub-correlated');
  const outer = isCorrelated ? scope.sources : [];
  return { source, scope: { ...scope, sources: [source], outer, depth: Math.min(scope.depth, 1) } };
}

function fromText({ alias, relation }: Source): string {
  return `${quoted(relation.name)} AS ${alias}`;
}

function scalarSubquery(scope: Scope): Part {
  const { rng } = scope;
  const sub = within(scope, true);
  const what = pick(rng, [
    seq('count(*)'),
    seq('max(', smallExpression({ ...sub.scope, outer: [] }), ')'),
    seq('sum(', smallExpression({ ...sub.scope, outer: [] }), ')'),
  ]);
  scope.shapes.add('sub-scalar');
  return expr(
    '(SELECT ',
    what,
    ' FROM ',
    fromText(sub.source),
    ' WHERE ',
    drawCondition(sub.scope),
    ')',
  );
}

function subqueryCondition(scope: Scope): Part {
  const { rng, shapes } = scope;
  const sub = within(scope, true);
  const where = drawCondition(sub.scope);
  const not = chance(rng, 0.4) ? 'NOT ' : '';
  if (chance(rng, 0.5)) {
    shapes.add('sub-exists');
    return expr(not, 'EXISTS (SELECT 1 FROM ', fromText(sub.source), ' WHERE ', where, ')');
  }
  shapes.add('sub-in');
  const { part } = drawColumn({ ...sub.scope, outer: [] });
  const left = drawColumn({ ...scope, outer: [] }).part;
  const from = ` FROM ${fromText(sub.source)}`;
  return expr(left, ' ', not, 'IN (SELECT ', part, from, ' WHERE ', where, ')');
}
