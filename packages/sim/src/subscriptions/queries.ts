// Random SELECTs of every shape. Their results are determined by the data but for what is said beside
// them: which spelling SQLite picks of equal values, and the order of rows that ORDER BY does not tell apart.

import type { Rng } from '@patina/engine/base/rng.ts';
import { between, chance, pick } from '../random.ts';
import {
  columnOf,
  drawColumn,
  drawCondition,
  drawValue,
  type Scope,
  smallExpression,
} from './expressions.ts';
import {
  drawFrom,
  drawSource,
  keyColumns,
  limitText,
  orderTerm,
  sourceText,
  whereText,
} from './from-clause.ts';
import type { FuzzQuery } from './fuzz-case.ts';
import { expr, list, optional, type ParameterStyle, type Part, seq, value } from './sql-parts.ts';
import type { FuzzRelation } from './tables.ts';
import { poolValue } from './values.ts';

interface Drawn {
  readonly sql: Part;
  readonly order?: NonNullable<FuzzQuery['order']>;
  readonly isLoose: boolean;
}

export function drawQuery(
  rng: Rng,
  relations: readonly FuzzRelation[],
  sourcesMax: number,
): FuzzQuery {
  const shapes = new Set<string>();
  let aliases = 0;
  const scope: Scope = {
    rng,
    relations,
    sources: [],
    outer: [],
    depth: pick(rng, [0, 1, 1, 2]),
    shapes,
    nextAlias: () => `s${aliases++}`,
  };
  const roll = rng.float();
  const drawn =
    roll < 0.56
      ? plainQuery(scope, sourcesMax)
      : roll < 0.8
        ? groupedQuery(scope, sourcesMax)
        : roll < 0.86
          ? compoundQuery(scope)
          : roll < 0.9
            ? windowOrGathered(scope, sourcesMax)
            : commonTableQuery(scope);
  const style = pick(rng, [
    'constants',
    'positional',
    'named',
  ] as const satisfies readonly ParameterStyle[]);
  if (style !== 'constants') shapes.add(style);
  return { ...drawn, style, shapes: [...shapes] };
}

/** The same query with other constants: one more of its family. */
export function sibling(rng: Rng, query: FuzzQuery): FuzzQuery {
  const change = (part: Part): Part => {
    if (typeof part === 'string') return part;
    switch (part.kind) {
      case 'value':
        if (typeof part.value === 'string') return value(poolValue(rng, 'text'));
        return typeof part.value === 'number' ? value(poolValue(rng, 'int')) : part;
      case 'seq':
        return { ...part, parts: part.parts.map(change) };
      case 'list':
        return { ...part, items: part.items.map(change) };
      default:
        return { ...part, part: change(part.part) };
    }
  };
  return { ...query, sql: change(query.sql), shapes: [...(query.shapes ?? []), 'family'] };
}

function plainQuery(outer: Scope, sourcesMax: number): Drawn {
  const { rng, shapes } = outer;
  const { from, scope } = drawFrom(outer, sourcesMax);
  const where = whereText(scope);
  const isDistinct = chance(rng, 0.12);
  const isOrdered = chance(rng, 0.15);
  const columns = columnList(scope, isDistinct);
  if (isDistinct) {
    shapes.add('distinct');
    const body = seq('SELECT DISTINCT ', list(', ', columns), from, where);
    return { sql: body, isLoose: true };
  }
  if (!isOrdered) return { sql: seq('SELECT ', list(', ', columns), from, where), isLoose: false };
  const keys = keyColumns(scope);
  if (keys !== undefined && chance(rng, 0.8)) {
    const terms = chance(rng, 0.8) ? [orderTerm(scope, drawColumn(scope).part)] : [];
    const order = optional(
      ' ORDER BY ',
      ...joined([...terms, ...keys.map((key) => orderKey(scope, key))]),
      limitText(scope),
    );
    const sql = seq('SELECT ', list(', ', columns), from, where, order);
    return { sql, order: 'total', isLoose: false };
  }
  const first = drawColumn(scope).part;
  shapes.add('order-by');
  const sql = seq(
    'SELECT ',
    first,
    ', ',
    list(', ', columns),
    from,
    where,
    ' ORDER BY 1',
    pick(rng, ['', ' DESC']),
  );
  return { sql, order: [0], isLoose: false };
}

