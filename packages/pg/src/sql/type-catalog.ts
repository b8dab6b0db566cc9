// What the translation knows of types: names, categories, arrays, which convert to which by themselves.
// Categories and preferred types decide which function or operator is meant (PostgreSQL's manual, 10.2 and 10.3).

import type { TypeName } from 'libpg-query';
import { PgError } from '../pg-error.ts';
import type { Oid, PgType } from '../types/oids.ts';

/** Object ids by PostgreSQL's internal names. */
export const typeIds = {
  bool: 16,
  bytea: 17,
  char: 18,
  name: 19,
  int8: 20,
  int2: 21,
  int2vector: 22,
  int4: 23,
  regproc: 24,
  text: 25,
  oid: 26,
  tid: 27,
  xid: 28,
  oidvector: 30,
  json: 114,
  xml: 142,
  pg_node_tree: 194,
  point: 600,
  cidr: 650,
  float4: 700,
  float8: 701,
  unknown: 705,
  money: 790,
  inet: 869,
  aclitem: 1033,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  timestamptz: 1184,
  interval: 1186,
  timetz: 1266,
  bit: 1560,
  varbit: 1562,
  numeric: 1700,
  regprocedure: 2202,
  regoper: 2203,
  regoperator: 2204,
  regclass: 2205,
  regtype: 2206,
  record: 2249,
  void: 2278,
  any: 2276,
  anyarray: 2277,
  anyelement: 2283,
  anynonarray: 2776,
  uuid: 2950,
  pg_lsn: 3220,
  jsonb: 3802,
  jsonpath: 4072,
  regnamespace: 4089,
  regrole: 4096,
  anycompatible: 5077,
  anycompatiblearray: 5078,
} as const;

export type TypeKey = keyof typeof typeIds;

/** Element by array type. */
const elementByArray: ReadonlyMap<Oid, Oid> = new Map<Oid, Oid>([
  [1000, 16],
  [1001, 17],
  [1002, 18],
  [1003, 19],
  [1016, 20],
  [1005, 21],
  [1007, 23],
  [1008, 24],
  [1009, 25],
  [1028, 26],
  [199, 114],
  [1021, 700],
  [1022, 701],
  [1034, 1033],
  [1014, 1042],
  [1015, 1043],
  [1182, 1082],
  [1183, 1083],
  [1115, 1114],
  [1185, 1184],
  [1187, 1186],
  [1270, 1266],
  [1231, 1700],
  [2951, 2950],
  [3807, 3802],
  [1041, 869],
  [651, 650],
  [2210, 2205],
  [2211, 2206],
  [2287, 2249],
  [22, 21],
  [30, 26],
]);
const arrayByElement: ReadonlyMap<Oid, Oid> = new Map(
  [...elementByArray]
    .filter(([array]) => array !== 22 && array !== 30)
    .map(([array, element]) => [element, array]),
);

/** The element type of an array type; undefined for what is no array. */
export function elementOf(array: Oid): Oid | undefined {
  return elementByArray.get(array);
}

/** The array type of an element type; text[] where there is none. */
export function arrayOf(element: Oid): Oid {
  return arrayByElement.get(element) ?? 1009;
}

export function isArray(type: Oid): boolean {
  return elementByArray.has(type);
}

/** Names as they may be written beside the internal ones. */
const aliases: ReadonlyMap<string, TypeKey> = new Map<string, TypeKey>([
  ['boolean', 'bool'],
  ['smallint', 'int2'],
  ['integer', 'int4'],
  ['int', 'int4'],
  ['bigint', 'int8'],
  ['real', 'float4'],
  ['float', 'float8'],
  ['decimal', 'numeric'],
  ['character', 'bpchar'],
  ['smallserial', 'int2'],
  ['serial2', 'int2'],
  ['serial', 'int4'],
  ['serial4', 'int4'],
  ['bigserial', 'int8'],
  ['serial8', 'int8'],
  ['citext', 'text'],
  ['cstring', 'text'],
  ['blob', 'bytea'],
  ['datetime', 'timestamp'],
  ['character_data', 'name'],
  ['sql_identifier', 'name'],
  ['cardinal_number', 'int4'],
  ['yes_or_no', 'varchar'],
]);

