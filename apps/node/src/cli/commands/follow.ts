// `patina subscribe` and `patina updates`: what changes in a query or a table, as it happens, for people
// as marked lines and for programs as the lines of the API.

import {
  type SubscriptionEvent,
  subscriptionEventSchema,
  type UpdatesEvent,
  updatesEventSchema,
} from '@patina/api/live-schemas.ts';
import type { ErrorBody } from '@patina/api/schemas.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { notUnderstood, parseAnswer, rowOf, statementJson } from '../answers.ts';
import type { Cell } from '../cells.ts';
import { escapeControls } from '../cells.ts';
import { type CommandContext, httpTarget } from '../context.ts';
import { type HttpAnswer, type HttpAsk, namedError, openStream } from '../http-client.ts';
import { write } from '../io.ts';
import { TablePrinter } from '../table.ts';

/** Flags of both commands. */
export interface FollowFlags {
  /** A cursor to go on from. */
  readonly from?: string;
  /** With JSON: the lines that carry origins and cursors as well. */
  readonly details?: boolean;
}

export interface SubscribeFlags extends FollowFlags {
  readonly params: readonly string[];
}

export interface UpdatesFlags extends FollowFlags {
  readonly filter?: string;
  readonly images?: boolean;
}

/** Prints the rows of a query, then every change of them, until one side ends it. */
export async function runSubscribe(
  context: CommandContext,
  sql: string,
  flags: SubscribeFlags,
): Promise<void> {
  const body = statementJson(sql, flags.params);
  const printer = new SubscriptionPrinter(context);
  await follow(context, { method: 'POST', path: '/v1/subscriptions', body }, flags, printer);
}

/** Prints the keys of the rows of a table that change, until one side ends it. */
export async function runUpdates(
  context: CommandContext,
  table: string,
  flags: UpdatesFlags,
): Promise<void> {
  const { filter, images } = flags;
  const body = JSON.stringify({ filter, images });
  const path = `/v1/updates/${encodeURIComponent(table)}`;
  await follow(context, { method: 'POST', path, body }, flags, new UpdatesPrinter(context));
}

/** Seconds between signs of life: the connection would be taken for dead without any. */
const heartbeatSeconds = '15';

async function follow(
  context: CommandContext,
  ask: HttpAsk,
  { from, details }: FollowFlags,
  printer: Printer,
): Promise<never> {
  const isJson = context.flags.json === true;
  const answer = await openStream(await httpTarget(context), ask, {
    heartbeat: heartbeatSeconds,
    details: String(!isJson || details === true),
    ...(from === undefined ? {} : { from }),
  });
  if (isJson) await passThrough(context, answer);
  else await print(answer, printer);
  throw goOn(new PatinaError('PATINA_STREAM_CLOSED', 'the node ended the stream'), printer.cursor);
}

async function passThrough({ io }: CommandContext, answer: HttpAnswer): Promise<void> {
  for await (const line of answer.lines()) {
    if (line.startsWith('{"heartbeat"')) continue;
    if (line.startsWith('{"error"')) subscriptionEvent(line);
    await write(io.stdout, `${line}\n`);
    if (line.startsWith('{"lagged"')) throw fellBehind();
  }
}

async function print(answer: HttpAnswer, printer: Printer): Promise<void> {
  try {
    for await (const line of answer.lines()) await printer.take(line);
  } catch (error) {
    throw error instanceof PatinaError ? goOn(error, printer.cursor) : error;
  } finally {
    await printer.end();
  }
}

/** Tells a reader whose stream broke how nothing is missed. */
function goOn(error: PatinaError, cursor: string | undefined): PatinaError {
  const isTemporary = error.code === 'PATINA_STREAM_CLOSED' || error.code === 'PATINA_OVERLOADED';
  if (cursor === undefined || (error.hint !== undefined && !isTemporary)) return error;
  const hint = `Go on with --from ${cursor}`;
  return new PatinaError(error.code, error.message, { hint, cause: error });
}

function fellBehind(): PatinaError {
  return new PatinaError('PATINA_OVERLOADED', 'this reader fell too far behind', {
    hint: 'Go on with --from and the cursor of the last line.',
  });
}

/** The event of a line; one that says an error is thrown as one. */
function subscriptionEvent(line: string): Exclude<SubscriptionEvent, { error: string }> {
  const event = subscriptionEventSchema.safeParse(parseAnswer(line));
  if (!event.success) throw notUnderstood(event.error);
  if ('error' in event.data) throw errorOf(event.data);
  return event.data;
}

function updatesEvent(line: string): Exclude<UpdatesEvent, { error: string }> {
  const event = updatesEventSchema.safeParse(parseAnswer(line));
  if (!event.success) throw notUnderstood(event.error);
  if ('error' in event.data) throw errorOf(event.data);
  return event.data;
}

