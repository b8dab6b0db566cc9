// Pins the bytes of chunks, and that no mutated chunk does harm: it is refused as malformed or as a kind
// that is not known here, or it reads as something that could have been sent.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ActorId, actorIdFromBytes } from '../base/actor-id.ts';
import { PatinaError } from '../base/errors.ts';
import { OddText, type SqlValue } from '../base/value.ts';
import type { ChunkHeader } from '../ports.ts';
import { decodeChunk, type EncodableBlock, encodeChunk } from './changeset-codec.ts';

const actorId = '000102030405060708090a0b0c0d0e0f' as ActorId;
const header: ChunkHeader = { actorId, version: 3, hlc: 300, startSeq: 2, endSeq: 9, lastSeq: 20 };
const headHex = '01000102030405060708090a0b0c0d0e0f03ac02020914';

const block = { table: 't', key: ['id'], columns: [], superseded: [], exact: false, changes: [] };

const golden: [what: string, blocks: EncodableBlock[], hex: string][] = [
  ['a chunk without changes', [], `${headHex}00`],
  [
    'a row',
    [
      {
        ...block,
        kind: 'row',
        columns: ['a', 'b'],
        superseded: ['c'],
        changes: [
          { cl: 1, seq: 2, values: [5, 'x', null] },
          { cl: 3, seq: 4, values: [-5, new Uint8Array([9]), 1.5] },
        ],
      },
    ],
    `${headHex}0100017401026964020161016201016300020100150401780003020204050109` +
      '03000000000000f83f',
  ],
  [
    'a delete',
    [{ ...block, kind: 'delete', changes: [{ cl: 2, seq: 9, values: [5] }] }],
    `${headHex}010101740102696400000001020715`,
  ],
  [
    'a cell, with exact values',
    [
      {
        ...block,
        kind: 'cell',
        columns: ['é'],
        exact: true,
        changes: [{ cl: 1, seq: 3, values: [2n ** 60n, 1] }],
      },
    ],
    `${headHex}01020174010269640102c3a9000101010106000000000000001003000000000000f03f`,
  ],
];

it.each(golden)('%s has the pinned bytes', (_what, blocks, hex) => {
  expect(Buffer.from(encodeChunk(header, blocks)).toString('hex')).toBe(hex);
  const plain = blocks.map(({ exact, ...rest }) => rest);
  expect(decodeChunk(Buffer.from(hex, 'hex'))).toEqual({ header, blocks: plain });
});

const name = fc.string({ unit: 'binary', maxLength: 60 });
const value: fc.Arbitrary<SqlValue> = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }),
  fc.string({ unit: 'binary' }),
  fc.uint8Array(),
  fc.uint8Array().map((bytes) => new OddText(bytes)),
);

const blockOf = fc
  .record({
    kind: fc.constantFrom('row' as const, 'delete' as const, 'cell' as const),
    table: name,
    key: fc.array(name, { minLength: 1, maxLength: 3 }),
    columns: fc.array(name, { minLength: 1, maxLength: 3 }),
    superseded: fc.array(name, { maxLength: 2 }),
    changes: fc.array(
      fc.record({ cl: fc.nat(1_000), seq: fc.nat(7), values: fc.array(value, { minLength: 6 }) }),
      { maxLength: 5 },
    ),
  })
  .map(({ kind, columns, changes, ...rest }): EncodableBlock => {
    const own = kind === 'delete' ? [] : kind === 'cell' ? columns.slice(0, 1) : columns;
    const width = rest.key.length + own.length;
    const fitted = changes.map(({ cl, seq, values }) => ({
      cl: cl * 2 + (kind === 'delete' ? 2 : 1),
      seq: header.startSeq + seq,
      values: values.slice(0, width).map((v, i) => (i < rest.key.length && v === null ? 0 : v)),
    }));
    return { kind, ...rest, columns: own, changes: fitted, exact: true };
  });

const chunks = fc.array(blockOf, { maxLength: 4 });

it('reads back what was written', () => {
  fc.assert(
    fc.property(chunks, (blocks) => {
      const bytes = encodeChunk(header, blocks);
      const plain = blocks.map(({ exact, ...rest }) => rest);
      expect(decodeChunk(bytes)).toEqual({ header, blocks: plain });
    }),
    { numRuns: 500 },
  );
});

it('survives mutated bytes, and allocates no more than they could hold', () => {
  const codes = new Map<string, number>();
  const mutation = fc.record({ at: fc.nat(), byte: fc.nat(255) });
  const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(chunks, mutations, fc.option(fc.nat()), (blocks, changes, cut) => {
      const bytes = Buffer.from(encodeChunk(header, blocks));
      for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
      const length = cut === null ? bytes.length : cut % (bytes.length + 1);
      try {
        const read = decodeChunk(bytes.subarray(0, length));
        const count = read.blocks.reduce((sum, { changes: found }) => sum + found.length, 0);
        expect(count).toBeLessThanOrEqual(length);
      } catch (error) {
        if (!(error instanceof PatinaError)) throw error;
        codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
      }
    }),
    { numRuns: 5_000 },
  );
  expect([...codes.keys()].toSorted()).toEqual(['PATINA_SCHEMA_REFUSED', 'PATINA_WIRE_MALFORMED']);
});

it('survives bytes that were never a chunk', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
      for (const bytes of [tail, Buffer.concat([Buffer.from(headHex, 'hex'), tail])]) {
        try {
          decodeChunk(bytes);
        } catch (error) {
          if (!(error instanceof PatinaError)) throw error;
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

it.each<[what: string, hex: string]>([
  ['blocks that are not there', `${headHex}ff7f`],
  ['more changes than bytes', `${headHex}0100017401026964000000ffffff7f`],
  ['a block without a key', `${headHex}010001740000000000`],
  ['a key that is NULL', `${headHex}010101740102696400000001020700`],
  ['a delete of odd causal length', `${headHex}010101740102696400000001010715`],
  ['a row of even causal length', `${headHex}010001740102696400000001020715`],
  ['causal length 0', `${headHex}010101740102696400000001000715`],
  ['an absurd causal length', `${headHex}010101740102696400000001feffffffffffff0f0715`],
  ['a seq outside the chunk', `${headHex}010101740102696400000001020815`],
  ['a cell of two columns', `${headHex}01020174010269640201610162000000`],
  ['bytes left over', `${headHex}0000`],
])('refuses %s', (_what, hex) => {
  expect(() => decodeChunk(Buffer.from(hex, 'hex'))).toThrow(
    expect.objectContaining({ code: 'PATINA_WIRE_MALFORMED' }),
  );
});

it('does not read a header of another actor than was sent', () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, index) => 255 - index);
  const other = actorIdFromBytes(bytes);
  expect(decodeChunk(encodeChunk({ ...header, actorId: other }, [])).header.actorId).toBe(other);
});
