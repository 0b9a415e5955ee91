import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import type { Tried } from '../../support/try-reports.ts';

/** Above it is no package.json and no node_modules. */
const folder = mkdtempSync(join(tmpdir(), 'slack-reports-outside-'));

const DEFINITION = `{
  name: 'outside',
  description: 'A report outside of every project',
  params: z.object({ n: z.number().default(3) }),
  load: async (_, { params }) => params,
  render: () => ({ text: 'it works', blocks: [] }),
}`;

const FILES = {
  'imports.ts': `import { z } from 'zod';
import { defineReport } from 'slack-reports/reports';
export default defineReport(${DEFINITION});`,
  'subpath.mjs': `import { z } from 'zod/v4';
import { defineReport } from 'slack-reports/reports';
export default defineReport(${DEFINITION});`,
  'requires.js': `const { z } = require('zod');
const { defineReport } = require('slack-reports/reports');
exports.report = defineReport(${DEFINITION});`,
  'unknown.ts': `import 'zodiac-that-is-not-there';`,
};

let tried: Record<string, Tried | undefined>;

beforeAll(async () => {
  const files = Object.entries(FILES).map(([name, source]) => {
    writeFileSync(join(folder, name), source);
    return join(folder, name);
  });
  const script = join(import.meta.dirname, '../../support/try-reports.ts');
  const { stdout } = await execa(process.execPath, [script, ...files]);
  const ended = JSON.parse(stdout) as Tried[];
  tried = Object.fromEntries(Object.keys(FILES).map((name, at) => [name, ended[at]]));
  return () => rmSync(folder, { recursive: true });
});

test.each(['imports.ts', 'subpath.mjs', 'requires.js'])('a report outside of every project finds zod: %s', (name) => {
  expect(tried[name]?.problem).toMatch(/^none: .*it works/);
});

test('a package that is not there is still named, with the file and the line', () => {
  expect(tried['unknown.ts']?.problem).toMatch(/Cannot find package 'zodiac-that-is-not-there'.*unknown\.ts:1\)$/);
});
