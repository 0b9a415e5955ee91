import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // A deadline for a stuck test, not a measure of speed: conditions inside tests carry their own.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
