// Finds a column's definition in the text of its CREATE TABLE statement: ALTER TABLE needs that text,
// and SQLite reports only parts of it.

/** The definition of `column`, as written, or undefined when it cannot be found. */
export function columnDefinition(createSql: string, column: string): string | undefined {
  return tableItems(createSql).find(
    (item) => firstName(item)?.toLowerCase() === column.toLowerCase(),
  );
}

/** The comma-separated items between the outer parentheses of a CREATE TABLE, without comments. */
export function tableItems(createSql: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let item = '';
  for (const token of sqlTokens(createSql)) {
    if (token.startsWith('--') || token.startsWith('/*')) {
      item += ' ';
      continue;
    }
    if (token === ')') depth--;
    if (depth === 0 && token === ')') break;
    if (depth === 1 && token === ',') {
      items.push(item.trim());
      item = '';
    } else if (depth >= 1) item += token;
    if (token === '(') depth++;
  }
  if (item.trim() !== '') items.push(item.trim());
  return items;
}

/** Comments, blobs, quoted text and words as one piece each, everything else character by character. */
export function sqlTokens(sql: string): string[] {
  const pattern =
    /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[xX]?'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\w$\u0080-\uffff]+|[\s\S]/g;
  return sql.match(pattern) ?? [];
}

/** The name that a token stands for: unquoted; undefined for text, punctuation and blanks. */
export function unquoteName(token: string): string | undefined {
  if (/^[\w$\u0080-\uffff]+$/.test(token)) return token;
  if (token.length < 2) return undefined;
  const inner = token.slice(1, -1);
  if (token.startsWith('"')) return inner.replaceAll('""', '"');
  if (token.startsWith('`')) return inner.replaceAll('``', '`');
  return token.startsWith('[') ? inner : undefined;
}

function firstName(item: string): string | undefined {
  const token = sqlTokens(item)[0] ?? '';
  // SQLite takes text for a name where only a name can stand.
  return token.startsWith("'") ? token.slice(1, -1).replaceAll("''", "'") : unquoteName(token);
}
