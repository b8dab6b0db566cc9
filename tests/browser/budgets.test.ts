// What the console may cost: bytes of scripts, time to the first look, frames while a large result scrolls.

import { describe, expect, it } from 'vitest';
import { framesShareMin, lacking } from './support/browser.ts';
import { useConsole } from './support/console-tests.ts';

const scriptBytesMax = 300_000;
const largestPaintMsMax = 2_000;
const restedMs = 1_000;
const scrolledMs = 3_000;

/** 100,000 rows of 20 columns. */
const largeQuery = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
SELECT i, ${Array.from({ length: 19 }, (_, column) => `i % ${column + 7} AS c${column}`).join(', ')} FROM n`;

describe.skipIf(lacking !== undefined)('budgets', () => {
  const tests = useConsole();

  it('the first load of Overview, its charts included, takes little and is painted soon', async () => {
    const window = await tests.window();
    const { page } = window;
    await page.addInitScript(`
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.largestPaintMs = entry.startTime;
      }).observe({ type: 'largest-contentful-paint', buffered: true });
    `);
    await window.open(tests.cluster.node(1).apiPort, '/');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.locator('svg.recharts-surface').first().waitFor();
    const bytes = await page.evaluate<number>(`performance.getEntriesByType('resource')
      .filter(({ name }) => new URL(name).pathname.endsWith('.js'))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`);
    const paintMs = await page.evaluate<number>('window.largestPaintMs');
    process.stdout.write(
      `Overview: ${Math.round(bytes / 1000)} kB of scripts, largest paint ${Math.round(paintMs)} ms\n`,
    );
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThanOrEqual(scriptBytesMax);
    expect(paintMs).toBeLessThanOrEqual(largestPaintMsMax);
  });

  it('100,000 rows of 20 columns scroll smoothly', async () => {
    const parameters = new URLSearchParams({ sql: largeQuery, rows: '100000', time: '60000' });
    const window = await tests.open(`/sql?${parameters}`);
    const { page } = window;
    const editor = page.getByRole('textbox', { name: 'SQL' });
    await editor.getByText('RECURSIVE').waitFor();
    await editor.click();
    await page.keyboard.press('Control+Enter');
    const grid = page.getByRole('grid', { name: 'Rows' });
    await grid.getByRole('gridcell').first().waitFor();
    expect(await grid.getAttribute('aria-rowcount')).toBe('100001');
    const atRest = await window.framesPerSecond(restedMs);
    const scroll = "document.querySelector('[role=grid]').scrollTop += 997";
    const frames = await window.framesPerSecond(scrolledMs, scroll);
    process.stdout.write(
      `a grid of 100,000 x 20 scrolls at ${Math.round(frames)} frames/s, at rest it has ${Math.round(atRest)}\n`,
    );
    expect(await page.locator('[role=row]').count()).toBeLessThan(100);
    expect(frames / atRest).toBeGreaterThanOrEqual(framesShareMin);
  });
});
