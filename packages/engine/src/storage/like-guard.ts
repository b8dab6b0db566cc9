// Keeps better-sqlite3's SQLite from looking up LIKE and GLOB in an index where there is an outer join. It
// is built with LIKE_DOESNT_MATCH_BLOBS, and then takes the range in the index for the whole condition: rows
// of `a LEFT JOIN b ON b.x LIKE 'p%'` that should be filled up with NULL get lost. A pattern behind a unary
// plus, which changes no text, is not looked up.

const outerJoin = /\b(left|right|full)\b/i;
const likeOrGlob = /\b(like|glob)\b/i;

/** Comments, quoted text, names with quotes, parameters, words and numbers, or any other character. */
const pieces =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[?:@$]?[\w$\u0080-\uffff]+|\S/g;

/** Words after which an expression begins, so that LIKE there is the name of a function. */
const beforeExpressions: ReadonlySet<string> = new Set(
  `all and as between by case distinct else except filter from glob having in intersect is like limit
   match not offset on or regexp returning select set then union using values when where`.split(
    /\s+/,
  ),
);

/** The same statement, with a meaning that better-sqlite3's SQLite gets right. */
export function guardLike(sql: string): string {
  if (!likeOrGlob.test(sql) || !outerJoin.test(sql)) return sql;
  let text = '';
  let copied = 0;
  let followsOperand = false;
  let isNegated = false;
  for (const { 0: piece, index } of sql.matchAll(pieces)) {
    if (piece.startsWith('--') || piece.startsWith('/*')) continue;
    const word = piece.toLowerCase();
    if (word === 'like' || word === 'glob') {
      const end = followsOperand ? index + piece.length : argumentsAt(sql, index + piece.length);
      text += `${sql.slice(copied, end)} +`;
      copied = end;
    }
    isNegated = word === 'not' && (followsOperand || isNegated);
    followsOperand = isNegated || (endsOperand(piece) && !beforeExpressions.has(word));
  }
  return text + sql.slice(copied);
}

/** Where the arguments of a call begin that follows here; the place itself where none does. */
function argumentsAt(sql: string, from: number): number {
  const open = /^\s*\(/.exec(sql.slice(from));
  return from + (open?.[0].length ?? 0);
}

/** Whether an expression may end with this: a name, a value, a parameter or a closing parenthesis. */
function endsOperand(piece: string): boolean {
  return /^[\w$?:@'"`[\u0080-\uffff)]/.test(piece);
}
