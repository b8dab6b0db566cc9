// Tests of the console in a real browser against real agents. One file at a time, so that their figures
// measure the console and not each other. They need the export of the console: `npm run build`.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A condition may take as long as a loaded machine needs to start a process.
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    fileParallelism: false,
  },
});
