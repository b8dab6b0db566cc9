// A constant DEFAULT in the form that its column's values are kept in, as PostgreSQL coerces it when the table is
// made.

import type { Node } from 'libpg-query';
import { typeRow } from '../../catalog/type-names.ts';
import { PgError } from '../../pg-error.ts';
import type { PgType } from '../../types/oids.ts';
import { constantText } from '../../utility/nodes.ts';
import { quoteText } from './names.ts';

/** SQL for a constant, with or without a cast; undefined where the node is none. Throws PgError 22P02. */
export function storedConstantSql(node: Node, type: PgType): string | undefined {
  const constant = 'TypeCast' in node && node.TypeCast.arg !== undefined ? node.TypeCast.arg : node;
  if (!('A_Const' in constant)) return undefined;
  const text = constantText(constant.A_Const);
  if (text === undefined) return 'NULL';
  const row = typeRow(type.oid);
  const name = row?.category === 'A' ? 'array' : (row?.name ?? 'text');
  // 'now' is a moment, not a constant.
  if (/^(now|today|tomorrow|yesterday)$/i.test(text.trim()) && row?.category === 'D')
    return undefined;
  return storedConstant(text, name, type.typmod);
}

function storedConstant(text: string, type: string, typmod: number): string {
  switch (type) {
    case 'bool':
      if (/^\s*(t|true|y|yes|on|1)\s*$/i.test(text)) return '1';
      if (/^\s*(f|false|n|no|off|0)\s*$/i.test(text)) return '0';
      throw invalid(text, 'boolean');
    case 'int2':
    case 'int4':
    case 'int8':
      if (/^\s*[+-]?\d+\s*$/.test(text)) return text.trim().replace(/^\+/, '');
      if (/^\s*-?\d+\.\d+\s*$/.test(text)) return String(Math.round(Number(text)));
      throw invalid(text, 'integer');
    case 'float4':
    case 'float8':
      if (text.trim() !== '' && Number.isFinite(Number(text))) return text.trim();
      throw invalid(text, 'double precision');
    case 'numeric':
      if (/^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(text))
        return quoteText(scaled(text.trim(), typmod));
      throw invalid(text, 'numeric');
    case 'uuid':
      return quoteText(text.toLowerCase());
    case 'timestamp':
    case 'timestamptz':
      return quoteText(momentText(text, type === 'timestamptz'));
    case 'array':
      return quoteText(arrayText(text));
    default:
      return quoteText(text);
  }
}

/** Zeros up to the scale of numeric(p,s), where the text has no more digits than that. */
function scaled(text: string, typmod: number): string {
  if (typmod < 0 || /e/i.test(text)) return text;
  const scale = (typmod - 4) & 0x7ff;
  const [whole = '', fraction = ''] = text.split('.');
  if (fraction.length > scale || scale === 0) return text;
  return `${whole}.${fraction.padEnd(scale, '0')}`;
}

/** A date is midnight; a moment without zone is one of UTC. Other spellings stay as they are. */
function momentText(text: string, hasZone: boolean): string {
  const parts =
    /^\s*(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d(?:\.\d+)?)?)?(?:Z|\+00(?::?00)?)?\s*$/i.exec(
      text,
    );
  if (parts === null) return text;
  const seconds = (parts[3] ?? ':00').replace(/\.0+$|(\.\d*?)0+$/, '$1');
  return `${parts[1]} ${parts[2] ?? '00:00'}${seconds}${hasZone ? '+00' : ''}`;
}

/** `{1,b,"c d"}` as JSON; nested arrays are left to the application. */
function arrayText(text: string): string {
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (inner === undefined || /[{}]/.test(inner.replace(/"(?:[^"\\]|\\.)*"/g, ''))) {
    throw new PgError('22P02', `malformed array literal: "${text}"`);
  }
  const items = inner.match(/"(?:[^"\\]|\\.)*"|[^,]+/g) ?? [];
  return JSON.stringify(
    items.map((item) => {
      const word = item.trim();
      if (word.startsWith('"')) return word.slice(1, -1).replace(/\\(.)/g, '$1');
      if (/^null$/i.test(word)) return null;
      return /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : word;
    }),
  );
}

function invalid(text: string, type: string): PgError {
  return new PgError('22P02', `invalid input syntax for type ${type}: "${text}"`);
}
