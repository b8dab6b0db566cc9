// The history of runs and the saved queries, kept in this browser with limits. Both are plain lists with the
// newest first; files of saved queries go in and out as JSON.

import { z } from 'zod';
import { typedValueSchema } from './parameter-values.ts';

export const historyMax = 200;
export const savedMax = 200;
/** Of a text in the history, and of a saved one. */
export const entryCharsMax = 20_000;
/** Of a file that is read. */
export const importBytesMax = 5_000_000;
const nameCharsMax = 120;

const valuesSchema = z.record(z.string(), typedValueSchema).default({});

const historyEntrySchema = z.object({
  at_ms: z.number(),
  sql: z.string(),
  values: valuesSchema,
  node: z.string(),
  ms: z.number(),
  rows: z.number().nullable(),
  /** Why it failed; null where it did not. */
  error: z.string().nullable(),
});

const savedQuerySchema = z.object({
  name: z.string().min(1).max(nameCharsMax),
  sql: z.string().max(entryCharsMax),
  values: valuesSchema,
  at_ms: z.number(),
});

export type HistoryEntry = z.infer<typeof historyEntrySchema>;
export type SavedQuery = z.infer<typeof savedQuerySchema>;

export const historyKey = 'patina.sql.history';
export const savedKey = 'patina.sql.saved';

export const historySchema = z.array(historyEntrySchema).max(historyMax);
export const savedSchema = z.array(savedQuerySchema).max(savedMax);

export function withEntry(
  list: readonly HistoryEntry[],
  entry: HistoryEntry,
): readonly HistoryEntry[] {
  const short = { ...entry, sql: entry.sql.slice(0, entryCharsMax) };
  return [short, ...list].slice(0, historyMax);
}

/** One of the same name is replaced; undefined where there is no room, or the query is too long. */
export function withSaved(
  list: readonly SavedQuery[],
  query: SavedQuery,
): readonly SavedQuery[] | undefined {
  const name = query.name.trim().slice(0, nameCharsMax);
  if (name === '' || query.sql.length > entryCharsMax) return undefined;
  const others = list.filter((each) => each.name !== name);
  return others.length >= savedMax ? undefined : [{ ...query, name }, ...others];
}

/** Those whose text, name or error holds all words. */
export function search<T extends { readonly sql: string }>(
  list: readonly T[],
  words: string,
): readonly T[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return list.filter((item) => {
    const text = Object.values(item)
      .filter((value) => typeof value === 'string')
      .join(' ')
      .toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** The queries of a file; those that are there already under their name are replaced. */
export function importSaved(
  list: readonly SavedQuery[],
  text: string,
): readonly SavedQuery[] | undefined {
  try {
    const parsed = savedSchema.safeParse(JSON.parse(text));
    if (!parsed.success) return undefined;
    let merged: readonly SavedQuery[] | undefined = list;
    for (const query of parsed.data.toReversed()) merged = withSaved(merged ?? [], query) ?? merged;
    return merged;
  } catch {
    return undefined;
  }
}
