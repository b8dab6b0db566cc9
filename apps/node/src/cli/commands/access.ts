// `patina token`, `patina user` and `patina audit`: who may do what at a node, and who did what.

import type { TokenInfo, UserInfo } from '@patina/api/access/access-shapes.ts';
import { roles as allRoles, type Role } from '@patina/api/roles.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { escapeControls } from '../cells.ts';
import { askConfiguredAgent, type CommandContext, printJson, printLine } from '../context.ts';
import { readPassword } from '../password.ts';
import { printTable } from '../table.ts';

/** What a token or a user is to be given. */
export interface GrantFlags {
  readonly role?: readonly Role[];
  readonly table?: readonly string[];
  readonly allTables?: boolean;
  readonly expires?: string;
}

/** Makes a token and prints it: the only time that it can be seen. */
export async function runTokenCreate(
  context: CommandContext,
  label: string,
  flags: GrantFlags,
): Promise<void> {
  const made = await askConfiguredAgent(context, 'tokenCreate', { label, ...grantOf(flags) });
  if (context.flags.json === true) return printJson(context, made);
  await printLine(context, made.token);
  context.io.stderr.write(`Keep it now: it is not shown again. Its id is ${made.info.id}.\n`);
}

export async function runTokenList(context: CommandContext): Promise<void> {
  const { tokens } = await askConfiguredAgent(context, 'tokenList', {});
  if (context.flags.json === true) return printJson(context, { tokens });
  await printTable(
    context.io.stdout,
    ['id', 'label', ...grantHeads],
    tokens.map((token) => [token.id, token.label, ...grantCells(token)]),
  );
}

export async function runTokenRevoke(context: CommandContext, given: string): Promise<void> {
  // The whole token is taken too: it is what people have at hand.
  const id = /^patina_([0-9a-z]{12})_/.exec(given)?.[1] ?? given;
  const token = await askConfiguredAgent(context, 'tokenRevoke', { id });
  if (context.flags.json === true) return printJson(context, token);
  await printLine(context, `revoked: ${token.id} ${escapeControls(token.label)}`.trimEnd());
}

export async function runUserCreate(
  context: CommandContext,
  name: string,
  flags: GrantFlags,
): Promise<void> {
  const grant = grantOf(flags);
  const password = await readPassword(context.io);
  const user = await askConfiguredAgent(context, 'userCreate', { name, password, ...grant });
  await printUser(context, user, 'made');
}

export async function runUserPassword(context: CommandContext, name: string): Promise<void> {
  const password = await readPassword(context.io);
  const user = await askConfiguredAgent(context, 'userChange', { name, password });
  await printUser(context, user, 'changed');
}

export async function runUserChange(
  context: CommandContext,
  name: string,
  flags: GrantFlags,
): Promise<void> {
  const { role, table, allTables, expires } = flags;
  const change = {
    ...(role === undefined ? {} : { roles: [...role] }),
    ...(table === undefined ? {} : { tables: [...table] }),
    ...(allTables === true ? { tables: null } : {}),
    ...(expires === undefined ? {} : { expires_ms: expires === 'never' ? null : timeOf(expires) }),
  };
  const user = await askConfiguredAgent(context, 'userChange', { name, ...change });
  await printUser(context, user, 'changed');
}

export async function runUserList(context: CommandContext): Promise<void> {
  const { users } = await askConfiguredAgent(context, 'userList', {});
  if (context.flags.json === true) return printJson(context, { users });
  await printTable(
    context.io.stdout,
    ['name', ...grantHeads],
    users.map((user) => [user.name, ...grantCells(user)]),
  );
}

export async function runUserRemove(context: CommandContext, name: string): Promise<void> {
  await printUser(context, await askConfiguredAgent(context, 'userRemove', { name }), 'removed');
}

/** Prints the audit log, the newest entry last. */
export async function runAudit(
  context: CommandContext,
  flags: { readonly limit: number },
): Promise<void> {
  const { entries } = await askConfiguredAgent(context, 'audit', flags);
  if (context.flags.json === true) return printJson(context, { entries });
  for (const { at_ms: atMs, kind, who, what, from, through, error } of entries.toReversed()) {
    const where = [through, from].filter((each) => each !== undefined).join(' ');
    const line = `${new Date(atMs).toISOString()} ${kind} ${who}: ${what}`;
    const tail = `${where === '' ? '' : ` (${where})`}${error === undefined ? '' : ` failed: ${error}`}`;
    await printLine(context, escapeControls(line + tail));
  }
}

/** Reads new certificates. */
export async function runTlsReload(context: CommandContext): Promise<void> {
  const { certificates } = await askConfiguredAgent(context, 'tlsReload', {});
  if (context.flags.json === true) return printJson(context, { certificates });
  if (certificates.length === 0) return printLine(context, 'this node has no certificates');
  await printTable(
    context.io.stdout,
    ['certificate', 'good until'],
    certificates.map((each) => [each.cert_file, timeText(each.not_after_ms)]),
  );
}

async function printUser(context: CommandContext, user: UserInfo, done: string): Promise<void> {
  if (context.flags.json === true) return printJson(context, user);
  await printLine(context, `${done}: ${user.name} (${user.roles.join(', ')})`);
}

function grantOf({ role, table, expires }: GrantFlags) {
  if (role === undefined) {
    throw new PatinaError('PATINA_BAD_REQUEST', 'no role was given', {
      hint: `Give --role ${allRoles.join('|')}; repeat it for more.`,
    });
  }
  return {
    roles: [...role],
    ...(table === undefined ? {} : { tables: [...table] }),
    ...(expires === undefined || expires === 'never' ? {} : { expires_ms: timeOf(expires) }),
  };
}

const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `30d` from now, or a date. */
function timeOf(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const ms = unitMs[unit];
  if (count !== undefined && ms !== undefined) return Date.now() + Number(count) * ms;
  const date = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(date)) return date;
  throw new PatinaError('PATINA_BAD_REQUEST', `--expires ${text} is no time`, {
    hint: 'Give 30d, 12h or a date such as 2027-01-31.',
  });
}

const grantHeads = ['roles', 'tables', 'made', 'expires', 'last used'] as const;

function grantCells(grant: TokenInfo | UserInfo): string[] {
  const { expires_ms: expiresMs, last_used_ms: usedMs } = grant;
  const end = expiresMs === null ? 'never' : timeText(expiresMs);
  return [
    grant.roles.join(', '),
    grant.tables?.join(', ') ?? 'all',
    timeText(grant.created_ms),
    grant.is_expired ? `${end} (expired)` : end,
    usedMs === null ? 'never' : timeText(usedMs),
  ];
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}
