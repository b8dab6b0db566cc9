// HELLO as bytes: golden vectors, limits, and mutations that must not pass.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseActorId } from '../base/actor-id.ts';
import { must } from '../base/assert.ts';
import { PatinaError } from '../base/errors.ts';
import { decodeHello, encodeHello, helloBytesMax } from './hello.ts';

const example = {
  clusterId: 300,
  actorId: must(parseActorId('000102030405060708090a0b0c0d0e0f'), 'an actor id'),
  sessionId: 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
  address: '10.0.0.5:4001',
  resetToken: Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index),
};

const golden =
  '50544e4101ac02000102030405060708090a0b0c0d0e0ff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff' +
  'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf0d31302e302e302e353a34303031';

function isMalformed(bytes: Uint8Array): boolean {
  try {
    decodeHello(bytes);
    return false;
  } catch (error) {
    return error instanceof PatinaError && error.code === 'PATINA_WIRE_MALFORMED';
  }
}

describe('HELLO', () => {
  it('has a layout that must not change', () => {
    expect(Buffer.from(encodeHello(example)).toString('hex')).toBe(golden);
    expect(decodeHello(Buffer.from(golden, 'hex'))).toEqual({ kind: 'hello', hello: example });
  });

  it('tells another protocol version before reading its layout', () => {
    const other = Buffer.concat([Buffer.from('50544e41', 'hex'), Buffer.of(2), Buffer.alloc(9)]);
    expect(decodeHello(other)).toEqual({ kind: 'other-version', version: 2 });
  });

  it('reads nothing but what was written', () => {
    for (let length = 0; length < golden.length / 2; length++) {
      expect(isMalformed(Buffer.from(golden, 'hex').subarray(0, length))).toBe(true);
    }
    expect(isMalformed(Buffer.from(`${golden}00`, 'hex'))).toBe(true);
    expect(isMalformed(Buffer.alloc(helloBytesMax + 1))).toBe(true);
  });

  it('takes changed bytes for another HELLO or for none, and throws nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(golden.length / 2 - 1), fc.nat(255)), {
          minLength: 1,
          maxLength: 6,
        }),
        (changes) => {
          const bytes = Buffer.from(golden, 'hex');
          for (const [at, value] of changes) bytes[at] = value;
          if (isMalformed(bytes)) return;
          const read = decodeHello(bytes);
          if (read.kind === 'other-version') return;
          expect(decodeHello(encodeHello(read.hello))).toEqual(read);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
