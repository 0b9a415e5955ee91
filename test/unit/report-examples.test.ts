import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Fixture, renderFixture } from '../../src/reports/fixture.ts';
import { reportsWith } from '../../src/reports/registry.ts';
import { messageProblems } from '../../src/slack/message-problems.ts';

test.each(reportsWith([]).all.map(({ report }) => ({ name: report.name, report })))(
  'the example of $name looks as it did',
  async ({ name, report }) => {
    const fixture = JSON.parse(
      readFileSync(new URL(`../../examples/reports/${name}.fixture.json`, import.meta.url), 'utf8'),
    ) as Fixture<unknown>;
    const message = renderFixture(report, fixture);
    expect(messageProblems(message)).toEqual([]);
    await expect(`${JSON.stringify(message, null, 2)}\n`).toMatchFileSnapshot(`../snapshots/${name}.json`);
  },
);
