import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// For the processes of vitest and for the programs that tests start: each compiles what no other has compiled before.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

/** The folders whose files take longest: what begins last is waited for while other processors have nothing to do. */
const LONG = ['chaos', 'integration'];

function rank({ moduleId }: TestSpecification): number {
  const at = LONG.findIndex((folder) => moduleId.includes(`/test/${folder}/`));
  return at === -1 ? LONG.length : at;
}

/** Vitest goes by the size of the files until it has run them once, and the longest of ours is the smallest. */
class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- not an array's
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    sequence: { sequencer: LongOnesFirst },
    // Vitest leaves one processor alone by default. Most files wait for a server or a process more than they compute.
    maxWorkers: 3,
    // A deadline for a stuck test, not a measure of speed: conditions inside tests carry their own.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
