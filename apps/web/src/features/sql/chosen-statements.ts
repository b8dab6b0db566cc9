// Which statements are meant: what is selected, else the one at the cursor, or all.

import { type SqlStatement, splitStatements, statementAt } from '../../sql-text/statements.ts';

export type Scope = 'chosen' | 'all';

export interface Selection {
  readonly from: number;
  readonly to: number;
}

export function chosenStatements(
  text: string,
  { from, to }: Selection,
  scope: Scope,
): readonly SqlStatement[] {
  if (scope === 'all') return splitStatements(text);
  if (from === to) {
    const statement = statementAt(splitStatements(text), from);
    return statement === undefined ? [] : [statement];
  }
  return splitStatements(text.slice(from, to)).map((statement) => ({
    ...statement,
    start: statement.start + from,
    end: statement.end + from,
  }));
}
