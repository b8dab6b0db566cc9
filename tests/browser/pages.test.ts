// Every page, in both themes and at two widths, with data: it is there, complains about nothing, does not
// scroll sideways, and can be read by those who use other senses.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import {
  type ConsoleWindow,
  lacking,
  launchBrowser,
  looks,
  openWindow,
} from './support/browser.ts';
import { type ConsoleCluster, startConsoleCluster } from './support/console-cluster.ts';
import { isLoaded } from './support/tour.ts';

const pages: readonly (readonly [path: string, heading: string])[] = [
  ['/', 'Overview'],
  ['/sql', 'SQL'],
  ['/live', 'Live queries'],
  ['/live?sql=SELECT%20id%2C%20name%20FROM%20services', 'Live query'],
  ['/nodes', 'Nodes'],
  ['/nodes?view=matrix', 'Nodes'],
  ['/nodes?view=table', 'Nodes'],
  ['/nodes?view=timeline', 'Nodes'],
  ['/nodes?view=opinions', 'Nodes'],
  ['/replication', 'Replication'],
  ['/data', 'Data'],
  ['/data?table=services', 'Data'],
  ['/schema', 'Schema'],
  ['/schema?table=services', 'Schema'],
];

describe.skipIf(lacking !== undefined)('pages', () => {
  let browser: Browser;
  let console: ConsoleCluster;
  let window: ConsoleWindow | undefined;

  beforeAll(async () => {
    [browser, console] = await Promise.all([launchBrowser(), startConsoleCluster()]);
  });

  // A page left open goes on drawing, and slows down all that come after it.
  afterEach(() => window?.close());

  afterAll(async () => {
    await browser?.close();
    await console?.close();
  });

  describe.each(looks)('$theme at $width px', (look) => {
    it.each(pages)('%s', async (path, heading) => {
      window = await openWindow(browser, look);
      await window.open(console.cluster.node(1).apiPort, path);
      const { page } = window;
      await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
      await isLoaded(page);
      await window.expectAccessible();
      await window.expectNoOverflow();
      window.expectQuiet();
    });
  });
});
