// Who the reader is and what he may do, so that a page offers nothing that the node would refuse.

import { includesRole, type Role } from '@patina/api/roles.ts';
import { useConnectionState } from './connection-provider.tsx';

export interface Self {
  readonly name: string;
  readonly may: (role: Role) => boolean;
  /** Patterns of the tables that he may see; null: all. */
  readonly tables: readonly string[] | null;
  /** Whether the node asks for credentials: then one can log out. */
  readonly isLoggedIn: boolean;
}

export function useSelf(): Self {
  const { session } = useConnectionState();
  const principal = session?.principal ?? null;
  return {
    name: principal?.name ?? '',
    may: (role) => includesRole(principal?.roles ?? [], role),
    tables: principal?.tables ?? null,
    isLoggedIn: session?.is_required === true && principal !== null,
  };
}
