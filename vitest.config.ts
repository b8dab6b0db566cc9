// Unit and property tests: everything beside the code, in every workspace. Tests that start real
// processes live in tests/ and have a configuration and a step of their own.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{apps,packages}/*/src/**/*.test.{ts,tsx}', '{scripts,bench}/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A condition may take as long as a loaded machine needs to start a process.
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
  },
});
