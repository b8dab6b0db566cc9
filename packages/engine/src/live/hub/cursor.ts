// Where a subscription goes on: a change id of a query at this node, or a cursor that names the query,
// so that any node can tell whether it means something here.

import { PatinaError } from '../../base/errors.ts';

export type Resume =
  | { readonly kind: 'start' }
  | { readonly kind: 'change-id'; readonly changeId: number }
  | { readonly kind: 'cursor'; readonly queryId: string; readonly changeId: number };

const cursorPattern = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}):(\d{1,16})$/;

/** Reads `from`; throws PATINA_CURSOR_INVALID. */
export function parseFrom(from: number | string | undefined): Resume {
  if (from === undefined) return { kind: 'start' };
  const changeId = Number(from);
  if (/^\d{1,16}$/.test(String(from)) && Number.isSafeInteger(changeId)) {
    return changeId === 0 ? { kind: 'start' } : { kind: 'change-id', changeId };
  }
  const [, queryId, number] = cursorPattern.exec(String(from)) ?? [];
  if (queryId === undefined || !Number.isSafeInteger(Number(number))) {
    throw invalidCursor(`${JSON.stringify(from)} is neither a change id nor a cursor`);
  }
  return { kind: 'cursor', queryId, changeId: Number(number) };
}

/** Where to go on after this change. */
export function cursorOf(queryId: string, changeId: number): string {
  return `${queryId}:${changeId}`;
}

export function invalidCursor(message: string): PatinaError {
  return new PatinaError('PATINA_CURSOR_INVALID', message, {
    hint: 'Leave `from` out to begin with a snapshot, or give the cursor of the last commit that you got.',
  });
}

export function cursorTooOld(minChangeId: number): PatinaError {
  return new PatinaError(
    'PATINA_CURSOR_TOO_OLD',
    `subscription already deleted older changes, min change id: ${minChangeId}`,
    { hint: 'Leave `from` out to begin with a snapshot.' },
  );
}
