// What most tests of a file share: one browser, one cluster that serves the console, and windows that are closed
// after each test. A window left open goes on drawing, and slows down all that come after it.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { TestCluster } from '../../cluster/harness.ts';
import { type ConsoleWindow, type Look, launchBrowser, openWindow } from './browser.ts';
import {
  type ConsoleCluster,
  type ConsoleClusterOptions,
  startConsoleCluster,
} from './console-cluster.ts';
import type { Relays } from './udp-relay.ts';

/** Call it in a `describe`: it starts everything before its tests and ends it after them. */
export function useConsole(options: ConsoleClusterOptions = {}): ConsoleTests {
  const tests = new ConsoleTests();
  beforeAll(() => tests.start(options));
  afterEach(() => tests.closeWindows());
  afterAll(() => tests.stop());
  return tests;
}

export class ConsoleTests {
  #browser: Browser | undefined;
  #console: ConsoleCluster | undefined;
  #windows: ConsoleWindow[] = [];

  get cluster(): TestCluster {
    return this.#started().cluster;
  }

  get relays(): Relays {
    return this.#started().relays;
  }

  /** A window with nothing in it. */
  async window(look?: Look): Promise<ConsoleWindow> {
    if (this.#browser === undefined) throw new Error('the browser runs while tests do');
    const window = await openWindow(this.#browser, look);
    this.#windows.push(window);
    return window;
  }

  /** A window with a page of the console of the node with this number, once its figures are there. */
  async open(path: string, number = 1, look?: Look): Promise<ConsoleWindow> {
    const window = await this.window(look);
    await window.open(this.cluster.node(number).apiPort, path);
    return window;
  }

  async start(options: ConsoleClusterOptions): Promise<void> {
    [this.#browser, this.#console] = await Promise.all([
      launchBrowser(),
      startConsoleCluster(options),
    ]);
  }

  async closeWindows(): Promise<void> {
    await Promise.all(this.#windows.splice(0).map((window) => window.close()));
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await this.#console?.close();
  }

  #started(): ConsoleCluster {
    if (this.#console === undefined) throw new Error('the cluster runs while tests do');
    return this.#console;
  }
}
