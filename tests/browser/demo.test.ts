// What a newcomer sees: `npm start` names one address; there the demo runs, flights change, and a node that is
// killed shows within seconds. With PATINA_SCREENSHOTS=<folder> the pictures of docs/console.md are taken too.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PatinaProcess } from '../cluster/support/agent-process.ts';
import { areFree, freePorts } from '../cluster/support/free-ports.ts';
import { eventually } from '../cluster/support/wait.ts';
import { lacking, launchBrowser, openWindow } from './support/browser.ts';
import { tour } from './support/tour.ts';

const picturesFolder = process.env['PATINA_SCREENSHOTS'];
const importMsMax = 90_000;

/** From a kill to the page that shows it, milliseconds: what detection takes on a loaded machine too. */
const shownMsMax = 15_000;

describe.skipIf(lacking !== undefined)('the demo', () => {
  let browser: Browser;
  let demo: PatinaProcess;
  let address = '';
  const directory = mkdtempSync(join(tmpdir(), 'patina-tour-'));

  beforeAll(async () => {
    const port = await eventually('free ports in a row', findPorts, { withinMs: 10_000 });
    demo = new PatinaProcess(['demo', '--fresh', '--port', String(port)], directory);
    [browser] = await Promise.all([launchBrowser(), demo.wrote('replaying flights', importMsMax)]);
    const named = [...demo.output.matchAll(/^\s+console\s+(http:\S+)$/gm)];
    expect(named, 'it names one address').toHaveLength(1);
    address = named[0]?.[1] ?? '';
  });

  afterAll(async () => {
    await browser?.close();
    demo?.signal('SIGTERM');
    await demo?.ended;
    rmSync(directory, { recursive: true, force: true });
  });

  it('shows three members, lag near zero, and flights that change', async () => {
    const window = await openWindow(browser);
    const { page } = window;
    await page.goto(address);
    await window.isLive();
    await page.getByRole('banner').getByText('3 nodes up').waitFor();
    const sql =
      'SELECT id, origin, destination, status, delay_minutes FROM flights ORDER BY id DESC LIMIT 50';
    await page.goto(`${address}live?sql=${encodeURIComponent(sql)}`);
    const state = page.getByRole('region', { name: 'State of the stream' });
    await state.getByText('Live', { exact: true }).waitFor();
    const changes = page.getByLabel('Changes');
    await changes
      .getByText(/insert|update|delete/i)
      .first()
      .waitFor();
    window.expectQuiet();
    await window.close();
  });

  it.runIf(picturesFolder !== undefined)('has its pictures taken', async () => {
    const folder = picturesFolder ?? '';
    mkdirSync(folder, { recursive: true });
    await tour(browser, address, folder);
  });

  it('shows within seconds that a node was killed, and that it is back', async () => {
    const window = await openWindow(browser);
    const { page } = window;
    await page.goto(address);
    await window.isLive();
    const banner = page.getByRole('banner');
    await banner.getByText('3 nodes up').waitFor();
    const pid = Number(/node 2 .* pid (\d+)/.exec(demo.output)?.[1]);
    process.kill(pid, 'SIGKILL');
    const killedMs = performance.now();
    await banner.getByText(/1 node (suspect|silent|down)/).waitFor({ timeout: shownMsMax });
    process.stdout.write(
      `a killed node shows after ${Math.round(performance.now() - killedMs)} ms\n`,
    );
    await banner.getByText('3 nodes up').waitFor({ timeout: 30_000 });
    await window.close();
  });
});

/** The first of three ports in a row that are free, as are the ports that belong to them. */
async function findPorts(): Promise<number> {
  const [first = 0] = await freePorts(1);
  const needed = [0, 100, 200].flatMap((offset) => [0, 1, 2].map((node) => first + offset + node));
  if (!(await areFree(needed))) throw new Error(`not all of ${needed.join(', ')} are free`);
  return first;
}
