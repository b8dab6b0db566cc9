// Tokens, users, the audit log and certificates, for commands that come through the admin socket. Whoever can
// open the socket may do everything; what is done is written down.

import { audited } from '@patina/api/access/audit.ts';
import { demand } from '@patina/api/access/policy.ts';
import type { Principal } from '@patina/api/access/principal.ts';
import type { NodeAccess } from '../access/open-access.ts';
import type { AroundCommand } from '../admin/dispatch.ts';
import type { AdminCommand, AdminHandlers } from '../admin/protocol.ts';
import type { Reload } from './reload.ts';

const admin: Principal = { name: 'admin socket', roles: ['admin'] };

const through = 'admin socket';

type AccessCommand =
  | 'tlsReload'
  | 'tokenCreate'
  | 'tokenList'
  | 'tokenRevoke'
  | 'userCreate'
  | 'userChange'
  | 'userList'
  | 'userRemove'
  | 'audit';

export function createAccessHandlers(
  access: NodeAccess,
  reload: Reload,
): Pick<AdminHandlers, AccessCommand> {
  const service = access.manage({ name: admin.name, through });
  return {
    tlsReload: async () => ({ certificates: reload.certificates() }),
    tokenCreate: ({ label, roles, tables, expires_ms: expiresMs }) =>
      service.createToken(label, { roles, tables, expiresMs }),
    tokenList: async () => ({ tokens: [...(await service.tokens())] }),
    tokenRevoke: ({ id }) => service.revokeToken(id),
    userCreate: ({ name, password, roles, tables, expires_ms: expiresMs }) =>
      service.createUser(name, password, { roles, tables, expiresMs }),
    userChange: ({ name, expires_ms: expiresMs, ...change }) =>
      service.changeUser(name, { ...change, expiresMs }),
    userList: async () => ({ users: [...(await service.users())] }),
    userRemove: ({ name }) => service.removeUser(name),
    audit: async ({ limit }) => ({ entries: [...(await service.auditEntries(limit))] }),
  };
}

/** Commands that change something, beside those that write down more by themselves. */
const written: ReadonlySet<AdminCommand> = new Set([
  'reload',
  'clusterRejoin',
  'clusterLeave',
  'schemaApply',
  'backup',
  'logSet',
  'logReset',
  'tlsReload',
]);

/** Runs a command behind the one policy, and writes down what changes something. */
export function guardCommand(access: NodeAccess): AroundCommand {
  return (command, run) => {
    demand(admin, { kind: 'call', name: command, access: { role: 'admin', tables: 'all' } });
    if (!written.has(command)) return run();
    const kind = command === 'schemaApply' || command === 'reload' ? 'schema' : 'admin';
    const event = { kind, who: admin.name, what: command, through } as const;
    return audited(access.audit.write, event, run);
  };
}
