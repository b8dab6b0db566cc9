// Names in changes of the schema: quoting, relations that must or must not exist, and where they may be.

import type { Node, RangeVar } from 'libpg-query';
import { PgError } from '../../pg-error.ts';
import type { RelationInfo } from '../../schema-view.ts';
import { rangeName } from '../../utility/nodes.ts';
import type { PlanTools } from '../../utility/plan-tools.ts';

/** Quotes an identifier for SQLite. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a text for SQLite. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Names by which relations of Patina's schema can be qualified. */
export function requirePublicSchema(
  schema: string | undefined,
  position: number | undefined,
): void {
  if (schema === undefined || schema === 'public') return;
  if (schema === 'pg_catalog' || schema === 'information_schema') {
    throw new PgError('42501', `permission denied for schema ${schema}`, { position });
  }
  throw new PgError('3F000', `schema "${schema}" does not exist`, {
    position,
    hint: 'Everything is in the schema "public".',
  });
}

/** The table that a statement changes. Throws PgError 42P01, 42809, 42501. */
export function requireTable(range: RangeVar, tools: PlanTools): RelationInfo {
  const position = tools.positionOf(range.location);
  requirePublicSchema(range.schemaname, position);
  const relation = tools.schema.find(range.relname ?? '', 'public');
  if (relation === undefined) {
    throw new PgError('42P01', `relation "${rangeName(range)}" does not exist`, { position });
  }
  if (relation.kind !== 'table') {
    throw new PgError('42809', `"${relation.name}" is not a table`, { position });
  }
  return relation;
}

/** Whether a table, view or index has this name; they share one space of names. */
export function isNameTaken(name: string, tools: PlanTools): boolean {
  return findIndex(name, tools) !== undefined || tools.schema.find(name, 'public') !== undefined;
}

export interface FoundIndex {
  readonly name: string;
  readonly table: RelationInfo;
  /** undefined for the index of a key. */
  readonly sql: string | undefined;
}

export function findIndex(name: string, tools: PlanTools): FoundIndex | undefined {
  const lower = name.toLowerCase();
  for (const table of tools.schema.relations) {
    const index = table.indexes.find((candidate) => candidate.name.toLowerCase() === lower);
    if (index !== undefined) return { name: index.name, table, sql: index.sql };
  }
  return undefined;
}

/** `CREATE` of a name that is there: an error, or with IF NOT EXISTS a notice. */
export function alreadyExists(name: string): PgError {
  return new PgError('42P07', `relation "${name}" already exists`);
}

/** The parts of a qualified name: `a.b` in DROP. */
export function qualifiedName(node: Node): { schema: string | undefined; name: string } {
  const items = 'List' in node ? (node.List.items ?? []) : [node];
  const parts = items.flatMap((item) => ('String' in item ? [item.String.sval ?? ''] : []));
  return { schema: parts.at(-2), name: parts.at(-1) ?? '' };
}

/** PgError 0A000 with the name of the construct. */
export function unsupported(what: string, hint?: string, position?: number): PgError {
  return new PgError('0A000', `${what} is not supported`, { hint, position });
}
