// Just enough of SQLite's lexer to see the outline of a statement: where it starts, its leading
// keyword and what follows it. Meaning is never guessed from text: that is the authorizer's work; the outline only narrows
// what is given to it.

/** A token of interest: a bare word, lower-cased, or one character of anything else. */
interface Token {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** What the beginning of a statement looks like. */
export interface StatementOutline {
  /** Index of the first character that is not blank, comment or semicolon. */
  readonly start: number;
  /** Leading keyword in lower case; after EXPLAIN [QUERY PLAN] the keyword that is explained. */
  readonly keyword: string;
  readonly explain: boolean;
}

/** Index of the first character at or after `from` that is neither white space nor comment. */
export function skipBlank(sql: string, from: number): number {
  let index = from;
  for (;;) {
    const char = sql.charCodeAt(index);
    if (char === 0x20 || (char >= 0x09 && char <= 0x0d && char !== 0x0b)) {
      index++;
    } else if (char === 0xfeff) {
      index++;
    } else if (sql.startsWith('--', index)) {
      const end = sql.indexOf('\n', index);
      if (end < 0) return sql.length;
      index = end + 1;
    } else if (sql.startsWith('/*', index)) {
      const end = sql.indexOf('*/', index + 2);
      if (end < 0) return sql.length;
      index = end + 2;
    } else {
      return index;
    }
  }
}

/** Whether nothing but white space, comments and semicolons follows from `from` on. */
export function isBlankFrom(sql: string, from: number): boolean {
  return skipEmptyStatements(sql, from) >= sql.length;
}

function skipEmptyStatements(sql: string, from: number): number {
  let index = skipBlank(sql, from);
  while (sql[index] === ';') index = skipBlank(sql, index + 1);
  return index;
}

const wordPattern = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;

function wordAt(sql: string, index: number): string {
  wordPattern.lastIndex = index;
  return wordPattern.exec(sql)?.[0] ?? '';
}

/** The outline of `sql`; undefined when it holds no statement. */
export function outlineStatement(sql: string): StatementOutline | undefined {
  const start = skipEmptyStatements(sql, 0);
  if (start >= sql.length) return undefined;
  let word = wordAt(sql, start);
  let keyword = word.toLowerCase();
  if (keyword !== 'explain') return { start, keyword, explain: false };
  let next = skipBlank(sql, start + word.length);
  word = wordAt(sql, next);
  keyword = word.toLowerCase();
  if (keyword === 'query') {
    next = skipBlank(sql, next + word.length);
    next = skipBlank(sql, next + wordAt(sql, next).length);
    keyword = wordAt(sql, next).toLowerCase();
  }
  return { start, keyword, explain: true };
}

const closingQuotes: ReadonlyMap<string, string> = new Map([
  ["'", "'"],
  ['"', '"'],
  ['`', '`'],
  ['[', ']'],
]);

/** Index after the quoted text that opens at `index`; doubled quotes read as two neighbours. */
function skipQuoted(sql: string, index: number, close: string): number {
  const end = sql.indexOf(close, index + 1);
  return end < 0 ? sql.length : end + 1;
}

function nextToken(sql: string, from: number): Token | undefined {
  const start = skipBlank(sql, from);
  if (start >= sql.length) return undefined;
  const char = sql[start] ?? '';
  const close = closingQuotes.get(char);
  if (close !== undefined) return { word: char, start, end: skipQuoted(sql, start, close) };
  const word = wordAt(sql, start);
  if (word === '') return { word: char, start, end: start + 1 };
  return { word: word.toLowerCase(), start, end: start + word.length };
}

/**
 * Whether the statement says INSERT OR ROLLBACK or UPDATE OR ROLLBACK. Its conflict would end the
 * transaction around it, and with it the savepoints of other clients in the same group commit.
 */
export function hasRollbackConflictClause(sql: string): boolean {
  if (!/rollback/i.test(sql)) return false;
  let beforeLast = '';
  let last = '';
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    const verb = beforeLast === 'insert' || beforeLast === 'update';
    if (token.word === 'rollback' && last === 'or' && verb) return true;
    beforeLast = last;
    last = token.word;
  }
  return false;
}
