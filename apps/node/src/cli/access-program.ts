// The commands about access: names, flags and help of `patina token`, `user` and `audit`.

import { roles } from '@patina/api/roles.ts';
import { type Command, Option } from 'commander';
import type { GrantFlags } from './commands/access.ts';
import { countingNumber, type Definer, wordOf } from './define.ts';

const loadAccess = () => import('./commands/access.ts');

const grantJson =
  '"roles":[],"tables":[]|null,"created_ms","expires_ms","last_used_ms","is_expired"';
const tokenJson = `{"id","label",${grantJson}}`;
const userJson = `{"name",${grantJson}}`;

export function defineAccess(program: Command, define: Definer): void {
  defineTokens(program, define);
  defineUsers(program, define);
  define
    .leaf(
      program,
      'audit',
      {
        about: 'Print the newest entries of the audit log: who logged in, and who changed what.',
        examples: { audit: 'the last 50', 'audit --limit 1000 --json': 'for a script' },
        json: '{"entries":[{"at_ms","kind","who","what","from","through","error"}]}, the newest first',
      },
      async (context, flags: { readonly limit: number }) =>
        (await loadAccess()).runAudit(context, flags),
    )
    .option('--limit <count>', 'how many, 1000 at most', countingNumber, 50);
}

function defineTokens(program: Command, { group, leaf }: Definer): void {
  const token = group(program, 'token', {
    about: 'Tokens, for programs.',
    examples: { 'token create ci --role writer': 'printed once', 'token list': 'all of them' },
  });
  addGrantFlags(
    leaf(
      token,
      'create [label]',
      {
        about: 'Make a token and print it, this once.',
        examples: {
          'token create ci --role writer --expires 90d': 'for 90 days',
          'token create board --role reader --table "flights*"': 'for some tables only',
        },
        json: `{"token","info":${tokenJson}}`,
      },
      async (context, label: string | undefined, flags: GrantFlags) =>
        (await loadAccess()).runTokenCreate(context, label ?? '', flags),
    ),
  );
  leaf(
    token,
    'list',
    {
      about: 'Print the tokens, without their secrets.',
      examples: { 'token list': 'a table' },
      json: `{"tokens":[${tokenJson}]}`,
    },
    async (context) => (await loadAccess()).runTokenList(context),
  );
  leaf(
    token,
    'revoke <id>',
    {
      about: 'End a token, and within a second everything that is open with it.',
      examples: { 'token revoke 7f3kq0z1m2n4': 'the id is the middle part of a token' },
      json: tokenJson,
    },
    async (context, id: string) => (await loadAccess()).runTokenRevoke(context, id),
  );
}

function defineUsers(program: Command, { group, leaf }: Definer): void {
  const user = group(program, 'user', {
    about: 'Users with passwords, for the console and PostgreSQL clients.',
    examples: { 'user create anna --role writer': 'asks for the password', 'user list': 'all' },
  });
  addGrantFlags(
    leaf(
      user,
      'create <name>',
      {
        about: 'Make a user. The password is asked for, or read from standard input.',
        examples: {
          'user create anna --role writer': 'asks twice',
          'user create bi --role reader --table "flights*"': 'for some tables only',
        },
        json: userJson,
      },
      async (context, name: string, flags: GrantFlags) =>
        (await loadAccess()).runUserCreate(context, name, flags),
    ),
  );
  leaf(
    user,
    'password <name>',
    {
      about: 'Change a password; whoever is logged in has to log in again.',
      examples: { 'user password anna': 'asks twice' },
      json: userJson,
    },
    async (context, name: string) => (await loadAccess()).runUserPassword(context, name),
  );
  addGrantFlags(
    leaf(
      user,
      'change <name>',
      {
        about: 'Change roles, tables or expiry: what is given takes the place of what was.',
        examples: { 'user change anna --role reader --all-tables': 'reads, and nothing else' },
        json: userJson,
      },
      async (context, name: string, flags: GrantFlags) =>
        (await loadAccess()).runUserChange(context, name, flags),
    ),
  ).addOption(new Option('--all-tables', 'no limit to some tables').conflicts('table'));
  leaf(
    user,
    'list',
    {
      about: 'Print the users.',
      examples: { 'user list': 'a table' },
      json: `{"users":[${userJson}]}`,
    },
    async (context) => (await loadAccess()).runUserList(context),
  );
  leaf(
    user,
    'remove <name>',
    {
      about: 'End a user, and within a second everything that it has open.',
      examples: { 'user remove anna': 'the name can be used again' },
      json: userJson,
    },
    async (context, name: string) => (await loadAccess()).runUserRemove(context, name),
  );
}

function addGrantFlags(command: Command): Command {
  const role = new Option('--role <role>', `${roles.join(', ')} (repeat it for more)`);
  const table = new Option('--table <pattern>', 'only these tables; * is any text (repeat it)');
  const isRole = wordOf(roles);
  return command
    .addOption(role.argParser((text, held: string[] = []) => [...held, isRole(text)]))
    .addOption(table.argParser((text, held: string[] = []) => [...held, text]))
    .option('--expires <when>', '30d, 12h, a date, or never');
}
