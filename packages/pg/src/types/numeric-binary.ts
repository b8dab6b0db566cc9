// The binary format of numeric: groups of four decimal digits, the place of the first one, sign and scale
// (PostgreSQL's numeric.c, numeric_send and numeric_recv).

import { formatDecimal, parseDecimal, powerOfTen } from '@patina/engine/functions/decimal.ts';
import { PgError } from '../pg-error.ts';

const positive = 0x0000;
const negative = 0x4000;
const notANumber = 0xc000;
/** Fourteen bits. */
const scaleMax = 0x3fff;

/** Numbers that have no digits, as they are stored; PostgreSQL gives the infinities a scale. */
const words = [
  { word: 'NaN', sign: notANumber, scale: 0 },
  { word: 'Infinity', sign: 0xd000, scale: 0x20 },
  { word: '-Infinity', sign: 0xf000, scale: 0x20 },
] as const;

/** Undefined for what is no number. */
export function numericToBinary(text: string): Buffer | undefined {
  const decimal = parseDecimal(text);
  if (decimal === undefined) {
    const special = words.find(({ word }) => word === text);
    return special && header(0, 0, special.sign, special.scale);
  }
  const { units, scale } = decimal;
  const magnitude = units < 0n ? -units : units;
  const padded = (4 - (scale % 4)) % 4;
  const digits = (magnitude * powerOfTen(padded)).toString();
  const whole = digits.padStart(Math.ceil(digits.length / 4) * 4, '0');
  const groups: number[] = [];
  for (let at = 0; at < whole.length; at += 4) groups.push(Number(whole.slice(at, at + 4)));
  const behind = (scale + padded) / 4;
  let weight = groups.length - behind - 1;
  while (groups.length > 0 && groups[0] === 0) {
    groups.shift();
    weight--;
  }
  while (groups.length > 0 && groups.at(-1) === 0) groups.pop();
  if (groups.length === 0) weight = 0;
  const sign = units < 0n ? negative : positive;
  const body = Buffer.allocUnsafe(groups.length * 2);
  for (const [index, group] of groups.entries()) body.writeUInt16BE(group, index * 2);
  return Buffer.concat([header(groups.length, weight, sign, scale), body]);
}

function header(count: number, weight: number, sign: number, scale: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeInt16BE(count, 0);
  bytes.writeInt16BE(weight, 2);
  bytes.writeUInt16BE(sign, 4);
  bytes.writeUInt16BE(scale, 6);
  return bytes;
}

/** The text of a number. Throws 22P03. */
export function numericFromBinary(bytes: Buffer): string {
  if (bytes.length < 8) throw malformed();
  const count = bytes.readUInt16BE(0);
  const weight = bytes.readInt16BE(2);
  const sign = bytes.readUInt16BE(4);
  const scale = bytes.readUInt16BE(6);
  if (bytes.length !== 8 + count * 2) throw malformed();
  if (sign !== positive && sign !== negative) {
    const special = words.find((each) => each.sign === sign);
    if (special === undefined) throw malformed();
    return special.word;
  }
  if (scale > scaleMax) throw malformed();
  const groups: string[] = [];
  for (let index = 0; index < count; index++) {
    const group = bytes.readUInt16BE(8 + index * 2);
    if (group > 9_999) throw malformed();
    groups.push(String(group).padStart(4, '0'));
  }
  const units = BigInt(groups.join(''));
  // The last group stands for ten to the 4 * (weight - count + 1).
  const exponent = 4 * (weight - count + 1) + scale;
  const scaled = exponent >= 0 ? units * powerOfTen(exponent) : units / powerOfTen(-exponent);
  return formatDecimal({ units: sign === negative ? -scaled : scaled, scale });
}

function malformed(): PgError {
  return new PgError('22P03', 'incorrect binary data format for numeric');
}
