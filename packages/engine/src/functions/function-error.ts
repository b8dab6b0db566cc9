// Errors of functions keep their SQLSTATE on the way through SQLite, which passes on nothing but a message:
// it stands before the sentence, between two characters that sentences do not have.

import type { SqlFault } from '../base/errors.ts';

const marker = '\u0001';

/** SQLSTATE, sentence and perhaps a detail. */
function partsOf(message: string): readonly string[] {
  const [before, ...parts] = message.split(marker);
  return before === '' && /^[0-9A-Z]{5}$/.test(parts[0] ?? '') ? parts : [];
}

/** An error with the SQLSTATE and the words that PostgreSQL has for it. */
export function sqlFault(sqlState: string, sentence: string, detail?: string): Error {
  const tail = detail === undefined ? '' : `${marker}${detail}`;
  return new Error(`${marker}${sqlState}${marker}${sentence}${tail}`);
}

/** What {@link sqlFault} put into a message; undefined for other messages. */
export function faultOfMessage(
  message: string,
): { readonly message: string; readonly fault: SqlFault } | undefined {
  const [sqlState, sentence, detail] = partsOf(message);
  if (sqlState === undefined || sentence === undefined) return undefined;
  return { message: sentence, fault: detail === undefined ? { sqlState } : { sqlState, detail } };
}
