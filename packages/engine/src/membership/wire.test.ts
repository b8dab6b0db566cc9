// The format of datagrams: golden vectors, so that it can't change unnoticed; round trips; limits;
// and damage of every kind, which must end in PATINA_WIRE_MALFORMED and nothing else.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actorIdFromBytes } from '../base/actor-id.ts';
import { PatinaError } from '../base/errors.ts';
import type { MemberRecord } from './record.ts';
import { actorId } from './test-network.ts';
import {
  addressBytesMax,
  type Body,
  decodePacket,
  encodeHead,
  encodePacket,
  encodeUpdate,
  incarnationMax,
  isWireAddress,
  isWireSessionId,
  type Packet,
  packetBytesLimit,
  seqMax,
  sessionIdBytesMax,
  type Update,
  updatesPerPacketMax,
  wallMsMax,
} from './wire.ts';

const sender: MemberRecord = {
  actorId: actorId(1),
  address: '10.0.0.1:4001',
  sessionId: 'one',
  startedAtMs: 1_790_000_000_000,
  incarnation: 2,
  state: 'alive',
};
const other: MemberRecord = {
  actorId: actorId(2),
  address: '[fe80::2]:4001',
  sessionId: 'two',
  startedAtMs: 5,
  incarnation: 300,
  state: 'down',
};

