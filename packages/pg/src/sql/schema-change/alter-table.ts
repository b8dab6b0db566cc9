// ALTER TABLE: columns come and go; everything else needs a new table.

import type { AlterTableCmd, AlterTableStmt, ColumnDef } from 'libpg-query';
import { PgError } from '../../pg-error.ts';
import type { RelationInfo } from '../../schema-view.ts';
import type { PlanTools } from '../../utility/plan-tools.ts';
import type { PlannedSchemaChange, SchemaChange } from '../planned.ts';
import { columnSql, planColumn } from './columns.ts';
import { requireTable, unsupported } from './names.ts';
import {
  createTableSql,
  indexTexts,
  joinStatements,
  type TableText,
  tableText,
} from './table-text.ts';

const tag = 'ALTER TABLE';

/** A table on its way through the commands of one statement. */
interface Alteration {
  readonly table: RelationInfo;
  readonly tools: PlanTools;
  readonly notices: string[];
  text: TableText;
  columnNames: readonly string[];
  readonly added: Set<string>;
  readonly dropped: Set<string>;
}

export function planAlterTable(statement: AlterTableStmt, tools: PlanTools): PlannedSchemaChange {
  const range = statement.relation ?? {};
  const notices: string[] = [];
  const commands = (statement.cmds ?? []).flatMap((node) => {
    return 'AlterTableCmd' in node ? [node.AlterTableCmd] : [];
  });
  if (commands.every(({ subtype }) => subtype === 'AT_ChangeOwner')) {
    notices.push('owners are not kept');
    return { kind: 'schema', tag, change: { kind: 'none' }, notices };
  }
  const name = range.relname ?? '';
  if (statement.missing_ok === true && tools.schema.find(name, 'public') === undefined) {
    notices.push(`relation "${name}" does not exist, skipping`);
    return { kind: 'schema', tag, change: { kind: 'none' }, notices };
  }
  if (statement.objtype !== 'OBJECT_TABLE') throw unsupported('ALTER of this kind of relation');
  const table = requireTable(range, tools);
  const alteration: Alteration = {
    table,
    tools,
    notices,
    text: tableText(table),
    columnNames: table.columns.map((column) => column.name),
    added: new Set(),
    dropped: new Set(),
  };
  for (const command of commands) runCommand(command, alteration);
  return { kind: 'schema', tag, change: changeOf(alteration), notices };
}

function changeOf(alteration: Alteration): SchemaChange {
  const { table, added, dropped } = alteration;
  if (added.size === 0 && dropped.size === 0) return { kind: 'none' };
  const indexes = indexTexts(table, ({ columns, sql }) => {
    return [...dropped].some((name) => columns.includes(name) || mentions(sql ?? '', name));
  });
  const sql = joinStatements([createTableSql(alteration.text), ...indexes]);
  return { kind: 'declare', sql, isDestructive: dropped.size > 0 };
}

