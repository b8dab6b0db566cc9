// Logging in with a token or a password, and what each role is shown and allowed.

import { beforeAll, describe, expect, it } from 'vitest';
import type { TestNode } from '../cluster/harness.ts';
import { type ConsoleWindow, lacking } from './support/browser.ts';
import { useConsole } from './support/console-tests.ts';
import { sampleServices } from './support/sample.ts';

const roles = ['metrics', 'reader', 'writer', 'schema', 'admin'] as const;
type Role = (typeof roles)[number];

describe.skipIf(lacking !== undefined)('logging in', () => {
  const tests = useConsole({ isClosed: true });
  const tokens = new Map<Role, string>();

  beforeAll(async () => {
    const node = tests.cluster.node(1);
    for (const role of roles) tokens.set(role, await createToken(node, role));
    await transact(node, token('writer'), sampleServices());
    await tests.cluster.eventually('all nodes know the tokens', 30_000, async () => {
      for (const each of tests.cluster.nodes)
        await transact(each, token('writer'), [['SELECT 1', []]]);
    });
  });

  function token(role: Role): string {
    const found = tokens.get(role);
    if (found === undefined) throw new Error(`there is no token for ${role}`);
    return found;
  }

  async function logIn(role: Role, path = '/'): Promise<ConsoleWindow> {
    const window = await tests.window();
    const { page } = window;
    await page.goto(`http://127.0.0.1:${tests.cluster.node(1).apiPort}${path}`);
    await page.getByLabel('Token', { exact: true }).fill(token(role));
    await page.getByRole('button', { name: 'Log in' }).click();
    await window.isLive();
    return window;
  }

  it('shows nothing of the cluster before, refuses a wrong token, and says so', async () => {
    const window = await tests.window();
    const { page } = window;
    await page.goto(`http://127.0.0.1:${tests.cluster.node(1).apiPort}/data?table=services`);
    await page.getByRole('heading', { level: 1, name: 'Log in' }).waitFor();
    expect(await page.getByText('service-1').count()).toBe(0);
    await window.expectAccessible();
    await page.getByLabel('Token', { exact: true }).fill('patina_wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').getByText('wrong').waitFor();
  });

  it('keeps the session in a cookie that scripts do not see, also over a reload', async () => {
    const window = await logIn('reader');
    const { page } = window;
    const cookies = await window.context.cookies();
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) {
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    }
    expect(await page.evaluate<string>('document.cookie')).toBe('');
    await page.reload();
    await window.isLive();
  });

  it('lets in a user with a password, and out again', async () => {
    const node = tests.cluster.node(1);
    const password = 'correct horse battery';
    const user = { name: 'anna', password, roles: ['reader'] };
    await post(node, token('admin'), '/trpc/access.createUser', user);
    const window = await tests.window();
    const { page } = window;
    await page.goto(`http://127.0.0.1:${node.apiPort}/`);
    await page.getByRole('button', { name: 'User and password' }).click();
    await page.getByLabel('User', { exact: true }).fill('anna');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await window.isLive();
    await page.getByRole('banner').getByText('anna').waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { level: 1, name: 'Log in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Log in' }).waitFor();
  });

  it('ends within seconds when the token is revoked', async () => {
    const node = tests.cluster.node(1);
    const own = await createToken(node, 'reader');
    tokens.set('reader', own);
    const { page } = await logIn('reader');
    const id = /patina_([^_]+)_/.exec(own)?.[1] ?? '';
    const revoked = await node.patina('token', 'revoke', id);
    expect(revoked.code, revoked.output).toBe(0);
    tokens.set('reader', await createToken(node, 'reader'));
    await page.getByRole('heading', { level: 1, name: 'Log in' }).waitFor();
  });

  it.each(roles)('%s: is shown what it may see', async (role) => {
    const window = await logIn(role);
    const { page } = window;
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.getByRole('link', { name: 'SQL' }).click();
    await page.getByRole('heading', { level: 1, name: 'SQL' }).waitFor();
    const canWrite = role === 'writer' || role === 'admin';
    const write = page.getByRole('button', { name: 'Write', exact: true });
    await expect.poll(() => write.isEnabled()).toBe(canWrite);
    await page.getByRole('link', { name: 'Data' }).click();
    if (role === 'metrics') await page.getByText('Your role doesn’t include this.').waitFor();
    else {
      await page.getByRole('combobox', { name: /^Table/ }).selectOption('services');
      await page.getByRole('button', { name: 'Key ascending' }).waitFor();
      const edit = page.getByRole('button', { name: 'Edit', exact: true });
      expect(await edit.count()).toBe(canWrite ? 1 : 0);
    }
    await page.getByRole('link', { name: 'Nodes' }).click();
    await page.getByRole('heading', { level: 1, name: 'Nodes' }).waitFor();
    await window.expectAccessible();
    window.expectQuiet();
  });
});

async function createToken(node: TestNode, role: Role): Promise<string> {
  const { code, output } = await node.patina('token', 'create', `for-${role}`, '--role', role);
  const found = /patina_\S+/.exec(output)?.[0];
  if (code !== 0 || found === undefined) throw new Error(`no token was made: ${output}`);
  return found;
}

function transact(
  node: TestNode,
  token: string,
  statements: readonly [string, unknown[]][],
): Promise<void> {
  return post(node, token, '/v1/transactions', statements);
}

async function post(node: TestNode, token: string, path: string, body: unknown): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${node.apiPort}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
}
