import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// For the processes of vitest and for the programs that tests start: each compiles only what none has compiled before.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

/** The folders whose files take longest. They start first, or the last one runs while the other processors are idle. */
const LONG = ['chaos', 'integration', 'properties'];

function rank({ moduleId }: TestSpecification): number {
  const at = LONG.findIndex((folder) => moduleId.includes(`/test/${folder}/`));
  return at === -1 ? LONG.length : at;
}

/** Vitest sorts by file size until it has run the files once, and our longest is the smallest. */
class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- not an array's
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

/** Unit tests that loop over STORE_KINDS run once on SQLite, with the others, and once on Postgres. */
const onBothStores = globSync('test/unit/**/*.test.ts', { cwd: import.meta.dirname }).filter((file) =>
  readFileSync(new URL(file, import.meta.url), 'utf8').includes('STORE_KINDS'),
);

const setup = (...parts: ('temporal' | 'postgres' | 'workflow-bundle' | 'command-line')[]) =>
  parts.map((part) => `test/support/setup/${part}.ts`);

/**
 * A process runs file after file with the modules that it has loaded: to load them again for each file takes longer than its
 * tests. So a test leaves no state in a module; what the product itself keeps in one, the setup file takes away.
 */
const sharedProcess = { isolate: false, setupFiles: ['test/support/setup/fresh-process.ts'] };

function project(
  name: string,
  test: Pick<
    TestProjectInlineConfiguration['test'] & {},
    'include' | 'globalSetup' | 'provide' | 'isolate' | 'setupFiles'
  >,
): TestProjectInlineConfiguration {
  return { extends: true, test: { name, include: [`test/${name}/**/*.test.ts`], ...test } };
}

function source(file: string): string {
  return fileURLToPath(new URL('.', import.meta.url)) + file;
}

/** A project starts the servers that its tests need, and no others: `unit` and `properties` run without any. */
export default defineConfig({
  // The packages of this project mean their sources, also after a build.
  resolve: {
    alias: [
      { find: /^slack-sandbox$/, replacement: source('sandbox/index.ts') },
      { find: /^slack-reports$/, replacement: source('src/index.ts') },
      { find: /^slack-reports\/(reports|sources|testing|workflows)$/, replacement: source('src/$1/index.ts') },
      { find: /^slack-reports\/plugin$/, replacement: source('src/plugin.ts') },
    ],
  },
  test: {
    projects: [
      project('unit', { ...sharedProcess, provide: { storeKinds: ['sqlite'] } }),
      project('postgres', {
        ...sharedProcess,
        include: onBothStores,
        provide: { storeKinds: ['postgres'] },
        globalSetup: setup('postgres'),
      }),
      project('properties', {}),
      project('sandbox', {}),
      project('replay', { globalSetup: setup('workflow-bundle') }),
      project('integration', {
        ...sharedProcess,
        include: ['test/{integration,chaos}/**/*.test.ts'],
        provide: { storeKinds: ['sqlite', 'postgres'] },
        globalSetup: setup('temporal', 'postgres', 'workflow-bundle', 'command-line'),
      }),
    ],
    sequence: { sequencer: LongOnesFirst },
    // Vitest leaves one processor alone by default. Most files wait for a server or a process more than they compute.
    maxWorkers: 4,
    // Deadlines for a stuck test, not a measure of speed: conditions inside tests have their own.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
