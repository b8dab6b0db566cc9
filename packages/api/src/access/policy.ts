// The one decision about who may do what. HTTP, tRPC, live queries, the PostgreSQL protocol and the
// admin commands all ask it, with an action that names what is to be done and the tables it touches.

import { PatinaError } from '@patina/engine/base/errors.ts';
import { includesRole, type Role } from '../roles.ts';
import { type Access, statementAccess } from './access-table.ts';
import type { Principal } from './principal.ts';
import { mayTouch } from './table-patterns.ts';

export type Action =
  /** A route, a procedure or a question, with its entry in the access table. */
  | { readonly kind: 'call'; readonly name: string; readonly access: Access | undefined }
  | { readonly kind: 'read'; readonly tables: readonly string[] }
  | {
      readonly kind: 'write';
      readonly tablesRead: readonly string[];
      readonly tablesWritten: readonly string[];
    }
  /** A change of the schema. */
  | { readonly kind: 'schema'; readonly statement: string }
  /** A message to the sessions of this node. */
  | { readonly kind: 'notify' };

/**
 * Undefined where the principal may do it; else the reason, PATINA_FORBIDDEN, or PATINA_UNAUTHORIZED for a
 * principal that was revoked. What is not known is refused.
 */
export function authorise(principal: Principal, action: Action): PatinaError | undefined {
  if (principal.revoked?.aborted === true) return revokedError();
  switch (action.kind) {
    case 'call':
      return authoriseCall(principal, action.name, action.access);
    case 'read':
      return (
        needRole(principal, statementAccess.read.role, 'reading') ??
        needTables(principal, action.tables, 'read')
      );
    case 'write':
      return (
        needRole(principal, statementAccess.write.role, 'writing') ??
        needTables(principal, action.tablesWritten, 'write to') ??
        needTables(principal, action.tablesRead, 'read')
      );
    case 'schema':
      return (
        needRole(principal, statementAccess.schema.role, 'changing the schema') ??
        needAllTables(principal, 'changing the schema')
      );
    case 'notify':
      return needRole(principal, statementAccess.notify.role, 'NOTIFY');
  }
}

/** Throws what {@link authorise} finds. */
export function demand(principal: Principal, action: Action): void {
  const refusal = authorise(principal, action);
  if (refusal !== undefined) throw refusal;
}

/** What those are told whose rights ended while they were at it. */
export function revokedError(): PatinaError {
  return new PatinaError(
    'PATINA_UNAUTHORIZED',
    'your access was revoked, changed, or has expired',
    {
      hint: 'Log in again, or ask for a new token.',
    },
  );
}

function authoriseCall(
  principal: Principal,
  name: string,
  access: Access | undefined,
): PatinaError | undefined {
  if (access === undefined) {
    return new PatinaError('PATINA_FORBIDDEN', `${name} is open to nobody`, {
      hint: 'It is missing from the table of access: this is a fault of the software.',
    });
  }
  if (access.role === 'anyone') return undefined;
  const refusal = needRole(principal, access.role, name);
  if (refusal !== undefined || access.tables !== 'all') return refusal;
  return needAllTables(principal, name);
}

function needRole(principal: Principal, role: Role, what: string): PatinaError | undefined {
  if (includesRole(principal.roles, role)) return undefined;
  return new PatinaError('PATINA_FORBIDDEN', `${what} needs the role ${role}`, {
    hint: 'Use a token or a user that has this role.',
  });
}

function needTables(
  { tables }: Principal,
  names: readonly string[],
  verb: string,
): PatinaError | undefined {
  if (tables === undefined) return undefined;
  const table = names.find((name) => !mayTouch(tables, name));
  if (table === undefined) return undefined;
  return new PatinaError('PATINA_FORBIDDEN', `permission denied for table ${table}`, {
    hint: `Your access is limited to some tables; to ${verb} ${table} you need another token or user.`,
    fault: { table },
  });
}

function needAllTables({ tables }: Principal, what: string): PatinaError | undefined {
  if (tables === undefined) return undefined;
  return new PatinaError('PATINA_FORBIDDEN', `${what} needs access to all tables`, {
    hint: 'Use a token or a user that is not limited to some tables.',
  });
}
