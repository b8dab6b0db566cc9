// One SQL value on the wire: a tag byte and what the tag says; small non-negative integers are the tag
// itself. Integers and reals stay apart, integers are exact in 64 bits, text that is no UTF-8 travels
// as its bytes.

import { type ByteReader, type ByteWriter, malformed } from '../base/bytes.ts';
import { OddText, type SqlValue } from '../base/value.ts';

const tagNull = 0;
const tagPositive = 1;
const tagNegative = 2;
const tagReal = 3;
const tagText = 4;
const tagBlob = 5;
const tagInt64 = 6;
const tagOddText = 7;
/** Tags from here on are the integers 0, 1, 2, … themselves. */
const tagSmallInt = 16;
const smallIntMax = 255 - tagSmallInt;

const safeMax = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Writes a value. With `exact`, integers are bigints and numbers are reals; without it a number that
 * is a safe integer is written as one: the column's affinity makes it a real again where it was.
 */
export function writeValue(writer: ByteWriter, value: SqlValue, exact: boolean): void {
  if (typeof value === 'string') {
    writer.u8(tagText);
    writer.text(value);
  } else if (typeof value === 'number') {
    if (!exact && Number.isSafeInteger(value)) writeInteger(writer, value);
    else {
      writer.u8(tagReal);
      writer.f64(value);
    }
  } else if (value === null) {
    writer.u8(tagNull);
  } else if (typeof value === 'bigint') {
    if (value <= safeMax && value >= -safeMax) writeInteger(writer, Number(value));
    else {
      writer.u8(tagInt64);
      writer.i64(value);
    }
  } else if (value instanceof OddText) {
    writer.u8(tagOddText);
    writer.bytes(value.bytes);
  } else {
    writer.u8(tagBlob);
    writer.bytes(value);
  }
}

function writeInteger(writer: ByteWriter, value: number): void {
  if (value < 0) {
    writer.u8(tagNegative);
    writer.varint(-1 - value);
  } else if (value <= smallIntMax) {
    writer.u8(tagSmallInt + value);
  } else {
    writer.u8(tagPositive);
    writer.varint(value);
  }
}

/** Reads a value; with `exact`, every integer is a bigint, otherwise only those outside the safe range. */
export function readValue(reader: ByteReader, exact: boolean): SqlValue {
  const tag = reader.u8();
  if (tag >= tagSmallInt) return exact ? BigInt(tag - tagSmallInt) : tag - tagSmallInt;
  switch (tag) {
    case tagNull:
      return null;
    case tagText:
      return reader.text();
    case tagPositive: {
      const value = reader.varint();
      return exact ? BigInt(value) : value;
    }
    case tagNegative: {
      const value = -1 - reader.varint();
      return exact ? BigInt(value) : value;
    }
    case tagReal: {
      const value = reader.f64();
      if (Number.isNaN(value)) throw malformed('a real that is no number');
      return value;
    }
    case tagBlob:
      // A copy: a view would keep the whole message alive as long as the value.
      return Uint8Array.from(reader.bytes());
    case tagInt64:
      return reader.i64();
    case tagOddText:
      return new OddText(Uint8Array.from(reader.bytes()));
    default:
      throw malformed(`unknown value tag ${tag}`);
  }
}