/** Names as error messages tell them. */
const spokenNames: ReadonlyMap<Oid, string> = new Map<Oid, string>([
  [16, 'boolean'],
  [18, '"char"'],
  [20, 'bigint'],
  [21, 'smallint'],
  [23, 'integer'],
  [700, 'real'],
  [701, 'double precision'],
  [1042, 'character'],
  [1043, 'character varying'],
  [1083, 'time without time zone'],
  [1114, 'timestamp without time zone'],
  [1184, 'timestamp with time zone'],
  [1266, 'time with time zone'],
]);
const nameById: ReadonlyMap<Oid, string> = new Map(
  Object.entries(typeIds).map(([name, oid]): [Oid, string] => [oid, name]),
);

/** PostgreSQL's internal name: int4. */
export function internalName(type: Oid): string {
  return nameById.get(type) ?? 'text';
}

/** A type as PostgreSQL's messages name it: `integer`, `text[]`. */
export function spokenType(type: Oid): string {
  const element = type === 22 || type === 30 ? undefined : elementByArray.get(type);
  if (element !== undefined) return `${spokenType(element)}[]`;
  return spokenNames.get(type) ?? nameById.get(type) ?? `type ${type}`;
}

/** The type of a name; undefined when there is none. Arrays as `int4[]` or `_int4`. */
export function typeByName(name: string): Oid | undefined {
  const lower = name.toLowerCase();
  if (lower.endsWith('[]')) {
    const element = typeByName(lower.slice(0, -2));
    return element === undefined ? undefined : arrayOf(element);
  }
  const alias = aliases.get(lower);
  if (alias !== undefined) return typeIds[alias];
  if (Object.hasOwn(typeIds, lower)) return typeIds[lower as TypeKey];
  if (lower.startsWith('_')) {
    const element = typeByName(lower.slice(1));
    return element === undefined ? undefined : arrayByElement.get(element);
  }
  return undefined;
}

/** Reads a type name of the parser, with its modifier. Throws PgError 42704. */
export function resolveTypeName(
  name: TypeName,
  positionOf: (location: number | undefined) => number | undefined,
): PgType {
  const parts = (name.names ?? []).flatMap((node) =>
    'String' in node ? [node.String.sval ?? ''] : [],
  );
  const last = parts.at(-1) ?? '';
  const oid = typeByName(last);
  if (oid === undefined) {
    throw new PgError('42704', `type "${parts.join('.')}" does not exist`, {
      position: positionOf(name.location),
    });
  }
  const numbers = (name.typmods ?? []).map((node) => {
    if (!('A_Const' in node)) return undefined;
    return node.A_Const.ival === undefined ? undefined : (node.A_Const.ival.ival ?? 0);
  });
  const typmod = typmodOf(oid, numbers);
  return (name.arrayBounds ?? []).length > 0 ? { oid: arrayOf(oid), typmod } : { oid, typmod };
}

function typmodOf(oid: Oid, numbers: readonly (number | undefined)[]): number {
  const first = numbers[0];
  if (first === undefined) return oid === typeIds.bpchar && numbers.length > 0 ? 5 : -1;
  switch (oid) {
    case typeIds.varchar:
    case typeIds.bpchar:
      return first + 4;
    case typeIds.numeric:
      return ((first << 16) | ((numbers[1] ?? 0) & 0x7ff)) + 4;
    case typeIds.interval:
      // Fields in the upper half, digits of the seconds in the lower one.
      return (first << 16) | (numbers[1] ?? 0xffff);
    default:
      return first;
  }
}

/** Categories of pg_type.typcategory, as far as they matter. */
type Category = 'A' | 'B' | 'D' | 'N' | 'S' | 'T' | 'U' | 'X' | 'P';

