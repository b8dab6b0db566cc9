// Splits text into statements at semicolons, by the tokens that PostgreSQL and SQLite share: strings, quoted
// names, comments, dollar quotes.

export interface StatementPiece {
  readonly text: string;
  /** In UTF-16 units. */
  readonly offset: number;
}

const tokenPattern =
  /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?:[^`]|``)*`?|\[[^\]\d][^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(\$[A-Za-z_]*\$)[\s\S]*?(?:\1|$)|;|[^'"`[\-/$;]+|[\s\S]/g;

export function splitStatements(text: string): StatementPiece[] {
  const pieces: StatementPiece[] = [];
  let start = 0;
  const add = (end: number): void => {
    const piece = text.slice(start, end);
    const lead = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(piece)?.[0].length ?? 0;
    const body = piece.slice(lead).trimEnd();
    if (body !== '') pieces.push({ text: body, offset: start + lead });
    start = end + 1;
  };
  for (const token of text.matchAll(tokenPattern)) {
    if (token[0] === ';') add(token.index);
  }
  add(text.length);
  return pieces;
}

/** The tokens of a statement with all that is between them; parameters are tokens of their own. */
export function tokensOfSqlite(text: string): string[] {
  const pattern =
    /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?:[^`]|``)*`?|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|::|[$?]\d+|\?|[:@]\w+|[\s\S]/g;
  return [...text.matchAll(pattern)].map((token) => token[0]);
}
