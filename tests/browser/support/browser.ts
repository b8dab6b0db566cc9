// Debian's Chromium, driven by Playwright. Everything that a page complains about is kept, so that a test
// can ask that it complained about nothing.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const executablePath = '/usr/bin/chromium';
const consoleFile = fileURLToPath(new URL('../../../apps/web/out/index.html', import.meta.url));

/** Why these tests can't run on this machine; undefined where they can. */
export const lacking: string | undefined = existsSync(executablePath)
  ? undefined
  : `there is no ${executablePath} (Debian: apt-get install chromium)`;

if (lacking !== undefined) console.warn(`SKIPPED: tests in the browser: ${lacking}.`);
else if (!existsSync(consoleFile)) throw new Error('run `npm run build` first: no console to test');

/** Without a network of its own the browser would look for hosts that it can't reach. */
const launchArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page with work to do must draw at least this share of the frames that the same page draws at rest: 50 of 60. */
export const framesShareMin = 50 / 60;

/** How long an action or an expectation of the browser may take, milliseconds. */
const actionMsMax = 20_000;

export type Theme = 'light' | 'dark';

export interface Look {
  readonly theme: Theme;
  readonly width: 1440 | 390;
}

export const looks: readonly Look[] = [
  { theme: 'light', width: 1440 },
  { theme: 'dark', width: 1440 },
  { theme: 'light', width: 390 },
  { theme: 'dark', width: 390 },
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: launchArguments });
}

/** A window with storage and cookies of its own. */
export async function openWindow(
  browser: Browser,
  { theme, width }: Look = { theme: 'light', width: 1440 },
): Promise<ConsoleWindow> {
  const context = await browser.newContext({
    viewport: { width, height: width === 390 ? 844 : 900 },
    colorScheme: theme,
    acceptDownloads: true,
  });
  context.setDefaultTimeout(actionMsMax);
  return new ConsoleWindow(context, await context.newPage());
}

export class ConsoleWindow {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly #complaints: string[] = [];

  constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      this.#complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => this.#complaints.push(`uncaught: ${error.stack ?? error}`));
  }

  /** Opens a page of the console at a node, and waits until the cluster's figures are there. */
  async open(port: number, path: string): Promise<void> {
    await this.page.goto(`http://127.0.0.1:${port}${path}`);
    await this.isLive();
  }

  async isLive(): Promise<void> {
    await this.page.getByRole('banner').getByText('Live', { exact: true }).waitFor();
  }

  /** Expects that the page complained about nothing so far. */
  expectQuiet(): void {
    expect(this.#complaints).toEqual([]);
  }

  /** Forgets complaints that a test has caused on purpose, such as by killing a node. */
  forget(): void {
    this.#complaints.length = 0;
  }

  /** Expects no serious or critical finding of axe. */
  async expectAccessible(): Promise<void> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    const findings = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(describeNode).join('\n')}`);
    expect(findings).toEqual([]);
  }

  /** Expects that the page does not scroll sideways. */
  async expectNoOverflow(): Promise<void> {
    const root = 'document.documentElement';
    const pageWidth = await this.page.evaluate<number>(`${root}.scrollWidth`);
    const windowWidth = await this.page.evaluate<number>(`${root}.clientWidth`);
    expect(pageWidth, `${this.page.url()} scrolls sideways`).toBeLessThanOrEqual(windowWidth);
  }

  /** Frames a second that the page draws over this time, while `act`, JavaScript, runs before each of them. */
  framesPerSecond(ms: number, act = ''): Promise<number> {
    return this.page.evaluate<number>(`new Promise((resolve) => {
      const startMs = performance.now();
      let frames = 0;
      const step = (nowMs) => {
        frames++;
        ${act};
        if (nowMs - startMs < ${ms}) requestAnimationFrame(step);
        else resolve(frames * 1000 / (nowMs - startMs));
      };
      requestAnimationFrame(step);
    })`);
  }

  /** Waits until the browser keeps the files of the console. */
  async hasFiles(): Promise<void> {
    await this.page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
    const isThere = 'navigator.serviceWorker.controller !== null';
    await expect.poll(() => this.page.evaluate<boolean>(isThere)).toBe(true);
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

function describeNode({ html, failureSummary }: { html: string; failureSummary?: string }): string {
  return `  ${html.slice(0, 200)}\n  ${failureSummary?.replaceAll('\n', ' ') ?? ''}`;
}
