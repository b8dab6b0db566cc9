// The words of SQL text as SQLite tells them apart. It never fails: text that is being typed is cut off
// anywhere, and what is not closed runs to the end.

export type TokenKind =
  | 'comment'
  | 'string'
  /** A name in quotes of any kind that SQLite knows. */
  | 'quoted'
  | 'number'
  | 'word'
  | 'parameter'
  | 'mark';

export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

// One alternative for each kind, in this order; blanks match none and are passed over.
const pattern = new RegExp(
  [
    String.raw`(--[^\n]*|/\*[\s\S]*?(?:\*/|$))`,
    "([xX]?'(?:[^']|'')*(?:'|$))",
    String.raw`("(?:[^"]|"")*(?:"|$)|${'`(?:[^`]|``)*(?:`|$)'}|\[[^\]]*(?:\]|$))`,
    String.raw`(0[xX][0-9a-fA-F]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)`,
    String.raw`([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`,
    String.raw`(\?\d*|[:@$#][\w$\u0080-\uffff]+(?:::[\w$\u0080-\uffff]+)*(?:\([^()\s]*\))?)`,
    String.raw`(\|\||<<|>>|->>|->|<=|>=|==|!=|<>|\S)`,
  ].join('|'),
  'gu',
);

const kinds: readonly TokenKind[] = [
  'comment',
  'string',
  'quoted',
  'number',
  'word',
  'parameter',
  'mark',
];

/** All tokens, comments too, in order. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(pattern)) {
    const [whole, ...groups] = match;
    const kind = kinds[groups.findIndex((group) => group !== undefined)];
    if (kind === undefined) continue;
    tokens.push({ kind, start: match.index, end: match.index + whole.length, text: whole });
  }
  return tokens;
}

/** Whether it is this keyword, in capitals. */
export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text.toUpperCase());
}

export function isMark(token: Token | undefined, mark: string): boolean {
  return token?.kind === 'mark' && token.text === mark;
}

/** The name that a word or a quoted name stands for; undefined for any other token. */
export function nameOf(token: Token | undefined): string | undefined {
  if (token?.kind === 'word') return token.text;
  if (token?.kind !== 'quoted') return undefined;
  const quote = token.text.charAt(0);
  const close = quote === '[' ? ']' : quote;
  const isClosed = token.text.length > 1 && token.text.endsWith(close);
  const inside = token.text.slice(1, isClosed ? -1 : undefined);
  return quote === '[' ? inside : inside.replaceAll(quote + quote, quote);
}

/** A name as SQL text, in quotes. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
