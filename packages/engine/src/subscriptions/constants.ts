// Constants by which the members of a family are told apart: `column = ?1` holds for every row of a
// member, so a touched row concerns only those members whose constants it has.

import { quoteName } from '../base/sql-text.ts';
import { affinityOf } from './affinity.ts';
import { neverFails } from './functions.ts';
import type { Condition } from './joins.ts';
import { type Core, keyCondition } from './keyed.ts';
import type { Resolver } from './mentions.ts';
import type { CatalogColumn, ConstantColumn, NumberedSql } from './plan.ts';
import { conditionPieces, parameterNumber } from './rewrite.ts';
import type { Source } from './sources.ts';
import { bare, isColumnName } from './syntax.ts';

export interface ConstantPlan {
  readonly columns: readonly ConstantColumn[];
  /** Per source. */
  readonly byKey: readonly (NumberedSql | undefined)[];
}

const none: ConstantPlan = { columns: [], byKey: [] };

/** More columns than these tell members apart no better. */
const constantsMax = 4;

export function constantsOf(core: Core, resolver: Resolver): ConstantPlan {
  if (core.shape.isInner.includes(false)) return none;
  const found = core.shape.conditions.flatMap((condition) => {
    const constant = constantOf(condition, core, resolver);
    return constant === undefined ? [] : [constant];
  });
  const distinct = found.filter(({ source, column }, index) => {
    return index === found.findIndex((other) => other.source === source && other.column === column);
  });
  const used = distinct.slice(0, constantsMax);
  if (used.length === 0 || !isConnected(core)) return none;
  const select = used.map(({ source, type, column }) => {
    const alias = core.sources[source]?.alias ?? '';
    return plainNumber(`${quoteName(alias)}.${quoteName(column)}`, type);
  });
  const from = core.sources.map(({ table, alias }) => {
    return `main.${quoteName(table.name)} AS ${quoteName(alias)}`;
  });
  const head = `SELECT DISTINCT ${select.join(', ')} FROM ${from.join(', ')} WHERE `;
  const conditions = [...fixedConditions(core), ...equalities(core)];
  return {
    columns: used.map(({ source, column, parameter, type }) => {
      return { source, column, parameter, asStored: asStored(type) };
    }),
    byKey: core.sources.map((source) => {
      return head + [...conditions, keyCondition(source, 1)].join(' AND ');
    }),
  };
}

interface Found {
  readonly source: number;
  readonly column: string;
  readonly type: string;
  readonly parameter: number;
}

function constantOf(condition: Condition, core: Core, resolver: Resolver): Found | undefined {
  const { expr } = condition;
  if (expr.type !== 'BinaryExpr' || expr.op !== 'Equals') return undefined;
  const sides = [bare(expr.left), bare(expr.right)];
  const name = sides.find((side) => isColumnName(side, expr));
  const value = sides.find((side) => side.type === 'VariableExpr');
  if (name === undefined || value?.type !== 'VariableExpr') return undefined;
  const reference = resolver.resolve(name);
  const column: CatalogColumn | undefined = reference?.column;
  if (reference === undefined || column?.collation !== 'BINARY') return undefined;
  // ANY keeps the text '5' apart from 5 in STRICT tables only.
  if (column.type.toUpperCase() === 'ANY') return undefined;
  if (core.sources[reference.source] === undefined) return undefined;
  const parameter = parameterNumber(value.name);
  return { source: reference.source, column: column.name, type: column.type, parameter };
}

/** Conditions that are the same for all members. */
function fixedConditions(core: Core): string[] {
  return core.shape.conditions.flatMap((condition) => {
    const { hasSubquery, hasUnknown } = condition.mentions;
    if (hasSubquery || hasUnknown || !neverFails(condition.expr)) return [];
    const pieces = conditionPieces(core.text, condition, ({ alias }) => alias, core.sources);
    return pieces.some((piece) => typeof piece === 'number') ? [] : [pieces.join('')];
  });
}

/** What USING and NATURAL say. */
function equalities(core: Core): string[] {
  const column = (index: number, name: string): string => {
    return `${quoteName(core.sources[index]?.alias ?? '')}.${quoteName(name)}`;
  };
  return core.shape.equalities.map(({ left, right, name }) => {
    return `${column(left, name)} = ${column(right, name)}`;
  });
}

/** Whether each source is joined by an equality of columns: else a row would join whole tables. */
function isConnected(core: Core): boolean {
  const group = core.sources.map(({ index }: Source) => index);
  const join = (one: number, other: number): void => {
    const [from, to] = [group[one], group[other]];
    for (const { index } of core.sources) if (group[index] === from) group[index] = to ?? 0;
  };
  for (const { left, right } of core.shape.equalities) join(left, right);
  for (const { expr, mentions } of core.shape.conditions) {
    if (expr.type !== 'BinaryExpr' || expr.op !== 'Equals' || mentions.hasUnknown) continue;
    const isPlain = [expr.left, expr.right].every((side) => isColumnName(bare(side), expr));
    const [one, other] = [...mentions.sources];
    if (isPlain && one !== undefined && other !== undefined) join(one, other);
  }
  return new Set(group).size === 1;
}

/**
 * Parameter ?1 as a column of this type would hold it. A comparison treats a constant so, but a CAST
 * does not: it makes a number of any text. Text counts as a number where its CAST equals it.
 */
function asStored(type: string): NumberedSql {
  switch (affinityOf(type)) {
    case 'TEXT':
      return "SELECT CASE WHEN typeof(?1) IN ('integer', 'real') THEN CAST(?1 AS TEXT) ELSE ?1 END";
    case 'BLOB':
      return `SELECT ${plainNumber('?1', type)}`;
    default: {
      const number = 'CASE WHEN CAST(?1 AS NUMERIC) = ?1 THEN CAST(?1 AS NUMERIC) ELSE ?1 END';
      return `SELECT ${plainNumber('v', type)} FROM (SELECT ${number} AS v)`;
    }
  }
}

/** Whole reals as integers, so that numbers that compare equal are the same value here. */
function plainNumber(sql: string, type: string): string {
  if (affinityOf(type) === 'TEXT') return sql;
  const isWhole = `typeof(${sql}) = 'real' AND CAST(${sql} AS INTEGER) = ${sql}`;
  return `CASE WHEN ${isWhole} THEN CAST(${sql} AS INTEGER) ELSE ${sql} END`;
}
