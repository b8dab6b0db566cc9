// A page that shows live data for a long time keeps to the memory that it has once it is warm. Short here;
// PATINA_MEMORY_MINUTES=10 looks for as long as that.

import type { CDPSession } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { TestCluster } from '../cluster/harness.ts';
import { type ConsoleWindow, lacking } from './support/browser.ts';
import { useConsole } from './support/console-tests.ts';

const minutes = Number(process.env['PATINA_MEMORY_MINUTES'] ?? '0.5');
/** The charts of Overview keep five minutes: a long look begins when they are full. */
const warmMs = minutes < 5 ? 15_000 : 330_000;
const watchedMs = minutes * 60_000;
const batchMs = 100;

/** What the heap and the page may grow by after that, however long it is looked at. */
const heapGrowthMax = 4 * 1024 * 1024;
const elementsGrowthMax = 500;

const pages = [
  ['a live query', `/live?sql=${encodeURIComponent('SELECT id, name, load FROM services')}`],
  ['the overview', '/'],
  ['rows that are followed', '/data?table=services'],
] as const;

describe.skipIf(lacking !== undefined)('memory', () => {
  const tests = useConsole();

  it(
    `stays flat over ${minutes} minutes of live data`,
    async () => {
      const windows: ConsoleWindow[] = [];
      const sessions: CDPSession[] = [];
      for (const [, path] of pages) {
        const window = await tests.open(path);
        const session = await window.context.newCDPSession(window.page);
        await session.send('Performance.enable');
        windows.push(window);
        sessions.push(session);
      }
      await write(tests.cluster, warmMs);
      const before = await Promise.all(sessions.map(readUse));
      const written = await write(tests.cluster, watchedMs);
      const after = await Promise.all(sessions.map(readUse));
      expect(written).toBeGreaterThan((watchedMs / batchMs) * 10);
      for (const [index, [name]] of pages.entries()) {
        const [from, to] = [before[index], after[index]];
        if (from === undefined || to === undefined) throw new Error('each page was measured');
        process.stdout.write(
          `${name}: ${mib(from.heapBytes)} MiB, after ${written} changes ${mib(to.heapBytes)} MiB; ` +
            `${from.elements} nodes, then ${to.elements}\n`,
        );
        expect(to.heapBytes - from.heapBytes, name).toBeLessThan(heapGrowthMax);
        expect(to.elements - from.elements, name).toBeLessThan(elementsGrowthMax);
      }
      for (const window of windows) window.expectQuiet();
    },
    2 * (warmMs + watchedMs) + 120_000,
  );
});

/** Changes 20 rows ten times a second for so long, as far as the node follows; how many rows it changed. */
async function write(cluster: TestCluster, ms: number): Promise<number> {
  const node = cluster.node(2);
  const startMs = performance.now();
  let written = 0;
  for (let batch = 0; performance.now() - startMs < ms; batch++) {
    const waitMs = startMs + batch * batchMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    await node.api.transact([['UPDATE services SET load = load + 1 WHERE id <= 20', []]]);
    written += 20;
  }
  return written;
}

async function readUse(session: CDPSession): Promise<{ heapBytes: number; elements: number }> {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const metric = (name: string) => metrics.find((each) => each.name === name)?.value ?? 0;
  return { heapBytes: metric('JSHeapUsedSize'), elements: metric('Nodes') };
}

function mib(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}
