// The datagrams of membership. Each carries a protocol version, the sender's claim about itself,
// the body of its kind, and as many updates about members as fit. Every length is checked before
// use; input that does not follow the format is PATINA_WIRE_MALFORMED and nothing else.
//
//   packet = version:u8 kind:u8 sender:record body count:varint update*count
//   record = actor:16 address:text session:text startedAtMs:varint incarnation:varint state:u8
//   update = record, then the suspecting actor:16 (state 1) or the contested session:text (state 4)

import type { ActorId } from '../base/actor-id.ts';
import { assert } from '../base/assert.ts';
import { ByteReader, ByteWriter, malformed } from '../base/bytes.ts';
import type { PeerAddress } from '../ports.ts';
import type { MemberRecord, MemberState } from './record.ts';

/** The version of this format; a datagram of another version is malformed to us. */
export const protocolVersion = 1;

/** Longest datagram that is looked at. */
export const packetBytesLimit = 8_192;
export const addressBytesMax = 80;
export const sessionIdBytesMax = 64;
export const incarnationMax = 2 ** 32;
/** Greatest Unix time on the wire, milliseconds (year 10889). */
export const wallMsMax = 2 ** 48;
export const seqMax = 2 ** 32;
export const updatesPerPacketMax = 127;

/** News about a member, spread from node to node. */
export type Update =
  | {
      readonly kind: 'state';
      readonly record: MemberRecord;
      /** Who found the member suspect; present exactly when the record's state is `suspect`. */
      readonly suspectedBy: ActorId | undefined;
    }
  | {
      /**
       * Said by a live node that found another live session of its own actor id. It names that
       * session, which only somebody who met it can know: so it can't be an echo of an earlier run.
       */
      readonly kind: 'contest';
      /** The live node that speaks. */
      readonly record: MemberRecord;
      /** The other session, which this claim is addressed to. */
      readonly contestedSessionId: string;
    };

/** What a datagram is for. */
export type Body =
  /** Asks for a feed: of a member that joins, of a member found down, and now and then. */
  | { readonly kind: 'announce' }
  /** The answer to announce: all members known, in several datagrams. */
  | { readonly kind: 'feed' }
  /** Updates only. */
  | { readonly kind: 'gossip' }
  | { readonly kind: 'ping'; readonly seq: number }
  /** Answers a ping; `wallMs` is the answering node's wall clock. */
  | { readonly kind: 'ack'; readonly seq: number; readonly wallMs: number }
  /** Asks a third node to ping `targetId` for us. */
  | {
      readonly kind: 'ping-request';
      readonly seq: number;
      readonly targetId: ActorId;
      readonly targetAddress: PeerAddress;
    }
  /** The target of our ping-request answered. */
  | { readonly kind: 'relayed-ack'; readonly seq: number; readonly targetId: ActorId }
  /** Our ping-request arrived, the target has not answered so far. */
  | { readonly kind: 'nack'; readonly seq: number };

export interface Packet {
  /** The sender about itself: state `alive` or `left`. */
  readonly sender: MemberRecord;
  readonly body: Body;
  readonly updates: readonly Update[];
}

const kindCodes: Readonly<Record<Body['kind'], number>> = {
  announce: 1,
  feed: 2,
  gossip: 3,
  ping: 4,
  ack: 5,
  'ping-request': 6,
  'relayed-ack': 7,
  nack: 8,
};

const stateCodes: Readonly<Record<MemberState, number>> = {
  alive: 0,
  suspect: 1,
  down: 2,
  left: 3,
};
const statesByCode: readonly MemberState[] = ['alive', 'suspect', 'down', 'left'];
const contestCode = 4;

const visibleAscii = /^[\x21-\x7e]+$/;
const addressShape = /^[\x21-\x7e]+:[0-9]{1,5}$/;

/** Whether `text` can be sent as an address: host and port, short, visible ASCII. */
export function isWireAddress(text: string): boolean {
  return text.length <= addressBytesMax && addressShape.test(text);
}

/** Whether `text` can be sent as a session id. */
export function isWireSessionId(text: string): boolean {
  return text.length <= sessionIdBytesMax && visibleAscii.test(text);
}

/** Encodes everything of a packet before its updates. */
export function encodeHead(sender: MemberRecord, body: Body): Uint8Array {
  assert(sender.state === 'alive' || sender.state === 'left', 'a sender is alive or has left');
  const writer = new ByteWriter();
  writer.u8(protocolVersion);
  writer.u8(kindCodes[body.kind]);
  writeRecord(writer, sender, stateCodes[sender.state]);
  if ('seq' in body) writer.varint(body.seq);
  if (body.kind === 'ack') writer.varint(Math.min(Math.max(0, Math.floor(body.wallMs)), wallMsMax));
  if (body.kind === 'ping-request') {
    writer.actorId(body.targetId);
    writer.text(body.targetAddress);
  }
  if (body.kind === 'relayed-ack') writer.actorId(body.targetId);
  return writer.finish();
}

