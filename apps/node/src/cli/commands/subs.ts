// `patina subs`: the live queries of a node, what they cost, and how they are kept.

import {
  type Explanation,
  explanationSchema,
  type SubscriptionStats,
  subscriptionsResponseSchema,
} from '@patina/api/live-schemas.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { z } from 'zod';
import { notUnderstood, parseAnswer, statementJson } from '../answers.ts';
import { escapeControls } from '../cells.ts';
import { type CommandContext, httpTarget, printJson, printLine } from '../context.ts';
import { type HttpAsk, readText } from '../http-client.ts';
import { printTable } from '../table.ts';

const subscriptionsPath = '/v1/subscriptions';

/** Which query is meant: by its id, or by the hash of its SQL. */
export interface SubsChoice {
  readonly id: string | undefined;
  readonly hash: string | undefined;
}

/** What to explain: an open query, or a statement with its parameters. */
export interface ExplainChoice {
  readonly id: string | undefined;
  readonly sql: string | undefined;
  readonly params: readonly string[];
}

/** Prints all live queries of the node. */
export async function runSubsList(context: CommandContext): Promise<void> {
  const subscriptions = await list(context);
  if (context.flags.json === true) return printJson(context, { subscriptions });
  await printTable(
    context.io.stdout,
    ['id', 'mode', 'state', 'readers', 'rows', 'change id', 'ms/s', 'sql'],
    subscriptions.map((stats) => [
      stats.id,
      stats.mode,
      stats.state,
      stats.subscribers,
      stats.rows,
      stats.change_id,
      Math.round(stats.ms_per_sec_cost * 1000) / 1000,
      stats.sql,
    ]),
  );
}

/** Prints all that is known of one live query, or of those with the same SQL. */
export async function runSubsInfo(context: CommandContext, choice: SubsChoice): Promise<void> {
  const { id, hash } = choice;
  if ((id === undefined) === (hash === undefined)) throw oneOf('the id of a query', '--hash');
  const isMeant = (stats: SubscriptionStats): boolean =>
    stats.id === id?.toLowerCase() || stats.hash === hash?.toLowerCase();
  const found = (await list(context)).filter(isMeant);
  if (found.length === 0) {
    throw new PatinaError('PATINA_NOT_FOUND', `there is no live query ${id ?? hash}`, {
      hint: 'patina subs list prints those that are open at this node.',
    });
  }
  if (context.flags.json === true) return printJson(context, { subscriptions: found });
  for (const stats of found) {
    const { created_ms, ...rest } = stats;
    const rows = Object.entries({ ...rest, created: new Date(created_ms).toISOString() });
    await printTable(
      context.io.stdout,
      ['', ''],
      rows.map(([name, value]) => [name, String(value)]),
    );
  }
}

/** Prints how a query is kept, and why that way. */
export async function runSubsExplain(
  context: CommandContext,
  { id, sql, params }: ExplainChoice,
): Promise<void> {
  if ((id === undefined) === (sql === undefined)) throw oneOf('the id of a query', '--sql');
  const ask: HttpAsk =
    sql === undefined
      ? { method: 'GET', path: `${pathOf(id ?? '')}/explain` }
      : {
          method: 'POST',
          path: `${subscriptionsPath}/explain`,
          body: statementJson(sql, params),
        };
  const explanation = await readDocument(context, ask, explanationSchema);
  if (context.flags.json === true) return printJson(context, explanation);
  for (const line of explanationLines(explanation)) await printLine(context, escapeControls(line));
}

function explanationLines(explanation: Explanation): string[] {
  const { mode, sql, columns, ordered, reasons, tables, indexed_by, query_plan } = explanation;
  return [
    `${mode}: ${sql}`,
    `columns: ${columns.join(', ')}${ordered ? ' (in order)' : ''}`,
    ...reasons.map((reason) => `because: ${reason}`),
    ...tables.map((table) => {
      const read = table.columns === 'all' ? 'all columns' : table.columns.join(', ');
      return `table: ${table.table} (${read}), ${table.reaction}`;
    }),
    ...(indexed_by.length === 0 ? [] : [`found by: ${indexed_by.join(', ')}`]),
    ...query_plan.map((step) => `plan: ${step}`),
  ];
}

/** Ends the streams of a query, and forgets it. */
export async function runSubsDrop(context: CommandContext, id: string): Promise<void> {
  await readText(await httpTarget(context), { method: 'DELETE', path: pathOf(id) });
  if (context.flags.json === true) return printJson(context, { id });
  await printLine(context, `dropped ${escapeControls(id)}`);
}

async function list(context: CommandContext): Promise<readonly SubscriptionStats[]> {
  const ask: HttpAsk = { method: 'GET', path: subscriptionsPath };
  return (await readDocument(context, ask, subscriptionsResponseSchema)).subscriptions;
}

async function readDocument<T>(
  context: CommandContext,
  ask: HttpAsk,
  schema: z.ZodType<T>,
): Promise<T> {
  const text = await readText(await httpTarget(context), ask);
  const document = schema.safeParse(parseAnswer(text));
  if (document.success) return document.data;
  throw notUnderstood(document.error);
}

function pathOf(id: string): string {
  return `${subscriptionsPath}/${encodeURIComponent(id)}`;
}

function oneOf(one: string, other: string): PatinaError {
  return new PatinaError('PATINA_BAD_REQUEST', `give either ${one} or ${other}`);
}
