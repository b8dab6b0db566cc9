// The lines of the streams of a node, from JSON to types. Written by hand: a row or a change passes here
// for each that there is.

import { errorSchema } from '@patina/api/schemas.ts';
import { type ClientError, errorOfBody, protocolError } from '../client-error.ts';
import { type Cell, decodeCells, decodeInteger } from '../values.ts';

/** A transaction that made a change. */
export interface ChangeOrigin {
  /** The database that it was committed at first. */
  readonly actorId: string;
  readonly version: number;
  /** When it was committed there, as a hybrid clock. */
  readonly hlc: number;
}

export type ChangeType = 'insert' | 'update' | 'delete';

/** A change in the node's own numbers. */
export interface ServerChange {
  readonly type: ChangeType;
  readonly rowId: number;
  readonly cells: readonly Cell[];
  readonly changeId: number;
  /** The new place of a row of an ordered result that was placed or moved. */
  readonly position: number | undefined;
}

export interface LaggedLine {
  readonly kind: 'lagged';
}

export interface FailedLine {
  readonly kind: 'failed';
  readonly error: ClientError;
}

export interface HeartbeatLine {
  readonly kind: 'heartbeat';
}

export type SubscriptionLine =
  | {
      readonly kind: 'opened';
      /** Of the query at that node. */
      readonly id: string;
      readonly isOrdered: boolean;
      readonly start: 'snapshot' | 'resumed' | 'restarted';
      readonly reason: string | undefined;
    }
  | { readonly kind: 'restarted'; readonly reason: string }
  | { readonly kind: 'columns'; readonly columns: readonly string[] }
  | { readonly kind: 'row'; readonly rowId: number; readonly cells: readonly Cell[] }
  | { readonly kind: 'snapshot-end'; readonly changeId: number }
  | { readonly kind: 'change'; readonly change: ServerChange }
  | {
      readonly kind: 'commit';
      readonly changeId: number;
      readonly cursor: string;
      readonly origins: readonly ChangeOrigin[];
    }
  | HeartbeatLine
  | LaggedLine
  | FailedLine;

export type UpdatesLine =
  | {
      readonly kind: 'opened';
      readonly key: readonly string[];
      readonly columns: readonly string[];
      readonly start: 'now' | 'resumed' | 'restarted';
      readonly reason: string | undefined;
      readonly cursor: string;
    }
  | { readonly kind: 'restarted'; readonly reason: string }
  | {
      readonly kind: 'notify';
      readonly type: 'update' | 'delete';
      readonly key: readonly Cell[];
      readonly cells: readonly Cell[] | undefined;
    }
  | { readonly kind: 'commit'; readonly cursor: string; readonly origins: readonly ChangeOrigin[] }
  | HeartbeatLine
  | LaggedLine
  | FailedLine;

type Fields = Readonly<Record<string, unknown>>;

/** One line of a subscription; undefined for an event that a later version may send. */
export function decodeSubscriptionLine(value: unknown): SubscriptionLine | undefined {
  const line = fieldsOf(value);
  if (line['change'] !== undefined) return { kind: 'change', change: decodeChange(line['change']) };
  if (line['row'] !== undefined) {
    const [rowId, cells] = listOf(line['row']);
    return { kind: 'row', rowId: decodeInteger(rowId), cells: decodeCells(cells) };
  }
  if (line['commit'] !== undefined) {
    const commit = fieldsOf(line['commit']);
    const changeId = decodeInteger(commit['change_id']);
    return { kind: 'commit', changeId, ...decodeCommit(commit) };
  }
  if (line['columns'] !== undefined) return { kind: 'columns', columns: textsOf(line['columns']) };
  if (line['eoq'] !== undefined) {
    const changeId = decodeInteger(fieldsOf(line['eoq'])['change_id']);
    return { kind: 'snapshot-end', changeId };
  }
  if (line['opened'] !== undefined) return decodeOpened(fieldsOf(line['opened']));
  return decodeCommon(line);
}

/** One line of the updates of a table; undefined as above. */
export function decodeUpdatesLine(value: unknown): UpdatesLine | undefined {
  const line = fieldsOf(value);
  if (line['notify'] !== undefined) {
    const [type, key, cells] = listOf(line['notify']);
    if (type !== 'update' && type !== 'delete') throw protocolError('an unknown kind of update');
    const row = cells === undefined ? undefined : decodeCells(cells);
    return { kind: 'notify', type, key: decodeCells(key), cells: row };
  }
  if (line['commit'] !== undefined) {
    return { kind: 'commit', ...decodeCommit(fieldsOf(line['commit'])) };
  }
  if (line['opened'] === undefined) return decodeCommon(line);
  const opened = fieldsOf(line['opened']);
  const { start } = opened;
  if (start !== 'now' && start !== 'resumed' && start !== 'restarted') {
    throw protocolError('an unknown way to begin');
  }
  return {
    kind: 'opened',
    key: textsOf(opened['key']),
    columns: textsOf(opened['columns']),
    start,
    reason: optionalText(opened['reason']),
    cursor: textOf(opened['cursor']),
  };
}

type CommonLine = { kind: 'restarted'; reason: string } | HeartbeatLine | LaggedLine | FailedLine;

function decodeCommon(line: Fields): CommonLine | undefined {
  if (line['heartbeat'] !== undefined) return { kind: 'heartbeat' };
  if (line['restarted'] !== undefined) {
    return { kind: 'restarted', reason: textOf(fieldsOf(line['restarted'])['reason']) };
  }
  if (line['lagged'] !== undefined) return { kind: 'lagged' };
  if (line['error'] === undefined) return undefined;
  const parsed = errorSchema.safeParse(line);
  if (!parsed.success) throw protocolError('an error without a code');
  return { kind: 'failed', error: errorOfBody(parsed.data) };
}

function decodeOpened(opened: Fields): SubscriptionLine {
  const { start, ordered } = opened;
  if (start !== 'snapshot' && start !== 'resumed' && start !== 'restarted') {
    throw protocolError('an unknown way to begin');
  }
  const reason = optionalText(opened['reason']);
  return { kind: 'opened', id: textOf(opened['id']), isOrdered: ordered === true, start, reason };
}

function decodeChange(value: unknown): ServerChange {
  const [type, rowId, cells, changeId, position] = listOf(value);
  if (type !== 'insert' && type !== 'update' && type !== 'delete') {
    throw protocolError('an unknown kind of change');
  }
  return {
    type,
    rowId: decodeInteger(rowId),
    cells: decodeCells(cells),
    changeId: decodeInteger(changeId),
    position: position === undefined ? undefined : decodeInteger(position),
  };
}

function decodeCommit(commit: Fields): { cursor: string; origins: ChangeOrigin[] } {
  const origins = listOf(commit['origins']).map((item) => {
    const { actor_id, version, hlc } = fieldsOf(item);
    return {
      actorId: textOf(actor_id),
      version: decodeInteger(version),
      hlc: decodeInteger(hlc),
    };
  });
  return { cursor: textOf(commit['cursor']), origins };
}

function fieldsOf(value: unknown): Fields {
  if (isFields(value)) return value;
  throw protocolError('something that is no object');
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw protocolError('something that is no list');
}

function textsOf(value: unknown): string[] {
  return listOf(value).map(textOf);
}

function optionalText(value: unknown): string | undefined {
  return value === undefined ? undefined : textOf(value);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw protocolError('something that is no text');
}
