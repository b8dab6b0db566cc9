// Pages of a cluster that is not well: empty, with a node down, and from the side of a node that is cut off. Each
// says what there is to say, can be read by everybody, and complains about nothing.
//
// PATINA_STATES=<folder> leaves a picture of each there, in all looks.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestCluster } from '../cluster/harness.ts';
import {
  type ConsoleWindow,
  type Look,
  lacking,
  launchBrowser,
  looks,
  openWindow,
} from './support/browser.ts';
import { type ConsoleCluster, startConsoleCluster } from './support/console-cluster.ts';
import { isLoaded } from './support/tour.ts';

const folder = process.env['PATINA_STATES'];

/** All looks where pictures are taken; one otherwise, another one in each state. */
function looksOf(look: Look): readonly Look[] {
  return folder === undefined ? [look] : looks;
}

const query = 'SELECT id, name, region, load, state FROM services';
const pages: readonly (readonly [name: string, path: string])[] = [
  ['overview', '/'],
  ['sql', `/sql?sql=${encodeURIComponent(query)}`],
  ['live', '/live'],
  ['live-query', `/live?sql=${encodeURIComponent(query)}`],
  ['nodes', '/nodes'],
  ['matrix', '/nodes?view=matrix'],
  ['table', '/nodes?view=table'],
  ['timeline', '/nodes?view=timeline'],
  ['opinions', '/nodes?view=opinions'],
  ['replication', '/replication'],
  ['data', '/data?table=services'],
  ['schema', '/schema?table=services'],
];

describe.skipIf(lacking !== undefined)('pages of a cluster', () => {
  let browser: Browser;
  let window: ConsoleWindow | undefined;

  beforeAll(async () => {
    browser = await launchBrowser();
  });

  afterEach(() => window?.close());

  afterAll(() => browser?.close());

  async function look(port: number, [name, path]: (typeof pages)[number], state: string, at: Look) {
    window = await openWindow(browser, at);
    await window.open(port, path);
    const { page } = window;
    await page.getByRole('heading', { level: 1 }).waitFor();
    await isLoaded(page);
    if (folder !== undefined) {
      mkdirSync(folder, { recursive: true });
      // What draws the charts is loaded after the page.
      await page.waitForLoadState('networkidle');
      const file = `${name}-${state}-${at.theme}-${at.width}.png`;
      await page.screenshot({ path: join(folder, file), fullPage: at.width === 390 });
    }
    await window.expectAccessible();
    await window.expectNoOverflow();
    window.expectQuiet();
  }

  describe('that is empty', () => {
    let cluster: TestCluster;

    beforeAll(async () => {
      cluster = await TestCluster.create({ nodes: 1, schema: '' });
      await cluster.node(1).start();
    });

    afterAll(() => cluster?.close());

    const known = pages.filter(([name]) => name !== 'live-query');
    describe.each(looksOf({ theme: 'light', width: 390 }))('$theme at $width px', (at) => {
      it.each(known)('%s', (...page) => look(cluster.node(1).apiPort, page, 'empty', at));
    });
  });

  describe('that is not whole', () => {
    let console: ConsoleCluster;

    beforeAll(async () => {
      console = await startConsoleCluster({ isRelayed: true });
    });

    afterAll(() => console?.close());

    // pages.test.ts looks at pages of a whole cluster.
    if (folder !== undefined) {
      describe.each(looks)('whole, $theme at $width px', (at) => {
        it.each(pages)('%s', (...page) => look(console.cluster.node(1).apiPort, page, 'whole', at));
      });
    }

    describe('from the side of a node that is cut off', () => {
      beforeAll(async () => {
        const { cluster, relays } = console;
        relays.cut(cluster.node(3).gossipPort);
        for (const node of [cluster.node(1), cluster.node(3)]) {
          await node.api.transact([['UPDATE services SET load = load + 1 WHERE id < 9', []]]);
        }
        await isAlone(cluster, 3, 1);
      });

      afterAll(async () => {
        console.relays.heal();
        await console.cluster.equalRows('SELECT id, load FROM services ORDER BY id', 60_000);
      });

      describe.each(looksOf({ theme: 'light', width: 1440 }))('$theme at $width px', (at) => {
        it.each(pages)('%s', (...page) => look(console.cluster.node(3).apiPort, page, 'cut', at));
      });
    });

    describe('with a node down', () => {
      beforeAll(async () => {
        await console.cluster.node(3).end('SIGKILL');
        await isAlone(console.cluster, 1, 2);
      });

      describe.each(looksOf({ theme: 'dark', width: 390 }))('$theme at $width px', (at) => {
        it.each(pages)('%s', (...page) => look(console.cluster.node(1).apiPort, page, 'down', at));
      });
    });
  });
});

/** Waits until a node counts only so many members as alive. */
async function isAlone(cluster: TestCluster, number: number, members: number): Promise<void> {
  await cluster.eventually('the others are known to be down', 60_000, async () => {
    expect((await cluster.node(number).api.health()).members).toBe(members);
  });
}
