// The rows of pg_catalog that tell of a node's own schema, users and settings.

import type { RelationInfo } from '../schema-view.ts';
import { opclassRows } from './data/pg-opclass.ts';
import {
  defaultText,
  generatedText,
  indexCondition,
  indexParts,
  viewDefinition,
} from './definitions.ts';
import { fixedOids, ownerName, ownerOid } from './facts.ts';
import {
  type CatalogModel,
  type ConstraintModel,
  columnNumbers,
  type IndexModel,
} from './model.ts';
import { dataLines, shownSchema } from './system-relations.ts';
import { typeRow } from './type-names.ts';

/** A row by the names of its columns; what is not named is NULL. */
export type CatalogRow = Readonly<Record<string, string | number | null>>;

/** Rows by the name of their relation. */
export type CatalogRows = Readonly<Record<string, readonly CatalogRow[]>>;

/** Everything in pg_catalog that depends on the schema or on the node. */
export function catalogRows(model: CatalogModel): CatalogRows {
  const { view, indexes, constraints, defaults, roles, facts } = model;
  const tables = view.relations.filter(({ kind }) => kind === 'table');
  const views = view.relations.filter(({ kind }) => kind === 'view');
  return {
    pg_class: [
      ...view.relations.map((relation) => relationRow(relation, model)),
      ...indexes.map(indexClassRow),
    ],
    pg_attribute: [
      ...view.relations.flatMap(attributeRows),
      ...indexes.flatMap(indexAttributeRows),
    ],
    pg_attrdef: defaults.map(({ oid, table, column, number }) => ({
      oid,
      adrelid: table.oid,
      adnum: number,
      adbin: column.isGenerated
        ? (generatedText(table, column) ?? '')
        : (defaultText(column) ?? ''),
    })),
    pg_index: indexes.map(indexRow),
    pg_constraint: constraints.map(constraintRow),
    pg_tables: tables.map((table) => ({
      schemaname: 'public',
      tablename: table.name,
      tableowner: ownerName,
      hasindexes: table.indexes.length > 0 ? 1 : 0,
      hasrules: 0,
      hastriggers: 0,
      rowsecurity: 0,
    })),
    pg_views: views.map((relation) => ({
      schemaname: shownSchema(relation),
      viewname: relation.name,
      viewowner: ownerName,
      definition: viewDefinition(relation),
    })),
    pg_indexes: indexes.map(({ table, index, definition }) => ({
      schemaname: 'public',
      tablename: table.name,
      indexname: index.name,
      indexdef: definition,
    })),
    pg_rewrite: views.map((relation) => ({
      oid: relation.oid,
      rulename: '_RETURN',
      ev_class: relation.oid,
      ev_type: '1',
      ev_enabled: 'O',
      is_instead: 1,
    })),
    ...statisticsRows(tables, indexes),
    ...roleRows(model),
    pg_database: [databaseRow(facts.database)],
    pg_settings: facts.settings.map((setting) => ({
      name: setting.name,
      setting: setting.value,
      category: 'Patina',
      short_desc: setting.description,
      context: setting.context,
      vartype: 'string',
      source: 'default',
      boot_val: setting.value,
      reset_val: setting.value,
      pending_restart: 0,
    })),
    pg_roles: roles.map((role) => ({ ...authRow(role), rolpassword: '********' })),
    pg_authid: roles.map(authRow),
    pg_depend: defaults.map(({ oid, table, number }) => ({
      classid: 2604,
      objid: oid,
      objsubid: 0,
      refclassid: 1259,
      refobjid: table.oid,
      refobjsubid: number,
      deptype: 'a',
    })),
  };
}

function relationRow(relation: RelationInfo, model: CatalogModel): CatalogRow {
  const isTable = relation.kind === 'table';
  return {
    ...classDefaults,
    oid: relation.oid,
    relname: relation.name,
    relnamespace: shownSchema(relation) === 'public' ? fixedOids.public : fixedOids.pgCatalog,
    relam: isTable ? fixedOids.heap : 0,
    relfilenode: isTable ? relation.oid : 0,
    relhasindex: relation.indexes.length > 0 ? 1 : 0,
    relkind: isTable ? 'r' : 'v',
    relnatts: relation.columns.length,
    relchecks: model.constraints.filter(({ table, type }) => table === relation && type === 'c')
      .length,
    relhasrules: isTable ? 0 : 1,
    relreplident: isTable ? 'd' : 'n',
  };
}

