// Sort keys of jsonb: texts that compare as the documents do, and are equal where those are.

import { decimalKey, parseDecimal } from './decimal.ts';
import type { JsonNode } from './json-value.ts';

/** Ends what may be continued; lower than all that documents mostly have. */
const end = '\u0001';

/** Of a document in its normal form. */
export function jsonKey(node: JsonNode): string {
  switch (node.kind) {
    case 'null':
      return '1';
    case 'string':
      return `2${node.value}${end}`;
    case 'number': {
      const decimal = parseDecimal(node.text);
      return `3${decimal === undefined ? node.text : decimalKey(decimal)}${end}`;
    }
    case 'false':
      return '40';
    case 'true':
      return '41';
    case 'array':
      // An empty array comes before all else.
      return node.items.length === 0
        ? '0'
        : `5${countKey(node.items.length)}${node.items.map(jsonKey).join('')}`;
    case 'object':
      return `6${countKey(node.entries.length)}${node.entries
        .map(([key, value]) => `${countKey(Buffer.byteLength(key))}${key}${jsonKey(value)}`)
        .join('')}`;
  }
}

function countKey(count: number): string {
  return String(count).padStart(9, '0');
}
