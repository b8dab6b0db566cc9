// A value while it is typed: which kind it is to be, and its text. What is typed is never guessed at: the kind
// says what it means, and what doesn't fit the kind is told.

import { hexOf } from '../../../grid/cell-text.ts';
import type { CellValue } from '../../../grid/grid-types.ts';
import type { EditedColumn } from './staged-edits.ts';

export const draftKinds = ['text', 'number', 'json', 'blob', 'null', 'default'] as const;
export type DraftKind = (typeof draftKinds)[number];

export interface Draft {
  readonly kind: DraftKind;
  readonly text: string;
}

/** Bytes of a BLOB that can be edited here: larger ones make pages slow. */
export const blobBytesMax = 1_048_576;

/** How a value, of a column, begins to be edited. */
export function draftOf(value: CellValue, { type, isNotNull }: EditedColumn): Draft {
  if (value === null) return { kind: isNotNull ? kindOf(type) : 'null', text: '' };
  if (Array.isArray(value)) return { kind: 'blob', text: hexOf(value) };
  if (typeof value === 'string') return { kind: 'text', text: value };
  // A real number that is whole and large would be taken for an integer without its exponent.
  const isLarge =
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return { kind: 'number', text: isLarge ? value.toExponential() : String(value) };
}

/** What a column of this declared type most likely holds. */
export function kindOf(type: string): DraftKind {
  if (/INT|REAL|FLOA|DOUB|NUM|DEC/i.test(type)) return 'number';
  if (/JSON/i.test(type)) return 'json';
  return /BLOB/i.test(type) ? 'blob' : 'text';
}

export type ParsedDraft =
  | { readonly kind: 'value'; readonly value: CellValue }
  | { readonly kind: 'default' }
  | { readonly kind: 'wrong'; readonly text: string };

export function parseDraft({ kind, text }: Draft): ParsedDraft {
  switch (kind) {
    case 'default':
      return { kind };
    case 'null':
      return valued(null);
    case 'text':
      return valued(text);
    case 'number':
      return parseNumber(text.trim());
    case 'json':
      return parseJson(text);
    case 'blob':
      return parseHex(text.replaceAll(/\s+/g, ''));
  }
}

function valued(value: CellValue): ParsedDraft {
  return { kind: 'value', value };
}

function wrong(text: string): ParsedDraft {
  return { kind: 'wrong', text };
}

function parseNumber(text: string): ParsedDraft {
  if (/^[-+]?\d+$/.test(text)) {
    const whole = BigInt(text.replace('+', ''));
    if (BigInt.asIntN(64, whole) !== whole) {
      return wrong(
        'An integer has 64 bits at most. Write 1e30, with an exponent, for a real number.',
      );
    }
    return valued(Number.isSafeInteger(Number(whole)) ? Number(whole) : whole);
  }
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) {
    return wrong('This is no number. Write 42, -1.5 or 2e10.');
  }
  const real = Number(text);
  return Number.isFinite(real) ? valued(real) : wrong('The number is too large.');
}

function parseJson(text: string): ParsedDraft {
  try {
    JSON.parse(text);
    return valued(text);
  } catch (error) {
    return wrong(`This is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function parseHex(hex: string): ParsedDraft {
  if (!/^([0-9a-f]{2})*$/i.test(hex)) {
    return wrong('Bytes are written as pairs of hexadecimal digits, such as 00 ff 1a.');
  }
  if (hex.length / 2 > blobBytesMax) return wrong('More than 1 MiB is not edited here.');
  return valued(
    Array.from({ length: hex.length / 2 }, (_, at) =>
      Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16),
    ),
  );
}
