// Live data in a page: a row that another node wrote, five hundred changes a second, a node that dies in the middle,
// and all of it by keyboard alone.

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { type ConsoleWindow, framesShareMin, lacking } from './support/browser.ts';
import { hostOf } from './support/console-cluster.ts';
import { useConsole } from './support/console-tests.ts';

const query = 'SELECT id, name, load FROM services WHERE id <= 40 ORDER BY id';

const changesPerSecond = 500;
const batchMs = 100;
const restedMs = 1_000;
const measuredMs = 5_000;

describe.skipIf(lacking !== undefined)('live data', () => {
  const tests = useConsole();

  async function watch(sql: string, number = 1): Promise<ConsoleWindow> {
    const window = await tests.open(`/live?sql=${encodeURIComponent(sql)}`, number);
    await isStreaming(window.page);
    return window;
  }

  it('from a query, by keyboard alone, to a row that another node writes', async () => {
    const window = await tests.open('/sql');
    const { page } = window;
    const editor = page.getByRole('textbox', { name: 'SQL' });
    await editor.waitFor();
    await tabTo(page, 'textbox', 'SQL');
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText(query);
    await page.keyboard.press('Control+Enter');
    await page
      .getByRole('grid', { name: 'Rows' })
      .getByText('service-1', { exact: true })
      .waitFor();
    await tabTo(page, 'link', 'Watch');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Live query', exact: true }).waitFor();
    await isStreaming(page);
    const other = tests.cluster.node(2);
    await other.api.transact([
      ['UPDATE services SET name = ? WHERE id = 1', ['written elsewhere']],
    ]);
    await page.getByRole('grid', { name: 'Rows' }).getByText('written elsewhere').waitFor();
    window.expectQuiet();
  });

  it('goes on after its node was killed, and loses nothing', async () => {
    const { cluster } = tests;
    const window = await watch(query, 3);
    const { page } = window;
    const options = page.getByLabel('Node that answers').locator('option');
    await expect.poll(() => options.count()).toBe(3);
    const writer = cluster.node(1);
    for (let load = 0; load < 20; load++) {
      await writer.api.transact([['UPDATE services SET load = ? WHERE id = 7', [load]]]);
      if (load === 8) await cluster.node(3).end('SIGKILL');
    }
    await writer.api.transact([['UPDATE services SET name = ? WHERE id = 7', ['the last one']]]);
    await page.getByText(`${hostOf(cluster.node(3))} went away`).waitFor();
    await isStreaming(page);
    const rows = page.getByRole('grid', { name: 'Rows' });
    await rows.getByText('the last one').waitFor();
    expect(await rows.getByRole('row').filter({ hasText: 'the last one' }).textContent()).toContain(
      '19',
    );
    await cluster.node(3).start();
    await cluster.met();
  });

  it(`stays smooth at ${changesPerSecond} changes a second`, async () => {
    const window = await watch(query);
    const atRest = await window.framesPerSecond(restedMs);
    const node = tests.cluster.node(2);
    const startMs = performance.now();
    const counted = window.framesPerSecond(measuredMs);
    const rowsAtOnce = (changesPerSecond * batchMs) / 1_000;
    let written = 0;
    while (performance.now() - startMs < measuredMs) {
      const dueMs = startMs + (written / rowsAtOnce) * batchMs;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const first = (written / rowsAtOnce) % 2 === 0 ? 1 : 0;
      await node.api.transact([
        ['UPDATE services SET load = load + 1 WHERE id <= 40', []],
        ['UPDATE services SET load = load - 1 WHERE id <= ?', [10 * first]],
      ]);
      written += rowsAtOnce;
    }
    const seconds = (performance.now() - startMs) / 1_000;
    const frames = await counted;
    process.stdout.write(
      `live: ${Math.round(written / seconds)} changes/s written, ${Math.round(frames)} frames/s, ${Math.round(atRest)} at rest\n`,
    );
    expect(frames / atRest).toBeGreaterThanOrEqual(framesShareMin);
  });
});

async function isStreaming(page: Page): Promise<void> {
  const state = page.getByRole('region', { name: 'State of the stream' });
  await state.getByText('Live', { exact: true }).waitFor();
  await page.getByRole('grid', { name: 'Rows' }).getByRole('gridcell').first().waitFor();
}

/** Presses Tab until the element of this role and name has the focus. */
async function tabTo(page: Page, role: 'link' | 'textbox', name: string): Promise<void> {
  const wanted = page.getByRole(role, { name, exact: true });
  for (let presses = 0; presses < 120; presses++) {
    if ((await wanted.and(page.locator(':focus')).count()) > 0) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach the ${role} ${name}`);
}
