// Functions of PostgreSQL that answer from the catalog: definitions, names, privileges, sizes. They read the
// model that the catalogs of their connection were filled from.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { AttachedCatalog } from './attach.ts';
import { constantFunctions } from './constant-functions.ts';
import { indexParts, viewDefinition } from './definitions.ts';
import type { CatalogModel } from './model.ts';
import {
  namespaceName,
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

const functions: Readonly<Record<string, CatalogFunction>> = {
  ...constantFunctions,
  col_description: () => null,
  format_type: (_model, oid, typmod) => {
    return oid === null
      ? null
      : formatType(Number(oid), typmod == null ? undefined : Number(typmod));
  },
  obj_description: (_model, oid) => describedNamespaces[Number(oid)] ?? null,
  shobj_description: () => null,
  pg_describe_object: (model, _class, oid) => relationName(model, Number(oid)) ?? null,
  pg_get_constraintdef: (model, oid) => {
    return model.constraintByOid.get(Number(oid))?.definition ?? null;
  },
  pg_get_expr: (_model, expression) => expression ?? null,
  pg_get_function_arg_default: () => null,
  pg_get_function_arguments: (_model, oid) => procSignature(Number(oid))?.arguments ?? null,
  pg_get_function_identity_arguments: (_model, oid) => {
    return procSignature(Number(oid))?.arguments ?? null;
  },
  pg_get_function_result: (_model, oid) => procSignature(Number(oid))?.result ?? null,
  pg_get_function_sqlbody: () => null,
  pg_get_functiondef: () => null,
  pg_get_indexdef: indexDefinitionOf,
  pg_get_partition_constraintdef: () => null,
  pg_get_partkeydef: () => null,
  pg_get_ruledef: () => null,
  pg_get_serial_sequence: () => null,
  pg_get_statisticsobjdef: () => null,
  pg_get_statisticsobjdef_columns: () => null,
  pg_get_triggerdef: () => null,
  pg_get_userbyid: (model, oid) => {
    if (oid === null) return null;
    const role = model.roles.find((candidate) => candidate.oid === Number(oid));
    return role?.name ?? `unknown (OID=${oid})`;
  },
  pg_get_viewdef: (model, view) => {
    const relation = model.relationByOid.get(regCasts.regclass(model, view ?? null) ?? -1);
    return relation?.kind === 'view' ? viewDefinition(relation) : null;
  },
  pg_relation_filenode: (_model, oid) => oid ?? null,
  pg_table_is_visible: isVisible,
  pg_cast_regclass: (model, value) => regCasts.regclass(model, value ?? null),
  pg_cast_regnamespace: (model, value) => regCasts.regnamespace(model, value ?? null),
  pg_cast_regproc: (model, value) => regCasts.regproc(model, value ?? null),
  pg_cast_regprocedure: (model, value) => regCasts.regproc(model, value ?? null),
  pg_cast_regrole: (model, value) => regCasts.regrole(model, value ?? null),
  pg_cast_regtype: (model, value) => regCasts.regtype(model, value ?? null),
  pg_regclass_text: (model, oid) => regText(oid, (id) => relationName(model, id)),
  pg_regnamespace_text: (_model, oid) => regText(oid, namespaceName),
  pg_regproc_text: (_model, oid) => regText(oid, procName),
  pg_regprocedure_text: (_model, oid) => regText(oid, (id) => procSignature(id)?.text),
  pg_regrole_text: (model, oid) => {
    return regText(oid, (id) => model.roles.find((role) => role.oid === id)?.name);
  },
  pg_regtype_text: (_model, oid) => regText(oid, (id) => formatType(id, -1)),
  to_regclass: (model, name) => orNull(() => regCasts.regclass(model, name ?? null)),
  to_regnamespace: (model, name) => orNull(() => regCasts.regnamespace(model, name ?? null)),
  to_regproc: (model, name) => orNull(() => regCasts.regproc(model, name ?? null)),
  to_regrole: (model, name) => orNull(() => regCasts.regrole(model, name ?? null)),
  to_regtype: (model, name) => orNull(() => regCasts.regtype(model, name ?? null)),
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
