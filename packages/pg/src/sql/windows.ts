// OVER clauses and their frames. A window that was named in WINDOW is written out where it is used.

import type { WindowDef } from 'libpg-query';
import { coerceTo, settled } from './casts.ts';
import { keySql } from './compare.ts';
import type { Scope } from './scope.ts';
import { sortItems } from './sorting.ts';
import type { Translation } from './translation.ts';
import { typeIds } from './type-catalog.ts';

/** FRAMEOPTION_… of PostgreSQL's parsenodes.h. */
const frame = {
  nonDefault: 0x1,
  range: 0x2,
  rows: 0x4,
  groups: 0x8,
  startUnboundedPreceding: 0x20,
  endUnboundedFollowing: 0x100,
  startCurrentRow: 0x200,
  endCurrentRow: 0x400,
  startOffsetPreceding: 0x800,
  endOffsetPreceding: 0x1000,
  startOffsetFollowing: 0x2000,
  endOffsetFollowing: 0x4000,
  excludeCurrentRow: 0x8000,
  excludeGroup: 0x10000,
  excludeTies: 0x20000,
} as const;

/** The parenthesised window of an OVER clause. Throws 42704 for a name that WINDOW does not define. */
export function windowSql(t: Translation, scope: Scope, over: WindowDef): string {
  const named = over.name ?? over.refname;
  const base = named === undefined ? undefined : scope.windows.get(named);
  if (named !== undefined && base === undefined) {
    throw t.error('42704', `window "${named}" does not exist`, over.location);
  }
  if (base !== undefined && over.partitionClause === undefined && over.orderClause === undefined) {
    return windowText(
      t,
      scope,
      base,
      base.refname === undefined ? undefined : scope.windows.get(base.refname),
      over,
    );
  }
  return windowText(t, scope, over, base, over);
}

/** `framed` is the definition whose frame holds: a name alone takes the frame of what it names. */
function windowText(
  t: Translation,
  scope: Scope,
  over: WindowDef,
  base: WindowDef | undefined,
  framed: WindowDef,
): string {
  const partition = over.partitionClause ?? base?.partitionClause ?? [];
  const order = over.orderClause ?? base?.orderClause ?? [];
  const parts: string[] = [];
  if (partition.length > 0) {
    const keys = partition.map((node) => {
      const value = settled(t, t.expr(scope, node));
      return keySql(value.sql, value.type);
    });
    parts.push(`PARTITION BY ${keys.join(', ')}`);
  }
  if (order.length > 0) parts.push(`ORDER BY ${sortItems(t, scope, order)}`);
  const own = frameSql(t, scope, framed);
  const frameText = own === '' ? frameSql(t, scope, over) : own;
  if (frameText !== '') parts.push(frameText);
  return `(${parts.join(' ')})`;
}

function frameSql(t: Translation, scope: Scope, over: WindowDef): string {
  const options = over.frameOptions ?? 0;
  const has = (bit: number): boolean => (options & bit) !== 0;
  if (!has(frame.nonDefault)) return '';
  const offset = (node: WindowDef['startOffset']): string =>
    node === undefined ? '0' : coerceTo(t, t.expr(scope, node), typeIds.int8).sql;
  const unit = has(frame.rows) ? 'ROWS' : has(frame.groups) ? 'GROUPS' : 'RANGE';
  const start = has(frame.startUnboundedPreceding)
    ? 'UNBOUNDED PRECEDING'
    : has(frame.startCurrentRow)
      ? 'CURRENT ROW'
      : `${offset(over.startOffset)} ${has(frame.startOffsetPreceding) ? 'PRECEDING' : 'FOLLOWING'}`;
  const end = has(frame.endUnboundedFollowing)
    ? 'UNBOUNDED FOLLOWING'
    : has(frame.endCurrentRow)
      ? 'CURRENT ROW'
      : `${offset(over.endOffset)} ${has(frame.endOffsetPreceding) ? 'PRECEDING' : 'FOLLOWING'}`;
  const exclude = has(frame.excludeCurrentRow)
    ? ' EXCLUDE CURRENT ROW'
    : has(frame.excludeGroup)
      ? ' EXCLUDE GROUP'
      : has(frame.excludeTies)
        ? ' EXCLUDE TIES'
        : '';
  return `${unit} BETWEEN ${start} AND ${end}${exclude}`;
}
