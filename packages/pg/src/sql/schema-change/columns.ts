// A column of CREATE TABLE or ADD COLUMN, from PostgreSQL's definition to SQLite's, with what a CRDT needs:
// NOT NULL has a default, ids that nodes hand out are random.

import type { ColumnDef, Constraint, Node, TypeName } from 'libpg-query';
import { typeRow } from '../../catalog/type-names.ts';
import { PgError } from '../../pg-error.ts';
import { declaredTypeOf } from '../../types/declared-types.ts';
import type { PgType } from '../../types/oids.ts';
import { names } from '../../utility/nodes.ts';
import type { PlanTools } from '../../utility/plan-tools.ts';
import { randomIdSql } from './built-ins.ts';
import { storedConstantSql } from './constants.ts';
import { expressionSql } from './expressions.ts';
import { quoteName, quoteText, unsupported } from './names.ts';

/** What is known of a column before its table is written. */
export interface ColumnPlan {
  readonly name: string;
  readonly type: PgType;
  readonly declaredType: string;
  readonly isKey: boolean;
  /** It says PRIMARY KEY itself. */
  readonly declaresKey: boolean;
  readonly isNotNull: boolean;
  readonly defaultSql: string | undefined;
  readonly generatedSql: string | undefined;
  readonly checks: readonly string[];
  /** REFERENCES, as it stands behind the column. */
  readonly references: string | undefined;
}

export interface ColumnContext {
  readonly tools: PlanTools;
  readonly table: string;
  /** All columns of the table, for CHECK and GENERATED. */
  readonly columns: readonly string[];
  /** Columns of the primary key that the table's constraints name. */
  readonly keyColumns: readonly string[];
  readonly notices: string[];
}

const serialTypes: Readonly<Record<string, true>> = {
  serial: true,
  serial2: true,
  serial4: true,
  serial8: true,
  smallserial: true,
  bigserial: true,
};

const bigint: PgType = { oid: 20, typmod: -1 };

export function planColumn(definition: ColumnDef, context: ColumnContext): ColumnPlan {
  const name = definition.colname ?? '';
  const typeName = definition.typeName ?? {};
  const constraints = (definition.constraints ?? []).flatMap((node) => {
    return 'Constraint' in node ? [node.Constraint] : [];
  });
  const find = (kind: Constraint['contype']) => constraints.find(({ contype }) => contype === kind);
  const isSerial = isSerialType(typeName);
  const isIdentity = find('CONSTR_IDENTITY') !== undefined;
  const type = isSerial || isIdentity ? bigint : context.tools.resolveType(typeName);
  if (isSerial || isIdentity) {
    context.notices.push(
      `column "${name}" is a bigint whose default is a random number: counters of several nodes would give out the same ids`,
    );
  }
  for (const constraint of constraints) refuseConstraint(constraint, name, context);
  const declaresKey = find('CONSTR_PRIMARY') !== undefined;
  const isKey = declaresKey || context.keyColumns.includes(name);
  const isNotNull = isKey || isSerial || isIdentity || find('CONSTR_NOTNULL') !== undefined;
  const generated = find('CONSTR_GENERATED');
  const generatedSql =
    generated?.raw_expr === undefined
      ? undefined
      : expressionSql(generated.raw_expr, scopeOf(context, 'GENERATED'));
  const given =
    isSerial || isIdentity ? randomIdSql : defaultSql(find('CONSTR_DEFAULT'), type, context);
  return {
    name,
    type,
    declaredType: notRowid(declaredTypeOf(type)),
    isKey,
    declaresKey,
    isNotNull,
    defaultSql: given ?? impliedDefault({ name, type, isKey, isNotNull, generatedSql }, context),
    generatedSql,
    checks: constraints.flatMap((constraint) => {
      if (constraint.contype !== 'CONSTR_CHECK' || constraint.raw_expr === undefined) return [];
      const named =
        constraint.conname === undefined ? '' : `CONSTRAINT ${quoteName(constraint.conname)} `;
      return [`${named}CHECK (${expressionSql(constraint.raw_expr, scopeOf(context, 'CHECK'))})`];
    }),
    references: referencesOf(find('CONSTR_FOREIGN'), context),
  };
}

/** The column as it stands in CREATE TABLE. `isOnlyKey`: the primary key is this column alone. */
export function columnSql(column: ColumnPlan, isOnlyKey: boolean): string {
  const parts = [quoteName(column.name), column.declaredType];
  if (column.isNotNull) parts.push('NOT NULL');
  if (isOnlyKey) parts.push('PRIMARY KEY');
  if (column.defaultSql !== undefined) parts.push(`DEFAULT ${column.defaultSql}`);
  if (column.generatedSql !== undefined) {
    parts.push(`GENERATED ALWAYS AS (${column.generatedSql}) STORED`);
  }
  parts.push(...column.checks);
  if (column.references !== undefined) parts.push(column.references);
  return parts.join(' ');
}

