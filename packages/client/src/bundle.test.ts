// The client in a bundle for browsers: nothing of Node is in it, and it is not large.

import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';

/** What pages load for the client, without React and its query cache; most of it is zod. */
const bundleBytesMax = 200_000;

describe('the bundle', () => {
  it.each(['client.ts', 'react.ts'])('of %s runs in browsers', async (entry) => {
    const warnings: string[] = [];
    const bundle = await rolldown({
      input: fileURLToPath(new URL(entry, import.meta.url)),
      platform: 'browser',
      external: [/^react/, /^@tanstack\//],
      onLog: (_level, log) => warnings.push(log.message),
    });
    const { output } = await bundle.generate({ format: 'esm', minify: true });
    await bundle.close();
    const [chunk] = output;
    expect(chunk.imports.filter((name) => !/^(react|@tanstack\/react-query)$/.test(name))).toEqual(
      [],
    );
    expect(chunk.code).not.toMatch(/\bnode:|\bBuffer\b|\bprocess\.|\brequire\(/);
    expect(chunk.code.length).toBeLessThan(bundleBytesMax);
    expect(warnings).toEqual([]);
  });
});
