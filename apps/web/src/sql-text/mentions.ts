// The tables that a statement names, with the short names it gives them, for completion: what stands after
// FROM, JOIN, INTO and UPDATE. Text that is being typed is rarely whole, so this only looks at words.

import { isMark, isWord, nameOf, type Token } from './tokens.ts';

export interface Mention {
  readonly table: string;
  readonly alias: string | undefined;
}

const after = ['FROM', 'JOIN', 'INTO', 'UPDATE'];
/** Words that can't be a short name, for they go on with the statement. */
const goingOn =
  'AS ON WHERE JOIN LEFT RIGHT INNER CROSS FULL NATURAL OUTER GROUP ORDER LIMIT SET VALUES SELECT HAVING UNION EXCEPT INTERSECT USING WINDOW RETURNING DEFAULT INDEXED NOT'.split(
    ' ',
  );

export function mentionsOf(tokens: readonly Token[]): readonly Mention[] {
  const mentions: Mention[] = [];
  for (let index = 0; index < tokens.length; index++) {
    if (!isWord(tokens[index], ...after)) continue;
    let next = index + 1;
    // FROM a, b AS c: names with commas between.
    for (;;) {
      if (isMark(tokens[next + 1], '.')) next += 2;
      const table = isWord(tokens[next], ...goingOn) ? undefined : nameOf(tokens[next]);
      if (table === undefined) break;
      next++;
      if (isWord(tokens[next], 'AS')) next++;
      const alias = isWord(tokens[next], ...goingOn, ...after) ? undefined : nameOf(tokens[next]);
      if (alias !== undefined) next++;
      mentions.push({ table, alias });
      if (!isMark(tokens[next], ',')) break;
      next++;
    }
  }
  return mentions;
}
