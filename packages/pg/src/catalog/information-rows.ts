// The rows of information_schema, which the SQL standard words.

import type { ColumnInfo, RelationInfo } from '../schema-view.ts';
import type { CatalogRow, CatalogRows } from './catalog-rows.ts';
import { defaultText, viewDefinition } from './definitions.ts';
import { ownerName } from './facts.ts';
import type { CatalogModel, ConstraintModel } from './model.ts';
import { shownSchema, systemRelations } from './system-relations.ts';
import { formatType, typeMeasures, typeRow } from './type-names.ts';

/** Everything in information_schema that depends on the schema or the node. */
export function informationRows(model: CatalogModel): CatalogRows {
  const catalog = model.facts.database;
  const { relations } = model.view;
  const views = relations.filter(({ kind }) => kind === 'view');
  const constraints = model.constraints;
  const keyed = constraints.filter(({ type }) => type !== 'c');
  const privileges = relations.flatMap((relation) => privilegeRows(relation, catalog));
  return {
    tables: relations.map((relation) => tableRow(relation, catalog)),
    columns: relations.flatMap((relation) => columnRows(relation, catalog)),
    views: views.map((view) => ({
      ...placeOf(view, catalog),
      view_definition: viewDefinition(view),
      check_option: 'NONE',
      is_updatable: 'NO',
      is_insertable_into: 'NO',
      is_trigger_updatable: 'NO',
      is_trigger_deletable: 'NO',
      is_trigger_insertable_into: 'NO',
    })),
    table_constraints: [
      ...constraints.map((constraint) => constraintRow(constraint, catalog)),
      ...relations.flatMap((table) => notNullRows(table, catalog)),
    ],
    key_column_usage: keyed.flatMap((constraint) => keyUsageRows(constraint, catalog)),
    constraint_column_usage: constraints.flatMap((constraint) => usageRows(constraint, catalog)),
    constraint_table_usage: keyed.map((constraint) => ({
      ...placeOf(constraint.references ?? constraint.table, catalog),
      ...constraintName(constraint, catalog),
    })),
    referential_constraints: constraints.flatMap((constraint) =>
      referenceRows(constraint, catalog),
    ),
    check_constraints: constraints
      .filter(({ type }) => type === 'c')
      .map((constraint) => ({
        ...constraintName(constraint, catalog),
        check_clause: `(${constraint.check ?? ''})`,
      })),
    table_privileges: privileges,
    role_table_grants: privileges,
    enabled_roles: model.roles.map(({ name }) => ({ role_name: name })),
  };
}

/** What tells of the system's own relations; the same for as long as the database has its name. */
export function staticInformationRows(catalog: string): CatalogRows {
  return {
    information_schema_catalog_name: [{ catalog_name: catalog }],
    schemata: ['pg_catalog', 'public', 'information_schema'].map((name) => ({
      catalog_name: catalog,
      schema_name: name,
      schema_owner: name === 'public' ? 'pg_database_owner' : ownerName,
    })),
    tables: allSystemRelations.map((relation) => tableRow(relation, catalog)),
    columns: allSystemRelations.flatMap((relation) => columnRows(relation, catalog)),
    character_sets: [
      {
        character_set_name: 'UTF8',
        character_repertoire: 'UCS',
        form_of_use: 'UTF8',
        default_collate_catalog: catalog,
        default_collate_schema: 'pg_catalog',
        default_collate_name: 'ucs_basic',
      },
    ],
  };
}

const allSystemRelations: readonly RelationInfo[] = [
  ...systemRelations.pg_catalog.values(),
  ...systemRelations.information_schema.values(),
];

function placeOf(relation: RelationInfo, catalog: string) {
  return { table_catalog: catalog, table_schema: shownSchema(relation), table_name: relation.name };
}

function tableRow(relation: RelationInfo, catalog: string): CatalogRow {
  return {
    ...placeOf(relation, catalog),
    table_type: relation.kind === 'table' ? 'BASE TABLE' : 'VIEW',
    is_insertable_into: relation.kind === 'table' ? 'YES' : 'NO',
    is_typed: 'NO',
  };
}

function columnRows(relation: RelationInfo, catalog: string): CatalogRow[] {
  return relation.columns.map((column, at) => columnRow(relation, column, at + 1, catalog));
}

