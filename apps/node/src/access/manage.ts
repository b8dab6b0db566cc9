// Making, changing and ending tokens and users, for the command line and the API alike. Whatever is done is
// written to the audit log with who did it.

import type { AccessService, Grant, UserChange } from '@patina/api/access/access-service.ts';
import type { TokenInfo, UserInfo } from '@patina/api/access/access-shapes.ts';
import {
  labelSchema,
  passwordSchema,
  rolesSchema,
  tablesSchema,
  userNameSchema,
} from '@patina/api/access/access-shapes.ts';
import type { AuditEvent } from '@patina/api/access/audit.ts';
import { leastRoles } from '@patina/api/roles.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { z } from 'zod';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Actor } from '../http/server.ts';
import { nameOf } from './access-book.ts';
import type { AccessControl } from './access-control.ts';
import { verifierText } from './passwords.ts';
import { type CredentialRecord, isUsable } from './records.ts';
import { newCredentialId, newToken } from './tokens.ts';

export interface ManageOptions {
  readonly control: AccessControl;
  readonly audit: AuditLog;
  readonly wallMs: () => number;
}

/** The service for one who acts, named in the audit log. */
export function manageAccess(
  { control, audit, wallMs }: ManageOptions,
  actor: Actor,
): AccessService {
  const { book } = control;
  const note = (what: string): void => {
    const { name: who, through, from } = actor;
    const event: AuditEvent = { kind: 'access', who, what, through, from };
    audit.write(event);
  };
  const base = (grant: Grant) => ({
    ...grantOf(grant, wallMs()),
    createdMs: wallMs(),
    revision: 1,
  });
  const told = (record: CredentialRecord) => infoOf(record, control, wallMs());
  const knownUser = (name: string): CredentialRecord => {
    const user = book.user(name);
    if (user !== undefined) return user;
    throw new PatinaError('PATINA_NOT_FOUND', `there is no user ${name}`, {
      hint: 'See patina user list.',
    });
  };
  return {
    tokens: async () =>
      current(control, 'token').map((record) => ({
        ...told(record),
        id: record.id,
        label: record.name,
      })),
    async createToken(label, grant) {
      const { id, token, digest } = newToken();
      const name = checked(labelSchema, label, 'the label');
      const record: CredentialRecord = { id, kind: 'token', name, secret: digest, ...base(grant) };
      book.put(record);
      note(`made ${nameOf(record)}: ${grantText(record)}`);
      return { token, info: tokenInfo(record, control, wallMs()) };
    },
    async revokeToken(id) {
      const record = book.find(id);
      if (record?.kind !== 'token' || record.removedMs !== undefined) {
        throw new PatinaError('PATINA_NOT_FOUND', `there is no token ${id}`, {
          hint: 'See patina token list; the id is the middle part of a token.',
        });
      }
      book.remove(record);
      note(`revoked ${nameOf(record)}`);
      return tokenInfo(record, control, wallMs());
    },
    users: async () =>
      current(control, 'user').map((record) => ({ ...told(record), name: record.name })),
    async createUser(name, password, grant) {
      checked(userNameSchema, name, 'the name');
      if (book.user(name) !== undefined) {
        throw new PatinaError('PATINA_BAD_REQUEST', `there is a user ${name} already`, {
          hint: 'Change it with patina user change, or choose another name.',
        });
      }
      const secret = verifierText(checked(passwordSchema, password, 'the password'));
      const id = newCredentialId();
      const record: CredentialRecord = { id, kind: 'user', name, secret, ...base(grant) };
      book.put(record);
      note(`made ${nameOf(record)}: ${grantText(record)}`);
      return userInfo(record, control, wallMs());
    },
    async changeUser(name, change) {
      const record = changed(knownUser(name), change, wallMs());
      book.put(record);
      const what = Object.entries(change).flatMap(([key, value]) =>
        value === undefined ? [] : [key],
      );
      note(`changed ${nameOf(record)} (${what.join(', ')}): ${grantText(record)}`);
      return userInfo(record, control, wallMs());
    },
    async removeUser(name) {
      const record = knownUser(name);
      book.remove(record);
      note(`removed ${nameOf(record)}`);
      return userInfo(record, control, wallMs());
    },
    auditEntries: (limit) => audit.read(limit),
  };
}

function current({ book }: AccessControl, kind: CredentialRecord['kind']): CredentialRecord[] {
  return book.records().filter((record) => record.kind === kind && record.removedMs === undefined);
}

function changed(record: CredentialRecord, change: UserChange, nowMs: number): CredentialRecord {
  const { password, roles, tables, expiresMs } = change;
  const grant = grantOf(
    {
      roles: roles ?? record.roles,
      tables: tables === undefined ? record.tables : (tables ?? undefined),
      expiresMs: expiresMs === undefined ? record.expiresMs : (expiresMs ?? undefined),
    },
    // An expiry that has passed may stay as it is.
    expiresMs === undefined ? 0 : nowMs,
  );
  const secret =
    password === undefined
      ? record.secret
      : verifierText(checked(passwordSchema, password, 'the password'));
  const { id, kind, name, createdMs, revision } = record;
  return { id, kind, name, createdMs, secret, ...grant, revision: revision + 1 };
}

function grantOf(
  { roles, tables, expiresMs }: Grant,
  nowMs: number,
): Pick<CredentialRecord, 'roles' | 'tables' | 'expiresMs'> {
  if (expiresMs !== undefined && expiresMs <= nowMs) {
    throw new PatinaError('PATINA_BAD_REQUEST', 'the expiry lies in the past', {
      hint: 'Give a time to come, or none.',
    });
  }
  return {
    roles: leastRoles(checked(rolesSchema, [...roles], 'the roles')),
    ...(tables === undefined
      ? {}
      : { tables: [...new Set(checked(tablesSchema, [...tables], 'the tables'))] }),
    ...(expiresMs === undefined ? {} : { expiresMs }),
  };
}

function checked<T>(schema: z.ZodType<T>, value: T, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const reason = parsed.error.issues[0]?.message ?? 'it is not valid';
  throw new PatinaError('PATINA_BODY_INVALID', `${what} cannot be taken: ${reason}`);
}

function infoOf(record: CredentialRecord, { book }: AccessControl, nowMs: number) {
  return {
    roles: [...record.roles],
    tables: record.tables === undefined ? null : [...record.tables],
    created_ms: record.createdMs,
    expires_ms: record.expiresMs ?? null,
    last_used_ms: book.lastUsed().get(record.id) ?? null,
    is_expired: !isUsable(record, nowMs),
  };
}

function tokenInfo(record: CredentialRecord, control: AccessControl, nowMs: number): TokenInfo {
  return { ...infoOf(record, control, nowMs), id: record.id, label: record.name };
}

function userInfo(record: CredentialRecord, control: AccessControl, nowMs: number): UserInfo {
  return { ...infoOf(record, control, nowMs), name: record.name };
}

function grantText({ roles, tables, expiresMs }: CredentialRecord): string {
  const of = tables === undefined ? '' : ` of ${tables.join(', ')}`;
  const until = expiresMs === undefined ? '' : ` until ${new Date(expiresMs).toISOString()}`;
  return `${roles.join(', ')}${of}${until}`;
}
