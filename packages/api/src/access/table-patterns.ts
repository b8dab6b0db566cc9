// Patterns of table names: `*` stands for any text, `?` for one character, everything else for itself.
// Names of SQLite do not differ by ASCII case, so patterns don't either.

/** Patterns of one principal, and characters of one pattern. */
export const tablePatternsMax = 100;
export const patternCharsMax = 200;

/** Whether the text can be a pattern. */
export function isTablePattern(text: string): boolean {
  return /^[^\p{Cc}]{1,200}$/u.test(text);
}

/**
 * Names that no pattern stands for: internal tables, the views over them (their rows are of all tables),
 * and the schema of SQLite. Only who may touch all tables may read those.
 */
const beyondPatterns = /^(__patina_|patina_|sqlite_|pragma_)/;

/** Table functions that work on their arguments alone: nobody needs a right to them. */
const ofNobody: ReadonlySet<string> = new Set(['json_each', 'json_tree']);

/** Whether the name of a table or view is covered by one of the patterns. */
export function mayTouch(patterns: readonly string[], table: string): boolean {
  const name = table.toLowerCase();
  if (ofNobody.has(name)) return true;
  if (beyondPatterns.test(name)) return false;
  return patterns.some((pattern) => matches(pattern.toLowerCase(), name));
}

/** Linear in the product of the lengths, whatever the pattern: it steps back to the last star only. */
function matches(pattern: string, name: string): boolean {
  let at = 0;
  let place = 0;
  let star = -1;
  let afterStar = 0;
  while (place < name.length) {
    const char = pattern[at];
    if (char === '*') {
      star = at++;
      afterStar = place;
    } else if (char !== undefined && (char === '?' || char === name[place])) {
      at++;
      place++;
    } else if (star >= 0) {
      at = star + 1;
      place = ++afterStar;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