/** Encodes one update: done once, however often it is sent. */
export function encodeUpdate(update: Update): Uint8Array {
  const writer = new ByteWriter();
  if (update.kind === 'contest') {
    writeRecord(writer, update.record, contestCode);
    writer.text(update.contestedSessionId);
    return writer.finish();
  }
  const suspect = update.record.state === 'suspect';
  assert(suspect === (update.suspectedBy !== undefined), 'a suspect was suspected by somebody');
  writeRecord(writer, update.record, stateCodes[update.record.state]);
  if (update.suspectedBy !== undefined) writer.actorId(update.suspectedBy);
  return writer.finish();
}

/** Joins a head and encoded updates to a datagram. */
export function encodePacket(head: Uint8Array, updates: readonly Uint8Array[]): Uint8Array {
  assert(updates.length <= updatesPerPacketMax, 'a packet has few updates');
  const writer = new ByteWriter(head.length + 1 + updates.reduce((sum, u) => sum + u.length, 0));
  writer.raw(head);
  writer.varint(updates.length);
  for (const update of updates) writer.raw(update);
  return writer.finish();
}

/** Bytes that {@link encodePacket} adds to the head and the updates themselves. */
export const packetOverheadBytes = 1;

/** Decodes a datagram; throws PATINA_WIRE_MALFORMED. */
export function decodePacket(bytes: Uint8Array): Packet {
  if (bytes.length > packetBytesLimit) throw malformed(`datagram of ${bytes.length} bytes`);
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== protocolVersion) throw malformed(`membership protocol version ${version}`);
  const kind = reader.u8();
  const sender = readRecord(reader);
  const senderState = stateOf(sender.code);
  if (senderState !== 'alive' && senderState !== 'left')
    throw malformed('sender neither alive nor left');
  const body = readBody(reader, kind);
  const count = reader.varintMax(updatesPerPacketMax, 'number of updates');
  const updates: Update[] = [];
  for (let index = 0; index < count; index++) updates.push(readUpdate(reader));
  reader.end();
  return { sender: { ...sender.claim, state: senderState }, body, updates };
}

function readBody(reader: ByteReader, kind: number): Body {
  switch (kind) {
    case kindCodes.announce:
      return { kind: 'announce' };
    case kindCodes.feed:
      return { kind: 'feed' };
    case kindCodes.gossip:
      return { kind: 'gossip' };
    case kindCodes.ping:
      return { kind: 'ping', seq: readSeq(reader) };
    case kindCodes.ack:
      return {
        kind: 'ack',
        seq: readSeq(reader),
        wallMs: reader.varintMax(wallMsMax, 'wall clock'),
      };
    case kindCodes['ping-request']: {
      const seq = readSeq(reader);
      const targetId = reader.actorId();
      return { kind: 'ping-request', seq, targetId, targetAddress: readAddress(reader) };
    }
    case kindCodes['relayed-ack']:
      return { kind: 'relayed-ack', seq: readSeq(reader), targetId: reader.actorId() };
    case kindCodes.nack:
      return { kind: 'nack', seq: readSeq(reader) };
    default:
      throw malformed(`membership message kind ${kind}`);
  }
}

function readUpdate(reader: ByteReader): Update {
  const { claim, code } = readRecord(reader);
  if (code === contestCode) {
    const record: MemberRecord = { ...claim, state: 'alive' };
    return { kind: 'contest', record, contestedSessionId: readSessionId(reader) };
  }
  const state = stateOf(code);
  const suspectedBy = state === 'suspect' ? reader.actorId() : undefined;
  return { kind: 'state', record: { ...claim, state }, suspectedBy };
}

function writeRecord(writer: ByteWriter, record: MemberRecord, code: number): void {
  assert(isWireAddress(record.address), () => `an address fits the wire: ${record.address}`);
  assert(isWireSessionId(record.sessionId), 'a session id fits the wire');
  writer.actorId(record.actorId);
  writer.text(record.address);
  writer.text(record.sessionId);
  writer.varint(record.startedAtMs);
  writer.varint(record.incarnation);
  writer.u8(code);
}

function readRecord(reader: ByteReader): { claim: Omit<MemberRecord, 'state'>; code: number } {
  const actorId = reader.actorId();
  const address = readAddress(reader);
  const sessionId = readSessionId(reader);
  const startedAtMs = reader.varintMax(wallMsMax, 'start time');
  const incarnation = reader.varintMax(incarnationMax, 'incarnation');
  return { claim: { actorId, address, sessionId, startedAtMs, incarnation }, code: reader.u8() };
}

function readAddress(reader: ByteReader): PeerAddress {
  const address = reader.text(addressBytesMax);
  if (!isWireAddress(address)) throw malformed('not an address');
  return address;
}

function readSessionId(reader: ByteReader): string {
  const sessionId = reader.text(sessionIdBytesMax);
  if (!isWireSessionId(sessionId)) throw malformed('not a session id');
  return sessionId;
}

function readSeq(reader: ByteReader): number {
  return reader.varintMax(seqMax, 'sequence number');
}

function stateOf(code: number): MemberState {
  const state = statesByCode[code];
  if (state === undefined) throw malformed(`member state ${code}`);
  return state;
}
