// Takes the pictures of docs/console.md: each page of the demo as the text there describes it.

import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { type Look, openWindow } from './browser.ts';

interface Stop {
  readonly name: string;
  readonly path: string;
  readonly look?: Look;
  /** What is done on the page before the picture is taken. */
  readonly act?: (page: Page) => Promise<void>;
}

const byOrigin = 'SELECT origin, count(*) AS flights FROM flights GROUP BY 1 ORDER BY 2 DESC';
const newest =
  'SELECT id, scheduled, origin, destination, status, delay_minutes FROM flights ORDER BY id DESC LIMIT 100';

const stops: readonly Stop[] = [
  { name: 'live', path: `live?sql=${encodeURIComponent(newest)}`, act: changesCome },
  { name: 'nodes', path: 'nodes' },
  { name: 'replication', path: 'replication' },
  { name: 'data', path: 'data?table=airports&writers=true', act: writersAreKnown },
  { name: 'data-edits', path: 'data?table=airports', act: editsAreReviewed },
  { name: 'schema', path: 'schema?table=flights' },
  // Last, when there is something to be seen in its charts.
  { name: 'overview', path: '', act: chartsAreDrawn },
  {
    name: 'overview-dark',
    path: '',
    look: { theme: 'dark', width: 1440 },
    act: chartsAreDrawn,
  },
  { name: 'overview-narrow', path: '', look: { theme: 'light', width: 390 } },
];

/** Goes through the pages of the demo at `address` and leaves pictures in `folder`. */
export async function tour(browser: Browser, address: string, folder: string): Promise<void> {
  for (const { name, path, look, act } of stops) {
    const window = await openWindow(browser, look);
    const { page } = window;
    await page.goto(address + path);
    await window.isLive();
    await isLoaded(page);
    await act?.(page);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await window.close();
  }
  await pictureOfSql(browser, address, folder);
}

async function pictureOfSql(browser: Browser, address: string, folder: string): Promise<void> {
  const window = await openWindow(browser);
  const { page } = window;
  await page.goto(`${address}sql`);
  await window.isLive();
  const editor = page.getByRole('textbox', { name: 'SQL' });
  await editor.click();
  await page.keyboard.insertText(byOrigin);
  await page.keyboard.press('Control+Enter');
  await page.getByRole('gridcell').first().waitFor();
  await page.screenshot({ path: join(folder, 'sql.png') });
  await window.close();
}

/** Waits until nothing on the page says that it loads. */
export async function isLoaded(page: Page): Promise<void> {
  const loading = page.getByRole('main').getByText('Loading', { exact: true });
  await expect.poll(() => loading.count()).toBe(0);
}

async function writersAreKnown(page: Page): Promise<void> {
  await page.getByRole('list', { name: 'Writers' }).getByRole('listitem').first().waitFor();
}

async function editsAreReviewed(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  const cell = page.getByRole('grid').getByRole('gridcell', { name: 'Thigpen', exact: true });
  await cell.click();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('Thigpen Field');
  await page.keyboard.press('Control+Enter');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Delete');
  await page.getByText('2 changes staged').waitFor();
  await page.keyboard.press('Control+s');
  await page.getByRole('list', { name: 'Staged changes' }).waitFor();
}

async function chartsAreDrawn(page: Page): Promise<void> {
  await page.locator('svg.recharts-surface').first().waitFor();
}

async function changesCome(page: Page): Promise<void> {
  const changes = page.getByLabel('Changes').getByText(/insert|update|delete/i);
  await expect.poll(() => changes.count()).toBeGreaterThan(5);
}
