// Strings that try to be something else than text, cells of a megabyte and tables of 300 columns: shown as what they
// are, in a page that keeps its shape.

import { beforeAll, describe, expect, it } from 'vitest';
import { type Look, lacking, looks } from './support/browser.ts';
import { useConsole } from './support/console-tests.ts';
import { hostileTexts } from './support/sample.ts';

const megabyte = 1024 * 1024;

describe.skipIf(lacking !== undefined)('hostile data', () => {
  const tests = useConsole();

  beforeAll(async () => {
    const { api } = tests.cluster.node(1);
    await api.transact(
      hostileTexts.map((text, index) => [
        'INSERT INTO notes (id, title, body, extra) VALUES (?, ?, ?, ?)',
        [index + 1, text, text.repeat(3), [0, 255, index]],
      ]),
    );
    await api.transact([
      ['INSERT INTO notes (id, title, body) VALUES (100, ?, NULL)', ['x'.repeat(megabyte)]],
      ['INSERT INTO wide (id, column_1, column_299) VALUES (1, ?, ?)', ['first', 'last']],
    ]);
  });

  it.each(looks.filter(({ theme }) => theme === 'dark'))(
    'is text at $width px',
    async (look: Look) => {
      const window = await tests.window(look);
      const { page } = window;
      const port = tests.cluster.node(1).apiPort;
      await window.open(port, '/data?table=notes');
      const grid = page.getByRole('grid', { name: 'Rows of notes' });
      await grid.getByText('<script>document.title').first().waitFor();
      expect(await page.title()).not.toContain('owned');
      expect(await grid.locator('img, script, h1').count()).toBe(0);
      await window.expectNoOverflow();
      await window.expectAccessible();
      await window.open(port, '/data?table=wide');
      const wide = page.getByRole('grid', { name: 'Rows of wide' });
      await wide.getByText('first', { exact: true }).waitFor();
      expect(await wide.getByRole('gridcell').count()).toBeLessThan(100);
      await wide.focus();
      await page.keyboard.press('End');
      await wide.getByText('last', { exact: true }).waitFor();
      await window.expectNoOverflow();
      window.expectQuiet();
    },
  );
});