/** Whether an index names the column in an expression or its condition. */
function mentions(sql: string, column: string): boolean {
  const escaped = column.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w$])${escaped}(?![\\w$])`, 'i').test(sql.replace(/^.*?\bON\b/is, ''));
}

function runCommand(command: AlterTableCmd, alteration: Alteration): void {
  switch (command.subtype) {
    case 'AT_AddColumn':
      if (command.def !== undefined && 'ColumnDef' in command.def) {
        addColumn(command.def.ColumnDef, command.missing_ok === true, alteration);
      }
      return;
    case 'AT_DropColumn':
      dropColumn(command, alteration);
      return;
    case 'AT_AddConstraint':
      addConstraint(command, alteration);
      return;
    case 'AT_ChangeOwner':
      alteration.notices.push('owners are not kept');
      return;
    default:
      throw unsupported(
        `ALTER TABLE … ${commandName(command.subtype)}`,
        'Columns can be added and dropped; for other changes make a new table and copy the rows.',
      );
  }
}

function addColumn(definition: ColumnDef, missingOk: boolean, alteration: Alteration): void {
  const { table, tools, notices } = alteration;
  const name = definition.colname ?? '';
  if (has(alteration.columnNames, name)) {
    const message = `column "${name}" of relation "${table.name}" already exists`;
    if (!missingOk) throw new PgError('42701', message);
    notices.push(`${message}, skipping`);
    return;
  }
  const columns = [...alteration.columnNames, name];
  const context = { tools, table: table.name, columns, keyColumns: [], notices };
  const column = planColumn(definition, context);
  if (column.isKey) {
    throw new PgError('42P16', `multiple primary keys for table "${table.name}" are not allowed`);
  }
  if (column.generatedSql !== undefined) {
    throw unsupported('ADD COLUMN … GENERATED … STORED', 'Declare it when the table is made.');
  }
  if (column.defaultSql?.startsWith('(') === true) {
    throw unsupported(
      'ADD COLUMN with a DEFAULT that is no constant',
      'Rows that are there would get another value on every node: use a constant or none.',
    );
  }
  const isStrict = /\bstrict\b/i.test(alteration.text.suffix);
  const declaredType = isStrict ? strictType(column.declaredType) : column.declaredType;
  alteration.text = {
    ...alteration.text,
    columns: [...alteration.text.columns, columnSql({ ...column, declaredType }, false)],
  };
  alteration.columnNames = columns;
  alteration.added.add(name);
}

/** STRICT tables take SQLite's own types alone; the affinity tells which (SQLite, "Datatypes", 3.1). */
function strictType(declared: string): string {
  if (/int/i.test(declared)) return 'INTEGER';
  if (/char|clob|text/i.test(declared)) return 'TEXT';
  if (/blob/i.test(declared)) return 'BLOB';
  if (/real|floa|doub/i.test(declared)) return 'REAL';
  return /bool/i.test(declared) ? 'INTEGER' : 'TEXT';
}

function dropColumn(command: AlterTableCmd, alteration: Alteration): void {
  const { table, text, notices } = alteration;
  const name = command.name ?? '';
  const index = alteration.columnNames.findIndex((known) => same(known, name));
  if (index < 0) {
    const message = `column "${name}" of relation "${table.name}" does not exist`;
    if (command.missing_ok !== true) throw new PgError('42703', message);
    notices.push(`${message}, skipping`);
    return;
  }
  const column = table.columns.find((known) => same(known.name, name));
  if ((column?.keyPosition ?? 0) > 0) {
    throw unsupported(
      `dropping "${name}", a column of the primary key`,
      'Make a new table and copy the rows.',
    );
  }
  if (text.columns.length !== alteration.columnNames.length) {
    throw unsupported(`dropping a column of "${table.name}" as it is written`);
  }
  alteration.text = { ...text, columns: text.columns.filter((_, at) => at !== index) };
  alteration.columnNames = alteration.columnNames.filter((_, at) => at !== index);
  alteration.dropped.add(column?.name ?? name);
}

function addConstraint(command: AlterTableCmd, alteration: Alteration): void {
  const constraint =
    command.def !== undefined && 'Constraint' in command.def ? command.def.Constraint : undefined;
  const { table, tools, notices } = alteration;
  switch (constraint?.contype) {
    case 'CONSTR_FOREIGN': {
      const target = constraint.pktable?.relname ?? '';
      if (tools.schema.find(target, 'public') === undefined) {
        throw new PgError('42P01', `relation "${target}" does not exist`);
      }
      notices.push('a foreign key that is added to a table is neither kept nor enforced');
      return;
    }
    case 'CONSTR_PRIMARY':
      throw new PgError('42P16', `multiple primary keys for table "${table.name}" are not allowed`);
    case 'CONSTR_UNIQUE':
      throw unsupported(
        'UNIQUE beyond the primary key',
        'Two nodes cannot both keep it while cut off.',
      );
    default:
      throw unsupported('ALTER TABLE … ADD CONSTRAINT', 'Declare it when the table is made.');
  }
}

/** AT_AlterColumnType → ALTER COLUMN TYPE. */
function commandName(subtype: string | undefined): string {
  const words = (subtype ?? '').replace(/^AT_/, '').replace(/([a-z])([A-Z])/g, '$1 $2');
  return words.toUpperCase();
}

function has(names: readonly string[], name: string): boolean {
  return names.some((known) => same(known, name));
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
