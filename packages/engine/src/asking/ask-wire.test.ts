// Pins the bytes of every message of a question, and checks that mutated bytes are read as something
// possible or refused, and never anything else.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorCodes, PatinaError } from '../base/errors.ts';
import { syncProtocolVersion } from '../sync/wire.ts';
import {
  type AskMessage,
  askMessageBytesMax,
  askTimeLimitMsMax,
  decodeAskMessage,
  encodeAskMessage,
  isAsk,
  partBytesMax,
} from './ask-wire.ts';

const golden: { message: AskMessage; hex: string }[] = [
  {
    message: { kind: 'ask', protocolVersion: 1, timeLimitMs: 300, question: 'lag', body: '{}' },
    hex: '2001ac02036c6167027b7d',
  },
  { message: { kind: 'part', bytes: Uint8Array.of(1, 2, 255) }, hex: '21030102ff' },
  { message: { kind: 'done' }, hex: '22' },
  {
    message: { kind: 'failed', code: 'PATINA_X', message: 'no', hint: '' },
    hex: '2308504154494e415f58026e6f00',
  },
];

const texts = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.toWellFormed());

const messages: fc.Arbitrary<AskMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('ask' as const),
    protocolVersion: fc.constant(1),
    timeLimitMs: fc.integer({ min: 0, max: askTimeLimitMsMax }),
    question: texts.map((text) => text.slice(0, 15).toWellFormed()),
    body: texts,
  }),
  fc.record({ kind: fc.constant('part' as const), bytes: fc.uint8Array({ maxLength: 200 }) }),
  fc.constant({ kind: 'done' as const }),
  fc.record({ kind: fc.constant('failed' as const), code: texts, message: texts, hint: texts }),
);

test.each(golden)('$message.kind is written and read as pinned', ({ message, hex }) => {
  const bytes = encodeAskMessage(message);
  expect(Buffer.from(bytes).toString('hex')).toBe(hex);
  expect(decodeAskMessage(bytes)).toEqual(
    message.kind === 'part' ? { ...message, bytes: Buffer.from(message.bytes) } : message,
  );
});

test('only an Ask begins a question; sync messages do not', () => {
  expect(golden.map(({ hex }) => isAsk(Buffer.from(hex, 'hex')))).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect(isAsk(Uint8Array.of(1, syncProtocolVersion))).toBe(false);
  expect(isAsk(new Uint8Array())).toBe(false);
});

test('an Ask of another protocol version is read as far as its version', () => {
  const other = Uint8Array.of(32, 9, 1, 2, 3, 4);
  expect(decodeAskMessage(other)).toMatchObject({ kind: 'ask', protocolVersion: 9 });
});

test('what is over a limit is malformed', () => {
  const tooLong: AskMessage[] = [
    { kind: 'part', bytes: new Uint8Array(partBytesMax + 1) },
    { kind: 'ask', protocolVersion: 1, timeLimitMs: 1, question: 'q'.repeat(65), body: '' },
    {
      kind: 'ask',
      protocolVersion: 1,
      timeLimitMs: askTimeLimitMsMax + 1,
      question: 'q',
      body: '',
    },
  ];
  for (const message of tooLong) {
    expect(() => decodeAskMessage(encodeAskMessage(message))).toThrow('over its limit');
  }
  expect(() => decodeAskMessage(new Uint8Array(askMessageBytesMax + 1))).toThrow(PatinaError);
});

test('every error code arrives whole', () => {
  for (const code of errorCodes) {
    const failed = { kind: 'failed', code, message: 'm', hint: '' } as const;
    expect(decodeAskMessage(encodeAskMessage(failed))).toEqual(failed);
  }
});

test('an error is cut where it is too long', () => {
  const long = { kind: 'failed', code: 'C', message: 'ü'.repeat(9_000), hint: 'h' } as const;
  const read = decodeAskMessage(encodeAskMessage(long));
  expect(read).toMatchObject({ kind: 'failed', code: 'C', hint: 'h' });
});

test('every message is read as it was written', () => {
  fc.assert(
    fc.property(messages, (message) => {
      const read = decodeAskMessage(encodeAskMessage(message));
      expect(encodeAskMessage(read)).toEqual(encodeAskMessage(message));
    }),
  );
});

test('mutated bytes are read as a message or refused', () => {
  const mutated = fc
    .tuple(messages, fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 4 }), fc.nat(60))
    .map(([message, changes, cut]) => {
      const bytes = encodeAskMessage(message);
      for (const [place, value] of changes) if (place < bytes.length) bytes[place] = value;
      return bytes.subarray(0, Math.max(0, bytes.length - Math.max(0, cut - 40)));
    });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 80 })), (bytes) => {
      try {
        decodeAskMessage(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(PatinaError);
        expect(error).toMatchObject({ code: 'PATINA_WIRE_MALFORMED' });
      }
    }),
    { numRuns: 2_000 },
  );
});
