/**
 * Makes the pictures of the documentation. Of each report, from its example:
 *
 *     npx node scripts/screenshots.ts
 *
 * and of a running `npm start` too, by the addresses of the sandbox page and of the Temporal Web UI:
 *
 *     npx node scripts/screenshots.ts http://127.0.0.1:4747 http://localhost:8233
 *
 * To look at every report in light, dark and narrow, in two languages or in those named, in a folder that is not committed:
 *
 *     npx node scripts/screenshots.ts --review /tmp/pictures
 *     npx node scripts/screenshots.ts --review /tmp/pictures fr-FR ja-JP
 *
 * Needs Chromium: `CHROMIUM`, or /usr/bin/chromium.
 */
import { WORKFLOWS } from '../src/contract/names.ts';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { accountActivity } from '../examples/sample/reports/account-activity.ts';
import { previewFixture } from '../src/client/preview.ts';
import { previewPage } from '../src/cli/preview/page.ts';
import { type Fixture, renderFixture } from '../src/reports/fixture.ts';
import { footer, type Reason, withClosing } from '../src/reports/message-frame.ts';
import { reportsWith } from '../src/reports/registry.ts';
import type { AnyReport } from '../src/reports/define.ts';

const IMAGES = new URL('../docs/images/', import.meta.url);
const EXAMPLES = new URL('../examples/', import.meta.url);
const [first, second] = process.argv.slice(2);
const reviewFolder = first === '--review' ? (second ?? 'pictures') : undefined;
const reviewLocales = process.argv.length > 4 ? process.argv.slice(4) : ['en-US', 'de-DE'];
const [sandboxUrl, webUiUrl] = reviewFolder === undefined ? [first, second] : [];
/** How long a page may take to show what the picture is of, in milliseconds. */
const DEADLINE_MS = 30_000;
/** Of a message, which is as high as it is. */
const NARROW = { width: 800, height: 200 };
const LOOKS = [
  ['light', 800, 'light'],
  ['dark', 800, 'dark'],
  ['narrow', 380, 'light'],
] as const;
const WEEKLY: Reason = {
  name: 'Weekly report',
  channel: 'C0ACME',
  due: {
    kind: 'recurrence',
    cron: '0 9 * * MON',
    timezone: 'Europe/Berlin',
    skip: [],
    dstGap: 'shift',
    afterOutage: 'newest',
  },
};
/** The run that `npm start` begins with. */
const FIRST_RUN = 'dispatch/weekday-reports-';

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
const EXAMPLE_FOLDERS = [
  ...reportsWith([]).all.map(({ report }) => ({ report, folder: 'reports' })),
  { report: accountActivity as unknown as AnyReport, folder: 'sample/reports' },
];
try {
  if (reviewFolder === undefined) await picturesOfDocs();
  else await picturesToLookAt(reviewFolder);
} finally {
  await browser.close();
}

async function picturesOfDocs(): Promise<void> {
  for (const { report, folder } of EXAMPLE_FOLDERS) {
    await picture(browser, new URL(`report-${report.name}.png`, IMAGES), NARROW, exampleOf(report, folder));
  }
  if (sandboxUrl !== undefined) {
    await picture(browser, new URL('sandbox.png', IMAGES), { width: 1100, height: 980 }, showReport);
  }
  if (webUiUrl !== undefined) {
    await picture(browser, new URL('runs.png', IMAGES), { width: 1100, height: 660 }, showRuns);
  }
}

async function picturesToLookAt(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const { report, folder: examples } of EXAMPLE_FOLDERS) {
    for (const locale of reviewLocales) {
      for (const [look, width, scheme] of LOOKS) {
        const file = pathToFileURL(join(resolve(folder), `${report.name}-${locale.slice(0, 2)}-${look}.png`));
        await picture(browser, file, { width, height: 200 }, async (page) => {
          await page.emulateMedia({ colorScheme: scheme });
          await exampleOf(report, examples, locale)(page);
        });
      }
    }
  }
}

/** The example of a report as Slack would show it, without the page around it. To look at, with its footer and in a language. */
function exampleOf(report: AnyReport, folder: string, locale?: string): (page: Page) => Promise<void> {
  return async (page) => {
    const file = fileURLToPath(new URL(`${folder}/${report.name}.fixture.json`, EXAMPLES));
    const preview = await previewFixture(report, file);
    if (locale !== undefined) {
      const fixture = { ...(JSON.parse(readFileSync(file, 'utf8')) as Fixture<unknown>), locale };
      const reader = { locale, timezone: fixture.timezone };
      preview.message = withClosing(renderFixture(report, fixture), [footer(WEEKLY, report.format(reader))]);
    }
    await page.setContent(await previewPage(preview));
    await page.addStyleTag({ content: 'body > header, body > footer { display: none }' });
  };
}

/** A weekly report, as the local Slack shows it. */
async function showReport(page: Page): Promise<void> {
  await page.goto(`${sandboxUrl}/w/T0SANDBOX/c/C0ACME`);
  await page.getByText('Acme · Weekly report').last().scrollIntoViewIfNeeded();
}

/** The first run and its deliveries, each under an id that names what it is. */
async function showRuns(page: Page): Promise<void> {
  const query = `WorkflowType = '${WORKFLOWS.deliver}' OR WorkflowId STARTS_WITH '${FIRST_RUN}'`;
  await page.goto(`${webUiUrl}/namespaces/default/workflows?query=${encodeURIComponent(query)}`);
  await page.getByText('deliver/acme-legacy/').first().waitFor();
}

async function picture(
  from: Browser,
  file: URL,
  viewport: { width: number; height: number },
  show: (page: Page) => Promise<void>,
): Promise<void> {
  const page = await from.newPage({ viewport, reducedMotion: 'reduce' });
  page.setDefaultTimeout(DEADLINE_MS);
  await show(page);
  const path = fileURLToPath(file);
  await page.screenshot({ path, fullPage: viewport.height === NARROW.height });
  await page.close();
  console.log(`${basename(path)}  ${Math.round(statSync(path).size / 1_024)} KB`);
}
