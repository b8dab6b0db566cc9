// Names of types as SQL has them, from the rows of pg_type: format_type() and back.

import { typeRows } from './data/pg-type.ts';
import { dataLines } from './system-relations.ts';

export interface TypeRow {
  readonly oid: number;
  /** Internal name: int4. */
  readonly name: string;
  readonly length: number;
  readonly isByValue: boolean;
  readonly category: string;
  /** Of an array its elements' type; 0 otherwise. */
  readonly element: number;
  readonly array: number;
  readonly align: string;
  readonly storage: string;
  readonly collation: number;
}

/** Places of columns in a row of pg_type. */
const place = {
  oid: 0,
  name: 1,
  length: 4,
  byValue: 5,
  category: 7,
  element: 13,
  array: 14,
} as const;
const placeBehind = { align: 22, storage: 23, collation: 28 } as const;

const rows: readonly TypeRow[] = dataLines(typeRows).map((row) => ({
  oid: Number(row[place.oid]),
  name: String(row[place.name]),
  length: Number(row[place.length]),
  isByValue: row[place.byValue] === 1,
  category: String(row[place.category]),
  element: Number(row[place.element]),
  array: Number(row[place.array]),
  align: String(row[placeBehind.align]),
  storage: String(row[placeBehind.storage]),
  collation: Number(row[placeBehind.collation]),
}));

const byOid: ReadonlyMap<number, TypeRow> = new Map(rows.map((row) => [row.oid, row]));

/** Names of SQL for types whose internal name is another one. */
const sqlNames: Readonly<Record<string, string>> = {
  bool: 'boolean',
  bpchar: 'character',
  char: '"char"',
  float4: 'real',
  float8: 'double precision',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  time: 'time without time zone',
  timetz: 'time with time zone',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  varbit: 'bit varying',
  varchar: 'character varying',
};

const otherNames: Readonly<Record<string, string>> = {
  int: 'int4',
  decimal: 'numeric',
  float: 'float8',
  timestamp: 'timestamp',
  string: 'text',
};

const oidByName: ReadonlyMap<string, number> = new Map([
  ...rows.map((row): [string, number] => [row.name, row.oid]),
  ...rows.flatMap((row): [string, number][] => {
    const name = sqlNames[row.name];
    return name === undefined ? [] : [[name, row.oid]];
  }),
]);

export function typeRow(oid: number): TypeRow | undefined {
  return byOid.get(oid);
}

/** The object id of a type that is named as SQL or PostgreSQL name it, with [] for arrays. */
export function typeOid(written: string): number | undefined {
  const isArray = /\[\d*\]\s*$/.test(written);
  const plain = written
    .replace(/(\s*\[\d*\])+\s*$/, '')
    .replace(/\(.*?\)/, '')
    .replace(/^pg_catalog\./i, '')
    .trim()
    .replace(/\s+/g, ' ')
    .toLowerCase();
  const name = plain.replace(/^"(.*)"$/, '$1');
  const oid =
    plain === '"char"' ? 18 : plain === 'char' ? 1042 : oidByName.get(otherNames[name] ?? name);
  return oid === undefined || !isArray ? oid : byOid.get(oid)?.array;
}

/** PostgreSQL's format_type(): `character varying(10)`, `integer[]`; undefined for NULL. */
export function formatType(oid: number, typmod: number | undefined): string {
  if (oid === 0) return '-';
  const row = byOid.get(oid);
  if (row === undefined) return '???';
  if (row.element !== 0 && row.name.startsWith('_')) {
    return `${formatType(row.element, typmod)}[]`;
  }
  if (row.name === 'bpchar' && typmod !== undefined && typmod < 0) return 'bpchar';
  const name = sqlNames[row.name] ?? (row.name === 'any' ? '"any"' : row.name);
  if (row.name === 'bit' && (typmod === undefined || typmod < 0)) return '"bit"';
  return typmod === undefined || typmod < 0 ? name : withModifier(row.name, name, typmod);
}

/** Modifiers of lengths count a header of four bytes too. */
const lengthHeaderBytes = 4;

function withModifier(internal: string, name: string, typmod: number): string {
  switch (internal) {
    case 'varchar':
    case 'bpchar':
      return typmod > lengthHeaderBytes ? `${name}(${typmod - lengthHeaderBytes})` : name;
    case 'numeric': {
      const value = typmod - lengthHeaderBytes;
      return `${name}(${(value >> 16) & 0xffff},${value & 0x7ff})`;
    }
    case 'bit':
    case 'varbit':
      return `${name}(${typmod})`;
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz':
      // The precision stands behind the first word: timestamp(3) without time zone.
      return name.replace(/^\w+/, `$&(${typmod})`);
    default:
      return name;
  }
}

/** Length and precision that information_schema.columns tells. */
export function typeMeasures(oid: number, typmod: number) {
  const name = byOid.get(oid)?.name ?? '';
  const isText = name === 'varchar' || name === 'bpchar' || name === 'text';
  const length = typmod < 0 ? undefined : typmod - lengthHeaderBytes;
  const bits: Readonly<Record<string, number>> = {
    int2: 16,
    int4: 32,
    int8: 64,
    float4: 24,
    float8: 53,
  };
  const isNumeric = name === 'numeric';
  const isTime = /^(time|timetz|timestamp|timestamptz|interval)$/.test(name);
  return {
    characters: name === 'varchar' || name === 'bpchar' ? length : undefined,
    octets: isText ? (length === undefined ? 1_073_741_824 : length * 4) : undefined,
    precision:
      bits[name] ?? (isNumeric && length !== undefined ? (length >> 16) & 0xffff : undefined),
    radix: bits[name] !== undefined ? 2 : isNumeric ? 10 : undefined,
    scale:
      name.startsWith('int') && bits[name] !== undefined
        ? 0
        : isNumeric && length !== undefined
          ? length & 0x7ff
          : undefined,
    fraction: name === 'date' ? 0 : isTime ? (typmod < 0 ? 6 : typmod) : undefined,
  };
}