function encode(packet: Packet): Uint8Array {
  return encodePacket(encodeHead(packet.sender, packet.body), packet.updates.map(encodeUpdate));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function state(record: MemberRecord, suspectedBy?: number): Update {
  const by = suspectedBy === undefined ? undefined : actorId(suspectedBy);
  return { kind: 'state', record, suspectedBy: by };
}

const id = (number: number) => actorId(number);
const senderHex =
  '00000000000000000000000000000001' + // actor id
  '0d31302e302e302e313a34303031' + // address
  '036f6e65' + // session
  '80d8c1a28c34' + // start
  '0200'; // incarnation, alive
const otherHex = '000000000000000000000000000000020e5b666538303a3a325d3a343030310374776f05ac02';

const golden: [string, Packet, string][] = [
  ['announce', { sender, body: { kind: 'announce' }, updates: [] }, `0101${senderHex}00`],
  [
    'feed',
    { sender, body: { kind: 'feed' }, updates: [state(other)] },
    `0102${senderHex}01${otherHex}02`,
  ],
  [
    'gossip of each state',
    {
      sender,
      body: { kind: 'gossip' },
      updates: [
        state({ ...other, state: 'alive' }),
        state({ ...other, state: 'suspect' }, 3),
        state({ ...other, state: 'left' }),
      ],
    },
    `0103${senderHex}03${otherHex}00${otherHex}0100000000000000000000000000000003${otherHex}03`,
  ],
  [
    'gossip of a contest',
    {
      sender,
      body: { kind: 'gossip' },
      updates: [
        {
          kind: 'contest',
          record: { ...other, state: 'alive' },
          contestedSessionId: 'six',
        },
      ],
    },
    `0103${senderHex}01${otherHex}0403736978`,
  ],
  ['ping', { sender, body: { kind: 'ping', seq: 1_000 }, updates: [] }, `0104${senderHex}e80700`],
  [
    'ack',
    { sender, body: { kind: 'ack', seq: 7, wallMs: 1_790_000_000_001 }, updates: [] },
    `0105${senderHex}0781d8c1a28c3400`,
  ],
  [
    'ping-request',
    {
      sender,
      body: { kind: 'ping-request', seq: 7, targetId: id(9), targetAddress: 'h:1' },
      updates: [],
    },
    `0106${senderHex}070000000000000000000000000000000903683a3100`,
  ],
  [
    'relayed-ack',
    { sender, body: { kind: 'relayed-ack', seq: 7, targetId: id(9) }, updates: [] },
    `0107${senderHex}070000000000000000000000000000000900`,
  ],
  ['nack', { sender, body: { kind: 'nack', seq: 7 }, updates: [] }, `0108${senderHex}0700`],
];

function codeOf(bytes: Uint8Array): string {
  try {
    decodePacket(bytes);
    return 'decoded';
  } catch (error) {
    return error instanceof PatinaError ? error.code : `unexpected ${String(error)}`;
  }
}

describe('golden vectors', () => {
  it.each(golden)('%s', (_, packet, bytes) => {
    expect(hex(encode(packet))).toBe(bytes);
    expect(decodePacket(Buffer.from(bytes, 'hex'))).toEqual(packet);
  });

  it('cover every kind of message', () => {
    const kinds = new Set(golden.map(([, packet]) => packet.body.kind));
    const all: Record<Body['kind'], true> = {
      announce: true,
      feed: true,
      gossip: true,
      ping: true,
      ack: true,
      'ping-request': true,
      'relayed-ack': true,
      nack: true,
    };
    expect([...kinds].sort()).toEqual(Object.keys(all).sort());
  });
});

const anyActor = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(actorIdFromBytes);
const anyAddress = fc
  .tuple(fc.stringMatching(/^[a-z0-9.:[\]%-]{1,70}$/), fc.integer({ min: 1, max: 65_535 }))
  .map(([host, port]) => `${host}:${port}`);
const anySession = fc.stringMatching(/^[!-~]{1,64}$/);
const anyRecord = (states: readonly MemberRecord['state'][]) =>
  fc.record({
    actorId: anyActor,
    address: anyAddress,
    sessionId: anySession,
    startedAtMs: fc.integer({ min: 0, max: wallMsMax }),
    incarnation: fc.integer({ min: 0, max: incarnationMax }),
    state: fc.constantFrom(...states),
  });
const anySeq = fc.integer({ min: 0, max: seqMax });
const anyBody: fc.Arbitrary<Body> = fc.oneof(
  fc.constantFrom<Body>({ kind: 'announce' }, { kind: 'feed' }, { kind: 'gossip' }),
  fc.record({ kind: fc.constant('ping' as const), seq: anySeq }),
  fc.record({
    kind: fc.constant('ack' as const),
    seq: anySeq,
    wallMs: fc.integer({ min: 0, max: wallMsMax }),
  }),
  fc.record({
    kind: fc.constant('ping-request' as const),
    seq: anySeq,
    targetId: anyActor,
    targetAddress: anyAddress,
  }),
  fc.record({ kind: fc.constant('relayed-ack' as const), seq: anySeq, targetId: anyActor }),
  fc.record({ kind: fc.constant('nack' as const), seq: anySeq }),
);
const anyUpdate: fc.Arbitrary<Update> = fc.oneof(
  anyRecord(['alive', 'down', 'left']).map((record) => state(record)),
  fc
    .tuple(anyRecord(['suspect']), anyActor)
    .map(([record, by]): Update => ({ kind: 'state', record, suspectedBy: by })),
  fc
    .tuple(anyRecord(['alive']), anySession)
    .map(([record, session]): Update => ({ kind: 'contest', record, contestedSessionId: session })),
);
const anyPacket: fc.Arbitrary<Packet> = fc.record({
  sender: anyRecord(['alive', 'left']),
  body: anyBody,
  updates: fc.array(anyUpdate, { maxLength: 20 }),
});

describe('any packet', () => {
  it('comes back as it was sent', () => {
    fc.assert(
      fc.property(anyPacket, (packet) => {
        expect(decodePacket(encode(packet))).toEqual(packet);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is malformed when cut short or lengthened', () => {
    fc.assert(
      fc.property(anyPacket, fc.nat(), (packet, at) => {
        const bytes = encode(packet);
        expect(codeOf(bytes.subarray(0, at % bytes.length))).toBe('PATINA_WIRE_MALFORMED');
        expect(codeOf(Buffer.concat([bytes, Buffer.of(0)]))).toBe('PATINA_WIRE_MALFORMED');
      }),
      { numRuns: 1_000 },
    );
  });

  it('is decoded or malformed, nothing else, when its bytes are changed', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        anyPacket,
        fc.array(change, { minLength: 1, maxLength: 8 }),
        (packet, changes) => {
          const bytes = encode(packet);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const code = codeOf(bytes);
          seen.add(code);
          expect(['decoded', 'PATINA_WIRE_MALFORMED']).toContain(code);
        },
      ),
      { numRuns: 5_000 },
    );
    expect(seen.size).toBe(2);
  });

  it('is decoded or malformed when it is noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (noise) => {
        expect(codeOf(noise)).toBe('PATINA_WIRE_MALFORMED');
        expect(codeOf(Buffer.concat([Buffer.of(1, 3), noise]))).not.toMatch(/unexpected/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('limits', () => {
  const patched = (from: string, to: string) => {
    const bytes = `0103${senderHex}00`;
    expect(bytes).toContain(from);
    return Buffer.from(bytes.replace(from, to), 'hex');
  };
  const cases: [string, Uint8Array][] = [
    ['another protocol version', patched('0103', '0203')],
    ['an unknown kind', patched('0103', '0109')],
    ['an empty session', patched('036f6e65', '00')],
    ['a session with a space', patched('036f6e65', '036f2065')],
    ['a session of 65 bytes', patched('036f6e65', `41${'6f'.repeat(sessionIdBytesMax + 1)}`)],
    ['an address without a port', patched('3a34303031', '2e34303031')],
    ['an address that is no UTF-8', patched('0d31', '0dff')],
    ['an address of 81 bytes', patched('0d31', `51${'31'.repeat(addressBytesMax - 12)}`)],
    ['a start beyond its limit', patched('80d8c1a28c34', 'ffffffffffffff0f')],
    ['an incarnation beyond its limit', patched('340200', '34818080801000')],
    ['a suspect sender', patched('340200', '340201')],
    ['a sender that is down', patched('340200', '340202')],
    ['a contest as sender', patched('340200', '340204')],
    ['128 updates', Buffer.from(`0103${senderHex}8001`, 'hex')],
    ['an oversized datagram', new Uint8Array(packetBytesLimit + 1)],
    ['nothing', new Uint8Array(0)],
  ];
  it.each(cases)('%s is malformed', (_, bytes) => {
    expect(codeOf(bytes)).toBe('PATINA_WIRE_MALFORMED');
  });

  it('a packet with as many updates as allowed is not', () => {
    const updates = Array.from({ length: updatesPerPacketMax }, () => state(other));
    expect(decodePacket(encode({ sender, body: { kind: 'feed' }, updates })).updates).toHaveLength(
      updatesPerPacketMax,
    );
  });

  it('a clock beyond the wire is cut, not refused', () => {
    const at = (wallMs: number) => {
      const body = decodePacket(
        encode({ sender, body: { kind: 'ack', seq: 1, wallMs }, updates: [] }),
      );
      return body.body;
    };
    expect(at(-5)).toEqual({ kind: 'ack', seq: 1, wallMs: 0 });
    expect(at(12.75)).toEqual({ kind: 'ack', seq: 1, wallMs: 12 });
    expect(at(2 ** 50)).toEqual({ kind: 'ack', seq: 1, wallMs: wallMsMax });
  });
});

it.each([
  ['127.0.0.1:4001', true],
  ['[::1]:4001', true],
  ['host:1', true],
  ['host', false],
  ['host:', false],
  ['ho st:1', false],
  ['host:123456', false],
  [`${'h'.repeat(addressBytesMax)}:1`, false],
])('isWireAddress(%s) is %s', (text, expected) => {
  expect(isWireAddress(text)).toBe(expected);
});

it.each([
  ['a', true],
  ['x'.repeat(64), true],
  ['x'.repeat(65), false],
  ['', false],
  ['ä', false],
  ['a b', false],
])('isWireSessionId(%s) is %s', (text, expected) => {
  expect(isWireSessionId(text)).toBe(expected);
});

it('refuses to send what it would not accept', () => {
  const suspect: MemberRecord = { ...sender, state: 'suspect' };
  expect(() => encodeHead(suspect, { kind: 'gossip' })).toThrow('alive or has left');
  expect(() => encodeUpdate(state({ ...other, address: 'nowhere' }))).toThrow('address');
  expect(() => encodeUpdate(state({ ...other, sessionId: '' }))).toThrow('session');
  expect(() => encodeUpdate(state({ ...other, state: 'suspect' }))).toThrow('suspected');
});
