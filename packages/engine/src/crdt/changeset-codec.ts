// Wire format of a chunk of a changeset. After the header (chunk-header.ts):
//
//   varint block count, then per block
//     u8 kind: 0 row, 1 delete, 2 cell (the others are kept for merge types), text table,
//     names of the key, of the columns, of the superseded columns (each: varint count, texts),
//     u8 exact: 1 when integers and reals of the values are told apart,
//     varint change count, then per change: varint cl, varint seq - startSeq, key and column values

import { ByteReader, ByteWriter, malformed } from '../base/bytes.ts';
import { decodeChunkHeader, encodeChunkHeader } from '../base/chunk-header.ts';
import { PatinaError } from '../base/errors.ts';
import { nameBytesMax } from '../base/sql-text.ts';
import type { SqlValue } from '../base/value.ts';
import type { ChunkHeader } from '../ports.ts';
import type { Change, ChangeBlock, ChangesetChunk } from './changeset.ts';
import { readValue, writeValue } from './value-codec.ts';

const kinds = ['row', 'delete', 'cell'] as const;

/** Names in a table definition: SQLite's own default limit is 2,000 columns. */
const namesMax = 2_000;
const blocksMax = 100_000;
const changesMax = 10_000_000;

/** Far more lives than a row can have, and far from where integers lose their exactness. */
const causalLengthMax = 2 ** 48;

/** A block as it is written: its values may be told apart exactly (see ReplicatedTable.exact). */
export interface EncodableBlock extends ChangeBlock {
  readonly exact: boolean;
}

/** Encodes one chunk, header included. `scratch` is reset and reused. */
export function encodeChunk(
  header: ChunkHeader,
  blocks: readonly EncodableBlock[],
  scratch: ByteWriter = new ByteWriter(),
): Uint8Array {
  scratch.reset();
  encodeChunkHeader(scratch, header);
  scratch.varint(blocks.length);
  for (const block of blocks) writeBlock(scratch, block, header.startSeq);
  return scratch.finish();
}

function writeBlock(writer: ByteWriter, block: EncodableBlock, startSeq: number): void {
  writer.u8(kinds.indexOf(block.kind));
  writer.text(block.table);
  writeNames(writer, block.key);
  writeNames(writer, block.columns);
  writeNames(writer, block.superseded);
  writer.u8(block.exact ? 1 : 0);
  writer.varint(block.changes.length);
  for (const { cl, seq, values } of block.changes) {
    writer.varint(cl);
    writer.varint(seq - startSeq);
    for (const value of values) writeValue(writer, value, block.exact);
  }
}

function writeNames(writer: ByteWriter, names: readonly string[]): void {
  writer.varint(names.length);
  for (const name of names) writer.text(name);
}

/**
 * Decodes a chunk. Throws PATINA_WIRE_MALFORMED for anything that does not follow the format, and
 * PATINA_SCHEMA_REFUSED for a kind of change that this version of Patina does not know.
 */
export function decodeChunk(bytes: Uint8Array): ChangesetChunk {
  const reader = new ByteReader(bytes);
  const header = decodeChunkHeader(reader);
  const blockCount = reader.varintMax(Math.min(blocksMax, reader.remaining), 'block count');
  const blocks: ChangeBlock[] = [];
  for (let index = 0; index < blockCount; index++) blocks.push(readBlock(reader, header));
  reader.end();
  return { header, blocks };
}

function readBlock(reader: ByteReader, header: ChunkHeader): ChangeBlock {
  const kind = kinds[reader.u8()];
  if (kind === undefined) {
    throw new PatinaError(
      'PATINA_SCHEMA_REFUSED',
      'a kind of change that this version does not know',
      {
        hint: 'Upgrade this node; the change is kept until then.',
      },
    );
  }
  const table = reader.text(nameBytesMax);
  const key = readNames(reader);
  const columns = readNames(reader);
  const superseded = readNames(reader);
  if (key.length === 0) throw malformed('a block without a key');
  if (kind === 'cell' && columns.length !== 1) throw malformed('a cell block has one column');
  if (kind === 'delete' && columns.length !== 0) throw malformed('a delete block has no columns');
  const exact = reader.u8() === 1;
  const count = reader.varintMax(Math.min(changesMax, reader.remaining), 'change count');
  const changes: Change[] = [];
  for (let index = 0; index < count; index++)
    changes.push(readChange(reader, header, kind, key.length, columns.length, exact));
  return { kind, table, key, columns, superseded, changes };
}

function readChange(
  reader: ByteReader,
  header: ChunkHeader,
  kind: ChangeBlock['kind'],
  keyCount: number,
  columnCount: number,
  exact: boolean,
): Change {
  const cl = reader.varintMax(causalLengthMax, 'causal length');
  if (cl < 1 || (cl % 2 === 0) !== (kind === 'delete'))
    throw malformed('causal length of wrong parity');
  const seq = header.startSeq + reader.varint();
  if (seq > header.endSeq) throw malformed('a seq outside its chunk');
  const width = keyCount + columnCount;
  const values: SqlValue[] = new Array(width);
  for (let index = 0; index < width; index++) values[index] = readValue(reader, exact);
  // SQLite would make up a number for a rowid that is NULL.
  for (let index = 0; index < keyCount; index++) {
    if (values[index] === null) throw malformed('a key that is NULL');
  }
  return { cl, seq, values };
}

function readNames(reader: ByteReader): string[] {
  const count = reader.varintMax(namesMax, 'name count');
  const names: string[] = [];
  for (let index = 0; index < count; index++) names.push(reader.text(nameBytesMax));
  return names;
}
