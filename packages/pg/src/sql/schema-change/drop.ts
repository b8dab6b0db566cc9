// DROP TABLE, VIEW and INDEX; of other kinds of objects there is none that could be dropped.

import type { DropStmt, Node, ObjectType } from 'libpg-query';
import { PgError } from '../../pg-error.ts';
import type { RelationInfo } from '../../schema-view.ts';
import { names } from '../../utility/nodes.ts';
import type { PlanTools } from '../../utility/plan-tools.ts';
import type { PlannedSchemaChange } from '../planned.ts';
import { findIndex, qualifiedName, requirePublicSchema, unsupported } from './names.ts';

type Dropped = 'table' | 'view' | 'index';

const droppable: Readonly<Partial<Record<ObjectType, Dropped>>> = {
  OBJECT_TABLE: 'table',
  OBJECT_VIEW: 'view',
  OBJECT_INDEX: 'index',
};

export function planDrop(statement: DropStmt, tools: PlanTools): PlannedSchemaChange {
  const type = statement.removeType ?? 'OBJECT_TABLE';
  const what = droppable[type];
  const tag = `DROP ${kindName(type).toUpperCase()}`;
  const notices: string[] = [];
  const objects = statement.objects ?? [];
  const isMissingOk = statement.missing_ok === true;
  if (what === undefined) {
    for (const object of objects) missingObject(type, object, isMissingOk, notices);
    return { kind: 'schema', tag, change: { kind: 'none' }, notices };
  }
  const cascades = statement.behavior === 'DROP_CASCADE';
  const found = objects.flatMap((object) => {
    return findDropped(what, qualifiedName(object), isMissingOk, tools, notices) ?? [];
  });
  if (found.length === 0) return { kind: 'schema', tag, change: { kind: 'none' }, notices };
  const dependentViews = what === 'index' ? [] : dependents(what, found, cascades, tools, notices);
  return {
    kind: 'schema',
    tag,
    change: { kind: 'drop', what, names: found, dependentViews },
    notices,
  };
}

function findDropped(
  what: Dropped,
  { schema, name }: { schema: string | undefined; name: string },
  isMissingOk: boolean,
  tools: PlanTools,
  notices: string[],
): string | undefined {
  requirePublicSchema(schema, undefined);
  const index = findIndex(name, tools);
  const relation = tools.schema.find(name, 'public');
  const kind = relation?.kind ?? (index === undefined ? undefined : 'index');
  if (kind === undefined) {
    const message = `${what} "${name}" does not exist`;
    if (!isMissingOk) throw new PgError(what === 'index' ? '42704' : '42P01', message);
    notices.push(`${message}, skipping`);
    return undefined;
  }
  if (kind !== what) {
    throw new PgError('42809', `"${name}" is not ${what === 'index' ? 'an' : 'a'} ${what}`, {
      hint: `Use DROP ${kind.toUpperCase()} to remove ${kind === 'index' ? 'an' : 'a'} ${kind}.`,
    });
  }
  if (/^patina_/i.test(name)) {
    throw new PgError('42501', `must be owner of ${kind} ${name}`);
  }
  if (kind === 'index' && index !== undefined && index.sql === undefined) {
    const message = `cannot drop index ${name} because constraint ${name} on table ${index.table.name} requires it`;
    throw new PgError('2BP01', message);
  }
  return relation?.name ?? index?.name;
}

/** Views that stand on what is dropped: dropped with it, or the reason not to. */
function dependents(
  what: Dropped,
  dropped: readonly string[],
  cascades: boolean,
  tools: PlanTools,
  notices: string[],
): string[] {
  const gone = new Set(dropped.map((name) => name.toLowerCase()));
  const found: RelationInfo[] = [];
  for (;;) {
    const next = tools.schema.relations.find((relation) => {
      if (relation.kind !== 'view' || /^patina_/i.test(relation.name)) return false;
      return !gone.has(relation.name.toLowerCase()) && mentionsOne(relation.sql, gone);
    });
    if (next === undefined) break;
    found.push(next);
    gone.add(next.name.toLowerCase());
  }
  const [first] = found;
  if (first === undefined) return [];
  if (!cascades) {
    const name = dropped[0] ?? '';
    const message = `cannot drop ${what} ${name} because other objects depend on it`;
    throw new PgError('2BP01', message, {
      detail: `view ${first.name} depends on ${what} ${name}`,
      hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
    });
  }
  notices.push(
    found.length === 1
      ? `drop cascades to view ${first.name}`
      : `drop cascades to ${found.length} other objects`,
  );
  return found.map(({ name }) => name);
}

function mentionsOne(sql: string, lowerNames: ReadonlySet<string>): boolean {
  const words = sql.toLowerCase().match(/"(?:[^"]|"")*"|[\w$\u0080-\uffff]+/g) ?? [];
  return words.some((word) => {
    return lowerNames.has(word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word);
  });
}

/** Objects of kinds that Patina has none of, but for functions and schemas that are built in. */
function missingObject(
  type: ObjectType,
  object: Node,
  isMissingOk: boolean,
  notices: string[],
): void {
  const name = objectName(object);
  const kind = kindName(type);
  if (type === 'OBJECT_SCHEMA' && /^(public|pg_catalog|information_schema)$/.test(name)) {
    throw unsupported(`DROP SCHEMA ${name}`);
  }
  const states: Readonly<Partial<Record<ObjectType, string>>> = {
    OBJECT_SCHEMA: '3F000',
    OBJECT_SEQUENCE: '42P01',
    OBJECT_MATVIEW: '42P01',
    OBJECT_FOREIGN_TABLE: '42P01',
    OBJECT_FUNCTION: '42883',
    OBJECT_PROCEDURE: '42883',
    OBJECT_AGGREGATE: '42883',
    OBJECT_OPERATOR: '42883',
  };
  const isCallable = states[type] === '42883';
  const label = isCallable ? `${kind} ${name}()` : `${kind} "${name}"`;
  if (!isMissingOk) throw new PgError(states[type] ?? '42704', `${label} does not exist`);
  notices.push(`${label} does not exist, skipping`);
}

function objectName(object: Node): string {
  if ('TypeName' in object) return names(object.TypeName.names).at(-1) ?? '';
  if ('ObjectWithArgs' in object) return names(object.ObjectWithArgs.objname).at(-1) ?? '';
  return qualifiedName(object).name;
}

/** OBJECT_MATVIEW → materialized view. */
function kindName(type: ObjectType): string {
  if (type === 'OBJECT_MATVIEW') return 'materialized view';
  return type
    .replace(/^OBJECT_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
}
