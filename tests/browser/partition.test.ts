// A node that is cut off from the others: the lag matrix says who lacks what, and goes back to nothing once the
// network is whole again. Writes go on on both sides.

import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { lacking } from './support/browser.ts';
import { useConsole } from './support/console-tests.ts';

describe.skipIf(lacking !== undefined)('a partition', () => {
  const tests = useConsole({ isRelayed: true });

  it('shows in the lag matrix while it lasts, and is gone after it', async () => {
    const { cluster, relays } = tests;
    const [first, cut] = [cluster.node(1), cluster.node(3)];
    const window = await tests.open('/replication');
    const { page } = window;
    const matrix = page.getByRole('grid', { name: 'Lag matrix' });
    await matrix.waitFor();
    const behind = page.getByText('Pairs behind now').locator('..');
    await expect.poll(() => behind.textContent()).toMatch(/now0/);

    relays.cut(cut.gossipPort);
    await page
      .getByRole('banner')
      .getByText(/1 node (silent|suspect|down)/)
      .waitFor();
    for (let id = 1_000; id < 1_020; id++) {
      await first.api.transact([['INSERT INTO services (id, name) VALUES (?, ?)', [id, 'here']]]);
      await cut.api.transact([['INSERT INTO services (id, name) VALUES (?, ?)', [-id, 'there']]]);
    }
    // What nobody can ask is told as the most that it may lack, and what is behind a cell is one step away.
    const silent = cellOf(
      matrix,
      /^127\.0\.0\.1:\d+ doesn’t answer; .* lacks at most 20 versions of /,
    );
    await silent.click();
    const drawer = page.getByRole('dialog', { name: 'What is lacking' });
    await drawer.getByText('lacks at most 20 versions').waitFor();
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    // The node that is cut off sees it from its own side.
    const other = await tests.open('/replication', 3);
    await other.page
      .getByRole('banner')
      .getByText(/2 nodes (silent|suspect|down)/)
      .waitFor();

    relays.heal();
    await page.getByRole('banner').getByText('3 nodes up').waitFor({ timeout: 60_000 });
    await cluster.equalRows('SELECT id, name FROM services ORDER BY id', 60_000);
    await expect.poll(() => behind.textContent(), { timeout: 30_000 }).toMatch(/now0/);
    await expect.poll(() => cellOf(matrix, /doesn’t answer/).count()).toBe(0);

    // From this node's row: nothing is lacking, and it can be asked to look again.
    const own = `127.0.0.1:${relays.portOf(first.gossipPort)}`;
    await cellOf(matrix, new RegExp(`^${own} has all that is known of`))
      .first()
      .click();
    await drawer.getByText('Highest version known').waitFor();
    await drawer.getByRole('region', { name: 'Gaps' }).getByText('None.').waitFor();
    await drawer.getByRole('button', { name: 'Request sync now' }).click();
    await drawer.getByText('Sync with 2 peers begins.').waitFor();
    await window.expectAccessible();
  });
});

/** The cells of the matrix whose sentences are such. */
function cellOf(matrix: Locator, sentence: RegExp): Locator {
  return matrix.getByRole('gridcell', { name: sentence });
}