function indexClassRow({ oid, index }: IndexModel): CatalogRow {
  return {
    ...classDefaults,
    oid,
    relname: index.name,
    relam: fixedOids.btree,
    relfilenode: oid,
    relhasindex: 0,
    relkind: 'i',
    relnatts: index.columns.length,
    relchecks: 0,
    relhasrules: 0,
    relreplident: 'n',
  };
}

/** What is the same for all relations; also for those of the system, but for the schema. */
export const classDefaults: CatalogRow = {
  relnamespace: fixedOids.public,
  reltype: 0,
  reloftype: 0,
  relowner: ownerOid,
  reltablespace: 0,
  relpages: 0,
  reltuples: -1,
  relallvisible: 0,
  reltoastrelid: 0,
  relisshared: 0,
  relpersistence: 'p',
  relhastriggers: 0,
  relhassubclass: 0,
  relrowsecurity: 0,
  relforcerowsecurity: 0,
  relispopulated: 1,
  relispartition: 0,
  relrewrite: 0,
  relfrozenxid: 0,
  relminmxid: 0,
};

export function attributeRows(relation: RelationInfo): CatalogRow[] {
  return relation.columns.map((column, at) => ({
    ...attributeRow(relation.oid, column.name, at + 1, column.type.oid, column.type.typmod),
    attnotnull: column.isNotNull ? 1 : 0,
    atthasdef: column.defaultSql !== undefined || column.isGenerated ? 1 : 0,
    attgenerated: column.isGenerated ? 's' : '',
  }));
}

function indexAttributeRows({ oid, table, index }: IndexModel): CatalogRow[] {
  return index.columns.map((name, at) => {
    const column = table.columns.find((candidate) => candidate.name === name);
    const type = column?.type ?? { oid: 25, typmod: -1 };
    return attributeRow(oid, name ?? 'expr', at + 1, type.oid, type.typmod);
  });
}

function attributeRow(
  relation: number,
  name: string,
  number: number,
  type: number,
  typmod: number,
): CatalogRow {
  const row = typeRow(type);
  return {
    attrelid: relation,
    attname: name,
    atttypid: type,
    attstattarget: -1,
    attlen: row?.length ?? -1,
    attnum: number,
    attndims: row?.category === 'A' ? 1 : 0,
    attcacheoff: -1,
    atttypmod: typmod,
    attbyval: row?.isByValue === true ? 1 : 0,
    attalign: row?.align ?? 'i',
    attstorage: row?.storage ?? 'x',
    attcompression: '',
    attnotnull: 0,
    atthasdef: 0,
    atthasmissing: 0,
    attidentity: '',
    attgenerated: '',
    attisdropped: 0,
    attislocal: 1,
    attinhcount: 0,
    attcollation: row?.collation ?? 0,
  };
}

/** The default btree operator class of each type. */
const opclassByType: ReadonlyMap<number, number> = new Map(
  dataLines(opclassRows)
    .filter((row) => row[1] === fixedOids.btree && row[7] === 1)
    .map((row) => [Number(row[6]), Number(row[0])]),
);
const textOpclass = opclassByType.get(25) ?? 0;

function indexRow({ oid, table, index }: IndexModel): CatalogRow {
  const parts = indexParts(index);
  const types = index.columns.map((name) => {
    return table.columns.find((column) => column.name === name)?.type.oid ?? 25;
  });
  const expressions = parts.filter((_, at) => index.columns[at] === undefined);
  return {
    indexrelid: oid,
    indrelid: table.oid,
    indnatts: index.columns.length,
    indnkeyatts: index.columns.length,
    indisunique: index.isUnique ? 1 : 0,
    indnullsnotdistinct: 0,
    indisprimary: index.isPrimaryKey ? 1 : 0,
    indisexclusion: 0,
    indimmediate: 1,
    indisclustered: 0,
    indisvalid: 1,
    indcheckxmin: 0,
    indisready: 1,
    indislive: 1,
    indisreplident: 0,
    indkey: JSON.stringify(columnNumbers(table, index.columns)),
    indcollation: JSON.stringify(types.map((type) => typeRow(type)?.collation ?? 0)),
    indclass: JSON.stringify(types.map((type) => opclassByType.get(type) ?? textOpclass)),
    indoption: JSON.stringify(parts.map(({ isDescending }) => (isDescending ? 3 : 0))),
    indexprs: expressions.length === 0 ? null : expressions.map(({ text }) => text).join(', '),
    indpred: indexCondition(index) ?? null,
  };
}

