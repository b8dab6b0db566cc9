// Text by its characters: numbers of characters are those of code points, as in PostgreSQL, not of units.

const surrogate = /[\ud800-\udbff]/;

export function hasPairs(text: string): boolean {
  return surrogate.test(text);
}

export function characterCount(text: string): number {
  return hasPairs(text) ? [...text].length : text.length;
}

/** Characters from `start` up to `end`, counted from 0. */
export function sliceCharacters(text: string, start: number, end?: number): string {
  return hasPairs(text) ? [...text].slice(start, end).join('') : text.slice(start, end);
}

/** The number, from 0, of the character that begins at an index. */
export function characterAtIndex(text: string, index: number): number {
  return characterCount(text.slice(0, index));
}
