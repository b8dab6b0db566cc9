// What stands after the columns of a SELECT: FROM with joins of every kind, WHERE, the terms of ORDER BY,
// LIMIT.

import { between, chance, pick } from '../random.ts';
import {
  columnOf,
  drawColumn,
  drawCondition,
  drawConstant,
  type Scope,
  type Source,
} from './expressions.ts';
import { expr, list, optional, type Part, seq, value } from './sql-parts.ts';
import { type FuzzRelation, quoted } from './tables.ts';

export function drawSource(scope: Scope): Source {
  const tables = scope.relations.filter(({ isView }) => !isView);
  const relation = pick(scope.rng, chance(scope.rng, 0.92) ? tables : scope.relations);
  if (relation.isView) scope.shapes.add('view');
  return { alias: scope.nextAlias(), relation };
}

export function sourceText({ alias, relation }: Source): string {
  return `${quoted(relation.name)} AS ${alias}`;
}

/** FROM with its joins, and the scope of what stands after it. */
export function drawFrom(scope: Scope, sourcesMax: number): { from: Part; scope: Scope } {
  const { rng, shapes } = scope;
  const first = drawSource(scope);
  const sources = [first];
  const parts: Part[] = [firstText(scope, first)];
  const joins = Math.min(sourcesMax - 1, pick(rng, [0, 0, 0, 1, 1, 1, 2, 2, 3]));
  for (let join = 0; join < joins; join++) {
    const isSelf = chance(rng, 0.2);
    if (isSelf) shapes.add('self-join');
    const right = isSelf ? { ...first, alias: scope.nextAlias() } : drawSource(scope);
    parts.push(joinText({ ...scope, sources }, right));
    sources.push(right);
  }
  return { from: seq(' FROM ', ...parts), scope: { ...scope, sources } };
}

function firstText(scope: Scope, source: Source): Part {
  const { rng, shapes } = scope;
  if (!chance(rng, 0.04)) return sourceText(source);
  shapes.add('sub-from');
  const alias = scope.nextAlias();
  const inner = { ...source, alias };
  const where = drawCondition({ ...scope, sources: [inner], depth: 0 });
  return seq('(SELECT * FROM ', sourceText(inner), ' WHERE ', where, ') AS ', source.alias);
}

function joinText(scope: Scope, right: Source): Part {
  const { rng, shapes, sources } = scope;
  const shared = sharedColumns(sources, right);
  const roll = rng.float();
  if (roll < 0.07) {
    shapes.add('cross-join');
    return optional(pick(rng, [', ', ' CROSS JOIN ', ' JOIN ']), sourceText(right));
  }
  const left = chance(rng, 0.5);
  shapes.add(left ? 'left-join' : 'inner-join');
  const join = left
    ? pick(rng, [' LEFT JOIN ', ' LEFT OUTER JOIN '])
    : pick(rng, [' JOIN ', ' INNER JOIN ']);
  const [common] = shared;
  if (common !== undefined && roll < 0.17) {
    shapes.add('using-join');
    return optional(join, sourceText(right), ` USING (${common})`);
  }
  if (common !== undefined && sources.length === 1 && roll < 0.24) {
    shapes.add('natural-join');
    return optional(' NATURAL', join, sourceText(right));
  }
  const inner = { ...scope, sources: [...sources, right] };
  const conditions = [equality(scope, right)];
  if (chance(rng, 0.3)) {
    shapes.add('on-constant');
    const { part, pool } = drawColumn({
      ...scope,
      sources: [chance(rng, 0.7) ? right : pick(rng, sources)],
    });
    conditions.push(expr(part, pick(rng, [' = ', ' > ', ' IS NOT ']), drawConstant(scope, pool)));
  } else if (chance(rng, 0.2))
    conditions.push(drawCondition({ ...inner, depth: Math.min(1, scope.depth) }));
  return optional(join, sourceText(right), ' ON ', list(' AND ', conditions));
}

/** Names that one earlier source alone has in common with the right one. */
function sharedColumns(sources: readonly Source[], right: Source): string[] {
  return right.relation.columns
    .map(({ name }) => name)
    .filter((name) => sources.filter(({ relation }) => has(relation, name)).length === 1);
}

function has(relation: FuzzRelation, name: string): boolean {
  return relation.columns.some((column) => column.name === name);
}

function equality(scope: Scope, right: Source): Part {
  const { rng } = scope;
  const [key] = right.relation.key;
  const useKey = key !== undefined && chance(rng, 0.5);
  const own = useKey
    ? right.relation.columns.find(({ name }) => name === key)
    : pick(rng, right.relation.columns);
  const { name, pool } = own ?? pick(rng, right.relation.columns);
  const pools =
    pool === 'id' || pool === 'int' || pool === 'small'
      ? (['id', 'int', 'small'] as const)
      : [pool];
  const other = drawColumn({ ...scope, outer: [] }, pools).part;
  const mine = columnOf(right, name);
  return chance(rng, 0.85)
    ? expr(mine, ' = ', other)
    : expr(other, pick(rng, [' IS ', ' < ', ' = ']), mine);
}

export function whereText(scope: Scope): Part {
  const { rng, shapes, sources } = scope;
  const conditions: Part[] = [];
  const last = sources.at(-1);
  if (sources.length > 1 && last !== undefined && shapes.has('left-join') && chance(rng, 0.2)) {
    shapes.add('anti-join');
    conditions.push(expr(columnOf(last, last.relation.key[0] ?? 'a'), ' IS NULL'));
  }
  while (chance(rng, 0.5) && conditions.length < 3) conditions.push(drawCondition(scope));
  if (conditions.length === 0) return '';
  shapes.add('filter');
  return optional(' WHERE ', list(' AND ', conditions));
}

/** Columns that tell all rows of FROM apart, or undefined where a view has none. */
export function keyColumns(scope: Scope): Part[] | undefined {
  if (scope.sources.some(({ relation }) => relation.isView)) return undefined;
  return scope.sources.flatMap((source) =>
    source.relation.key.map((name) => seq(columnOf(source, name), ' COLLATE BINARY')),
  );
}

export function orderTerm(scope: Scope, part: Part): Part {
  const { rng, shapes } = scope;
  shapes.add('order-by');
  const collation = chance(rng, 0.2) ? pick(rng, [' COLLATE NOCASE', ' COLLATE BINARY']) : '';
  const direction = pick(rng, ['', '', ' ASC', ' DESC']);
  const nulls = chance(rng, 0.25) ? pick(rng, [' NULLS LAST', ' NULLS FIRST']) : '';
  if (nulls !== '') shapes.add('nulls-last');
  return seq(part, collation, direction, nulls);
}

export function limitText(scope: Scope): Part {
  const { rng, shapes } = scope;
  if (!chance(rng, 0.6)) return '';
  shapes.add('limit');
  if (!chance(rng, 0.4)) return optional(' LIMIT ', value(between(rng, 0, 6)));
  shapes.add('offset');
  return optional(' LIMIT ', value(between(rng, 1, 6)), ' OFFSET ', value(between(rng, 0, 4)));
}
