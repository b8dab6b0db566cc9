// What a statement would do, as far as its words tell. The node decides for itself what it lets through; this
// is for warnings and for choosing how to send it.

import type { SqlStatement } from './statements.ts';
import { isMark, isWord, type Token } from './tokens.ts';

export type StatementKind = 'reads' | 'writes' | 'destructive' | 'transaction';

export interface StatementNature {
  readonly kind: StatementKind;
  /** Its main word in capitals: SELECT, DELETE. */
  readonly verb: string;
  /** Why it destroys, a sentence. */
  readonly reason?: string;
}

const reading = new Set(['SELECT', 'VALUES', 'EXPLAIN', 'PRAGMA']);
const controls = new Set(['BEGIN', 'COMMIT', 'END', 'ROLLBACK', 'SAVEPOINT', 'RELEASE']);
const changing = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE']);

export function natureOf({ tokens }: Pick<SqlStatement, 'tokens'>): StatementNature {
  const outer = outerTokens(tokens);
  const at = isWord(outer[0], 'WITH') ? outer.findIndex(isMainVerb) : 0;
  const verb = outer[at]?.text.toUpperCase() ?? '';
  if (reading.has(verb)) return { kind: 'reads', verb };
  if (controls.has(verb)) return { kind: 'transaction', verb };
  if (verb === 'DROP') {
    return { kind: 'destructive', verb, reason: 'It drops what it names, with all that it holds.' };
  }
  const rest = outer.slice(at + 1);
  if ((verb === 'DELETE' || verb === 'UPDATE') && !rest.some((token) => isWord(token, 'WHERE'))) {
    const what = verb === 'DELETE' ? 'deletes' : 'changes';
    return { kind: 'destructive', verb, reason: `It has no WHERE: it ${what} every row.` };
  }
  if (verb === 'ALTER' && rest.some((token) => isWord(token, 'DROP'))) {
    return { kind: 'destructive', verb, reason: 'It drops a column with all that it holds.' };
  }
  return { kind: 'writes', verb };
}

function isMainVerb(token: Token): boolean {
  const word = token.kind === 'word' ? token.text.toUpperCase() : '';
  return word === 'SELECT' || word === 'VALUES' || changing.has(word);
}

/** The tokens that stand in no parentheses: a WHERE of a subquery is none of the statement. */
function outerTokens(tokens: readonly Token[]): readonly Token[] {
  let depth = 0;
  return tokens.filter((token) => {
    if (isMark(token, '(')) depth++;
    if (isMark(token, ')')) depth = Math.max(0, depth - 1);
    return depth === 0;
  });
}

/** Whether a live query may be made of it. */
export function isSelect(statement: Pick<SqlStatement, 'tokens'>): boolean {
  const { kind, verb } = natureOf(statement);
  return kind === 'reads' && verb === 'SELECT';
}
