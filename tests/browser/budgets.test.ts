// What the console may cost: bytes of scripts, time to the first look, frames while a large result scrolls.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lacking, launchBrowser, openWindow } from './support/browser.ts';
import { type ConsoleCluster, startConsoleCluster } from './support/console-cluster.ts';

const scriptBytesMax = 300_000;
const largestPaintMsMax = 2_000;

describe.skipIf(lacking !== undefined)('budgets', () => {
  let browser: Browser;
  let console: ConsoleCluster;

  beforeAll(async () => {
    [browser, console] = await Promise.all([launchBrowser(), startConsoleCluster()]);
  });

  afterAll(async () => {
    await browser?.close();
    await console?.close();
  });

  it('the first load of Overview takes little, and is painted soon', async () => {
    const window = await openWindow(browser);
    const { page } = window;
    const session = await window.context.newCDPSession(page);
    await session.send('Network.enable');
    const scripts = new Map<string, string>();
    let bytes = 0;
    session.on('Network.responseReceived', ({ requestId, type, response }) => {
      if (type === 'Script') scripts.set(requestId, response.url);
    });
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (scripts.has(requestId)) bytes += encodedDataLength;
    });
    await page.addInitScript(`
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.largestPaintMs = entry.startTime;
      }).observe({ type: 'largest-contentful-paint', buffered: true });
    `);
    await window.open(console.cluster.node(1).apiPort, '/');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.waitForLoadState('networkidle');
    const paintMs = await page.evaluate<number>('window.largestPaintMs');
    process.stdout.write(
      `Overview: ${Math.round(bytes / 1000)} kB of scripts, largest paint ${Math.round(paintMs)} ms\n`,
    );
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(scriptBytesMax);
    expect(paintMs).toBeLessThanOrEqual(largestPaintMsMax);
    await window.close();
  });
});
