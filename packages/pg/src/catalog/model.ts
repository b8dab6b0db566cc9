// The schema with the object ids and names of everything in it, as the catalog's rows and functions need it.

import type {
  ColumnInfo,
  ForeignKeyInfo,
  IndexInfo,
  RelationInfo,
  SchemaView,
} from '../schema-view.ts';
import {
  checkDefinition,
  foreignKeyDefinition,
  indexDefinition,
  keyDefinition,
} from './definitions.ts';
import type { CatalogFacts } from './facts.ts';
import { fixedOids, ownerName, ownerOid } from './facts.ts';
import { ObjectIds } from './object-ids.ts';
import { systemRelations } from './system-relations.ts';

export interface IndexModel {
  readonly oid: number;
  readonly table: RelationInfo;
  readonly index: IndexInfo;
  readonly definition: string;
}

export interface ConstraintModel {
  readonly oid: number;
  readonly name: string;
  /** p, u, f or c, as in pg_constraint. */
  readonly type: 'p' | 'u' | 'f' | 'c';
  readonly table: RelationInfo;
  /** Places of its columns in the table, from 1. */
  readonly columns: readonly number[];
  readonly index: IndexModel | undefined;
  readonly foreignKey: ForeignKeyInfo | undefined;
  readonly references: RelationInfo | undefined;
  readonly check: string | undefined;
  readonly definition: string;
}

export interface DefaultModel {
  readonly oid: number;
  readonly table: RelationInfo;
  readonly column: ColumnInfo;
  readonly number: number;
}

export interface RoleModel {
  readonly oid: number;
  readonly name: string;
  readonly isAdmin: boolean;
  readonly canLogIn: boolean;
}

export interface CatalogModel {
  readonly view: SchemaView;
  readonly facts: CatalogFacts;
  readonly indexes: readonly IndexModel[];
  readonly constraints: readonly ConstraintModel[];
  readonly defaults: readonly DefaultModel[];
  readonly roles: readonly RoleModel[];
  /** Relations of users and of the system. */
  readonly relationByOid: ReadonlyMap<number, RelationInfo>;
  readonly indexByOid: ReadonlyMap<number, IndexModel>;
  readonly constraintByOid: ReadonlyMap<number, ConstraintModel>;
}

/** The predefined role that owns schema public. */
const databaseOwner: RoleModel = {
  oid: fixedOids.databaseOwner,
  name: 'pg_database_owner',
  isAdmin: false,
  canLogIn: false,
};

const allSystemRelations = [
  ...systemRelations.pg_catalog.values(),
  ...systemRelations.information_schema.values(),
];

export function makeModel(view: SchemaView, facts: CatalogFacts): CatalogModel {
  const ids = new ObjectIds();
  for (const { name } of view.relations) ids.idOf('relation', name.toLowerCase());
  const indexes = view.relations.flatMap((table) => {
    return table.indexes.map((index) => ({
      oid: ids.idOf('index', index.name.toLowerCase()),
      table,
      index,
      definition: indexDefinition(table, index),
    }));
  });
  const constraints = view.relations.flatMap((table) => {
    return constraintsOf(table, view, indexes, ids);
  });
  const defaults = view.relations.flatMap((table) => {
    return table.columns.flatMap((column, at) => {
      if (column.defaultSql === undefined && !column.isGenerated) return [];
      const oid = ids.idOf('default', `${table.name}.${column.name}`);
      return [{ oid, table, column, number: at + 1 }];
    });
  });
  const roles = facts.users
    .filter(({ name }) => name !== ownerName)
    .map(({ name, isAdmin }) => ({ oid: ids.idOf('role', name), name, isAdmin, canLogIn: true }));
  const relations = [...view.relations, ...allSystemRelations];
  return {
    view,
    facts,
    indexes,
    constraints,
    defaults,
    roles: [
      { oid: ownerOid, name: ownerName, isAdmin: true, canLogIn: true },
      databaseOwner,
      ...roles,
    ],
    relationByOid: new Map(relations.map((relation) => [relation.oid, relation])),
    indexByOid: new Map(indexes.map((index) => [index.oid, index])),
    constraintByOid: new Map(constraints.map((constraint) => [constraint.oid, constraint])),
  };
}

/** The places of columns in their table, from 1. */
export function columnNumbers(
  table: RelationInfo,
  columns: readonly (string | undefined)[],
): number[] {
  return columns.map((name) => {
    const lower = name?.toLowerCase();
    return table.columns.findIndex((column) => column.name.toLowerCase() === lower) + 1;
  });
}

function constraintsOf(
  table: RelationInfo,
  view: SchemaView,
  indexes: readonly IndexModel[],
  ids: ObjectIds,
): ConstraintModel[] {
  const names = new Set<string>();
  const make = (
    stem: string,
    rest: Omit<ConstraintModel, 'oid' | 'name' | 'table'>,
  ): ConstraintModel => {
    let name = stem;
    for (let number = 1; names.has(name); number++) name = `${stem}${number}`;
    names.add(name);
    return { oid: ids.idOf('constraint', `${table.name}.${name}`), name, table, ...rest };
  };
  const none = { index: undefined, foreignKey: undefined, references: undefined, check: undefined };
  const keys = indexes
    .filter((model) => model.table === table && model.index.sql === undefined)
    .map((model) =>
      make(model.index.name, {
        ...none,
        type: model.index.isPrimaryKey ? 'p' : 'u',
        columns: columnNumbers(table, model.index.columns),
        index: model,
        definition: keyDefinition(model.index),
      }),
    );
  const foreignKeys = table.foreignKeys.map((key) =>
    make(`${table.name}_${key.columns.join('_')}_fkey`, {
      ...none,
      type: 'f',
      columns: columnNumbers(table, key.columns),
      foreignKey: key,
      references: view.find(key.table, 'public'),
      definition: foreignKeyDefinition(key),
    }),
  );
  const checks = table.checks.map((check) => {
    const mentioned = table.columns.filter(({ name }) => mentions(check, name));
    const stem =
      mentioned.length === 1 ? `${table.name}_${mentioned[0]?.name}_check` : `${table.name}_check`;
    return make(stem, {
      ...none,
      type: 'c',
      columns: columnNumbers(
        table,
        mentioned.map(({ name }) => name),
      ),
      check,
      definition: checkDefinition(check),
    });
  });
  return [...keys, ...foreignKeys, ...checks];
}

function mentions(sql: string, column: string): boolean {
  const words = sql.replace(/'(?:[^']|'')*'/g, '').match(/[\w$\u0080-\uffff]+/g) ?? [];
  return words.some((word) => word.toLowerCase() === column.toLowerCase());
}
