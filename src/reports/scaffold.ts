import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../lib/errors.ts';
import { renderFixture } from './fixture.ts';
import { readReport } from './folder.ts';
import { REPORT_NAME } from './author-checks.ts';

/** The folder of slack-reports itself. */
const PROGRAM = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Writes a report, data made up for it, a snapshot test, and a package.json where there is none above. Returns the files.
 * Overwrites nothing.
 */
export async function scaffoldReport(name: string, folder: string): Promise<string[]> {
  if (!REPORT_NAME.test(name)) {
    throw UserError.input('invalid_report', `"${name}" is not a valid name for a report`, {
      hint: 'It takes 1 to 60 of a-z, 0-9 and "-", such as open-orders.',
    });
  }
  const path = (ending: string) => join(folder, `${name}.${ending}`);
  const files: Record<string, string> = {
    [path('ts')]: report(name),
    [path('fixture.json')]: json(FIXTURE),
    [path('test.ts')]: test(name),
  };
  const there = [...Object.keys(files), path('snapshot.json')].find((file) => existsSync(file));
  if (there !== undefined) {
    throw UserError.input('file_exists', `${there} exists already; nothing was written`, {
      hint: 'Choose another name, or another folder with --dir.',
    });
  }
  if (!isInPackage(resolve(folder))) files[join(folder, 'package.json')] = packageJson(folder);
  mkdirSync(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(file, content, { flag: 'wx' });
  const made = await readReport(path('ts'));
  // As Node's own snapshots are written, so that its --test-update-snapshots replaces it.
  writeFileSync(path('snapshot.json'), JSON.stringify(renderFixture(made, FIXTURE), null, 2), { flag: 'wx' });
  return [...Object.keys(files), path('snapshot.json')];
}

/** Whether a test in the folder finds `slack-reports/reports`; its reports always do. */
export function findsUs(folder: string): boolean {
  try {
    return createRequire(join(resolve(folder), 'test.ts')).resolve('slack-reports/reports') !== '';
  } catch {
    return false;
  }
}

export function pathToUs(folder: string): string {
  return relative(resolve(folder), PROGRAM);
}

function isInPackage(folder: string): boolean {
  if (existsSync(join(folder, 'package.json'))) return true;
  return dirname(folder) !== folder && isInPackage(dirname(folder));
}

function packageJson(folder: string): string {
  const dependencies = { 'slack-reports': `file:${pathToUs(folder)}` };
  return json({ private: true, type: 'module', scripts: { test: 'node --test' }, dependencies });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function report(name: string): string {
  return `import { bold, defineReport, figures, header, mrkdwn, section, skip, table, z } from 'slack-reports/reports';

export default defineReport({
  name: '${name}',
  description: 'What the account did, and what it did most',

  // What a notification may set; checked when it is added.
  params: z.strictObject({
    days: z.number().int().min(1).max(90).default(7).describe('how many days back'),
  }),

  // Gets the data. May fail: it is tried again.
  async load({ account, dueAt, format, params: { days } }, { database }) {
    // The sample's database. For one of yours, set REPORTS_DB_SHOP and write database('shop').
    const { sql } = database('sample');
    // Whole days of the reader, to the last midnight.
    const { from, to } = format.lastDays(days, dueAt);
    const subjects = await sql<{ subject: string; events: number }>\`
      select subject, count(*) as events from account_activity
      where account_id = \${account} and occurred_at >= \${from.toISOString()} and occurred_at < \${to.toISOString()}
      group by subject order by events desc, subject\`;
    return { account, subjects };
  },

  // Makes the message of the data, and of nothing else: no clock, no I/O.
  render({ account, subjects }, { params: { days }, format }) {
    const [first] = subjects;
    if (first === undefined) return skip('Nothing happened');
    const events = subjects.reduce((sum, row) => sum + row.events, 0);
    return {
      text: \`\${account}: \${format.number(events)} events in the last \${days} days\`,
      blocks: [
        header(\`\${account}: the last \${days} days\`),
        figures([
          { label: 'Events', value: events },
          { label: 'Subjects', value: subjects.length },
        ]),
        section(mrkdwn\`Most of all: \${bold(first.subject)}\`),
        table(
          ['Subject', { header: 'Events', total: true }],
          subjects.map((row) => [row.subject, row.events]),
        ),
      ],
    };
  },
});
`;
}

const FIXTURE = {
  account: 'acme',
  params: { days: 7 },
  dueAt: '2026-11-23T08:00:00Z',
  data: {
    account: 'acme',
    subjects: [
      { subject: 'Revenue <by region>', events: 1204 },
      { subject: 'Churn', events: 37 },
    ],
  },
};

function test(name: string): string {
  return `import { test } from 'node:test';
import { renderFixture } from 'slack-reports/reports';
import fixture from './${name}.fixture.json' with { type: 'json' };
import report from './${name}.ts';

// After a change that is meant: node --test --test-update-snapshots <this file>
await test('${name} looks as it did', (t) => {
  t.assert.fileSnapshot(renderFixture(report, fixture), \`\${import.meta.dirname}/${name}.snapshot.json\`);
});
`;
}