function errorOf({ error, code, hint }: ErrorBody): PatinaError {
  return namedError(error, code, hint, 'PATINA_SUBSCRIPTION_FAILED');
}

/** Prints one stream; throws the error that it ends with. */
interface Printer {
  /** Where to go on, as far as it was told. */
  readonly cursor: string | undefined;
  take(line: string): Promise<void>;
  end(): Promise<void>;
}

const marks = { insert: '+', update: '~', delete: '-' } as const;
/** As wide as a mark. */
const unmarked = ' ';
const colours = { insert: 32, update: 33, delete: 31 } as const;

/** A table whose first column says what happened to the row. */
class MarkedTable {
  readonly #context: CommandContext;
  readonly #table: TablePrinter;

  constructor(context: CommandContext, columns: readonly string[]) {
    const { io } = context;
    this.#context = context;
    this.#table = new TablePrinter(io.stdout, [unmarked, ...columns], { heads: io.isTerminal });
  }

  row(cells: readonly Cell[]): Promise<void> {
    return this.#table.row([unmarked, ...cells]);
  }

  /** No more rows: from now on changes come. */
  end(): Promise<void> {
    return this.#table.end();
  }

  change(type: keyof typeof marks, cells: readonly Cell[]): Promise<void> {
    const { io } = this.#context;
    const line = this.#table.line([marks[type], ...cells]);
    const isColoured = io.isTerminal && (io.env.NO_COLOR ?? '') === '';
    const shown = isColoured ? `\u001b[${colours[type]}m${line.trimEnd()}\u001b[0m\n` : line;
    return write(io.stdout, shown);
  }
}

class SubscriptionPrinter implements Printer {
  readonly #context: CommandContext;
  #table: MarkedTable | undefined;
  #rows = 0;
  cursor: string | undefined;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  async take(line: string): Promise<void> {
    const row = rowOf(line);
    if (row !== undefined) {
      this.#rows++;
      await this.#changes().row(row);
      return;
    }
    const event = subscriptionEvent(line);
    if ('columns' in event) {
      this.#table = new MarkedTable(this.#context, event.columns);
    } else if ('eoq' in event) {
      await this.#changes().end();
      await this.#note(`${this.#rows} rows; changes follow`);
    } else if ('change' in event) {
      const [type, , cells] = event.change;
      this.#table ??= await this.#withoutRows(cells.length);
      await this.#table.change(type, cells);
    } else if ('commit' in event) {
      this.cursor = event.commit.cursor;
    } else if ('restarted' in event) {
      await this.#note(`all rows again: ${event.restarted.reason}`);
    } else if ('lagged' in event) {
      this.cursor = event.lagged.cursor;
      throw fellBehind();
    }
  }

  async end(): Promise<void> {
    await this.#table?.end();
  }

  #changes(): MarkedTable {
    if (this.#table === undefined) throw notUnderstood();
    return this.#table;
  }

  /** A stream that goes on tells no columns again. */
  async #withoutRows(columns: number): Promise<MarkedTable> {
    const table = new MarkedTable(this.#context, Array<string>(columns).fill(''));
    await table.end();
    return table;
  }

  /** What is said about the stream is no part of it. */
  #note(text: string): Promise<void> {
    const { io } = this.#context;
    return io.isTerminal ? write(io.stderr, `${escapeControls(text)}\n`) : Promise.resolve();
  }
}

class UpdatesPrinter implements Printer {
  readonly #context: CommandContext;
  #table: MarkedTable | undefined;
  #key: readonly string[] = [];
  #columns: readonly string[] = [];
  #hasImages = false;
  cursor: string | undefined;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  async take(line: string): Promise<void> {
    const event = updatesEvent(line);
    if ('opened' in event) {
      this.#key = event.opened.key;
      this.#columns = event.opened.columns;
      this.cursor = event.opened.cursor;
    } else if ('restarted' in event) {
      const { reason } = event.restarted;
      await write(this.#context.io.stderr, `changes were missed: ${escapeControls(reason)}\n`);
    } else if ('notify' in event) {
      const [type, key, image] = event.notify;
      await this.#print(type, key, image);
    } else if ('commit' in event) {
      this.cursor = event.commit.cursor;
    } else if ('lagged' in event) {
      this.cursor = event.lagged.cursor;
      throw fellBehind();
    }
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  /** Of a row that is gone the key stands where it stood in the row. */
  async #print(
    type: 'update' | 'delete',
    key: readonly Cell[],
    image: readonly Cell[] | undefined,
  ): Promise<void> {
    this.#hasImages ||= image !== undefined;
    if (this.#table === undefined) {
      this.#table = new MarkedTable(this.#context, this.#hasImages ? this.#columns : this.#key);
      await this.#table.end();
    }
    const inPlace = this.#columns.map((column) => key[this.#key.indexOf(column)] ?? '');
    await this.#table.change(type, image ?? (this.#hasImages ? inPlace : key));
  }
}
