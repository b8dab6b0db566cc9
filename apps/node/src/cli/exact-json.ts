// JSON whose integers are exact: beyond 2^53 they become bigints, where JSON.parse would round
// them.

/** Parses JSON; integers that a JavaScript number cannot hold exactly are returned as bigints. */
export function parseExactJson(text: string): unknown {
  return JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
    const source = context?.source ?? '';
    return /^-?\d+$/.test(source) ? BigInt(source) : value;
  });
}
