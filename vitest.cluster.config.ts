// Tests of real processes: agents over loopback QUIC, killed and restarted. One file at a time, so
// that their time limits measure Patina and not each other.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/{cluster,demo}/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A condition may take as long as a loaded machine needs to start a process.
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    fileParallelism: false,
  },
});
