// Whoever asks something of a node, over whatever endpoint.

import { leastRoles, type Role } from '../roles.ts';

export interface Principal {
  /** For people, limits and the audit log: `user anna`, `token 7f3k… deploy`. */
  readonly name: string;
  readonly roles: readonly Role[];
  /** Patterns of the tables that it may touch, `flights*`; absent: all tables. */
  readonly tables?: readonly string[] | undefined;
  /** Aborted when it is revoked, expires or loses a right: what it has open ends then. */
  readonly revoked?: AbortSignal | undefined;
}

/** May do everything, from the admin socket or with the token of the configuration. */
export const tokenHolder: Principal = { name: 'token', roles: ['admin'] };

/** Equal for principals of equal rights, and for no others. */
export function rightsOf({ roles, tables }: Pick<Principal, 'roles' | 'tables'>): string {
  const text = leastRoles(roles).join('+');
  if (tables === undefined) return text;
  const patterns = [...new Set(tables.map((each) => each.toLowerCase()))].sort();
  return `${text} of ${JSON.stringify(patterns)}`;
}
