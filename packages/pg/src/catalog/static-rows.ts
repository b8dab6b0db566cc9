// The rows of pg_catalog that are the same on every node: types, functions, the system's own relations.

import { attributeRows, type CatalogRow, type CatalogRows, classDefaults } from './catalog-rows.ts';
import { amRows } from './data/pg-am.ts';
import { castRows } from './data/pg-cast.ts';
import { collationRows } from './data/pg-collation.ts';
import { languageRows } from './data/pg-language.ts';
import { opclassRows } from './data/pg-opclass.ts';
import { operatorRows } from './data/pg-operator.ts';
import { opfamilyRows } from './data/pg-opfamily.ts';
import { procRows } from './data/pg-proc.ts';
import { rangeRows } from './data/pg-range.ts';
import { typeRows } from './data/pg-type.ts';
import { fixedOids, ownerOid } from './facts.ts';
import { dataLines, type SystemRelation, systemRelations } from './system-relations.ts';

/** Values in the order of a relation's columns. */
export type StaticRow = readonly (string | number | null)[];

const dataByRelation: Readonly<Record<string, string>> = {
  pg_am: amRows,
  pg_cast: castRows,
  pg_collation: collationRows,
  pg_language: languageRows,
  pg_opclass: opclassRows,
  pg_operator: operatorRows,
  pg_opfamily: opfamilyRows,
  pg_proc: procRows,
  pg_range: rangeRows,
  pg_type: typeRows,
};

/** Rows of the data files, by relation. */
export function dataRows(): ReadonlyMap<string, readonly StaticRow[]> {
  return new Map(
    Object.entries(dataByRelation).map(([relation, text]) => [
      relation,
      dataLines(text).map((row) => row.map(storedValue)),
    ]),
  );
}

/** Arrays are JSON text. */
function storedValue(value: unknown): string | number | null {
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value === null || value === undefined ? null : JSON.stringify(value);
}

/** Rows by the names of their columns. */
export function staticRows(): CatalogRows {
  const relations = [
    ...systemRelations.pg_catalog.values(),
    ...systemRelations.information_schema.values(),
  ];
  return {
    pg_namespace: [
      namespaceRow(fixedOids.pgCatalog, 'pg_catalog'),
      { ...namespaceRow(fixedOids.public, 'public'), nspowner: fixedOids.databaseOwner },
      namespaceRow(fixedOids.informationSchema, 'information_schema'),
    ],
    pg_class: relations.map(systemClassRow),
    pg_attribute: relations.flatMap(attributeRows),
    pg_tablespace: [
      { oid: fixedOids.defaultTablespace, spcname: 'pg_default', spcowner: ownerOid },
      { oid: fixedOids.globalTablespace, spcname: 'pg_global', spcowner: ownerOid },
    ],
    pg_extension: [
      {
        oid: fixedOids.plpgsql,
        extname: 'plpgsql',
        extowner: ownerOid,
        extnamespace: fixedOids.pgCatalog,
        extrelocatable: 0,
        extversion: '1.0',
      },
    ],
    pg_available_extensions: [
      {
        name: 'plpgsql',
        default_version: '1.0',
        installed_version: '1.0',
        comment: 'PL/pgSQL procedural language',
      },
    ],
    pg_description: [
      describe(fixedOids.pgCatalog, 2615, 'system catalog schema'),
      describe(fixedOids.public, 2615, 'standard public schema'),
      describe(fixedOids.plpgsql, 3079, 'PL/pgSQL procedural language'),
    ],
    pg_stat_database: [{ datid: fixedOids.database, numbackends: 1 }],
    pg_timezone_names: timeZoneRows(),
  };
}

function namespaceRow(oid: number, name: string): CatalogRow {
  return { oid, nspname: name, nspowner: ownerOid };
}

function systemClassRow(relation: SystemRelation): CatalogRow {
  const isTable = relation.relkind === 'r';
  const isCatalog = relation.schema === 'pg_catalog';
  return {
    ...classDefaults,
    oid: relation.oid,
    relname: relation.name,
    relnamespace: isCatalog ? fixedOids.pgCatalog : fixedOids.informationSchema,
    relam: isTable ? fixedOids.heap : 0,
    relfilenode: isTable ? relation.oid : 0,
    relhasindex: 0,
    relkind: relation.relkind,
    relnatts: relation.columns.length,
    relchecks: 0,
    relhasrules: isTable ? 0 : 1,
    relreplident: 'n',
  };
}

function describe(object: number, relation: number, text: string): CatalogRow {
  return { objoid: object, classoid: relation, objsubid: 0, description: text };
}

/** Names alone: offsets depend on the moment. */
function timeZoneRows(): CatalogRow[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone')].map((name) => ({ name }));
}
