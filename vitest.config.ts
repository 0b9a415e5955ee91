import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// For the processes of vitest and for the programs that tests start: each compiles what no other has compiled before.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Vitest leaves one processor alone by default. Most files wait for a server or a process more than they compute.
    maxWorkers: 3,
    // A deadline for a stuck test, not a measure of speed: conditions inside tests carry their own.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
