// The access of contract tests: these tokens and whatever a test makes, kept in memory.

import type { AuditEvent } from '@patina/api/access/audit.ts';
import { noVet } from '@patina/api/insights/unanswered.ts';
import { AccessControl } from '../access/access-control.ts';
import { manageAccess } from '../access/manage.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { Secret } from '../config/secret.ts';
import type { Actor, HttpServerOptions } from './server.ts';

export type TestAccess = Pick<HttpServerOptions, 'access' | 'manage' | 'vet' | 'audit'> & {
  readonly audited: AuditEvent[];
};

/** With these tokens, which may do everything; without any, everybody may. */
export function testAccess(...tokens: readonly string[]): TestAccess {
  const audited: AuditEvent[] = [];
  const audit = (event: AuditEvent): void => void audited.push(event);
  const access = new AccessControl({
    path: undefined,
    tokens: tokens.map((token) => new Secret(token)),
    isAlwaysRequired: false,
    failedLogInsPerMinute: 5,
    audit,
    onFault: (error) => {
      throw error;
    },
  });
  const log = new AuditLog({
    path: undefined,
    bytesMax: 0,
    wallMs: Date.now,
    onFault: () => undefined,
  });
  const manage = (actor: Actor) =>
    manageAccess({ control: access, audit: log, wallMs: Date.now }, actor);
  return { access, manage, vet: noVet, audit, audited };
}
