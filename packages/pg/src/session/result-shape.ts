// What a statement's result looks like before it is run, and how its end is told.

import { PgError } from '../pg-error.ts';
import type { Planned, PlannedQuery, PlannedWrite, ResultColumn } from '../sql/planned.ts';
import type { SubscribeSource } from '../utility/utility-statement.ts';
import type { Portal } from './portals.ts';

const textType = { oid: 25, typmod: -1 } as const;

function textColumn(name: string): ResultColumn {
  return { name, type: textType, tableOid: 0, columnNumber: 0 };
}

export const explainColumns: readonly ResultColumn[] = [textColumn('QUERY PLAN')];

export const showAllColumns: readonly ResultColumn[] = ['name', 'setting', 'description'].map(
  textColumn,
);

/** What finds the columns of things that the session itself keeps. */
export interface KnownColumns {
  readonly ofPortal: (name: string) => readonly ResultColumn[] | undefined;
  readonly ofStatement: (name: string) => readonly ResultColumn[] | undefined;
  readonly settingName: (name: string) => string;
}

/** Columns of a result; none for commands that have no rows. */
export function columnsOf(
  planned: Planned | undefined,
  known: KnownColumns,
): readonly ResultColumn[] {
  switch (planned?.kind) {
    case 'query':
    case 'write':
    case 'subscribe':
      return planned.columns;
    case 'explain':
      return explainColumns;
    case 'show':
      return planned.name === 'all'
        ? showAllColumns
        : [textColumn(known.settingName(planned.name))];
    case 'fetch':
      return planned.isMove ? [] : (known.ofPortal(planned.name) ?? []);
    case 'execute':
      return known.ofStatement(planned.name) ?? [];
    default:
      return [];
  }
}

/** The tag of CommandComplete of a statement with rows. */
export function rowsTag(
  planned: PlannedQuery | PlannedWrite | SubscribeSource,
  rows: number,
): string {
  if (planned.kind !== 'write') return `SELECT ${rows}`;
  if (planned.tag === 'TRUNCATE TABLE') return planned.tag;
  return planned.tag === 'INSERT' ? `INSERT 0 ${rows}` : `${planned.tag} ${rows}`;
}

/** The tag of a result that was sent whole already; throws 55000 for what has none. */
export function tagWithoutRows(portal: Portal): string {
  const { planned } = portal;
  switch (planned?.kind) {
    case 'query':
    case 'subscribe':
      return rowsTag(planned, 0);
    case 'write':
      if (planned.columns.length === 0) throw cannotRun(portal);
      return rowsTag(planned, 0);
    case 'show':
    case 'explain':
    case 'fetch':
      return rowsOnlyTag(portal, 0);
    default:
      throw cannotRun(portal);
  }
}

/** The tag of statements whose rows the session sends by itself. */
export function rowsOnlyTag({ planned }: Portal, rows: number): string {
  if (planned?.kind === 'fetch') return `${planned.isMove ? 'MOVE' : 'FETCH'} ${rows}`;
  return planned?.kind.toUpperCase() ?? '';
}

/** 55000. */
export function cannotRun({ name }: Portal): PgError {
  return new PgError('55000', `portal "${name}" cannot be run`);
}
