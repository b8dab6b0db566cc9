// Plans CREATE, ALTER and DROP of tables, indexes and views: PostgreSQL's DDL as text for the schema planner,
// which refuses what replication cannot keep.

import type { Node } from 'libpg-query';
import { PgError } from '../../pg-error.ts';
import type { PlanTools } from '../../utility/plan-tools.ts';
import type { PlannedSchemaChange } from '../planned.ts';
import { planAlterTable } from './alter-table.ts';
import { planCreateIndex } from './create-index.ts';
import { planCreateTable } from './create-table.ts';
import { planCreateView } from './create-view.ts';
import { planDrop } from './drop.ts';
import { unsupported } from './names.ts';

/**
 * Plans one statement, or returns undefined where it does not change the schema. `text` is the text that the
 * locations in `node` count in. Throws PgError: 42P07, 42P01, 42701, 42703, 42P16, 42809, 2BP01, 0A000 …
 */
export function planSchemaChange(
  node: Node,
  text: string,
  tools: PlanTools,
): PlannedSchemaChange | undefined {
  if ('CreateStmt' in node) return planCreateTable(node.CreateStmt, tools);
  if ('AlterTableStmt' in node) return planAlterTable(node.AlterTableStmt, tools);
  if ('IndexStmt' in node) return planCreateIndex(node.IndexStmt, tools);
  if ('ViewStmt' in node) return planCreateView(node.ViewStmt, text, tools);
  if ('DropStmt' in node) return planDrop(node.DropStmt, tools);
  if ('CreateSchemaStmt' in node) {
    const { schemaname, if_not_exists } = node.CreateSchemaStmt;
    return planCreateSchema(schemaname ?? '', if_not_exists === true);
  }
  if ('CreateTableAsStmt' in node) {
    const isView = node.CreateTableAsStmt.objtype === 'OBJECT_MATVIEW';
    throw unsupported(
      isView ? 'CREATE MATERIALIZED VIEW' : 'CREATE TABLE AS',
      'Make the table with its primary key, then INSERT … SELECT.',
    );
  }
  if ('RenameStmt' in node) {
    throw unsupported(
      'RENAME',
      'Other nodes know it by its name: make a new one and copy the rows.',
    );
  }
  return undefined;
}

/** "public" is there already; there are no others. */
function planCreateSchema(name: string, isMissingOk: boolean): PlannedSchemaChange {
  const isThere = name === 'public' || name === 'pg_catalog' || name === 'information_schema';
  if (!isThere) throw unsupported(`CREATE SCHEMA ${name}`, 'Everything is in the schema "public".');
  const message = `schema "${name}" already exists`;
  if (!isMissingOk) throw new PgError('42P06', message);
  return {
    kind: 'schema',
    tag: 'CREATE SCHEMA',
    change: { kind: 'none' },
    notices: [`${message}, skipping`],
  };
}