function columnRow(
  relation: RelationInfo,
  column: ColumnInfo,
  position: number,
  catalog: string,
): CatalogRow {
  const { oid, typmod } = column.type;
  const type = typeRow(oid);
  const measures = typeMeasures(oid, typmod);
  const isTable = relation.kind === 'table';
  return {
    ...placeOf(relation, catalog),
    column_name: column.name,
    ordinal_position: position,
    column_default: column.isGenerated ? null : (defaultText(column) ?? null),
    is_nullable: column.isNotNull ? 'NO' : 'YES',
    data_type: type?.category === 'A' ? 'ARRAY' : formatType(oid, -1),
    character_maximum_length: measures.characters ?? null,
    character_octet_length: measures.octets ?? null,
    numeric_precision: measures.precision ?? null,
    numeric_precision_radix: measures.radix ?? null,
    numeric_scale: measures.scale ?? null,
    datetime_precision: measures.fraction ?? null,
    udt_catalog: catalog,
    udt_schema: 'pg_catalog',
    udt_name: type?.name ?? 'text',
    dtd_identifier: String(position),
    is_self_referencing: 'NO',
    is_identity: 'NO',
    identity_cycle: 'NO',
    is_generated: column.isGenerated ? 'ALWAYS' : 'NEVER',
    is_updatable: isTable && !column.isGenerated ? 'YES' : 'NO',
  };
}

const constraintTypes: Readonly<Record<ConstraintModel['type'], string>> = {
  p: 'PRIMARY KEY',
  u: 'UNIQUE',
  f: 'FOREIGN KEY',
  c: 'CHECK',
};

function constraintName(constraint: ConstraintModel, catalog: string) {
  return {
    constraint_catalog: catalog,
    constraint_schema: 'public',
    constraint_name: constraint.name,
  };
}

function constraintRow(constraint: ConstraintModel, catalog: string): CatalogRow {
  return {
    ...constraintName(constraint, catalog),
    ...placeOf(constraint.table, catalog),
    constraint_type: constraintTypes[constraint.type],
    is_deferrable: 'NO',
    initially_deferred: 'NO',
    enforced: constraint.type === 'f' ? 'NO' : 'YES',
  };
}

/** The standard takes NOT NULL for a CHECK. */
function notNullRows(table: RelationInfo, catalog: string): CatalogRow[] {
  if (table.kind !== 'table') return [];
  return table.columns.flatMap((column, at) => {
    if (!column.isNotNull) return [];
    return {
      ...placeOf(table, catalog),
      constraint_catalog: catalog,
      constraint_schema: 'public',
      constraint_name: `2200_${table.oid}_${at + 1}_not_null`,
      constraint_type: 'CHECK',
      is_deferrable: 'NO',
      initially_deferred: 'NO',
      enforced: 'YES',
    };
  });
}

function keyUsageRows(constraint: ConstraintModel, catalog: string): CatalogRow[] {
  return constraint.columns.map((number, at) => ({
    ...constraintName(constraint, catalog),
    ...placeOf(constraint.table, catalog),
    column_name: constraint.table.columns[number - 1]?.name ?? null,
    ordinal_position: at + 1,
    position_in_unique_constraint: constraint.type === 'f' ? at + 1 : null,
  }));
}

/** The columns that a constraint uses; of a foreign key those that it points to. */
function usageRows(constraint: ConstraintModel, catalog: string): CatalogRow[] {
  const { foreignKey, references, table } = constraint;
  const names =
    foreignKey?.tableColumns ?? constraint.columns.map((number) => table.columns[number - 1]?.name);
  const used = foreignKey === undefined ? table : references;
  if (used === undefined) return [];
  return names.map((name) => ({
    ...placeOf(used, catalog),
    ...constraintName(constraint, catalog),
    column_name: name ?? null,
  }));
}

function referenceRows(constraint: ConstraintModel, catalog: string): CatalogRow[] {
  const { foreignKey, references } = constraint;
  if (foreignKey === undefined) return [];
  const key = references?.indexes.find(({ isPrimaryKey }) => isPrimaryKey);
  return [
    {
      ...constraintName(constraint, catalog),
      unique_constraint_catalog: catalog,
      unique_constraint_schema: 'public',
      unique_constraint_name: key?.name ?? null,
      match_option: 'NONE',
      update_rule: foreignKey.onUpdate,
      delete_rule: foreignKey.onDelete,
    },
  ];
}

function privilegeRows(relation: RelationInfo, catalog: string): CatalogRow[] {
  const kinds = relation.kind === 'table' ? ['INSERT', 'SELECT', 'UPDATE', 'DELETE'] : ['SELECT'];
  return kinds.map((kind) => ({
    ...placeOf(relation, catalog),
    grantor: ownerName,
    grantee: ownerName,
    privilege_type: kind,
    is_grantable: 'NO',
    with_hierarchy: kind === 'SELECT' ? 'YES' : 'NO',
  }));
}
