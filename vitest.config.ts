import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // On a machine that is busy with the other tests a process may start later than a deadline; what fails twice is wrong.
    retry: process.env['CI'] === undefined ? 0 : 1,
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Vitest leaves one processor alone by default. Most files wait for a server or a process more than they compute.
    maxWorkers: 3,
    // A deadline for a stuck test, not a measure of speed: conditions inside tests carry their own.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
