// The access of contract tests: these tokens and whatever a test makes, kept in memory.

import type { AuditEvent } from '@patina/api/access/audit.ts';
import { closedAccess, noVet } from '@patina/api/insights/unanswered.ts';
import { AccessControl } from '../access/access-control.ts';
import { Secret } from '../config/secret.ts';
import type { HttpServerOptions } from './server.ts';

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
  return { access, manage: () => closedAccess, vet: noVet, audit, audited };
}
