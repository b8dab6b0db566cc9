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
  for (const token of tokens(createSql)) {
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

/** Comments, quoted text, and everything else character by character. */
function tokens(sql: string): string[] {
  const pattern =
    /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\s\S]/g;
  return sql.match(pattern) ?? [];
}

function firstName(item: string): string | undefined {
  const match = /^(?:"((?:[^"]|"")*)"|`((?:[^`]|``)*)`|\[([^\]]*)\]|([^\s("'`[]+))/.exec(item);
  if (match === null) return undefined;
  const [, doubled, ticked, bracketed, plain] = match;
  return doubled?.replaceAll('""', '"') ?? ticked?.replaceAll('``', '`') ?? bracketed ?? plain;
}
