// A statement of the API as the engine takes it.

import type { Statement } from '@patina/api/statement.ts';
import type { LocalStatement } from '@patina/engine/ports.ts';

export function toLocal({ sql, params }: Statement): LocalStatement {
  if (params instanceof Map) return { sql, params: Object.fromEntries(params) };
  return Array.isArray(params) ? { sql, params } : { sql };
}