const categoryByType: ReadonlyMap<Oid, Category> = new Map<Oid, Category>([
  [16, 'B'],
  [18, 'S'],
  [19, 'S'],
  [25, 'S'],
  [1042, 'S'],
  [1043, 'S'],
  [20, 'N'],
  [21, 'N'],
  [23, 'N'],
  [24, 'N'],
  [26, 'N'],
  [700, 'N'],
  [701, 'N'],
  [1700, 'N'],
  [790, 'N'],
  [2202, 'N'],
  [2203, 'N'],
  [2204, 'N'],
  [2205, 'N'],
  [2206, 'N'],
  [4089, 'N'],
  [4096, 'N'],
  [1082, 'D'],
  [1083, 'D'],
  [1114, 'D'],
  [1184, 'D'],
  [1266, 'D'],
  [1186, 'T'],
  [705, 'X'],
]);

export function categoryOf(type: Oid): Category {
  return categoryByType.get(type) ?? (isArray(type) ? 'A' : 'U');
}

const preferredTypes: ReadonlySet<Oid> = new Set<Oid>([16, 25, 26, 701, 1184, 1186]);

export function isPreferred(type: Oid): boolean {
  return preferredTypes.has(type);
}

const regTypes: readonly Oid[] = [24, 2202, 2203, 2204, 2205, 2206, 4089, 4096];

function castMap(lists: Record<number, readonly Oid[]>): ReadonlyMap<Oid, ReadonlySet<Oid>> {
  return new Map(Object.entries(lists).map(([from, to]) => [Number(from), new Set(to)]));
}

/** pg_cast with castcontext 'i'. */
const implicitCasts = castMap({
  21: [23, 20, 700, 701, 1700, 26, ...regTypes],
  23: [20, 700, 701, 1700, 26, ...regTypes],
  20: [700, 701, 1700, 26, ...regTypes],
  1700: [700, 701],
  700: [701],
  26: regTypes,
  24: [26, 2202],
  2202: [26, 24],
  2203: [26, 2204],
  2204: [26, 2203],
  2205: [26],
  2206: [26],
  4089: [26],
  4096: [26],
  25: [1042, 1043, 19, 2205],
  1043: [25, 1042, 19, 2205],
  1042: [25, 1043, 19],
  19: [25],
  18: [25],
  1082: [1114, 1184],
  1114: [1184],
  1083: [1186, 1266],
  650: [869],
  194: [25],
});

/** pg_cast with castcontext 'a', beyond the implicit ones and anything to text. */
const assignmentCasts = castMap({
  20: [21, 23],
  23: [21],
  1700: [20, 21, 23],
  700: [20, 21, 23, 1700],
  701: [20, 21, 23, 700, 1700],
  26: [20, 23],
  2205: [20, 23],
  2206: [20, 23],
  1114: [1082, 1083],
  1184: [1082, 1083, 1114, 1266],
  1266: [1083],
  1186: [1083],
  114: [3802],
  3802: [114],
  19: [1042, 1043],
  18: [1042, 1043],
});

/** Whether values of one type become the other by themselves in expressions. */
export function castsImplicitly(from: Oid, to: Oid): boolean {
  if (from === to || from === typeIds.unknown) return true;
  if (implicitCasts.get(from)?.has(to) === true) return true;
  const fromElement = elementOf(from);
  const toElement = elementOf(to);
  return (
    fromElement !== undefined && toElement !== undefined && castsImplicitly(fromElement, toElement)
  );
}

/** Whether a value of one type may be stored in a column of the other. */
export function castsOnAssignment(from: Oid, to: Oid): boolean {
  if (castsImplicitly(from, to) || assignmentCasts.get(from)?.has(to) === true) return true;
  if (isTextual(to) || to === typeIds.name) return true;
  const fromElement = elementOf(from);
  const toElement = elementOf(to);
  return (
    fromElement !== undefined &&
    toElement !== undefined &&
    castsOnAssignment(fromElement, toElement)
  );
}

const textual: ReadonlySet<Oid> = new Set<Oid>([18, 19, 25, 1042, 1043, 194]);
const integers: ReadonlySet<Oid> = new Set<Oid>([20, 21, 23, 26, 28, ...regTypes]);

export function isTextual(type: Oid): boolean {
  return textual.has(type);
}

/** Types that are held as SQLite integers, but for bool. */
export function isInteger(type: Oid): boolean {
  return integers.has(type);
}

export function isFloat(type: Oid): boolean {
  return type === typeIds.float4 || type === typeIds.float8;
}

export function isRegType(type: Oid): boolean {
  return regTypes.includes(type);
}
