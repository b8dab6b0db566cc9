// Arrays: JSON text in the database, `{…}` in PostgreSQL's text format.

/** An array as JSON holds it. */
export type ArrayValue = readonly (ArrayValue | string | number | boolean | null)[];

/** Undefined for text that is no JSON array. */
export function parseJsonArray(text: string): ArrayValue | undefined {
  try {
    const value: unknown = JSON.parse(text, exactNumber);
    return isArrayValue(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Numbers that JavaScript cannot hold stay as their text. */
function exactNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && String(value) !== source ? source : value;
}

function isArrayValue(value: unknown): value is ArrayValue {
  return (
    Array.isArray(value) &&
    value.every(
      (item) =>
        item === null ||
        typeof item === 'string' ||
        typeof item === 'number' ||
        typeof item === 'boolean' ||
        isArrayValue(item),
    )
  );
}

const plainElement = /^[^\s{}",\\]+$/;

/** `{1,NULL,"a b"}`; `elementText` writes an element as its type does. */
export function arrayLiteral(
  value: ArrayValue,
  elementText: (element: string | number | boolean) => string,
): string {
  const items = value.map((item) => {
    if (item === null) return 'NULL';
    if (typeof item === 'object') return arrayLiteral(item, elementText);
    const text = elementText(item);
    return plainElement.test(text) && text.toUpperCase() !== 'NULL' ? text : quoted(text);
  });
  return `{${items.join(',')}}`;
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Lengths of all dimensions; undefined where the parts differ, which PostgreSQL does not have. */
export function dimensionsOf(value: ArrayValue): number[] | undefined {
  if (value.length === 0) return [];
  const [first] = value;
  if (!Array.isArray(first))
    return value.some((item) => Array.isArray(item)) ? undefined : [value.length];
  const inner = dimensionsOf(first);
  const isEven = value.every((item) => {
    const other = Array.isArray(item) ? dimensionsOf(item) : undefined;
    return other !== undefined && inner !== undefined && String(other) === String(inner);
  });
  return isEven && inner !== undefined ? [value.length, ...inner] : undefined;
}

/** All elements in order. */
export function* elementsOf(value: ArrayValue): Generator<string | number | boolean | null> {
  for (const item of value) {
    if (item !== null && typeof item === 'object') yield* elementsOf(item);
    else yield item;
  }
}
