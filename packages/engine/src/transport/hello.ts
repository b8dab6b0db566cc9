// HELLO: the first thing each side says after the TLS handshake, on a one-way stream of its own. It
// names the speaker; nothing else is delivered before it was read and accepted.

import type { ActorId } from '../base/actor-id.ts';
import { ByteReader, ByteWriter, malformed } from '../base/bytes.ts';
import type { PeerAddress } from '../ports.ts';
import { isDiallable } from './address.ts';

/** The protocol that this build speaks; peers must speak the same. */
export const protocolVersion = 1;

/** Longest HELLO accepted, in bytes. */
export const helloBytesMax = 512;

/** Length of a stateless reset token (RFC 9000, section 10.3), in bytes. */
export const resetTokenBytes = 16;

/** Length of a session id, in bytes; written as twice as many hex digits. */
export const sessionIdBytes = 16;

const addressCharsMax = 260;
const clusterIdMax = 0xffff;

/** "PTNA": tells a HELLO from anything else that might speak QUIC to our port. */
const magic = Uint8Array.of(0x50, 0x54, 0x4e, 0x41);

/** What a HELLO says. */
export interface Hello {
  readonly clusterId: number;
  readonly actorId: ActorId;
  /** 32 lowercase hex digits, chosen at random at each start of a node. */
  readonly sessionId: string;
  /** Where the speaker can be dialled. */
  readonly address: PeerAddress;
  /** Ends this connection when it comes as a stateless reset: see stateless-reset.ts. */
  readonly resetToken: Uint8Array;
}

/** A HELLO as read: whole, or of another protocol version, whose layout we cannot know. */
export type ReadHello =
  | { readonly kind: 'hello'; readonly hello: Hello }
  | { readonly kind: 'other-version'; readonly version: number };

/** Whether the text is a session id: 32 lowercase hex digits. */
export function isSessionId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

/** Encodes a HELLO: magic, version, cluster id, actor id, session id, reset token, address. */
export function encodeHello(hello: Hello): Uint8Array {
  const writer = new ByteWriter(128);
  writer.raw(magic);
  writer.varint(protocolVersion);
  writer.varint(hello.clusterId);
  writer.actorId(hello.actorId);
  writer.raw(Buffer.from(hello.sessionId, 'hex'));
  writer.raw(hello.resetToken);
  writer.text(hello.address);
  return writer.finish();
}

/** Decodes a HELLO; throws PATINA_WIRE_MALFORMED for anything that is none. */
export function decodeHello(bytes: Uint8Array): ReadHello {
  if (bytes.length > helloBytesMax) throw malformed('HELLO over its limit');
  const reader = new ByteReader(bytes);
  if (Buffer.compare(reader.raw(magic.length), magic) !== 0) throw malformed('not a HELLO');
  const version = reader.varint();
  if (version !== protocolVersion) return { kind: 'other-version', version };
  const clusterId = reader.varintMax(clusterIdMax, 'cluster id');
  const actorId = reader.actorId();
  const sessionId = Buffer.from(reader.raw(sessionIdBytes)).toString('hex');
  // Copied: the input is a view into a buffer that is read into again.
  const resetToken = Uint8Array.from(reader.raw(resetTokenBytes));
  const address = reader.text(addressCharsMax);
  reader.end();
  if (!isDiallable(address)) throw malformed('HELLO with an unusable address');
  return { kind: 'hello', hello: { clusterId, actorId, sessionId, address, resetToken } };
}
