// Pins the encodings that every message and stored chunk is made of, and checks that reading never goes
// past the end or over a limit.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actorIdFromBytes } from './actor-id.ts';
import { ByteReader, ByteWriter, malformed } from './bytes.ts';
import { PatinaError } from './errors.ts';

function hexOf(write: (writer: ByteWriter) => void): string {
  const writer = new ByteWriter();
  write(writer);
  return Buffer.from(writer.finish()).toString('hex');
}

function readerOf(hex: string): ByteReader {
  return new ByteReader(Buffer.from(hex, 'hex'));
}

type Field =
  | { kind: 'u8' | 'varint' | 'f64'; value: number }
  | { kind: 'i64'; value: bigint }
  | { kind: 'raw' | 'bytes' | 'actorId'; value: Uint8Array }
  | { kind: 'text'; value: string };

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const texts = fc.oneof(
  fc.string({ unit: 'grapheme-composite', maxLength: 60 }),
  fc.string({ minLength: 20, maxLength: 50 }),
);
const fields: fc.Arbitrary<Field> = fc.oneof(
  fc.nat(255).map((value): Field => ({ kind: 'u8', value })),
  fc.maxSafeNat().map((value): Field => ({ kind: 'varint', value })),
  fc.nat(300).map((value): Field => ({ kind: 'varint', value })),
  fc.double().map((value): Field => ({ kind: 'f64', value })),
  int64.map((value): Field => ({ kind: 'i64', value })),
  fc.uint8Array({ maxLength: 300 }).map((value): Field => ({ kind: 'bytes', value })),
  fc.uint8Array({ maxLength: 300 }).map((value): Field => ({ kind: 'raw', value })),
  fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((value): Field => ({ kind: 'actorId', value })),
  texts.map(
    (value): Field => ({ kind: 'text', value: Buffer.from(value, 'utf8').toString('utf8') }),
  ),
);

function write(writer: ByteWriter, field: Field): void {
  switch (field.kind) {
    case 'u8':
    case 'varint':
    case 'f64':
      writer[field.kind](field.value);
      break;
    case 'i64':
      writer.i64(field.value);
      break;
    case 'raw':
    case 'bytes':
      writer[field.kind](field.value);
      break;
    case 'actorId':
      writer.actorId(actorIdFromBytes(field.value));
      break;
    case 'text':
      writer.text(field.value);
      break;
  }
}

function read(reader: ByteReader, field: Field): unknown {
  if (field.kind === 'raw') return [...reader.raw(field.value.length)];
  if (field.kind === 'bytes') return [...reader.bytes()];
  return reader[field.kind]();
}

function plain(field: Field): unknown {
  if (field.kind === 'actorId') return actorIdFromBytes(field.value);
  return field.value instanceof Uint8Array ? [...field.value] : field.value;
}

describe('encodings', () => {
  it.each<[string, (writer: ByteWriter) => void]>([
    ['00', (w) => w.varint(0)],
    ['7f', (w) => w.varint(127)],
    ['8001', (w) => w.varint(128)],
    ['ffffffff07', (w) => w.varint(2 ** 31 - 1)],
    ['8080808008', (w) => w.varint(2 ** 31)],
    ['8080808010', (w) => w.varint(2 ** 32)],
    ['ffffffffffffff0f', (w) => w.varint(Number.MAX_SAFE_INTEGER)],
    ['000000000000f83f', (w) => w.f64(1.5)],
    ['feffffffffffffff', (w) => w.i64(-2n)],
    ['03c3a961', (w) => w.text('éa')],
    ['02aabb', (w) => w.bytes(Uint8Array.of(0xaa, 0xbb))],
    ['aabb', (w) => w.raw(Uint8Array.of(0xaa, 0xbb))],
  ])('are pinned: %s', (hex, writeIt) => {
    expect(hexOf(writeIt)).toBe(hex);
  });

  it('of texts of every length around the short form have the length in bytes', () => {
    for (let length = 0; length < 140; length++) {
      for (const unit of ['a', 'é', '€']) {
        const text = unit.repeat(length);
        const reader = readerOf(hexOf((writer) => writer.text(text)));
        expect(reader.varint()).toBe(Buffer.byteLength(text));
        expect(reader.remaining).toBe(Buffer.byteLength(text));
      }
    }
  });

  it('are read back as written, in any sequence, through every growth of the buffer', () => {
    fc.assert(
      fc.property(
        fc.array(fields, { maxLength: 40, size: 'max' }),
        fc.nat(64),
        (list, capacity) => {
          const writer = new ByteWriter(capacity);
          writer.text('forgotten');
          writer.reset();
          for (const field of list) write(writer, field);
          const bytes = writer.finish();
          expect(bytes.length).toBe(writer.length);
          const reader = new ByteReader(bytes);
          for (const field of list) expect(read(reader, field)).toEqual(plain(field));
          expect(reader.offset).toBe(bytes.length);
          reader.end();
        },
      ),
      { numRuns: 300 },
    );
  });

  it('finish as a copy, which later writes leave alone', () => {
    const writer = new ByteWriter();
    writer.u8(1);
    const bytes = writer.finish();
    writer.reset();
    writer.u8(2);
    expect([...bytes]).toEqual([1]);
  });

  it.each([-1, 0.5, 2 ** 53, Number.NaN])('refuse %d as a varint', (value) => {
    expect(() => new ByteWriter().varint(value)).toThrow(/varint/);
  });
});

describe('reading', () => {
  it('cut bytes is refused at every length', () => {
    fc.assert(
      fc.property(fc.array(fields, { minLength: 1, maxLength: 6 }), fc.nat(), (list, at) => {
        const writer = new ByteWriter();
        for (const field of list) write(writer, field);
        const bytes = writer.finish();
        if (bytes.length === 0) return;
        const reader = new ByteReader(bytes.subarray(0, at % bytes.length));
        const readAll = (): void => {
          for (const field of list) read(reader, field);
        };
        expect(readAll).toThrow(PatinaError);
      }),
      { numRuns: 300 },
    );
  });

  it('starts at the view, not at its buffer', () => {
    const bytes = Uint8Array.of(9, 9, 2, 0x61, 0x62, 9).subarray(2, 5);
    const reader = new ByteReader(bytes);
    expect(reader.text()).toBe('ab');
    reader.end();
  });

  it.each<[string, string, (reader: ByteReader) => unknown]>([
    ['ffffffffffffff1f', 'over 2^53', (r) => r.varint()],
    ['ffffffffffffffffff01', 'over 8 bytes', (r) => r.varint()],
    ['05', 'over its limit', (r) => r.varintMax(4, 'a count')],
    ['05aabb', 'over its limit', (r) => r.bytes()],
    ['02aabb', 'over its limit', (r) => r.bytes(1)],
    ['ffffffffffffff0f', 'over its limit', (r) => r.text()],
    ['026161', 'over its limit', (r) => r.text(1)],
    ['0000', 'left over', (r) => r.end()],
    ['', 'unexpected end', (r) => r.u8()],
    ['aabb', 'unexpected end', (r) => r.raw(3)],
    ['00', 'unexpected end', (r) => r.actorId()],
  ])('refuses %s: %s', (hex, why, readIt) => {
    const reader = readerOf(hex);
    expect(() => readIt(reader)).toThrow(why);
    try {
      readIt(readerOf(hex));
    } catch (error) {
      expect(error instanceof PatinaError && error.code).toBe('PATINA_WIRE_MALFORMED');
    }
  });

  it('names the fault in one error', () => {
    expect(malformed('odd').message).toBe('malformed message: odd');
  });
});