/** `REFERENCES t (a) ON DELETE CASCADE` of a foreign key constraint. */
export function referencesSql(constraint: Constraint): string {
  const target = names(constraint.pk_attrs).map(quoteName);
  const columns = target.length === 0 ? '' : ` (${target.join(', ')})`;
  const actions: Readonly<Record<string, string>> = {
    r: 'RESTRICT',
    c: 'CASCADE',
    n: 'SET NULL',
    d: 'SET DEFAULT',
  };
  const onDelete = actions[constraint.fk_del_action ?? ''];
  const onUpdate = actions[constraint.fk_upd_action ?? ''];
  return (
    `REFERENCES ${quoteName(constraint.pktable?.relname ?? '')}${columns}` +
    `${onDelete === undefined ? '' : ` ON DELETE ${onDelete}`}` +
    `${onUpdate === undefined ? '' : ` ON UPDATE ${onUpdate}`}`
  );
}

/** Foreign keys are kept as documentation; the table that they name must be there. */
export function noteForeignKey(constraint: Constraint, context: ColumnContext): void {
  const target = constraint.pktable?.relname ?? '';
  const isItself = target === context.table;
  if (!isItself && context.tools.schema.find(target, 'public') === undefined) {
    throw new PgError('42P01', `relation "${target}" does not exist`, {
      position: context.tools.positionOf(constraint.pktable?.location),
    });
  }
  const notice = 'foreign keys are kept as documentation and not enforced';
  if (!context.notices.includes(notice)) context.notices.push(notice);
}

function isSerialType(type: TypeName): boolean {
  const parts = names(type.names);
  return parts.length === 1 && Object.hasOwn(serialTypes, parts[0] ?? '');
}

/** INTEGER as the only key column would be SQLite's rowid, which numbers rows by itself. */
function notRowid(declared: string): string {
  return declared.toUpperCase() === 'INTEGER' ? 'INT' : declared;
}

function referencesOf(constraint: Constraint | undefined, context: ColumnContext) {
  if (constraint === undefined) return undefined;
  noteForeignKey(constraint, context);
  return referencesSql(constraint);
}

function refuseConstraint(constraint: Constraint, column: string, context: ColumnContext): void {
  const position = context.tools.positionOf(constraint.location);
  if (constraint.contype === 'CONSTR_UNIQUE') throw uniqueRefused(position);
  if (constraint.contype === 'CONSTR_EXCLUSION') throw unsupported('EXCLUDE', undefined, position);
  if (constraint.contype === 'CONSTR_GENERATED' && constraint.generated_kind === 'v') {
    throw unsupported(`the virtual generated column "${column}"`, 'Use STORED.', position);
  }
}

export function uniqueRefused(position: number | undefined): PgError {
  return unsupported(
    'UNIQUE beyond the primary key',
    'Two nodes cannot both keep it while cut off: make the column the primary key, or drop UNIQUE.',
    position,
  );
}

function scopeOf(context: ColumnContext, place: string) {
  return { tools: context.tools, columns: context.columns, place };
}

/** In parentheses, but for plain constants, which ALTER TABLE takes too. */
function defaultSql(
  constraint: Constraint | undefined,
  type: PgType,
  context: ColumnContext,
): string | undefined {
  const node: Node | undefined = constraint?.raw_expr;
  if (node === undefined) return undefined;
  const scope = { tools: context.tools, columns: [], place: 'DEFAULT' };
  const sql = storedConstantSql(node, type) ?? expressionSql(node, scope);
  if (sql === 'NULL') return undefined;
  return /^('(?:[^']|'')*'|-?\d+(\.\d+)?)$/.test(sql) ? sql : `(${sql})`;
}

/**
 * A NOT NULL column without DEFAULT gets the zero of its type: a row may arrive from another node before its
 * column does.
 */
function impliedDefault(
  column: {
    readonly name: string;
    readonly type: PgType;
    readonly isKey: boolean;
    readonly isNotNull: boolean;
    readonly generatedSql: string | undefined;
  },
  context: ColumnContext,
): string | undefined {
  if (!column.isNotNull || column.isKey || column.generatedSql !== undefined) return undefined;
  const zero = zeroOf(column.type);
  context.notices.push(
    `column "${column.name}" is NOT NULL without DEFAULT and gets DEFAULT ${zero}: a row may arrive before its column does`,
  );
  return zero;
}

function zeroOf(type: PgType): string {
  const zeros: Readonly<Record<number, string>> = {
    16: '0',
    17: "x''",
    20: '0',
    21: '0',
    23: '0',
    26: '0',
    114: quoteText('{}'),
    700: '0',
    701: '0',
    1082: quoteText('1970-01-01'),
    1083: quoteText('00:00:00'),
    1114: quoteText('1970-01-01 00:00:00'),
    1184: quoteText('1970-01-01 00:00:00+00'),
    1186: quoteText('00:00:00'),
    1700: quoteText('0'),
    2950: quoteText('00000000-0000-0000-0000-000000000000'),
    3802: quoteText('{}'),
  };
  if (typeRow(type.oid)?.category === 'A') return quoteText('[]');
  return zeros[type.oid] ?? "''";
}