const actionLetters: Readonly<Record<string, string>> = {
  'NO ACTION': 'a',
  RESTRICT: 'r',
  CASCADE: 'c',
  'SET NULL': 'n',
  'SET DEFAULT': 'd',
};

function constraintRow(constraint: ConstraintModel): CatalogRow {
  const { foreignKey, references } = constraint;
  const target = references?.indexes.find(({ isPrimaryKey }) => isPrimaryKey);
  const isForeign = foreignKey !== undefined;
  return {
    oid: constraint.oid,
    conname: constraint.name,
    connamespace: fixedOids.public,
    contype: constraint.type,
    condeferrable: 0,
    condeferred: 0,
    convalidated: 1,
    conrelid: constraint.table.oid,
    contypid: 0,
    conindid: constraint.index?.oid ?? 0,
    conparentid: 0,
    confrelid: references?.oid ?? 0,
    confupdtype: isForeign ? (actionLetters[foreignKey.onUpdate] ?? 'a') : ' ',
    confdeltype: isForeign ? (actionLetters[foreignKey.onDelete] ?? 'a') : ' ',
    confmatchtype: isForeign ? 's' : ' ',
    conislocal: 1,
    coninhcount: 0,
    connoinherit: constraint.type === 'c' ? 0 : 1,
    conkey: JSON.stringify(constraint.columns),
    confkey:
      isForeign && references !== undefined
        ? JSON.stringify(
            columnNumbers(
              references,
              foreignKey.tableColumns.length > 0
                ? foreignKey.tableColumns
                : (target?.columns ?? []),
            ),
          )
        : null,
    conbin: constraint.check ?? null,
  };
}

function statisticsRows(
  tables: readonly RelationInfo[],
  indexes: readonly IndexModel[],
): CatalogRows {
  const ofTables = tables.map(({ oid, name }) => ({
    relid: oid,
    schemaname: 'public',
    relname: name,
  }));
  const ofIndexes = indexes.map(({ oid, table, index }) => ({
    relid: table.oid,
    indexrelid: oid,
    schemaname: 'public',
    relname: table.name,
    indexrelname: index.name,
  }));
  const rows: Record<string, readonly CatalogRow[]> = {};
  for (const kind of ['all', 'user']) {
    rows[`pg_stat_${kind}_tables`] = ofTables;
    rows[`pg_statio_${kind}_tables`] = ofTables;
    rows[`pg_stat_${kind}_indexes`] = ofIndexes;
    rows[`pg_statio_${kind}_indexes`] = ofIndexes;
  }
  return rows;
}

function roleRows({ roles }: CatalogModel): CatalogRows {
  return {
    pg_user: roles.map((role) => ({
      usename: role.name,
      usesysid: role.oid,
      usecreatedb: 0,
      usesuper: role.isAdmin ? 1 : 0,
      userepl: 0,
      usebypassrls: 0,
      passwd: '********',
    })),
  };
}

function authRow(role: CatalogModel['roles'][number]): CatalogRow {
  return {
    oid: role.oid,
    rolname: role.name,
    rolsuper: role.isAdmin ? 1 : 0,
    rolinherit: 1,
    rolcreaterole: role.isAdmin ? 1 : 0,
    rolcreatedb: 0,
    rolcanlogin: role.canLogIn ? 1 : 0,
    rolreplication: 0,
    rolbypassrls: role.isAdmin ? 1 : 0,
    rolconnlimit: -1,
  };
}

function databaseRow(name: string): CatalogRow {
  return {
    oid: fixedOids.database,
    datname: name,
    datdba: ownerOid,
    encoding: 6,
    datlocprovider: 'c',
    datistemplate: 0,
    datallowconn: 1,
    datconnlimit: -1,
    datfrozenxid: 0,
    datminmxid: 0,
    dattablespace: fixedOids.defaultTablespace,
    datcollate: 'C.UTF-8',
    datctype: 'C.UTF-8',
  };
}
