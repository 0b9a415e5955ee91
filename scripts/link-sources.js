import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * In a clone `import 'slack-reports/reports'` is to work without a build, and to mean the sources. So the files that
 * `exports` names lead to them, unless `npm run build` made newer ones. `npm ci` runs this (`prepare`), and so it is plain
 * JavaScript for whatever Node there is.
 */
const LINKS = {
  'dist/index.js': 'src/index.ts',
  'dist/reports.js': 'src/reports/index.ts',
  'dist/sources.js': 'src/sources/index.ts',
  'dist/plugin.js': 'src/plugin.ts',
  'dist/testing.js': 'src/testing/index.ts',
  'dist/workflows/index.js': 'src/workflows/index.ts',
  'sandbox/dist/sandbox/index.js': 'sandbox/index.ts',
};

const root = fileURLToPath(new URL('../', import.meta.url));

for (const [link, source] of Object.entries(LINKS)) {
  const file = join(root, link);
  const built = statSync(file, { throwIfNoEntry: false });
  if (built !== undefined && built.mtimeMs > newestSource()) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `export * from '${relative(dirname(file), join(root, source)).replaceAll('\\', '/')}';\n`);
}

function newestSource() {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Math.max(...files.map(({ parentPath, name }) => statSync(join(parentPath, name)).mtimeMs));
}
