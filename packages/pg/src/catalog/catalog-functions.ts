// Functions of PostgreSQL that answer from the catalog: definitions, names, privileges, sizes. They read the
// model that the catalogs of their connection were filled from.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { AttachedCatalog } from './attach.ts';
import { constantFunctions } from './constant-functions.ts';
import { indexParts, prettyDefinition, viewDefinition } from './definitions.ts';
import type { CatalogModel } from './model.ts';
import {
  namespaceName,
  operatorName,
  operatorSignature,
  procName,
  procSignature,
  regCasts,
  regText,
  relationName,
} from './reg-names.ts';
import { formatType } from './type-names.ts';

/** What SQLite hands a function, and takes back. */
type Value = null | number | bigint | string | Uint8Array;
type CatalogFunction = (model: CatalogModel, ...args: readonly Value[]) => SQLInputValue;

function castFunctions(): Record<string, CatalogFunction> {
  return Object.fromEntries(
    Object.entries(regCasts).map(([type, cast]) => {
      const run: CatalogFunction = (model, value) => cast(model, value ?? null);
      return [`pg_cast_${type}`, run];
    }),
  );
}

/** to_regclass() and its like: NULL where the cast is an error. */
function toRegFunctions(prefix: string): Record<string, CatalogFunction> {
  return Object.fromEntries(
    Object.entries(regCasts).map(([type, cast]) => {
      const run: CatalogFunction = (model, name) => orNull(() => cast(model, name ?? null));
      return [`${prefix}${type}`, run];
    }),
  );
}

const functions: Readonly<Record<string, CatalogFunction>> = {
  ...constantFunctions,
  format_type: (_model, oid, typmod) => {
    return oid === null
      ? null
      : formatType(Number(oid), typmod == null ? undefined : Number(typmod));
  },
  obj_description: (_model, oid) => describedNamespaces[Number(oid)] ?? null,
  pg_describe_object: (model, _class, oid) => relationName(model, Number(oid)) ?? null,
  pg_get_constraintdef: (model, oid, pretty) => {
    const definition = model.constraintByOid.get(Number(oid))?.definition ?? null;
    return definition !== null && Number(pretty) === 1 ? prettyDefinition(definition) : definition;
  },
  pg_get_expr: (_model, expression) => expression ?? null,
  pg_get_function_arguments: (_model, oid) => procSignature(Number(oid))?.arguments ?? null,
  pg_get_function_identity_arguments: (_model, oid) => {
    return procSignature(Number(oid))?.arguments ?? null;
  },
  pg_get_function_result: (_model, oid) => procSignature(Number(oid))?.result ?? null,
  pg_get_indexdef: indexDefinitionOf,
  pg_get_userbyid: (model, oid) => {
    if (oid === null) return null;
    const role = model.roles.find((candidate) => candidate.oid === Number(oid));
    return role?.name ?? `unknown (OID=${oid})`;
  },
  pg_get_viewdef: (model, view) => {
    const relation = model.relationByOid.get(regCasts.regclass(model, view ?? null) ?? -1);
    return relation?.kind === 'view' ? viewDefinition(relation) : null;
  },
  pg_table_is_visible: isVisible,
  ...castFunctions(),
  pg_regclass_text: (model, oid) => regText(oid, (id) => relationName(model, id)),
  pg_regnamespace_text: (_model, oid) => regText(oid, namespaceName),
  pg_regoper_text: (_model, oid) => regText(oid, operatorName),
  pg_regoperator_text: (_model, oid) => regText(oid, operatorSignature),
  pg_regproc_text: (_model, oid) => regText(oid, procName),
  pg_regprocedure_text: (_model, oid) => regText(oid, (id) => procSignature(id)?.text),
  pg_regrole_text: (model, oid) => {
    return regText(oid, (id) => model.roles.find((role) => role.oid === id)?.name);
  },
  pg_regtype_text: (_model, oid) => regText(oid, (id) => formatType(id, -1)),
  ...toRegFunctions('to_'),
  // As the translation calls them.
  ...toRegFunctions('pg_to_'),
};

/** Names of all functions of the catalog, in lower case: the authorizer lets them pass. */
export const catalogFunctionNames: ReadonlySet<string> = new Set(Object.keys(functions));

/**
 * Installs the functions on a connection; they answer from `catalog`, or NULL while it is empty. Without a
 * catalog they are there for their names alone, as vetting needs them.
 */
export function installCatalogFunctions(
  database: DatabaseSync,
  catalog: AttachedCatalog | undefined,
): void {
  for (const [name, run] of Object.entries(functions)) {
    database.function(name, { varargs: true, useBigIntArguments: false }, (...args: Value[]) => {
      const model = catalog?.model;
      return model === undefined ? null : run(model, ...args);
    });
  }
}

const describedNamespaces: Readonly<Record<number, string>> = {
  11: 'system catalog schema',
  2200: 'standard public schema',
};

/** pg_get_indexdef(oid) is the statement, pg_get_indexdef(oid, column, pretty) one part of it. */
function indexDefinitionOf(model: CatalogModel, oid?: Value, column?: Value): string | null {
  const found = model.indexByOid.get(Number(oid));
  if (found === undefined) return null;
  const number = Number(column ?? 0);
  if (number === 0) return found.definition;
  return indexParts(found.index)[number - 1]?.text ?? null;
}

/** Whether a relation is found without its schema: those of information_schema are not. */
function isVisible(model: CatalogModel, oid?: Value): number | null {
  if (oid === null || oid === undefined) return null;
  const number = Number(oid);
  if (model.indexByOid.has(number)) return 1;
  const relation = model.relationByOid.get(number);
  if (relation === undefined) return null;
  return relation.schema === 'information_schema' ? 0 : 1;
}

function orNull(run: () => number | null): number | null {
  try {
    return run();
  } catch {
    return null;
  }
}
