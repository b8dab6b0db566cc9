// Writes stored values as the text that PostgreSQL's types have: what a cast to text gives, and what JSON and
// concatenation take.

import { type ArrayElement, arrayLiteral, parseJsonArray } from './array-form.ts';
import { formatMoment } from './calendar.ts';
import { numberOf, textOf } from './cells.ts';
import { decimalOf, formatDecimal } from './decimal.ts';
import { float4Text, float8Text } from './float-text.ts';
import type { Cell } from './function-types.ts';
import { elementOf, kindOf } from './pg-types.ts';
import { readMoment, withOffset } from './stored-times.ts';
import { formatOffset, offsetAt, toLocal } from './time-zones.ts';

/** The text of a value of a type; zoned moments in `zone`. */
export function writeText(oid: number, cell: Cell, zone = 'UTC'): string {
  switch (kindOf(oid)) {
    case 'bool':
      return boolLetter(cell);
    case 'float4':
      return typeof cell === 'string' ? cell : float4Text(numberOf(cell), 1);
    case 'float8':
      return typeof cell === 'string' ? cell : float8Text(numberOf(cell), 1);
    case 'numeric':
      return typeof cell === 'number' ? formatDecimal(decimalOf(cell)) : textOf(cell);
    case 'bytea':
      return cell instanceof Uint8Array ? `\\x${Buffer.from(cell).toString('hex')}` : textOf(cell);
    case 'timestamptz':
      return zonedText(textOf(cell), zone);
    case 'array':
      return arrayText(textOf(cell), elementOf(oid) ?? 25, zone);
    case 'vector':
      return (parseJsonArray(textOf(cell)) ?? [textOf(cell)]).join(' ');
    default:
      return textOf(cell);
  }
}

export function isTrueText(cell: Cell): boolean {
  return cell === 1 || cell === 1n || cell === 't' || cell === 'true';
}

function boolLetter(cell: Cell): string {
  return isTrueText(cell) ? 't' : cell === 0 || cell === 'false' ? 'f' : textOf(cell);
}

/** A moment in UTC in the clock of a zone, with its offset there. */
export function zonedText(text: string, zone: string): string {
  const moment = readMoment(text);
  if (moment === undefined || moment.kind !== 'finite') return text;
  return withOffset(formatMoment(toLocal(moment, zone)), formatOffset(offsetAt(zone, moment)));
}

/** `{1,2}` from JSON. */
export function arrayText(json: string, element: number, zone = 'UTC'): string {
  const value = parseJsonArray(json);
  if (value === undefined) return json;
  return arrayLiteral(value, (item) => writeText(element, cellOfItem(item), zone));
}

/** An item of an array as the cell that functions work on. */
export function cellOfItem(item: ArrayElement): Cell {
  return typeof item === 'boolean' ? Number(item) : item;
}
