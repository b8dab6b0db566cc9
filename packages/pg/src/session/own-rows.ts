// Rows that the session has whole when a statement has run: of SHOW, EXPLAIN and FETCH. Where the client asked for
// fewer, the rest waits in the portal.

import { commandComplete } from '../protocol/backend.ts';
import type { Portal } from './portals.ts';
import { rowsOnlyTag } from './result-shape.ts';
import type { RunContext } from './run-context.ts';
import type { SessionCore } from './session-core.ts';

/** Sends rows, DataRow messages, to as many as the client asked for, and the tag after the last. */
export function sendOwnRows(
  core: SessionCore,
  { portal, rowsMax }: Pick<RunContext, 'portal' | 'rowsMax'>,
  rows: readonly Uint8Array[],
): 'done' | 'suspended' {
  core.sendHeading();
  if (rowsMax > 0 && rows.length >= rowsMax) {
    core.send(...rows.slice(0, rowsMax));
    portal.ownRows = rows.slice(rowsMax);
    portal.state = 'own-rows';
    return 'suspended';
  }
  core.send(...rows, commandComplete(rowsOnlyTag(portal, rows.length)));
  return 'done';
}

/** Goes on with what waits in a portal. */
export function sendMoreOwnRows(
  core: SessionCore,
  portal: Portal,
  rowsMax: number,
): 'done' | 'suspended' {
  const rows = portal.ownRows;
  portal.ownRows = [];
  return sendOwnRows(core, { portal, rowsMax }, rows);
}

const headerBytes = 5;

/** Messages of which several came in one piece. */
export function splitMessages(pieces: readonly Uint8Array[]): Uint8Array[] {
  const bytes = Buffer.concat(pieces);
  const messages: Uint8Array[] = [];
  for (let at = 0; at + headerBytes <= bytes.length; ) {
    const end = at + 1 + bytes.readUInt32BE(at + 1);
    messages.push(bytes.subarray(at, end));
    at = end;
  }
  return messages;
}
