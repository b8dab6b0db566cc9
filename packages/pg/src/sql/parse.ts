// Splits a query string into statements, parsed by PostgreSQL's parser. Where that refuses, statements are
// parsed one by one, so that one of SQLite's dialect among others does not spoil them.

import type { Node } from 'libpg-query';
import { hasSqlDetails, parseSync } from 'libpg-query';
import { PgError } from '../pg-error.ts';
import type { ParsedStatement } from './planned.ts';
import { splitStatements } from './split-statements.ts';

/** A statement with what its errors need. */
export interface SourcedStatement extends ParsedStatement {
  readonly node: Node | undefined;
  /** Where its text begins in the query string, in characters. */
  readonly startCharacters: number;
  /** Why PostgreSQL's parser refused it; told when SQLite refuses it too. */
  readonly refusal: PgError | undefined;
}

/** Parses a query string. Never throws: what cannot be parsed has no node, and the reason. */
export function parseScript(text: string): readonly SourcedStatement[] {
  const whole = tryParse(text, 0);
  if (whole instanceof PgError) {
    return splitStatements(text).map((piece) => sourced(text, piece.text, piece.offset));
  }
  const [only] = whole;
  if (whole.length === 1 && only !== undefined && only.offset === 0) {
    return [{ ...only, startCharacters: 0, refusal: undefined }];
  }
  return whole.map((one) => sourced(text, one.text, one.offset));
}

/** Parsed by itself, so that the locations in its nodes count from its own beginning. */
function sourced(script: string, text: string, offset: number): SourcedStatement {
  const startCharacters = characterCount(script.slice(0, offset));
  const parsed = tryParse(text, startCharacters);
  if (parsed instanceof PgError) {
    return { text, offset, node: undefined, startCharacters, refusal: parsed };
  }
  return { text, offset, node: parsed[0]?.node, startCharacters, refusal: undefined };
}

type Piece = ParsedStatement & { readonly node: Node | undefined };

function tryParse(text: string, startCharacters: number): readonly Piece[] | PgError {
  let result: ReturnType<typeof parseSync>;
  try {
    result = parseSync(text);
  } catch (error) {
    const position =
      hasSqlDetails(error) && error.sqlDetails !== undefined
        ? startCharacters + error.sqlDetails.cursorPosition + 1
        : undefined;
    const message = error instanceof Error ? error.message : 'syntax error';
    return new PgError('42601', message, { position, cause: error });
  }
  const isAscii = /^[\0-\x7f]*$/.test(text);
  const bytes = isAscii ? undefined : Buffer.from(text);
  return (result.stmts ?? []).map((raw) => {
    const start = raw.stmt_location ?? 0;
    const length = raw.stmt_len ?? 0;
    const end = length === 0 ? (bytes?.length ?? text.length) : start + length;
    const own = bytes === undefined ? text.slice(start, end) : bytes.toString('utf8', start, end);
    const lead = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(own)?.[0].length ?? 0;
    const before = bytes === undefined ? start : bytes.toString('utf8', 0, start).length;
    return { text: own.slice(lead).trimEnd(), offset: before + lead, node: raw.stmt };
  });
}

/** Positions count characters, not UTF-16 units. */
export function characterCount(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xdc00 && unit <= 0xdfff) count--;
  }
  return count;
}

/** A place in bytes of a statement's text, as a position in characters of the query string from 1. */
export function positionIn(
  text: string,
  startCharacters: number,
  location: number | undefined,
): number | undefined {
  if (location === undefined || location < 0) return undefined;
  const isAscii = /^[\0-\x7f]*$/.test(text);
  const characters = isAscii
    ? location
    : characterCount(Buffer.from(text).toString('utf8', 0, location));
  return startCharacters + characters + 1;
}
