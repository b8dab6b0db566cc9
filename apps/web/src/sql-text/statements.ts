// The statements of a text: where each one begins and ends. Semicolons end them, but not those in strings,
// comments and quoted names, nor those between BEGIN and END of a trigger.

import { isMark, isWord, type Token, tokensOf } from './tokens.ts';

export interface SqlStatement {
  /** Where its first word begins; comments before it are left out. */
  readonly start: number;
  /** After its last word; the semicolon is left out. */
  readonly end: number;
  readonly sql: string;
  /** Without comments. */
  readonly tokens: readonly Token[];
}

/** Statements that hold nothing but comments are left out. */
export function splitStatements(text: string): readonly SqlStatement[] {
  const statements: SqlStatement[] = [];
  let tokens: Token[] = [];
  const finish = () => {
    const first = tokens.at(0);
    const last = tokens.at(-1);
    if (first !== undefined && last !== undefined) {
      const { start } = first;
      const { end } = last;
      statements.push({ start, end, sql: text.slice(start, end), tokens });
    }
    tokens = [];
  };
  const trigger = new TriggerBody();
  for (const token of tokensOf(text)) {
    if (token.kind === 'comment') continue;
    if (isMark(token, ';') && !trigger.isOpen) {
      finish();
      trigger.restart();
    } else {
      tokens.push(token);
      trigger.take(token, tokens.length);
    }
  }
  finish();
  return statements;
}

/** Follows whether the semicolons of a statement are those of a trigger's body. */
class TriggerBody {
  #isCreate = false;
  #isTrigger = false;
  /** BEGIN and CASE that wait for their END. */
  #depth = 0;

  get isOpen(): boolean {
    return this.#depth > 0;
  }

  restart(): void {
    this.#isTrigger = false;
    this.#depth = 0;
  }

  /** @param count Tokens of the statement up to this one. */
  take(token: Token, count: number): void {
    if (count === 1) this.#isCreate = isWord(token, 'CREATE');
    if (!this.#isCreate) return;
    // CREATE TRIGGER, CREATE TEMP TRIGGER.
    if (count <= 3 && isWord(token, 'TRIGGER')) this.#isTrigger = true;
    if (!this.#isTrigger) return;
    if (isWord(token, 'BEGIN')) this.#depth++;
    else if (this.#depth > 0 && isWord(token, 'CASE')) this.#depth++;
    else if (this.#depth > 0 && isWord(token, 'END')) this.#depth--;
  }
}

/**
 * The statement that somebody means whose cursor is at `offset`: the one around it, else the last one that
 * begins before it, else the first.
 */
export function statementAt(
  statements: readonly SqlStatement[],
  offset: number,
): SqlStatement | undefined {
  return statements.findLast(({ start }) => start <= offset) ?? statements.at(0);
}

/** Line and column from 1. */
export function placeOf(
  text: string,
  offset: number,
): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: before.length - lineStart + 1 };
}
