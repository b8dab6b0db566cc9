// Plans the statements of PostgreSQL that are no SQL for SQLite: transactions, settings, cursors, COPY …

import type { ExplainStmt, ListenStmt, Node, NotifyStmt, VacuumStmt } from 'libpg-query';
import { PgError } from '../pg-error.ts';
import { planCopy } from './copy.ts';
import { planDeclare, planFetch } from './cursors.ts';
import { booleanOption, definitions, nodeKind, rangeName, valueText } from './nodes.ts';
import type { PlanTools } from './plan-tools.ts';
import { planExecute, planPrepare } from './prepared.ts';
import { refusalOf } from './refusals.ts';
import { planDiscard, planSet, planShow } from './settings.ts';
import { planTransaction } from './transactions.ts';
import type { ExplainStatement, UtilityStatement } from './utility-statement.ts';

/**
 * Plans one statement, or returns undefined where it is a query, a write or a change of the schema.
 * `text` is the statement's own text, in which the locations of `node` count bytes. Throws PgError: 0A000 for
 * what Patina does not do, and what PostgreSQL would throw.
 */
export function planUtility(
  node: Node,
  text: string,
  tools: PlanTools,
): UtilityStatement | undefined {
  const plan = planSessionCommand(node, text, tools) ?? planNothing(node, tools);
  if (plan !== undefined) return plan;
  const refusal = refusalOf(node);
  if (refusal !== undefined) throw refusal;
  return undefined;
}

function planSessionCommand(
  node: Node,
  text: string,
  tools: PlanTools,
): UtilityStatement | undefined {
  if ('TransactionStmt' in node) return planTransaction(node.TransactionStmt);
  if ('VariableSetStmt' in node) return planSet(node.VariableSetStmt);
  if ('VariableShowStmt' in node) return planShow(node.VariableShowStmt);
  if ('DiscardStmt' in node) return planDiscard(node.DiscardStmt);
  if ('PrepareStmt' in node) return planPrepare(node.PrepareStmt, text, tools);
  if ('ExecuteStmt' in node) return planExecute(node.ExecuteStmt, text, tools);
  if ('DeallocateStmt' in node) return { kind: 'deallocate', name: node.DeallocateStmt.name };
  if ('DeclareCursorStmt' in node) return planDeclare(node.DeclareCursorStmt, text, tools);
  if ('FetchStmt' in node) return planFetch(node.FetchStmt, undefined);
  if ('ClosePortalStmt' in node) return { kind: 'close', name: node.ClosePortalStmt.portalname };
  if ('CopyStmt' in node) return planCopy(node.CopyStmt, text, tools);
  if ('ListenStmt' in node) return planListen(node.ListenStmt);
  if ('UnlistenStmt' in node) {
    return { kind: 'unlisten', channel: node.UnlistenStmt.conditionname ?? '*' };
  }
  if ('NotifyStmt' in node) return planNotify(node.NotifyStmt);
  if ('ExplainStmt' in node) return planExplain(node.ExplainStmt, text, tools);
  return undefined;
}

/** Names of channels are cut at 63 bytes by PostgreSQL's parser; longer ones do not arrive here. */
function planListen(statement: ListenStmt): UtilityStatement {
  return { kind: 'listen', channel: statement.conditionname ?? '' };
}

/** Longest payload of NOTIFY, bytes, as in PostgreSQL. */
const payloadBytesMax = 7_999;

function planNotify(statement: NotifyStmt): UtilityStatement {
  const payload = statement.payload ?? '';
  if (Buffer.byteLength(payload) > payloadBytesMax) {
    throw new PgError('22023', 'payload string too long');
  }
  return { kind: 'notify', channel: statement.conditionname ?? '', payload };
}

const explainFlags: ReadonlySet<string> = new Set([
  'verbose',
  'costs',
  'settings',
  'buffers',
  'wal',
  'timing',
  'summary',
  'generic_plan',
  'memory',
]);

const explained: ReadonlySet<string> = new Set([
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
]);

function planExplain(statement: ExplainStmt, text: string, tools: PlanTools): ExplainStatement {
  let runsIt = false;
  let format: 'text' | 'json' = 'text';
  for (const option of definitions(statement.options)) {
    const name = option.defname ?? '';
    const position = tools.positionOf(option.location);
    if (name === 'analyze') runsIt = booleanOption(option, position);
    else if (name === 'format') format = explainFormat(valueText(option.arg) ?? '', position);
    else if (explainFlags.has(name)) booleanOption(option, position);
    else throw new PgError('42601', `unrecognized EXPLAIN option "${name}"`, { position });
  }
  const query = statement.query;
  if (query === undefined || !explained.has(nodeKind(query))) {
    throw new PgError('0A000', 'EXPLAIN of this kind of statement is not supported', {
      hint: 'EXPLAIN takes SELECT, INSERT, UPDATE and DELETE.',
    });
  }
  return { kind: 'explain', statement: tools.planInner(query, text), format, runsIt };
}

function explainFormat(name: string, position: number | undefined): 'text' | 'json' {
  const format = name.toLowerCase();
  if (format === 'text' || format === 'json') return format;
  if (format === 'xml' || format === 'yaml') {
    throw new PgError('0A000', `EXPLAIN format "${name}" is not supported`, {
      hint: 'Use FORMAT TEXT or FORMAT JSON.',
      position,
    });
  }
  const message = `unrecognized value for EXPLAIN option "format": "${name}"`;
  throw new PgError('22023', message, { position });
}

/** Statements that have nothing to do here. Tables that they name must exist. */
function planNothing(node: Node, tools: PlanTools): UtilityStatement | undefined {
  if ('VacuumStmt' in node) return planVacuum(node.VacuumStmt, tools);
  if ('LockStmt' in node) {
    for (const relation of node.LockStmt.relations ?? []) requireRelation(relation, tools);
    return nothing('LOCK TABLE', 'LOCK TABLE has no effect: a transaction holds no locks');
  }
  if ('CheckPointStmt' in node) return nothing('CHECKPOINT');
  if ('ReindexStmt' in node) return nothing('REINDEX');
  if ('ClusterStmt' in node) return nothing('CLUSTER');
  if ('ConstraintsSetStmt' in node) return nothing('SET CONSTRAINTS');
  if ('CommentStmt' in node) return nothing('COMMENT', 'comments are not kept');
  if ('CreateExtensionStmt' in node && node.CreateExtensionStmt.extname === 'plpgsql') {
    if (node.CreateExtensionStmt.if_not_exists !== true) {
      throw new PgError('42710', 'extension "plpgsql" already exists');
    }
    return nothing('CREATE EXTENSION', 'extension "plpgsql" already exists, skipping');
  }
  return undefined;
}

function planVacuum(statement: VacuumStmt, tools: PlanTools): UtilityStatement {
  for (const rel of statement.rels ?? []) {
    const relation = 'VacuumRelation' in rel ? rel.VacuumRelation.relation : undefined;
    if (relation !== undefined) requireRelation({ RangeVar: relation }, tools);
  }
  return nothing(statement.is_vacuumcmd === true ? 'VACUUM' : 'ANALYZE');
}

function requireRelation(node: Node, tools: PlanTools): void {
  if (!('RangeVar' in node)) return;
  const range = node.RangeVar;
  if (tools.schema.find(range.relname ?? '', range.schemaname) !== undefined) return;
  throw new PgError('42P01', `relation "${rangeName(range)}" does not exist`, {
    position: tools.positionOf(range.location),
  });
}

function nothing(tag: string, ...notices: string[]): UtilityStatement {
  return { kind: 'nothing', tag, notices };
}
