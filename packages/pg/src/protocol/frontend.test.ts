// Messages of clients: whole and in pieces, too long, cut short, and not meant for us.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClientMessage, encodeClient } from '../session/testing/client-messages.ts';
import { FrontendDecoder, type FrontendMessage } from './frontend.ts';
import {
  messageBytesMax,
  nameMessageBytesMax,
  passwordBytesMax,
  startupBytesMax,
} from './limits.ts';

const seed = process.env['PATINA_SEED'] === 'random' ? Date.now() | 0 : 4;

function decodeAll(pieces: readonly Uint8Array[]): FrontendMessage[] {
  const decoder = new FrontendDecoder();
  const messages: FrontendMessage[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
      messages.push(message);
    }
  }
  return messages;
}

function header(kind: string, length: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.write(kind);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

const messages: readonly ClientMessage[] = [
  ['Query', 'select 1'],
  ['Parse', 'name', 'select $1', [23, 0]],
  ['Bind', 'portal', 'name', ['1', null, '\\x00ff'], [0, 0, 1], [1]],
  ['Describe', 'S', 'name'],
  ['Close', 'P', ''],
  ['Execute', 'portal', 7],
  ['CopyData', 'some\tdata\n'],
  ['CopyDone'],
  ['CopyFail', 'why'],
  ['Flush'],
  ['Sync'],
  ['Password', 'secret'],
  ['Terminate'],
];

describe('messages', () => {
  it('are read', () => {
    const read = decodeAll([Buffer.concat(messages.map(encodeClient))]);
    expect(read).toEqual([
      { kind: 'query', text: 'select 1' },
      { kind: 'parse', name: 'name', text: 'select $1', paramTypes: [23, 0] },
      {
        kind: 'bind',
        portal: 'portal',
        statement: 'name',
        paramFormats: [0, 0, 1],
        params: [Buffer.from('1'), undefined, Buffer.from([0, 255])],
        resultFormats: [1],
      },
      { kind: 'describe', what: 'statement', name: 'name' },
      { kind: 'close', what: 'portal', name: '' },
      { kind: 'execute', portal: 'portal', rowsMax: 7 },
      { kind: 'copy-data', bytes: Buffer.from('some\tdata\n') },
      { kind: 'copy-done' },
      { kind: 'copy-fail', reason: 'why' },
      { kind: 'flush' },
      { kind: 'sync' },
      { kind: 'password', bytes: Buffer.from('secret\0') },
      { kind: 'terminate' },
    ]);
  });

  it('are the same in pieces of any size', () => {
    const whole = Buffer.concat(messages.map(encodeClient));
    const expected = decodeAll([whole]);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length)), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
        const pieces = places.slice(1).map((end, index) => whole.subarray(places[index], end));
        expect(decodeAll(pieces)).toEqual(expected);
      }),
      { seed },
    );
  });

  it('that are wrong inside are told as such, and the next one is read', () => {
    const bytes = Buffer.concat([header('Q', 7), Buffer.from('abc'), encodeClient(['Sync'])]);
    expect(decodeAll([bytes])).toMatchObject([
      { kind: 'invalid', letter: 'Q', error: { sqlState: '08P01' } },
      { kind: 'sync' },
    ]);
  });

  it('of bytes at random are messages, invalid, or 08P01', () => {
    const letter = fc.constantFrom(...'QPBDCEdcfFpHSXzZ');
    const piece = fc.tuple(
      letter,
      fc.uint8Array({ maxLength: 40 }),
      fc.integer({ min: -2, max: 2 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
        const bytes = pieces.map(([kind, body, off]) =>
          Buffer.concat([header(kind, Math.max(0, body.length + 4 + off)), body]),
        );
        try {
          decodeAll(bytes);
        } catch (error) {
          expect(error).toHaveProperty('sqlState', '08P01');
        }
      }),
      { seed, numRuns: 1_000 },
    );
  });
});

describe('lengths', () => {
  it.each([
    ['Q', messageBytesMax],
    ['P', messageBytesMax],
    ['B', messageBytesMax],
    ['d', messageBytesMax],
    ['E', nameMessageBytesMax],
    ['D', nameMessageBytesMax],
    ['p', passwordBytesMax],
    ['S', 4],
  ])('of %s end at %i, before anything of it has come', (kind, max) => {
    expect(decodeAll([header(kind, max)]).filter(({ kind: one }) => one !== 'sync')).toEqual([]);
    for (const length of [max + 1, 0xffff_ffff, 0x8000_0000, 3, 0]) {
      expect(() => decodeAll([header(kind, length)])).toThrow(
        expect.objectContaining({ sqlState: '08P01' }),
      );
    }
  });

  it('of packets before a session end sooner', () => {
    const start = (length: number): FrontendDecoder => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32BE(length);
      const decoder = new FrontendDecoder();
      decoder.push(bytes);
      return decoder;
    };
    expect(start(startupBytesMax).nextStartup()).toBeUndefined();
    for (const length of [startupBytesMax + 1, 0xffff_ffff, 7, 0]) {
      expect(() => start(length).nextStartup()).toThrow('invalid length of startup packet');
    }
  });

  it('are small while somebody logs in, and nothing but a password is taken', () => {
    const decoder = new FrontendDecoder();
    decoder.push(header('Q', messageBytesMax));
    expect(() => decoder.nextPassword()).toThrow('expected password response, got message type 81');
  });
});

describe('packets before a session', () => {
  it.each<[ClientMessage, unknown]>([
    [['SSLRequest'], { kind: 'ssl-request' }],
    [['GSSENCRequest'], { kind: 'gss-request' }],
    [['CancelRequest', 7, -1], { kind: 'cancel', pid: 7, secret: -1 }],
    [
      ['Startup', { user: 'me', database: 'db' }, 196_610],
      {
        kind: 'startup',
        major: 3,
        minor: 2,
        parameters: new Map([
          ['user', 'me'],
          ['database', 'db'],
        ]),
      },
    ],
    [
      ['Startup', { user: 'me' }, 131_072],
      { kind: 'startup', major: 2, minor: 0, parameters: new Map() },
    ],
  ])('%j', (message, packet) => {
    const decoder = new FrontendDecoder();
    decoder.push(encodeClient(message));
    expect(decoder.nextStartup()).toEqual(packet);
  });
});

describe('looking ahead for a Sync', () => {
  it.each<[boolean, readonly ClientMessage[]]>([
    [true, [['Sync']]],
    [true, [['Close', 'P', ''], ['Sync']]],
    [true, [['Flush'], ['Close', 'P', ''], ['Sync']]],
    [false, [['Describe', 'P', ''], ['Sync']]],
    [false, [['Execute', ''], ['Sync']]],
    [false, [['Close', 'P', '']]],
    [false, []],
  ])('%s: %j', (isThere, ahead) => {
    const decoder = new FrontendDecoder();
    for (const message of ahead) decoder.push(encodeClient(message));
    expect(decoder.endsWithSync).toBe(isThere);
  });
});
