// The one table between types as a CREATE TABLE declares them and PostgreSQL's types. A declared name that is
// written for a type has an affinity of SQLite that leaves its values as they are.

import type { Oid, PgType } from './oids.ts';

interface DeclaredType {
  readonly oid: Oid;
  /** What CREATE TABLE says for the type. */
  readonly written: string;
  /** Other names that stand for it, in capitals; in SQLite's own schemas too. */
  readonly names: readonly string[];
  /** The type of arrays of it. */
  readonly array: Oid;
}

/**
 * INTEGER and REAL are SQLite's: 64 bits. NUMERIC_TEXT keeps exact decimals as text, JSON_TEXT what looks like a
 * number; NUMERIC columns of SQLite hold numbers.
 */
const table: readonly DeclaredType[] = [
  { oid: 16, written: 'BOOLEAN', names: ['BOOL'], array: 1000 },
  { oid: 17, written: 'BLOB', names: ['BYTEA'], array: 1001 },
  {
    oid: 20,
    written: 'BIGINT',
    names: ['INTEGER', 'INT8', 'UNSIGNED BIG INT', 'COUNTER', 'MAXIMUM', 'MINIMUM'],
    array: 1016,
  },
  { oid: 21, written: 'SMALLINT', names: ['INT2', 'TINYINT'], array: 1005 },
  { oid: 23, written: 'INT', names: ['INT4', 'MEDIUMINT'], array: 1007 },
  { oid: 25, written: 'TEXT', names: ['', 'CLOB', 'STRING'], array: 1009 },
  { oid: 26, written: 'OID_INT', names: ['OID'], array: 1028 },
  { oid: 114, written: 'JSON_TEXT', names: ['JSON'], array: 199 },
  { oid: 700, written: 'FLOAT4', names: [], array: 1021 },
  {
    oid: 701,
    written: 'DOUBLE PRECISION',
    names: ['REAL', 'DOUBLE', 'FLOAT', 'FLOAT8'],
    array: 1022,
  },
  { oid: 869, written: 'INET_TEXT', names: ['INET'], array: 1041 },
  { oid: 1042, written: 'CHARACTER', names: ['CHAR', 'NCHAR', 'NATIVE CHARACTER'], array: 1014 },
  {
    oid: 1043,
    written: 'VARCHAR',
    names: ['CHARACTER VARYING', 'NVARCHAR', 'VARYING CHARACTER'],
    array: 1015,
  },
  { oid: 1082, written: 'DATE', names: [], array: 1182 },
  { oid: 1083, written: 'TIME', names: ['TIME WITHOUT TIME ZONE'], array: 1183 },
  {
    oid: 1114,
    written: 'TIMESTAMP',
    names: ['DATETIME', 'TIMESTAMP WITHOUT TIME ZONE'],
    array: 1115,
  },
  { oid: 1184, written: 'TIMESTAMPTZ', names: ['TIMESTAMP WITH TIME ZONE'], array: 1185 },
  { oid: 1186, written: 'INTERVAL', names: [], array: 1187 },
  { oid: 1266, written: 'TIMETZ', names: ['TIME WITH TIME ZONE'], array: 1270 },
  { oid: 1700, written: 'NUMERIC_TEXT', names: ['NUMERIC', 'DECIMAL', 'DEC'], array: 1231 },
  { oid: 2950, written: 'UUID', names: [], array: 2951 },
  { oid: 3802, written: 'JSONB_TEXT', names: ['JSONB', 'ORSET'], array: 3807 },
];

const arraySuffix = '_ARRAY';
/** Modifiers of lengths count a header of four bytes too. */
const lengthHeaderBytes = 4;

const byName: ReadonlyMap<string, DeclaredType> = new Map(
  table.flatMap((type) => [type.written, ...type.names].map((name) => [name, type])),
);
const byOid: ReadonlyMap<Oid, DeclaredType> = new Map(table.map((type) => [type.oid, type]));
const byArray: ReadonlyMap<Oid, DeclaredType> = new Map(table.map((type) => [type.array, type]));

/** The type of a column from its declaration; text where the name is unknown or missing. */
export function typeOfDeclared(declared: string): PgType {
  const [, written = '', first, second, rest = ''] =
    /^\s*([^(]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)\s*(.*?))?\s*$/.exec(declared) ?? [];
  // TIMESTAMP(3) WITH TIME ZONE has its modifier in the middle.
  const name = `${written} ${rest}`.trim().replace(/\s+/g, ' ').toUpperCase();
  const isArray = name.endsWith(arraySuffix);
  const type = byName.get(isArray ? name.slice(0, -arraySuffix.length) : name);
  if (type === undefined) return { oid: 25, typmod: -1 };
  const typmod =
    first === undefined ? -1 : modifierOf(type.oid, Number(first), Number(second ?? 0));
  return { oid: isArray ? type.array : type.oid, typmod };
}

/** How a column of the type is declared; text for types that have no declaration. */
export function declaredTypeOf({ oid, typmod }: PgType): string {
  const element = byArray.get(oid);
  const type = byOid.get(oid) ?? element;
  if (type === undefined) return 'TEXT';
  const name = element === undefined ? type.written : `${type.written}${arraySuffix}`;
  return typmod < 0 ? name : `${name}${modifierText(type.oid, typmod)}`;
}

function modifierOf(oid: Oid, first: number, second: number): number {
  if (oid === 1042 || oid === 1043) return first + lengthHeaderBytes;
  if (oid === 1700) return ((first << 16) | second) + lengthHeaderBytes;
  return isTime(oid) ? first : -1;
}

function modifierText(oid: Oid, typmod: number): string {
  if (oid === 1042 || oid === 1043) return `(${typmod - lengthHeaderBytes})`;
  if (oid === 1700) {
    const value = typmod - lengthHeaderBytes;
    return `(${(value >> 16) & 0xffff},${value & 0x7ff})`;
  }
  return isTime(oid) ? `(${typmod})` : '';
}

function isTime(oid: Oid): boolean {
  return [1083, 1114, 1184, 1266].includes(oid);
}
