/**
 * Makes the pictures of the documentation. Of each report, from its example:
 *
 *     npx node scripts/screenshots.ts
 *
 * and of a running `npm start` too, by the addresses of the sandbox page and of the Temporal Web UI:
 *
 *     npx node scripts/screenshots.ts http://127.0.0.1:4747 http://localhost:8233
 *
 * Needs Chromium: `CHROMIUM`, or /usr/bin/chromium.
 */
import { WORKFLOWS } from '../src/contract/names.ts';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { accountActivity } from '../examples/sample/reports/account-activity.ts';
import { previewFixture } from '../src/client/preview.ts';
import { previewPage } from '../src/cli/preview/page.ts';
import { reportsWith } from '../src/reports/registry.ts';
import type { AnyReport } from '../src/reports/define.ts';

const IMAGES = new URL('../docs/images/', import.meta.url);
const EXAMPLES = new URL('../examples/', import.meta.url);
const [sandboxUrl, webUiUrl] = process.argv.slice(2);
/** How long a page may take to show what the picture is of, in milliseconds. */
const DEADLINE_MS = 30_000;
/** Of a message, which is as high as it is. */
const NARROW = { width: 800, height: 200 };
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
try {
  for (const { report } of reportsWith([]).all)
    await picture(browser, `report-${report.name}.png`, NARROW, exampleOf(report, 'reports'));
  await picture(browser, 'report-account-activity.png', NARROW, exampleOf(accountActivity, 'sample/reports'));
  if (sandboxUrl !== undefined) await picture(browser, 'sandbox.png', { width: 1100, height: 980 }, showReport);
  if (webUiUrl !== undefined) await picture(browser, 'runs.png', { width: 1100, height: 660 }, showRuns);
} finally {
  await browser.close();
}

/** The example of a report as Slack would show it, without the page around it. */
function exampleOf(report: { readonly name: string }, folder: string): (page: Page) => Promise<void> {
  return async (page) => {
    const preview = await previewFixture(
      report as AnyReport,
      fileURLToPath(new URL(`${folder}/${report.name}.fixture.json`, EXAMPLES)),
    );
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
  name: string,
  viewport: { width: number; height: number },
  show: (page: Page) => Promise<void>,
): Promise<void> {
  const page = await from.newPage({ viewport, reducedMotion: 'reduce' });
  page.setDefaultTimeout(DEADLINE_MS);
  await show(page);
  const path = fileURLToPath(new URL(name, IMAGES));
  await page.screenshot({ path, fullPage: viewport === NARROW });
  await page.close();
  console.log(`${name}  ${Math.round(statSync(path).size / 1_024)} KB`);
}