function orderKey({ rng }: Scope, key: Part): Part {
  return seq(key, pick(rng, ['', ' DESC']));
}

function joined(parts: readonly Part[]): Part[] {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [', ', part]));
}

function columnList(scope: Scope, isDistinct: boolean): Part[] {
  const { rng, shapes, sources } = scope;
  if (!isDistinct && chance(rng, 0.12)) {
    shapes.add('star');
    return [chance(rng, 0.5) ? '*' : `${pick(rng, sources).alias}.*`];
  }
  const columns: Part[] = Array.from({ length: between(rng, 1, 3) }, () => {
    const alias = chance(rng, 0.15) ? ` AS r${rng.below(9)}` : '';
    return seq(drawValue(scope), alias);
  });
  const [first] = sources;
  const [key] = first?.relation.key ?? [];
  if (first !== undefined && key !== undefined && chance(rng, 0.5))
    columns.unshift(columnOf(first, key));
  return columns;
}

function aggregate(scope: Scope): Part {
  const { rng, shapes } = scope;
  shapes.add('aggregate');
  const small = smallExpression(scope);
  const any = drawColumn(scope).part;
  const filter = chance(rng, 0.2) ? filterText(scope) : '';
  switch (rng.below(7)) {
    case 0:
      return expr('count(*)', filter);
    case 1:
      shapes.add('count-distinct');
      return expr('count(DISTINCT ', any, ')', filter);
    case 2:
      return expr('sum(', small, ')', filter);
    case 3:
      return expr('avg(', small, ')', filter);
    case 4:
      return expr(pick(rng, ['min', 'max']), '(', any, ')', filter);
    case 5:
      return expr('total(', small, ')', filter);
    default:
      return expr('count(', any, ')', filter);
  }
}

function filterText(scope: Scope): Part {
  scope.shapes.add('aggregate-filter');
  return optional(' FILTER (WHERE ', drawCondition({ ...scope, depth: 0 }), ')');
}

/** More often than not a column whose equal values look alike: other groups are run whole. */
function groupTerm(scope: Scope): Part {
  const { rng } = scope;
  if (chance(rng, 0.25)) return drawValue({ ...scope, depth: 1 });
  const inner = { ...scope, outer: [] };
  return chance(rng, 0.6) ? drawColumn(inner, ['text', 'id']).part : drawColumn(inner).part;
}

function groupedQuery(outer: Scope, sourcesMax: number): Drawn {
  const { rng, shapes } = outer;
  const { from, scope } = drawFrom(outer, sourcesMax);
  const where = whereText(scope);
  const groups = Array.from({ length: between(rng, 1, 2) }, () => groupTerm(scope));
  shapes.add('group-by');
  const aggregates = Array.from({ length: between(rng, 1, 2) }, () => aggregate(scope));
  let having: Part = '';
  if (chance(rng, 0.3)) {
    shapes.add('having');
    const test = pick(rng, [' > 1', ' IS NOT NULL', ' <> 2']);
    having = optional(' HAVING ', expr(aggregate(scope), test));
  }
  const isByNumber = chance(rng, 0.2);
  // A constant in GROUP BY would be the number of a column.
  const by = isByNumber
    ? groups.map((_, index) => String(index + 1))
    : groups.map((group) => seq('+', group));
  const plainBy = isByNumber || chance(rng, 0.15) ? by : groups.map((group) => group);
  const isOrdered = chance(rng, 0.2);
  const order = isOrdered
    ? optional(
        ' ORDER BY ',
        ...joined(groups.map((_, index) => orderByPlace(scope, index + 1))),
        limitText(scope),
      )
    : '';
  const sql = seq(
    'SELECT ',
    ...joined(groups),
    ', ',
    list(', ', aggregates),
    from,
    where,
    ' GROUP BY ',
    ...joined(plainBy),
    having,
    order,
  );
  return { sql, isLoose: true, ...(isOrdered ? { order: groups.map((_, index) => index) } : {}) };
}

function orderByPlace({ rng, shapes }: Scope, place: number): Part {
  shapes.add('order-by');
  return `${place}${pick(rng, ['', ' DESC'])}`;
}

