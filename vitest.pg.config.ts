// Tests of PostgreSQL clients against a node of their own: drivers, tools and ORMs as they are. One file
// at a time, so that their time limits measure Patina and not each other.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/pg/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A condition may take as long as a loaded machine needs to start a process.
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    fileParallelism: false,
  },
});
