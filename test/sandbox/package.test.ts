import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** What the sandbox may take from src. */
const SHARED = ['src/slack/block-kit/', 'src/lib/'];

interface Import {
  file: string;
  /** A path from the root, or the specifier of a package. */
  target: string;
}

function sourcesIn(folder: string): string[] {
  return globSync(`${folder}/**/*.{ts,js}`, { cwd: ROOT, exclude: (path) => /node_modules|\bdist\b/.test(path) });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const specifiers = text.matchAll(/^(?:(?:import|export|\}).*\bfrom |import )'([^']+)'|\bimport\('([^']+)'\)/gm);
  return [...specifiers].map(([, declared, dynamic]) => {
    const specifier = declared ?? dynamic ?? '';
    return { file, target: specifier.startsWith('.') ? join(dirname(file), specifier) : specifier };
  });
}

function isFile({ target }: Import): boolean {
  return /^(?:sandbox|src)\//.test(target);
}

/** Every import of the sandbox, and of the shared files that it needs. */
function importsOfSandbox(): Import[] {
  const seen = new Set(sourcesIn('sandbox'));
  const imports: Import[] = [];
  for (const file of seen) {
    const own = importsOf(file);
    imports.push(...own);
    for (const { target } of own.filter(isFile)) seen.add(target);
  }
  return imports;
}

test('the sandbox imports only its own files, the Block Kit rules and lib', () => {
  const imports = importsOfSandbox().filter(isFile);
  expect(imports.some(({ target }) => target.startsWith(SHARED[0] ?? ''))).toBe(true);
  const others = imports.filter(({ target }) => !['sandbox/', ...SHARED].some((folder) => target.startsWith(folder)));
  expect(others).toEqual([]);
});

test('the sandbox lists the packages that it uses, in the versions of the root, and no others', () => {
  const packages = importsOfSandbox().filter((one) => !isFile(one) && !one.target.startsWith('node:'));
  const names = packages.map(({ target }) => /^(?:@[^/]+\/)?[^/]+/.exec(target)?.[0]);
  const { dependencies } = readJson('sandbox/package.json');
  expect(new Set(names)).toEqual(new Set(Object.keys(dependencies)));
  expect(readJson('package.json').dependencies).toMatchObject(dependencies);
});

test('nothing in src imports the sandbox, but what tests of users start', () => {
  const sources = sourcesIn('src').filter((file) => !file.startsWith('src/testing/'));
  const imports = sources.flatMap(importsOf);
  expect(imports.length).toBeGreaterThan(500);
  expect(imports.filter(({ target }) => /^(?:sandbox|slack-sandbox)(?:\/|$)/.test(target))).toEqual([]);
});

function readJson(file: string): { dependencies: Record<string, string> } {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
}