function compoundQuery(outer: Scope): Drawn {
  const { rng, shapes } = outer;
  const width = between(rng, 1, 2);
  const half = (): Part => {
    const { from, scope } = drawFrom(outer, 2);
    const columns = Array.from({ length: width }, () => drawValue({ ...scope, depth: 1 }));
    return seq('SELECT ', ...joined(columns), from, whereText(scope));
  };
  const [operator, shape] = pick(rng, [
    [' UNION ', 'union'],
    [' UNION ALL ', 'union-all'],
    [' INTERSECT ', 'intersect'],
    [' EXCEPT ', 'except'],
  ] as const);
  shapes.add(shape);
  const body = seq(half(), optional(operator, half()));
  if (!chance(rng, 0.3)) return { sql: body, isLoose: true };
  const places = Array.from({ length: width }, (_, index) => index);
  shapes.add('order-by');
  const limit = shape === 'union-all' ? '' : limitText(outer);
  const order = joined(places.map((place) => String(place + 1)));
  return { sql: seq(body, optional(' ORDER BY ', ...order, limit)), order: places, isLoose: true };
}

function windowOrGathered(outer: Scope, sourcesMax: number): Drawn {
  const { rng, shapes } = outer;
  const { from, scope } = drawFrom(outer, Math.min(2, sourcesMax));
  const keys = keyColumns(scope);
  const where = whereText(scope);
  if (keys === undefined || chance(rng, 0.4)) {
    const items: Part[] = Array.from({ length: between(rng, 1, 3) }, () => aggregate(scope));
    if (keys !== undefined && chance(rng, 0.5)) {
      shapes.add('gathered-text');
      items.push(
        seq('group_concat(', drawColumn(scope).part, ", ',' ORDER BY ", ...joined(keys), ')'),
      );
    }
    return { sql: seq('SELECT ', list(', ', items), from, where), isLoose: true };
  }
  shapes.add('window');
  const partition = chance(rng, 0.5) ? seq('PARTITION BY ', drawColumn(scope).part, ' ') : '';
  const over = seq(' OVER (', partition, 'ORDER BY ', ...joined(keys), ')');
  const call = pick(rng, [
    seq('row_number()', over),
    seq('sum(', smallExpression(scope), ')', over),
    seq('lag(', drawColumn(scope).part, ')', over),
    seq('count(*) OVER (', partition, ')'),
    seq('rank() OVER (ORDER BY ', drawColumn(scope).part, ')'),
  ]);
  return {
    sql: seq('SELECT ', list(', ', columnList(scope, true)), ', ', call, from, where),
    isLoose: true,
  };
}

function commonTableQuery(outer: Scope): Drawn {
  const { rng, shapes } = outer;
  const source = drawSource(outer);
  const scope = { ...outer, sources: [source] };
  if (chance(rng, 0.5)) {
    shapes.add('cte');
    const name = pick(rng, source.relation.columns).name;
    const body = seq(
      'SELECT ',
      columnOf(source, name),
      ' AS q',
      ' FROM ',
      sourceText(source),
      whereText(scope),
    );
    const other = drawSource(outer);
    const join = chance(rng, 0.5)
      ? optional(
          ' JOIN ',
          sourceText(other),
          ' ON c.q = ',
          columnOf(other, pick(rng, other.relation.columns).name),
        )
      : '';
    return { sql: seq('WITH c AS (', body, ') SELECT c.q FROM c', join), isLoose: false };
  }
  shapes.add('cte-recursive');
  const start = smallExpression(scope);
  const base = seq('SELECT ', start, ' FROM ', sourceText(source), whereText(scope));
  const next = drawSource(outer);
  const step = chance(rng, 0.5)
    ? 'SELECT n + 1 FROM c WHERE n < 4'
    : seq(
        'SELECT ',
        drawColumn({ ...outer, sources: [next] }, ['int', 'small', 'id']).part,
        ' FROM c JOIN ',
        sourceText(next),
        ' ON ',
        columnOf(next, pick(rng, next.relation.columns).name),
        ' = c.n',
      );
  return {
    sql: seq('WITH RECURSIVE c(n) AS (', base, ' UNION ', step, ') SELECT n FROM c'),
    isLoose: true,
  };
}
