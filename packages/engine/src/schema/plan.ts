// What has to be done to bring a database from its schema to the declared one. Tables that the files do
// not name stay as they are; what would lose data needs the destructive flag.

import { quoteName } from '../base/sql-text.ts';
import { columnDefinition } from './column-text.ts';
import type { ColumnFacts, IndexFacts, SchemaFacts, TableFacts } from './facts.ts';
import { schemaProblems } from './rules.ts';

/** One step, in the order in which it is run. */
export interface SchemaStep {
  readonly kind:
    | 'create-table'
    | 'adopt-table'
    | 'add-column'
    | 'drop-column'
    | 'drop-table'
    | 'create-index'
    | 'drop-index'
    | 'create-view'
    | 'drop-view';
  readonly table: string | undefined;
  readonly name: string;
  readonly sql: string | undefined;
  readonly destructive: boolean;
}

/** What is to be dropped by name: declared texts only add, as they name what is to be there. */
export interface SchemaDrop {
  readonly what: 'table' | 'view' | 'index';
  readonly names: readonly string[];
}

export interface SchemaPlanOptions {
  readonly allowDestructive: boolean;
  readonly drops?: readonly SchemaDrop[] | undefined;
}

export interface SchemaPlanProblem {
  readonly code: 'PATINA_SCHEMA_REFUSED' | 'PATINA_SCHEMA_DESTRUCTIVE';
  readonly message: string;
  readonly hint: string;
}

export interface SchemaPlan {
  readonly steps: readonly SchemaStep[];
  /** Why the plan cannot be run; a plan with problems runs not even in part. */
  readonly problems: readonly SchemaPlanProblem[];
}

/** Plans the way from `current` to `declared`; `replicated` names the tables that have clocks already. */
export function planSchema(
  current: SchemaFacts,
  declared: SchemaFacts,
  replicated: ReadonlySet<string>,
  options: SchemaPlanOptions,
): SchemaPlan {
  const steps: SchemaStep[] = [];
  const problems: SchemaPlanProblem[] = [];
  for (const table of declared.tables) {
    for (const { message, hint } of schemaProblems(table)) {
      problems.push({ code: 'PATINA_SCHEMA_REFUSED', message, hint });
    }
    const known = current.tables.find(({ name }) => same(name, table.name));
    if (known === undefined) planNewTable(table, steps);
    else {
      const isReplicated = replicated.has(known.name);
      if (!isReplicated) problems.push(...adoptionProblems(known, current));
      planKnownTable(known, table, isReplicated, options, steps, problems);
    }
  }
  for (const { name } of declared.triggers) {
    problems.push({
      code: 'PATINA_SCHEMA_REFUSED',
      message: `trigger '${name}' cannot be declared`,
      hint: 'A trigger would run again on every node that merges its effects: compute in the application.',
    });
  }
  planViews(current, declared, steps);
  for (const { what, names } of options.drops ?? []) {
    for (const name of names) planDrop(current, what, name, options, steps, problems);
  }
  return {
    steps: steps.toSorted((a, b) => phases.indexOf(a.kind) - phases.indexOf(b.kind)),
    problems,
  };
}

/** What stands on a column goes before it, and what stands on a new one comes after it. */
const phases: readonly SchemaStep['kind'][] = [
  'drop-view',
  'drop-index',
  'drop-table',
  'create-table',
  'add-column',
  'drop-column',
  'adopt-table',
  'create-index',
  'create-view',
];

/** Why a table that is there already cannot be taken over as it is. */
function adoptionProblems(table: TableFacts, current: SchemaFacts): SchemaPlanProblem[] {
  // Indexes that the files do not have are dropped.
  const lasting = table.indexes.filter(({ origin }) => origin !== 'create');
  const problems = schemaProblems({ ...table, indexes: lasting }).map(({ message, hint }) => ({
    code: 'PATINA_SCHEMA_REFUSED' as const,
    message: `the table is there already: ${message}`,
    hint,
  }));
  for (const trigger of current.triggers) {
    if (!same(trigger.table, table.name)) continue;
    problems.push({
      code: 'PATINA_SCHEMA_REFUSED',
      message: `the table is there already, with the trigger '${trigger.name}'`,
      hint: 'Drop the trigger: it would run again on every node that merges its effects.',
    });
  }
  return problems;
}

function planNewTable(table: TableFacts, steps: SchemaStep[]): void {
  steps.push(step('create-table', table.name, table.name, table.sql));
  for (const index of created(table))
    steps.push(step('create-index', table.name, index.name, index.sql));
}

function planKnownTable(
  known: TableFacts,
  declared: TableFacts,
  isReplicated: boolean,
  options: { readonly allowDestructive: boolean },
  steps: SchemaStep[],
  problems: SchemaPlanProblem[],
): void {
  const refuse = (message: string, hint: string): void => {
    problems.push({ code: 'PATINA_SCHEMA_REFUSED', message, hint });
  };
  if (keyText(known) !== keyText(declared)) {
    refuse(
      `can't modify the primary key of table '${known.name}'`,
      'Make a new table and copy the rows.',
    );
    return;
  }
  if (known.withoutRowid !== declared.withoutRowid || known.strict !== declared.strict) {
    problems.push({
      code: 'PATINA_SCHEMA_DESTRUCTIVE',
      message: `won't change WITHOUT ROWID or STRICT of table '${known.name}'`,
      hint: 'Make a new table and copy the rows.',
    });
  }
  for (const column of declared.columns) {
    const before = known.columns.find(({ name }) => same(name, column.name));
    if (before === undefined) planNewColumn(declared, column, steps, refuse);
    else if (!sameColumn(before, column)) {
      problems.push({
        code: 'PATINA_SCHEMA_DESTRUCTIVE',
        message: `won't change column '${column.name}' of table '${known.name}'`,
        hint: 'Add a column of the new type, copy the values, and drop the old one.',
      });
    }
  }
  for (const column of known.columns) {
    if (declared.columns.some(({ name }) => same(name, column.name))) continue;
    planRemovedColumn(known, column, options, steps, problems);
  }
  if (!isReplicated) steps.push(step('adopt-table', known.name, known.name, undefined));
  planIndexes(known, declared, steps);
}

