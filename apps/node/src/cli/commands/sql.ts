// `patina query` and `patina exec`: SQL for a node, over its HTTP API.

import {
  type QueryEvent,
  queryEventSchema,
  transactionResponseSchema,
} from '@patina/api/schemas.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { notUnderstood, parseAnswer, rowOf, rowStart, statementJson } from '../answers.ts';
import { type CommandContext, httpTarget, printLine } from '../context.ts';
import { type HttpAnswer, namedError, postJson } from '../http-client.ts';
import { write } from '../io.ts';
import { TablePrinter } from '../table.ts';

/** Flags of both commands. */
export interface SqlFlags {
  /** Parameters as JSON text, in order. */
  readonly params: readonly string[];
  readonly timer?: boolean;
  /** Seconds; 0 is no limit. */
  readonly timeout?: number;
}

/** Flags of `patina query`. */
export interface QueryFlags extends SqlFlags {
  /** Whether to print the names of the columns; by default on a terminal only. */
  readonly columns?: boolean;
}

/** Runs one query and prints its rows as they arrive. */
export async function runQuery(
  context: CommandContext,
  sql: string,
  flags: QueryFlags,
): Promise<void> {
  const target = await httpTarget(context);
  const statement = statementJson(sql, flags.params);
  const answer = await postJson(target, '/v1/queries', statement, flags.timeout);
  const seconds =
    context.flags.json === true
      ? await passThrough(context, answer)
      : await printRows(context, answer, flags.columns ?? context.io.isTerminal);
  if (flags.timer === true) await printTime(context, seconds);
}

/** Runs one statement in a transaction of its own and prints how many rows it affected. */
export async function runExec(
  context: CommandContext,
  sql: string,
  flags: SqlFlags,
): Promise<void> {
  const target = await httpTarget(context);
  const statements = `[${statementJson(sql, flags.params)}]`;
  const answer = await postJson(target, '/v1/transactions', statements, flags.timeout);
  const lines: string[] = [];
  for await (const line of answer.lines()) lines.push(line);
  const body = transactionResponseSchema.safeParse(parseAnswer(lines.join('\n')));
  if (!body.success) throw notUnderstood(body.error);
  if (context.flags.json === true) {
    await printLine(context, lines.join(''));
  } else {
    const rows = body.data.results.reduce((sum, result) => sum + result.rows_affected, 0);
    await printLine(context, `Rows affected: ${rows}`);
  }
  if (flags.timer === true) await printTime(context, body.data.time);
}

/** Prints the lines of the answer as they are; returns the seconds that the query took. */
async function passThrough({ io }: CommandContext, answer: HttpAnswer): Promise<number> {
  let seconds: number | undefined;
  for await (const line of answer.lines()) {
    if (!line.startsWith(rowStart)) {
      const event = eventOf(line);
      if ('eoq' in event) seconds = event.eoq.time;
    }
    await write(io.stdout, `${line}\n`);
  }
  return ended(seconds);
}

async function printRows(
  { io }: CommandContext,
  answer: HttpAnswer,
  heads: boolean,
): Promise<number> {
  let table: TablePrinter | undefined;
  let seconds: number | undefined;
  try {
    for await (const line of answer.lines()) {
      const row = rowOf(line);
      if (row === undefined) {
        const event = eventOf(line);
        if ('columns' in event) table = new TablePrinter(io.stdout, event.columns, { heads });
        if ('eoq' in event) seconds = event.eoq.time;
      } else {
        if (table === undefined) throw notUnderstood();
        await table.row(row);
      }
    }
  } finally {
    // What came before an error is shown, and the error after it.
    await table?.end();
  }
  return ended(seconds);
}

/** An event that is no row; an event that says an error is thrown as one. */
function eventOf(line: string): Exclude<QueryEvent, { error: string }> {
  const event = queryEventSchema.safeParse(parseAnswer(line));
  if (!event.success) throw notUnderstood(event.error);
  if (!('error' in event.data)) return event.data;
  const { error, code, hint } = event.data;
  throw namedError(error, code, hint, 'PATINA_SQL_ERROR');
}

function ended(seconds: number | undefined): number {
  if (seconds !== undefined) return seconds;
  throw new PatinaError('PATINA_STREAM_CLOSED', 'the answer ended before the result was complete', {
    hint: 'The node may have stopped; ask again.',
  });
}

/** Times go to standard error, so that the output stays what was asked for. */
function printTime({ io }: CommandContext, seconds: number): Promise<void> {
  return write(io.stderr, `time: ${seconds.toFixed(6)} s\n`);
}
