// The page SQL against a real cluster: a write is followed to all nodes, all nodes are compared, files are saved
// whole, and what can't be undone is asked about first.

import { readFile } from 'node:fs/promises';
import type { Download, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { type ConsoleWindow, lacking } from './support/browser.ts';
import { hostOf } from './support/console-cluster.ts';
import { useConsole } from './support/console-tests.ts';

describe.skipIf(lacking !== undefined)('SQL', () => {
  const tests = useConsole({ isRelayed: true });
  let window: ConsoleWindow;

  async function openSql(sql: string): Promise<Page> {
    window = await tests.open('/sql');
    await typeSql(window.page, sql);
    return window.page;
  }

  it('follows a write to all nodes', async () => {
    const page = await openSql("UPDATE services SET name = 'followed' WHERE id = 1");
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    await page.getByText('Write mode.').waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByText(/Seen by 3\/3 nodes, /).waitFor();
    const nodes = page.getByRole('list', { name: 'Nodes that have the version' });
    expect(await nodes.getByText('has it').count()).toBe(3);
    for (const node of tests.cluster.nodes) {
      expect(await node.api.query('SELECT name FROM services WHERE id = 1')).toEqual([
        ['followed'],
      ]);
    }
    window.expectQuiet();
  });

  it('refuses writes in the read-only mode, and counts before what can’t be undone', async () => {
    const page = await openSql('DELETE FROM services WHERE id > 38');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('alert').first().waitFor();
    await typeSql(page, 'DELETE FROM services');
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    await page.getByRole('textbox', { name: 'SQL' }).focus();
    await page.keyboard.press('Control+Enter');
    const dialog = page.getByRole('dialog', { name: 'Run what can’t be undone?' });
    await dialog.getByText('40 rows').waitFor();
    await dialog.getByRole('button', { name: 'Don’t run it' }).click();
    const [[count] = []] = await tests.cluster.node(1).api.query('SELECT count(*) FROM services');
    expect(count).toBe(40);
  });

  it('compares all nodes: equal rows, and rows that some of them lack', async () => {
    const page = await openSql('SELECT id, name FROM services WHERE id <= 3');
    await page.getByLabel('Target').selectOption('all');
    const compare = page.getByRole('button', { name: 'Compare', exact: true });
    await compare.click();
    const comparison = page.getByRole('region', { name: 'Comparison' });
    await comparison.getByText('= Equal at all nodes').waitFor();
    await comparison.getByText('3/3 nodes answer; 3 equal').waitFor();
    // Each node lists the others, and not itself.
    await typeSql(page, 'SELECT address FROM patina_members');
    await compare.click();
    await comparison.getByText('≠ Not equal').waitFor();
    await comparison.getByText('3/3 nodes answer; 0 equal, 0 differ, 3 missing').waitFor();
    window.expectQuiet();
  });

  it('asks again until a node that was cut off agrees', async () => {
    const { cluster, relays } = tests;
    const page = await openSql('SELECT name FROM services WHERE id = 2');
    await page.getByLabel('Target').selectOption('all');
    relays.cut(cluster.node(3).gossipPort);
    await cluster.node(1).api.transact([['UPDATE services SET name = ? WHERE id = 2', ['new']]]);
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    const comparison = page.getByRole('region', { name: 'Comparison' });
    await comparison.getByText('2/3 nodes answer').waitFor();
    await comparison.getByRole('button', { name: 'Run again until equal' }).click();
    await comparison.getByText('Asking until equal').waitFor();
    relays.heal();
    await comparison.getByText('Equal after').waitFor({ timeout: 60_000 });
    await comparison.getByText('= Equal at all nodes').waitFor();
  });

  it('saves all rows as a file, whole, and leaves the page where it is', async () => {
    const page = await openSql('SELECT id, name FROM services WHERE id > 10 ORDER BY id');
    for (const [format, first] of [
      ['CSV', 'id,name'],
      ['NDJSON', '{"id":11,"name":"service-11"}'],
    ] as const) {
      const download = await exported(page, format);
      const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split(/\r?\n/);
      expect(lines[0]).toBe(first);
      expect(lines.length).toBe(format === 'CSV' ? 31 : 30);
    }
    await page.getByRole('heading', { level: 1, name: 'SQL' }).waitFor();
  });

  it('saves a file from another node after a fail-over', async () => {
    const page = await openSql('SELECT count(*) AS n FROM services');
    await page
      .getByLabel('Node that answers')
      .selectOption({ label: hostOf(tests.cluster.node(2)) });
    await expect
      .poll(() => page.getByLabel('Node that answers').inputValue())
      .toContain(String(tests.cluster.node(2).apiPort));
    const download = await exported(page, 'CSV');
    expect(download.url()).toContain(hostOf(tests.cluster.node(2)));
    expect((await readFile(await download.path(), 'utf8')).split(/\r?\n/)[1]).toBe('40');
  });
});

async function typeSql(page: Page, sql: string): Promise<void> {
  const editor = page.getByRole('textbox', { name: 'SQL' });
  await editor.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(sql);
}

/** Chooses a format in the menu of exports; the file that the browser saves. */
async function exported(page: Page, format: string): Promise<Download> {
  const saved = page.waitForEvent('download');
  await page.locator('summary', { hasText: 'Export' }).click();
  await page.getByRole('button', { name: format, exact: true }).click();
  return saved;
}
