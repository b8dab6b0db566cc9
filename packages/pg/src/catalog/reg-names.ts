// Object ids and the names that stand for them: regclass, regtype, regproc, regrole, regnamespace.

import { PgError } from '../pg-error.ts';
import { operatorRows } from './data/pg-operator.ts';
import { procRows } from './data/pg-proc.ts';
import { quoteIdent } from './definitions.ts';
import { fixedOids } from './facts.ts';
import type { CatalogModel } from './model.ts';
import { dataLines } from './system-relations.ts';
import { formatType, typeOid } from './type-names.ts';

type Value = null | number | bigint | string | Uint8Array;

export interface ProcSignature {
  readonly name: string;
  readonly arguments: string;
  readonly result: string;
  /** `name(arguments)`. */
  readonly text: string;
}

/** Places of columns in a row of pg_proc. */
const place = { oid: 0, name: 1, result: 18, arguments: 19 } as const;

const procs: ReadonlyMap<number, ProcSignature> = new Map(
  dataLines(procRows).map((row) => {
    const types = Array.isArray(row[place.arguments]) ? row[place.arguments] : [];
    const list = Array.isArray(types) ? types.map((type) => formatType(Number(type), -1)) : [];
    const name = String(row[place.name]);
    const result = formatType(Number(row[place.result]), -1);
    const signature = {
      name,
      arguments: list.join(', '),
      result,
      text: `${name}(${list.join(',')})`,
    };
    return [Number(row[place.oid]), signature];
  }),
);

const procOidByName: ReadonlyMap<string, number> = new Map(
  [...procs].map(([oid, { name }]) => [name, oid]),
);

const namespaces: ReadonlyMap<string, number> = new Map([
  ['pg_catalog', fixedOids.pgCatalog],
  ['public', fixedOids.public],
  ['information_schema', fixedOids.informationSchema],
]);

export function procSignature(oid: number): ProcSignature | undefined {
  return procs.get(oid);
}

export function procName(oid: number): string | undefined {
  return procs.get(oid)?.name;
}

interface OperatorSignature {
  readonly name: string;
  /** `name(left,right)`; NONE where a prefix operator has no left side. */
  readonly text: string;
}

const operators: ReadonlyMap<number, OperatorSignature> = new Map(
  dataLines(operatorRows).map((row) => {
    const [oid, name, , , , , , left, right] = row;
    const sides = [left, right].map((type) => (type === 0 ? 'NONE' : formatType(Number(type), -1)));
    return [Number(oid), { name: String(name), text: `${String(name)}(${sides.join(',')})` }];
  }),
);

export function operatorName(oid: number): string | undefined {
  return operators.get(oid)?.name;
}

export function operatorSignature(oid: number): string | undefined {
  return operators.get(oid)?.text;
}

export function namespaceName(oid: number): string | undefined {
  return [...namespaces].find(([, candidate]) => candidate === oid)?.[0];
}

/** The name of a relation or index, with its schema where the search path does not find it. */
export function relationName(model: CatalogModel, oid: number): string | undefined {
  const index = model.indexByOid.get(oid);
  if (index !== undefined) return quoteIdent(index.index.name);
  const relation = model.relationByOid.get(oid);
  if (relation === undefined) return undefined;
  const isFound = relation.schema !== 'information_schema';
  return isFound ? quoteIdent(relation.name) : `${relation.schema}.${quoteIdent(relation.name)}`;
}

/** The text of an oid of a reg… type: `-` is none, a number what nobody knows. */
export function regText(
  oid: Value | undefined,
  nameOf: (oid: number) => string | undefined,
): string | null {
  if (oid === null || oid === undefined) return null;
  const number = Number(oid);
  return number === 0 ? '-' : (nameOf(number) ?? String(number));
}

/** Casts to reg… types; numbers pass. Throw PgError 42P01, 42704, 42883, 3F000. */
export const regCasts = {
  regclass(model: CatalogModel, value: Value): number | null {
    return castReg(value, (name) => {
      const { schema, last } = splitName(name);
      const relation = model.view.find(last, schema);
      const index = model.indexes.find((candidate) => candidate.index.name === last);
      const oid = relation?.oid ?? index?.oid;
      if (oid !== undefined) return oid;
      throw new PgError('42P01', `relation "${name}" does not exist`);
    });
  },
  regnamespace(_model: CatalogModel, value: Value): number | null {
    return castReg(value, (name) => {
      const oid = namespaces.get(splitName(name).last);
      if (oid !== undefined) return oid;
      throw new PgError('3F000', `schema "${name}" does not exist`);
    });
  },
  regoper(_model: CatalogModel, value: Value): number | null {
    return castReg(value, (name) => {
      const found = [...operators].find(([, operator]) => operator.name === name);
      if (found !== undefined) return found[0];
      throw new PgError('42883', `operator does not exist: ${name}`);
    });
  },
  regoperator(_model: CatalogModel, value: Value): number | null {
    return castReg(value, (name) => {
      const written = name.replaceAll(' ', '');
      const found = [...operators].find(([, { text }]) => text.replaceAll(' ', '') === written);
      if (found !== undefined) return found[0];
      throw new PgError('42883', `operator does not exist: ${name}`);
    });
  },
  regproc: castProc,
  regprocedure: castProc,
  regrole(model: CatalogModel, value: Value): number | null {
    return castReg(value, (name) => {
      const { last } = splitName(name);
      const role = model.roles.find((candidate) => candidate.name === last);
      if (role !== undefined) return role.oid;
      throw new PgError('42704', `role "${name}" does not exist`);
    });
  },
  regtype(_model: CatalogModel, value: Value): number | null {
    return castReg(value, (name) => {
      const oid = typeOid(name);
      if (oid !== undefined) return oid;
      throw new PgError('42704', `type "${name}" does not exist`);
    });
  },
} as const;

function castProc(_model: CatalogModel, value: Value): number | null {
  return castReg(value, (name) => {
    const oid = procOidByName.get(splitName(name.replace(/\(.*$/, '')).last);
    if (oid !== undefined) return oid;
    throw new PgError('42883', `function "${name}" does not exist`);
  });
}

function castReg(value: Value, find: (name: string) => number): number | null {
  if (value === null) return null;
  if (typeof value !== 'string') return Number(value);
  const text = value.trim();
  if (text === '-') return 0;
  return /^\d+$/.test(text) ? Number(text) : find(text);
}

/** A possibly qualified and quoted name; what is not quoted is folded to lower case. */
function splitName(written: string): { schema: string | undefined; last: string } {
  const parts = (written.match(/"(?:[^"]|"")*"|[^.]+/g) ?? []).map((part) => {
    return part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase();
  });
  return { schema: parts.at(-2), last: parts.at(-1) ?? '' };
}