function planNewColumn(
  table: TableFacts,
  column: ColumnFacts,
  steps: SchemaStep[],
  refuse: (message: string, hint: string) => void,
): void {
  const definition = columnDefinition(table.sql, column.name);
  if (definition === undefined) {
    refuse(
      `can't find the definition of column '${column.name}' of table '${table.name}'`,
      'Write each column on a line of its own, without comments inside its definition.',
    );
    return;
  }
  const sql = `ALTER TABLE ${quoteName(table.name)} ADD COLUMN ${definition}`;
  steps.push(step('add-column', table.name, column.name, sql));
}

function planRemovedColumn(
  table: TableFacts,
  column: ColumnFacts,
  options: { readonly allowDestructive: boolean },
  steps: SchemaStep[],
  problems: SchemaPlanProblem[],
): void {
  const sql = `ALTER TABLE ${quoteName(table.name)} DROP COLUMN ${quoteName(column.name)}`;
  steps.push({ ...step('drop-column', table.name, column.name, sql), destructive: true });
  if (options.allowDestructive) return;
  problems.push({
    code: 'PATINA_SCHEMA_DESTRUCTIVE',
    message: `won't remove column '${column.name}' of table '${table.name}' without the destructive flag`,
    hint: 'Run patina schema apply --allow-destructive, or declare the column again.',
  });
}

function planIndexes(known: TableFacts, declared: TableFacts, steps: SchemaStep[]): void {
  const before = created(known);
  const after = created(declared);
  for (const index of before) {
    const kept = after.find(({ name }) => same(name, index.name));
    if (kept !== undefined && normal(kept.sql) === normal(index.sql)) continue;
    steps.push(step('drop-index', known.name, index.name, `DROP INDEX ${quoteName(index.name)}`));
  }
  for (const index of after) {
    const had = before.find(({ name }) => same(name, index.name));
    if (had !== undefined && normal(had.sql) === normal(index.sql)) continue;
    steps.push(step('create-index', known.name, index.name, index.sql));
  }
}

function planDrop(
  current: SchemaFacts,
  what: SchemaDrop['what'],
  name: string,
  options: SchemaPlanOptions,
  steps: SchemaStep[],
  problems: SchemaPlanProblem[],
): void {
  const found = findDropped(current, what, name);
  if (found === undefined) {
    problems.push({
      code: 'PATINA_SCHEMA_REFUSED',
      message: `there is no ${what} '${name}' that can be dropped`,
      hint: 'An index behind a key, and what belongs to Patina, cannot be dropped.',
    });
    return;
  }
  const sql = `DROP ${what.toUpperCase()} ${quoteName(found.name)}`;
  const destructive = what === 'table';
  steps.push({ ...step(`drop-${what}`, found.table, found.name, sql), destructive });
  if (!destructive || options.allowDestructive) return;
  problems.push({
    code: 'PATINA_SCHEMA_DESTRUCTIVE',
    message: `won't drop table '${found.name}' without the destructive flag`,
    hint: 'Its rows are lost on this node, and what other nodes write to it waits in quarantine.',
  });
}

function findDropped(
  current: SchemaFacts,
  what: SchemaDrop['what'],
  name: string,
): { readonly name: string; readonly table: string | undefined } | undefined {
  if (what === 'view') {
    const view = current.views.find((one) => same(one.name, name));
    return view === undefined ? undefined : { name: view.name, table: undefined };
  }
  if (what === 'table') {
    const table = current.tables.find((one) => same(one.name, name));
    return table === undefined ? undefined : { name: table.name, table: table.name };
  }
  for (const table of current.tables) {
    const index = created(table).find((one) => same(one.name, name));
    if (index !== undefined) return { name: index.name, table: table.name };
  }
  return undefined;
}

function planViews(current: SchemaFacts, declared: SchemaFacts, steps: SchemaStep[]): void {
  for (const view of declared.views) {
    const had = current.views.find(({ name }) => same(name, view.name));
    if (had !== undefined && normal(had.sql) === normal(view.sql)) continue;
    if (had !== undefined) {
      steps.push(step('drop-view', undefined, view.name, `DROP VIEW ${quoteName(view.name)}`));
    }
    steps.push(step('create-view', undefined, view.name, view.sql));
  }
}

function step(
  kind: SchemaStep['kind'],
  table: string | undefined,
  name: string,
  sql: string | undefined,
): SchemaStep {
  return { kind, table, name, sql, destructive: false };
}

function created(table: TableFacts): IndexFacts[] {
  return table.indexes.filter(({ origin }) => origin === 'create');
}

function keyText(table: TableFacts): string {
  const key = table.columns.filter(({ keyPosition }) => keyPosition > 0);
  return key
    .map(({ name, keyPosition }) => `${keyPosition}:${name.toLowerCase()}`)
    .sort()
    .join();
}

function sameColumn(a: ColumnFacts, b: ColumnFacts): boolean {
  return (
    a.type.toUpperCase() === b.type.toUpperCase() &&
    a.notNull === b.notNull &&
    a.generated === b.generated &&
    normal(a.defaultSql) === normal(b.defaultSql)
  );
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function normal(sql: string | undefined): string {
  return (sql ?? '').replace(/\s+/g, ' ').trim();
}
