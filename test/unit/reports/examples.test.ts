import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { accountActivity } from '../../../examples/sample/reports/account-activity.ts';
import { type Fixture, renderFixture } from '../../../src/reports/fixture.ts';
import { reportsWith } from '../../../src/reports/registry.ts';
import { messageProblems } from '../../../src/slack/block-kit/block-problems.ts';

const EXAMPLES = [
  ...reportsWith([]).all.map(({ report }) => ({ report, folder: 'reports' })),
  { report: accountActivity, folder: 'sample/reports' },
].map((example) => ({ name: example.report.name, ...example }));

test.each(EXAMPLES)('the example of $name looks as it did', async ({ name, report, folder }) => {
  const fixture = JSON.parse(
    readFileSync(new URL(`../../../examples/${folder}/${name}.fixture.json`, import.meta.url), 'utf8'),
  ) as Fixture<unknown>;
  const message = renderFixture(report, fixture);
  expect(messageProblems(message)).toEqual([]);
  await expect(`${JSON.stringify(message, null, 2)}\n`).toMatchFileSnapshot(`../../snapshots/${name}.json`);
});
