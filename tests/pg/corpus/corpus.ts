// The corpus: queries by theme, what a server answers to each, and the differences that we know.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { z } from 'zod';

export const corpusDirectory = import.meta.dirname;

/**
 * One statement, or several that go out as one query, and its answer: the SQLSTATE of its error, or the
 * command tags (`INSERT 2`), and the names and type OIDs of columns and the values as the server wrote them.
 */
const answerSchema = z.object({
  query: z.string(),
  error: z.string().exactOptional(),
  tags: z.array(z.string()).exactOptional(),
  columns: z.array(z.string()).exactOptional(),
  types: z.array(z.number()).exactOptional(),
  rows: z.array(z.array(z.string().nullable())).exactOptional(),
});

export type Answer = z.infer<typeof answerSchema>;

/** The themes, without `schema`. */
export function themes(): string[] {
  return readdirSync(corpusDirectory)
    .filter((file) => file.endsWith('.sql') && file !== 'schema.sql')
    .map((file) => file.slice(0, -'.sql'.length))
    .toSorted();
}

/** The queries of a theme: each ends with a semicolon at the end of a line. */
export function queriesOf(theme: string): string[] {
  return readFileSync(join(corpusDirectory, `${theme}.sql`), 'utf8')
    .replace(/^--.*\n/gm, '')
    .split(/;\n/)
    .map((query) => query.trim())
    .filter((query) => query !== '');
}

/** What PostgreSQL answered when the record was made: a line of JSON for each query. */
export function recordOf(theme: string): Answer[] {
  const text = readFileSync(join(corpusDirectory, `${theme}.jsonl`), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => answerSchema.parse(JSON.parse(line)));
}

/** Makes the tables of the corpus. */
export async function loadSchema(client: pg.Client): Promise<void> {
  for (const statement of queriesOf('schema')) await client.query(statement);
}

/** Asks all queries of a theme in one session, in order. */
export async function answersOf(client: pg.Client, theme: string): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const query of queriesOf(theme)) answers.push(await answerOf(client, query));
  return answers;
}

/** How long a query may take, milliseconds. */
const queryMsMax = 5_000;

async function answerOf(client: pg.Client, query: string): Promise<Answer> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer to ${query}`)), queryMsMax);
  try {
    const asked: Promise<unknown> = client.query({
      text: query,
      rowMode: 'array',
      types: { getTypeParser: () => String },
    });
    const told = await Promise.race([asked, late.promise]);
    const results = (Array.isArray(told) ? told : [told]) as pg.QueryArrayResult<
      (string | null)[]
    >[];
    const tags = results.map(({ command, rowCount }) => [command, rowCount ?? []].flat().join(' '));
    const last = results.at(-1);
    if (last === undefined || last.fields.length === 0) return { query, tags };
    return {
      query,
      tags,
      columns: last.fields.map(({ name }) => name),
      types: last.fields.map(({ dataTypeID }) => dataTypeID),
      rows: last.rows,
    };
  } catch (error) {
    if (error instanceof pg.DatabaseError) return { query, error: error.code ?? '' };
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
