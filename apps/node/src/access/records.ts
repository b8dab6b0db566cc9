// What is kept of a token or a user, and how two nodes that know different things of it come to the same:
// a join, so that it does not matter in which order, or how often, they tell each other. A removal
// wins over any change, for ever.

import { roles } from '@patina/api/roles.ts';
import { z } from 'zod';

/** Records of one node, those of removed credentials included. */
export const recordsMax = 10_000;

/** A removed credential is remembered for so long, so that no node that was away brings it back. */
export const removedKeptMs = 400 * 86_400_000;

export const recordSchema = z.object({
  /** Random; never used again. */
  id: z.string().regex(/^[0-9a-z]{12}$/),
  kind: z.enum(['token', 'user']),
  /** The label of a token; the name of a user. */
  name: z.string().max(63),
  /** SHA-256 of a token as hex; the SCRAM verifier of a password. Empty once removed. */
  secret: z.string().max(1_024),
  roles: z.array(z.enum(roles)),
  tables: z.array(z.string().max(200)).max(100).optional(),
  createdMs: z.number().int().nonnegative(),
  expiresMs: z.number().int().nonnegative().optional(),
  /** Rises with every change. */
  revision: z.number().int().nonnegative(),
  removedMs: z.number().int().nonnegative().optional(),
});

export const recordsSchema = z.array(recordSchema).max(recordsMax);

export type CredentialRecord = Readonly<z.infer<typeof recordSchema>>;

/** What stays of a credential that was removed: the same on every node that knows when. */
export function removed(record: CredentialRecord, removedMs: number): CredentialRecord {
  const { id, kind, name, createdMs } = record;
  return { id, kind, name, secret: '', roles: [], createdMs, revision: 0, removedMs };
}

/** Both records, of one id, as one: commutative, associative, and the same when repeated. */
export function join(one: CredentialRecord, other: CredentialRecord): CredentialRecord {
  const removals = [one.removedMs, other.removedMs].filter((ms) => ms !== undefined);
  if (removals.length > 0) {
    const [first, second] = [textOf(one), textOf(other)];
    const base = first >= second ? one : other;
    return removed(base, Math.min(...removals));
  }
  if (one.revision !== other.revision) return one.revision > other.revision ? one : other;
  return textOf(one) >= textOf(other) ? one : other;
}

/** Equal for equal records; the order of fields is fixed by the schema. */
export function textOf(record: CredentialRecord): string {
  return JSON.stringify(recordSchema.parse(record));
}

/** Whether the credential may be used at this moment. */
export function isUsable({ removedMs, expiresMs }: CredentialRecord, nowMs: number): boolean {
  return removedMs === undefined && (expiresMs === undefined || nowMs < expiresMs);
}
