// The SQL that keeps the rows behind a result by their keys: all of them, those that join one row of a
// table, and the rows whose joins a row of a LEFT JOIN decides.

import type { SelectFrom } from 'sqlite3-parser';
import { assert } from '../base/assert.ts';
import { quoteName } from '../base/sql-text.ts';
import type { ConstantPlan } from './constants.ts';
import { filterOf } from './filters.ts';
import type { JoinShape } from './joins.ts';
import type { CatalogTable, KeyedPart, KeyedSource } from './plan.ts';
import type { Source } from './sources.ts';
import { endOf } from './syntax.ts';

/** One SELECT over tables, as text that can be put together in another way. */
export interface Core {
  readonly text: string;
  readonly select: SelectFrom;
  readonly sources: readonly Source[];
  readonly shape: JoinShape;
  readonly parameterCount: number;
}

/** Key columns of all sources, as they stand in front of a result. */
export function identityColumns(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => keyColumns(source));
}

export function keyColumns(source: Source): string[] {
  return source.table.key.map((name) => `${quoteName(source.alias)}.${quoteName(name)}`);
}

/** Condition that a source has a key, whose parameters are numbered from `first`. */
export function keyCondition(source: Source, first: number): string {
  const columns = keyColumns(source);
  return source.table.key
    .map((name, index) => `${columns[index]} = ?${first + index}${binary(source.table, name)}`)
    .join(' AND ');
}

/** Keys are told apart by their bytes, whatever the collation of the column. */
function binary(table: CatalogTable, name: string): string {
  const column = table.columns.find((candidate) => candidate.name === name);
  return column === undefined || column.collation === 'BINARY' ? '' : ' COLLATE BINARY';
}

/** The rows of a core with `cells`, SQL of the columns behind the identity. */
export function keyedPart(core: Core, cells: string, constants: ConstantPlan): KeyedPart {
  const identity = identityColumns(core.sources);
  const head = `SELECT ${[...identity, cells].join(', ')} ${fromText(core)}`;
  let keyStart = 0;
  const sources = core.sources.map((source): KeyedSource => {
    const keyCount = source.table.key.length;
    const anchor = core.shape.anchors[source.index];
    const keyed: KeyedSource = {
      alias: source.alias,
      table: source.table.name,
      keyStart,
      keyCount,
      rowsByKey: head + whereText(core, keyCondition(source, core.parameterCount + 1)),
      anchor:
        anchor === undefined
          ? undefined
          : { source: anchor, anchorKeys: anchorKeys(core, source, anchor) },
      filter: core.shape.isInner[source.index] === true ? filterOf(core, source) : undefined,
      constantsByKey: constants.byKey[source.index],
    };
    keyStart += keyCount;
    return keyed;
  });
  return {
    sql: head + whereText(core, undefined),
    identityCount: identity.length,
    sources,
    constants: constants.columns,
  };
}

export function fromText(core: Core): string {
  const { from } = core.select;
  assert(from !== undefined, 'a core reads tables');
  return core.text.slice(from.span.offset, endOf(from.span));
}

/** WHERE of the query and a further condition. */
export function whereText(core: Core, further: string | undefined): string {
  const { whereClause } = core.select;
  const conditions = [
    ...(whereClause === undefined ? [] : [sliceOf(core, whereClause)]),
    ...(further === undefined ? [] : [further]),
  ];
  if (conditions.length === 0) return '';
  if (conditions.length === 1) return ` WHERE ${conditions.join('')}`;
  return ` WHERE (${conditions[0]}) AND ${conditions[1]}`;
}

export function sliceOf(core: Core, node: { span: { offset: number; length: number } }): string {
  return core.text.slice(node.span.offset, endOf(node.span));
}

/**
 * Keys of the anchor in all rows that a row of the source joins now. What comes behind the source in
 * FROM does not matter: to look at a row too many does no harm.
 */
function anchorKeys(core: Core, source: Source, anchor: number): string {
  const anchorSource = core.sources[anchor];
  const { from } = core.select;
  assert(anchorSource !== undefined && from !== undefined, 'the anchor is a source');
  let text = '';
  let at = from.span.offset;
  for (const joined of core.sources.slice(0, source.index + 1)) {
    const isInner = core.shape.isInner[joined.index] === true || joined.index === source.index;
    if (joined.operator !== undefined && joined.join === 'left' && isInner) {
      const { span } = joined.operator;
      text += core.text.slice(at, span.offset) + innerOperator(core.text, span);
      at = endOf(span);
    }
    text += core.text.slice(at, joined.end);
    at = joined.end;
  }
  const kept = core.shape.conditions
    .filter(({ expr, mentions }) => {
      const isHere = [...mentions.sources].every((index) => {
        return index <= source.index && core.sources[index]?.join !== 'left';
      });
      const isOfWhere = expr.span.offset > endOf(from.span);
      return isHere && isOfWhere && !mentions.hasSubquery && !mentions.hasUnknown;
    })
    .map(({ expr }) => `(${sliceOf(core, expr)})`);
  const conditions = [...kept, keyCondition(source, core.parameterCount + 1)].join(' AND ');
  const names = keyColumns(anchorSource);
  // DISTINCT would take two keys for one where the column has a collation.
  const keys = anchorSource.table.key.map((name, index) => {
    return `${names[index]}${binary(anchorSource.table, name)}`;
  });
  return `SELECT DISTINCT ${keys.join(', ')} ${text} WHERE ${conditions}`;
}

function innerOperator(text: string, span: { offset: number; length: number }): string {
  const words = text.slice(span.offset, endOf(span));
  return /\bNATURAL\b/i.test(words) ? 'NATURAL JOIN' : 'JOIN';
}
