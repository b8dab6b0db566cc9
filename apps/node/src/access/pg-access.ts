// The access of the PostgreSQL endpoint: the same users, tokens and policy as everywhere. A user shows its
// password by SCRAM; a token is given as the password of the user `token`, in clear, over TLS or loopback only.

import type { Audit } from '@patina/api/access/audit.ts';
import { type Action, authorise } from '@patina/api/access/policy.ts';
import { type Principal, rightsOf } from '@patina/api/access/principal.ts';
import { includesRole } from '@patina/api/roles.ts';
import { PgError } from '@patina/pg/pg-error.ts';
import type { PgAccess, PgAction, PgClient, PgPrincipal } from '@patina/pg/server/pg-access.ts';
import type { Identified } from '@patina/pg/session/requests.ts';
import { isLoopback } from '../config/host-port.ts';
import { type AccessControl, failureDelayMs } from './access-control.ts';

/** The user name under which a token is given as password. */
export const tokenUser = 'token';

/** Tokens that were checked and whose log-in has not followed yet. */
const provenMax = 10_000;

/** A log-in follows its proof at once, milliseconds. */
const provenMsMax = 30_000;

export interface PgAccessOptions {
  readonly control: AccessControl;
  readonly audit: Audit;
  /** Nobody may write here. */
  readonly isReadOnly: boolean;
}

export function createPgAccess(options: PgAccessOptions): PgAccess {
  return new NodePgAccess(options);
}

class NodePgAccess implements PgAccess {
  readonly #options: PgAccessOptions;
  readonly #principals = new WeakMap<PgPrincipal, Principal>();
  /** By client: the object that stands for one connection. */
  readonly #proven = new Map<PgClient, { readonly principal: Principal; readonly atMs: number }>();

  constructor(options: PgAccessOptions) {
    this.#options = options;
  }

  async identify(user: string, client: PgClient): Promise<Identified> {
    const { control } = this.#options;
    const { isReadOnly } = this.#options;
    if (control.open !== undefined) return { method: 'trust', isReadOnly };
    const waitMs = control.attempts.waitMs(`address ${client.remoteAddress}`, `name user ${user}`);
    if (waitMs > 0) {
      await pause(failureDelayMs);
      throw new PgError('53300', 'too many log-ins have failed', {
        hint: `Try again in ${Math.ceil(waitMs / 1000)} seconds.`,
      });
    }
    if (user === tokenUser) {
      if (client.isEncrypted || isLocal(client)) {
        return { method: 'password', check: 'by-node', isReadOnly };
      }
      throw new PgError('28000', 'a token is taken over TLS only', {
        hint: 'Connect with sslmode=require, or as a user with a password.',
      });
    }
    const principal = control.byUser(user);
    const mayWrite = principal === undefined || includesRole(principal.roles, 'writer');
    const { verifier, isUnknown } = control.verifierOf(user);
    const readOnly = isReadOnly || !mayWrite;
    return { method: 'scram-sha-256', verifier, isUnknown, isReadOnly: readOnly };
  }

  async logIn(user: string, client: PgClient): Promise<PgPrincipal> {
    const { control, audit } = this.#options;
    const proven = this.#proven.get(client);
    this.#proven.delete(client);
    const principal = proven?.principal ?? control.open ?? control.byUser(user);
    if (principal === undefined || principal.revoked?.aborted === true) {
      throw new PgError('28000', `role "${user}" is not permitted to log in`);
    }
    const from = client.remoteAddress;
    const missing = authorise(principal, { kind: 'read', tables: [] });
    if (missing !== undefined) {
      const what = 'log-in';
      audit({
        kind: 'log-in-failed',
        who: principal.name,
        what,
        from,
        through,
        error: missing.message,
      });
      throw new PgError('28000', missing.message, { hint: missing.hint });
    }
    audit({ kind: 'log-in', who: principal.name, what: 'log-in', from, through });
    const shown: PgPrincipal = {
      name: principal.name,
      revoked: principal.revoked ?? never,
      role: rightsOf(principal),
    };
    this.#principals.set(shown, principal);
    return shown;
  }

  logInFailed(user: string, client: PgClient, reason: string): void {
    this.#options.control.failed(`user ${user}`, client.remoteAddress, through, reason);
  }

  async checkPassword(user: string, password: string, client: PgClient): Promise<boolean> {
    if (user !== tokenUser) return false;
    const principal = this.#options.control.byToken(password);
    if (principal === undefined) {
      await pause(failureDelayMs);
      return false;
    }
    this.#forgetOld();
    this.#proven.set(client, { principal, atMs: performance.now() });
    return true;
  }

  check(shown: PgPrincipal, action: PgAction): void {
    const principal = this.#principals.get(shown);
    if (principal === undefined)
      throw new PgError('42501', 'permission denied: nobody is logged in');
    const refusal = authorise(principal, action satisfies Action);
    if (refusal !== undefined) {
      const sqlState = refusal.code === 'PATINA_UNAUTHORIZED' ? '57P01' : '42501';
      throw new PgError(sqlState, refusal.message, { hint: refusal.hint, ...refusal.fault });
    }
    if (this.#options.isReadOnly && (action.kind === 'write' || action.kind === 'schema')) {
      throw new PgError('25006', 'this endpoint is read-only', {
        hint: 'pg.readonly is set in the configuration of the node.',
      });
    }
    if (action.kind !== 'schema') return;
    this.#options.audit({ kind: 'schema', who: principal.name, what: action.statement, through });
  }

  #forgetOld(): void {
    const oldestMs = performance.now() - provenMsMax;
    for (const [client, { atMs }] of this.#proven) {
      if (atMs >= oldestMs && this.#proven.size < provenMax) break;
      this.#proven.delete(client);
    }
  }
}

const through = 'postgres';

/** Tokens of the configuration are never revoked. */
const never = new AbortController().signal;

function isLocal({ remoteAddress }: PgClient): boolean {
  return remoteAddress === '' || isLoopback(remoteAddress);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
