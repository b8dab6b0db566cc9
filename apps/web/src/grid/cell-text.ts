// Values as text: short for a cell, whole for the inspector and for copies.

import type { CellValue } from './grid-types.ts';

/** Characters of a value that a cell shows; the inspector shows all. */
const shownCharsMax = 200;

const controls = /\p{Cc}/gu;

/** One line for a cell: control characters as their pictures, cut where it is long. */
export function shortText(value: CellValue): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return `BLOB, ${value.length} bytes`;
  if (typeof value !== 'string') return String(value);
  const cut = value.length > shownCharsMax ? `${value.slice(0, shownCharsMax)}…` : value;
  return cut
    .replaceAll('\r', '␍')
    .replaceAll('\n', '␊')
    .replaceAll('\t', '␉')
    .replaceAll(controls, pictureOf);
}

/** The whole value as text; NULL is empty, a BLOB is hexadecimal. */
export function wholeText(value: CellValue): string {
  if (value === null) return '';
  if (Array.isArray(value)) return hexOf(value);
  return String(value);
}

export function hexOf(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function isNumber(value: CellValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Control characters have pictures in Unicode, in the same order. */
function pictureOf(character: string): string {
  const code = character.charCodeAt(0);
  return String.fromCharCode(code === 0x7f ? 0x2421 : 0x2400 + code);
}
