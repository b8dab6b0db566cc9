// PostgreSQL's types whose values are read and written in forms of their own: kind by object id, elements of
// arrays, sizes. Types that are not here are text.

/** An object id of PostgreSQL. */
type Oid = number;

/** How values of a type are read and written. */
export type TypeKind =
  | 'bool'
  | 'bytea'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'oid'
  | 'float4'
  | 'float8'
  | 'numeric'
  | 'text'
  | 'bpchar'
  | 'date'
  | 'time'
  | 'timetz'
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'uuid'
  | 'json'
  | 'jsonb'
  | 'vector'
  | 'array'
  | 'void';

interface TypeEntry {
  readonly oid: Oid;
  readonly name: string;
  readonly kind: TypeKind;
  /** Bytes, or -1 where they vary. */
  readonly size: number;
  /** Object id of arrays of it; 0 where there is none. */
  readonly array: Oid;
}

const entries: readonly TypeEntry[] = [
  { oid: 16, name: 'boolean', kind: 'bool', size: 1, array: 1000 },
  { oid: 17, name: 'bytea', kind: 'bytea', size: -1, array: 1001 },
  { oid: 18, name: '"char"', kind: 'text', size: 1, array: 1002 },
  { oid: 19, name: 'name', kind: 'text', size: 64, array: 1003 },
  { oid: 20, name: 'bigint', kind: 'int8', size: 8, array: 1016 },
  { oid: 21, name: 'smallint', kind: 'int2', size: 2, array: 1005 },
  { oid: 22, name: 'int2vector', kind: 'vector', size: -1, array: 1006 },
  { oid: 23, name: 'integer', kind: 'int4', size: 4, array: 1007 },
  { oid: 24, name: 'regproc', kind: 'oid', size: 4, array: 1008 },
  { oid: 25, name: 'text', kind: 'text', size: -1, array: 1009 },
  { oid: 26, name: 'oid', kind: 'oid', size: 4, array: 1028 },
  { oid: 27, name: 'tid', kind: 'text', size: 6, array: 1010 },
  { oid: 28, name: 'xid', kind: 'oid', size: 4, array: 1011 },
  { oid: 29, name: 'cid', kind: 'oid', size: 4, array: 1012 },
  { oid: 30, name: 'oidvector', kind: 'vector', size: -1, array: 1013 },
  { oid: 114, name: 'json', kind: 'json', size: -1, array: 199 },
  { oid: 194, name: 'pg_node_tree', kind: 'text', size: -1, array: 0 },
  { oid: 650, name: 'cidr', kind: 'text', size: -1, array: 651 },
  { oid: 700, name: 'real', kind: 'float4', size: 4, array: 1021 },
  { oid: 701, name: 'double precision', kind: 'float8', size: 8, array: 1022 },
  { oid: 705, name: 'unknown', kind: 'text', size: -2, array: 0 },
  { oid: 829, name: 'macaddr', kind: 'text', size: 6, array: 1040 },
  { oid: 869, name: 'inet', kind: 'text', size: -1, array: 1041 },
  { oid: 1033, name: 'aclitem', kind: 'text', size: 12, array: 1034 },
  { oid: 1042, name: 'character', kind: 'bpchar', size: -1, array: 1014 },
  { oid: 1043, name: 'character varying', kind: 'text', size: -1, array: 1015 },
  { oid: 1082, name: 'date', kind: 'date', size: 4, array: 1182 },
  { oid: 1083, name: 'time without time zone', kind: 'time', size: 8, array: 1183 },
  { oid: 1114, name: 'timestamp without time zone', kind: 'timestamp', size: 8, array: 1115 },
  { oid: 1184, name: 'timestamp with time zone', kind: 'timestamptz', size: 8, array: 1185 },
  { oid: 1186, name: 'interval', kind: 'interval', size: 16, array: 1187 },
  { oid: 1266, name: 'time with time zone', kind: 'timetz', size: 12, array: 1270 },
  { oid: 1700, name: 'numeric', kind: 'numeric', size: -1, array: 1231 },
  { oid: 2202, name: 'regprocedure', kind: 'oid', size: 4, array: 2207 },
  { oid: 2203, name: 'regoper', kind: 'oid', size: 4, array: 2208 },
  { oid: 2205, name: 'regclass', kind: 'oid', size: 4, array: 2210 },
  { oid: 2206, name: 'regtype', kind: 'oid', size: 4, array: 2211 },
  { oid: 2278, name: 'void', kind: 'void', size: 4, array: 0 },
  { oid: 2950, name: 'uuid', kind: 'uuid', size: 16, array: 2951 },
  { oid: 3802, name: 'jsonb', kind: 'jsonb', size: -1, array: 3807 },
  { oid: 4089, name: 'regnamespace', kind: 'oid', size: 4, array: 4090 },
  { oid: 4096, name: 'regrole', kind: 'oid', size: 4, array: 4097 },
];

const entryByOid: ReadonlyMap<Oid, TypeEntry> = new Map(entries.map((entry) => [entry.oid, entry]));
const elementByArray: ReadonlyMap<Oid, Oid> = new Map([
  ...entries.flatMap(({ oid, array }): [Oid, Oid][] => (array === 0 ? [] : [[array, oid]])),
]);

export function kindOf(oid: Oid): TypeKind {
  return entryByOid.get(oid)?.kind ?? (elementByArray.has(oid) ? 'array' : 'text');
}

/** The type of the elements of an array type; undefined for other types. */
export function elementOf(oid: Oid): Oid | undefined {
  return elementByArray.get(oid);
}

/** Bytes of values, as RowDescription tells them; -1 where they vary. */
export function sizeOf(oid: Oid): number {
  return entryByOid.get(oid)?.size ?? -1;
}

/** The name for messages. */
export function nameOf(oid: Oid): string {
  const element = elementByArray.get(oid);
  return entryByOid.get(oid)?.name ?? (element === undefined ? 'text' : `${nameOf(element)}[]`);
}

/** The type of arrays of a type; 0 where there is none. */
export function arrayOf(oid: Oid): Oid {
  return entryByOid.get(oid)?.array ?? 0;
}
