// An actor id names one database: 16 bytes, written as 32 lowercase hex digits everywhere except on
// the wire and on disk, where the bytes themselves are kept.

import { assert } from './assert.ts';

/** 32 lowercase hex digits. */
export type ActorId = string & { readonly __brand: 'ActorId' };

export const actorIdBytes = 16;

/** Returns whether `text` is a well-formed actor id; accepts nothing but 32 lowercase hex digits. */
export function isActorId(text: string): text is ActorId {
  return /^[0-9a-f]{32}$/.test(text);
}

/** Parses hex digits with or without UUID dashes, in any case; undefined when malformed. */
export function parseActorId(text: string): ActorId | undefined {
  const compact = text.replaceAll('-', '').toLowerCase();
  return isActorId(compact) ? compact : undefined;
}

/** The id of these 16 bytes. */
export function actorIdFromBytes(bytes: Uint8Array): ActorId {
  assert(bytes.length === actorIdBytes, 'an actor id has 16 bytes');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex') as ActorId;
}

/** The 16 bytes of an id. */
export function actorIdToBytes(actorId: ActorId): Uint8Array {
  const bytes = Buffer.from(actorId, 'hex');
  assert(bytes.length === actorIdBytes, 'an actor id has 16 bytes');
  return bytes;
}
