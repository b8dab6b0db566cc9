// What surrounds every page: the cluster's health, theme, zone, palette, keys, and the way from a node that
// died to one that lives.

import { describe, expect, it } from 'vitest';
import { lacking } from './support/browser.ts';
import { hostOf } from './support/console-cluster.ts';
import { useConsole } from './support/console-tests.ts';

describe.skipIf(lacking !== undefined)('the shell', () => {
  const tests = useConsole();

  it('names the cluster, its health and the node that answers', async () => {
    const { page } = await tests.open('/');
    const banner = page.getByRole('banner');
    await banner.getByText('orchard').waitFor();
    await banner.getByText('3 nodes up').waitFor();
    const picker = banner.getByLabel('Node that answers');
    await expect.poll(() => picker.locator('option').count()).toBe(3);
    expect(await picker.inputValue()).toBe(`http://${hostOf(tests.cluster.node(1))}`);
  });

  it('goes to another node when the reader chooses it', async () => {
    const window = await tests.open('/');
    const picker = window.page.getByLabel('Node that answers');
    await expect.poll(() => picker.locator('option').count()).toBe(3);
    const other = `http://${hostOf(tests.cluster.node(2))}`;
    await picker.selectOption(other);
    await window.isLive();
    await expect.poll(() => picker.inputValue()).toBe(other);
    await expect.poll(() => window.page.getByText('went away').count()).toBe(0);
    window.expectQuiet();
  });

  it('keeps theme and zone', async () => {
    const { page } = await tests.open('/');
    const theme = () => page.locator('html').getAttribute('data-theme');
    expect(await theme()).toBe('light');
    await page.getByRole('button', { name: 'Theme: system' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    await expect.poll(theme).toBe('dark');
    await page.getByRole('button', { name: /^Local time/ }).click();
    await page.reload();
    expect(await theme()).toBe('dark');
    await page.getByRole('button', { name: /^UTC time/ }).waitFor();
  });

  it('goes anywhere by keyboard', async () => {
    const window = await tests.open('/');
    const { page } = window;
    await page.keyboard.press('g');
    await page.keyboard.press('n');
    await page.getByRole('heading', { level: 1, name: 'Nodes' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Command palette' }).getByRole('combobox').waitFor();
    await page.keyboard.type('schema');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Schema' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    window.expectQuiet();
  });

  it('answers unknown paths with a page that leads back', async () => {
    const window = await tests.window();
    const { page } = window;
    const port = tests.cluster.node(1).apiPort;
    const response = await page.goto(`http://127.0.0.1:${port}/no/such/page`);
    expect(response?.status()).toBe(404);
    await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor();
    await page.getByRole('link', { name: 'Go to the overview' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  });

  it('goes on at another node when the one that served the page is killed', async () => {
    const window = await tests.open('/', 3);
    const { page } = window;
    const killed = tests.cluster.node(3);
    const options = page.getByLabel('Node that answers').locator('option');
    await expect.poll(() => options.count()).toBe(3);
    // The other pages must be there without the node too.
    await window.hasFiles();
    await killed.end('SIGKILL');
    await page.getByText(`${hostOf(killed)} went away`).waitFor();
    await window.isLive();
    await page.getByRole('banner').getByText('1 node down').waitFor();
    await page.getByRole('link', { name: 'SQL' }).click();
    await page.getByRole('heading', { level: 1, name: 'SQL' }).waitFor();
    await page.reload();
    await window.isLive();
    await killed.start();
    await page.getByRole('banner').getByText('3 nodes up').waitFor();
  });
});
