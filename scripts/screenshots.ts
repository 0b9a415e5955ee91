/**
 * Makes the pictures of the README from a running `npm start`:
 *
 *     npx node scripts/screenshots.ts http://127.0.0.1:4747 http://localhost:8233
 *
 * The first address is the sandbox page, the second the Temporal Web UI. Needs Chromium: `CHROMIUM`, or /usr/bin/chromium.
 */
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';

const IMAGES = new URL('../docs/images/', import.meta.url);
const [sandboxUrl = 'http://127.0.0.1:4747', webUiUrl = 'http://localhost:8233'] = process.argv.slice(2);
/** How long a page may take to show what the picture is of, in milliseconds. */
const DEADLINE_MS = 30_000;
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
  await picture(browser, 'sandbox.png', { width: 1100, height: 980 }, showReport);
  await picture(browser, 'runs.png', { width: 1100, height: 660 }, showRuns);
} finally {
  await browser.close();
}

/** A weekly report, as the local Slack shows it. */
async function showReport(page: Page): Promise<void> {
  await page.goto(`${sandboxUrl}/w/T0SANDBOX/c/C0ACME`);
  await page.getByText('Acme · Weekly report').last().scrollIntoViewIfNeeded();
}

/** The first run and its deliveries, each under an id that names what it is. */
async function showRuns(page: Page): Promise<void> {
  const query = `WorkflowType = 'deliver' OR WorkflowId STARTS_WITH '${FIRST_RUN}'`;
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
  await page.screenshot({ path });
  await page.close();
  console.log(`${name}  ${Math.round(statSync(path).size / 1_024)} KB`);
}
