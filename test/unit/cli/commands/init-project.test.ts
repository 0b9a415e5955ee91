import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { addToPackage, findPackageManager, writeProjectFiles } from '../../../../src/cli/commands/init-project.ts';
import { temporaryFolder } from '../../../support/store.ts';

const US = { name: 'My shop', version: '0.2.0' };

async function manifestIn(folder: string): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
}

test('an empty folder becomes a project', async () => {
  await using folder = await temporaryFolder();
  expect(addToPackage(folder.path, US)).toEqual({ files: [{ file: 'package.json', isNew: true }], script: 'start' });
  expect(await manifestIn(folder.path)).toMatchObject({
    name: 'my-shop',
    private: true,
    type: 'module',
    scripts: { start: expect.stringContaining('slack-reports start'), worker: 'node worker.ts' },
    dependencies: { 'slack-reports': '^0.2.0' },
  });
});

test('the scripts, versions and indentation of a project stay', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'package.json');
  const own = { name: 'shop', scripts: { start: 'next start' }, devDependencies: { 'slack-reports': '0.1.0' } };
  await writeFile(file, `${JSON.stringify(own, null, '\t')}\n`);
  expect(addToPackage(folder.path, US).script).toBe('reports:start');
  const text = await readFile(file, 'utf8');
  expect(text).toContain('\n\t"name"');
  expect(JSON.parse(text)).toMatchObject({ ...own, scripts: { start: 'next start', worker: 'node worker.ts' } });
  expect(JSON.parse(text)).not.toHaveProperty('dependencies');
  expect(addToPackage(folder.path, US)).toEqual({
    files: [{ file: 'package.json', isNew: false }],
    script: 'reports:start',
  });
  expect(await readFile(file, 'utf8')).toBe(text);
});

test('a package.json that cannot be read is refused, and stays', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'package.json');
  await writeFile(file, '{ "name": ');
  expect(() => addToPackage(folder.path, US)).toThrow(/package\.json cannot be read/);
  expect(await readFile(file, 'utf8')).toBe('{ "name": ');
});

test('files that are there stay, and are named', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'worker.ts'), '// mine');
  const files = writeProjectFiles(folder.path);
  expect(files.filter(({ isNew }) => !isNew)).toEqual([{ file: 'worker.ts', isNew: false }]);
  expect(await readFile(join(folder.path, 'worker.ts'), 'utf8')).toBe('// mine');
  expect(writeProjectFiles(folder.path).filter(({ isNew }) => isNew)).toEqual([]);
});

test('a project gets a worker, its workflows, a report, a source and its settings', async () => {
  await using folder = await temporaryFolder();
  expect(writeProjectFiles(folder.path).map(({ file }) => file)).toEqual([
    'worker.ts',
    'workflows.ts',
    'my-reports/hello.ts',
    'my-sources/customers.ts',
    'notifications.json',
    '.env.example',
    '.gitignore',
  ]);
});

test('the package manager is the one whose lock file is there, then the one that runs us', async () => {
  await using folder = await temporaryFolder();
  expect(findPackageManager(folder.path, {})).toBe('npm');
  expect(findPackageManager(folder.path, { npm_config_user_agent: 'pnpm/11.0.0 npm/? node/v24.0.0' })).toBe('pnpm');
  await writeFile(join(folder.path, 'yarn.lock'), '');
  expect(findPackageManager(folder.path, { npm_config_user_agent: 'pnpm/11.0.0' })).toBe('yarn');
});
