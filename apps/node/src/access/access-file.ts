// Where the tokens and users of a node are kept: one file beside the database, for its owner only, put in
// place whole. It is not in the database, so that no query, backup or subscriber can come upon it.

import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { z } from 'zod';
import { type CredentialRecord, recordsSchema } from './records.ts';

const ownerOnly = 0o600;

const fileSchema = z.object({
  version: z.literal(1),
  records: recordsSchema,
  last_used_ms: z.record(z.string(), z.number()),
});

export interface SavedAccess {
  readonly records: readonly CredentialRecord[];
  readonly lastUsedMs: ReadonlyMap<string, number>;
}

/**
 * Reads the file; a missing one is empty. Throws PATINA_CONFIG_INVALID where it is damaged, or where others
 * could read or change it: going on as if it were empty could open the node to everybody.
 */
export function readAccessFile(path: string): SavedAccess {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return { records: [], lastUsedMs: new Map() };
  if ((stat.mode & 0o077) !== 0) {
    throw unusable(path, 'can be read or changed by other users', `chmod 600 ${path}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw unusable(path, 'cannot be read', 'Restore it from a backup, or move it away.', cause);
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) {
    throw unusable(path, 'is damaged', 'Restore it from a backup, or move it away.', parsed.error);
  }
  const { records, last_used_ms: lastUsed } = parsed.data;
  return { records, lastUsedMs: new Map(Object.entries(lastUsed)) };
}

/** Puts the file in place: after a crash there is the old one or the new one. */
export function writeAccessFile(path: string, { records, lastUsedMs }: SavedAccess): void {
  const json = { version: 1, records, last_used_ms: Object.fromEntries(lastUsedMs) };
  const draft = `${path}.new`;
  const file = openSync(draft, 'w', ownerOnly);
  try {
    writeFileSync(file, `${JSON.stringify(json)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}

function unusable(path: string, what: string, hint: string, cause?: unknown): PatinaError {
  return new PatinaError('PATINA_CONFIG_INVALID', `the file of tokens and users ${path} ${what}`, {
    hint,
    cause,
  });
}
