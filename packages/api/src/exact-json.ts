// JSON with exact integers. JSON.parse rounds integers beyond 2^53; where a body holds such a long
// run of digits it is parsed with a look at the source text of each number.

const longDigits = /\d{16}/;

/** Parses JSON; integers that are not exact as numbers become bigints. Throws SyntaxError. */
export function parseExactJson(text: string): unknown {
  return longDigits.test(text) ? JSON.parse(text, exactNumber) : JSON.parse(text);
}

function exactNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** Writes JSON; bigints are written as their digits. */
export function stringifyExactJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return writeOne(value);
  if (Array.isArray(value)) return `[${value.map(stringifyExactJson).join(',')}]`;
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${JSON.stringify(name)}:${stringifyExactJson(field)}`);
  return `{${fields.join(',')}}`;
}

function writeOne(value: unknown): string {
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'null');
}
