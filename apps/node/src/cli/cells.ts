// How one value of a result is shown to people: NULL and blobs can be told from text, nothing that
// a terminal would take as a command gets through, and its width on the screen is known.

/** A value of a result as the HTTP API sends it; a blob is an array of byte numbers. */
export type Cell = null | number | bigint | string | readonly number[];

const blobBytesShown = 32;

/** A value as text on one line. */
export function showCell(cell: Cell): string {
  if (cell === null) return 'NULL';
  if (typeof cell === 'string') return showText(cell);
  return typeof cell === 'object' ? showBlob(cell) : String(cell);
}

/** Whether a column of such values is easier to read with its values to the right. */
export function isNumber(cell: Cell): boolean {
  return typeof cell === 'number' || typeof cell === 'bigint';
}

/** Text that could be mistaken for a NULL or a blob is quoted, as SQL would. */
function showText(text: string): string {
  const safe = escapeControls(text);
  return /^(NULL|x'.*')$/s.test(safe) ? `'${safe.replaceAll("'", "''")}'` : safe;
}

function showBlob(bytes: readonly number[]): string {
  const hex = Buffer.from(bytes.slice(0, blobBytesShown)).toString('hex');
  return bytes.length <= blobBytesShown ? `x'${hex}'` : `x'${hex}'... (${bytes.length} bytes)`;
}

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

// Control characters, marks that change the direction of writing, zero-width characters, line and
// paragraph separators, and halves of surrogate pairs.
const unsafe = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Cs}/gu;

/** Replaces what would move the cursor, colour the screen or hide itself by a visible escape. */
export function escapeControls(text: string): string {
  return text.replaceAll(unsafe, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return (
      shortEscapes[character] ?? (code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code}`)
    );
  });
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

// East Asian characters that take two columns, as blocks; emoji are found by their own property.
const wideBlocks = [
  '\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\u33ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\ua000-\\ua4cf',
  '\\ua960-\\ua97f\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff00-\\uff60\\uffe0-\\uffe6',
  '\\u{1f300}-\\u{1f64f}\\u{1f900}-\\u{1f9ff}\\u{20000}-\\u{3fffd}',
].join('');
const wide = new RegExp(`^(\\p{Emoji_Presentation}|[${wideBlocks}]|.*\\ufe0f)`, 'u');

/** Columns that escaped text takes on a terminal. */
export function widthOf(text: string): number {
  // Most text is ASCII: segmenting it would cost a hundred times more.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}
