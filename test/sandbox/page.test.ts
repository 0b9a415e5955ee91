import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunningSandbox } from '../../sandbox/server.ts';
import { call, control, post, sandboxFor } from './support.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const ACME = '/w/T0SANDBOX/c/C0ACME';

describe.skipIf(!existsSync(CHROMIUM))('in a browser', () => {
  let slack: RunningSandbox;
  let browser: Browser;
  beforeAll(async () => {
    slack = await sandboxFor();
    const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [...args, '--disable-component-update', '--disable-sync'],
    });
  });
  beforeEach(() => slack.sandbox.reset());
  afterAll(async () => {
    await browser.close();
    await slack.close();
  });

  async function open(path: string): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(slack.url + path);
    await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    return page;
  }

  test('a posted message appears at once, with its count, and its JSON on demand', async () => {
    const page = await open(ACME);
    await post(slack, { text: 'hello *there*' });
    await page.locator('article strong', { hasText: 'there' }).waitFor();
    expect(await page.locator('[data-count="C0ACME"]').textContent()).toBe('1');
    await page.getByRole('link', { name: 'JSON' }).click();
    await page.getByText('"bot_id"').waitFor();
    await page.close();
  });

  test('a message elsewhere only raises the count of its channel', async () => {
    const page = await open('/w/T0SANDBOX/c/C0CEDAR');
    await post(slack, { channel: 'C0OPS' });
    await page.locator('[data-count="C0OPS"]', { hasText: '1' }).waitFor();
    expect(await page.locator('article').count()).toBe(0);
    await page.close();
  });

  test('a change of a channel shows without a reload', async () => {
    const page = await open('/w/T0SANDBOX/c/C0LUMEN');
    await control(slack, 'POST', 'channels/C0LUMEN', { archived: true });
    await page.getByText('Archived: no one can post').waitFor();
    await page.close();
  });

  async function fill(count: number, channel = 'C0ACME'): Promise<string[]> {
    const answers: string[] = [];
    for (let n = 0; n < count; n += 1) {
      const { body } = await post(slack, { channel, text: `message ${n}` });
      answers.push(String(body['ts']));
    }
    return answers;
  }

  test('a reader who scrolled up stays there, and sees how many messages are new', async () => {
    await fill(40);
    const page = await open(ACME);
    const list = page.locator('#messages');
    await list.evaluate((element) => (element.scrollTop = 0));
    await post(slack, { text: 'news' });
    await page.getByText('1 new message').click();
    await page.locator('#news').waitFor({ state: 'hidden' });
    expect(await list.evaluate((element) => element.scrollTop)).toBeGreaterThan(0);
    await page.close();
  });

  test('a permalink opens the page of its message, however old it is, and marks it', async () => {
    const all = await fill(120);
    const link = await call(slack, 'chat.getPermalink', { channel: 'C0ACME', message_ts: all[60] });
    const page = await browser.newPage();
    await page.goto(String(link.body['permalink']));
    await page.locator('article.target', { hasText: 'message 60' }).waitFor();
    expect(await page.locator('article').count()).toBeLessThanOrEqual(50);
    await page.getByText('older').click();
    await page.getByText('message 0', { exact: true }).waitFor();
    await page.close();
  });

  test('a reply raises the count under its parent and appears in the open thread', async () => {
    const [ts] = await fill(1);
    const page = await open(`${ACME}?thread=${ts}`);
    await post(slack, { text: 'detail rows', thread_ts: ts });
    await page.locator('#thread').getByText('detail rows').waitFor();
    await page.locator('#messages').getByText('1 reply').waitFor();
    expect(await page.locator('#messages article').count()).toBe(1);
    await page.close();
  });

  test('light and dark follow the system', async () => {
    const page = await browser.newPage({ colorScheme: 'dark' });
    await page.goto(slack.url + ACME);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(26, 29, 33)');
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    await page.close();
  });

  test('at 400 pixels a button shows the channels', async () => {
    const page = await browser.newPage({ viewport: { width: 400, height: 800 } });
    await page.goto(slack.url + ACME);
    const channel = page.getByRole('link', { name: 'bluebird-reports' });
    expect(await channel.isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Sandbox' }).click();
    await channel.click();
    await page.waitForURL('**/c/C0BLUEBIRD');
    await page.close();
  });

  test('at 400 pixels nothing but tables is wider than the window', async () => {
    const rows = [0, 1].map(() =>
      Array.from({ length: 8 }, () => ({ type: 'raw_text', text: 'a long cell of a table' })),
    );
    const long = 'word'.repeat(200);
    await post(slack, {
      text: 'x',
      blocks: [
        { type: 'table', rows },
        { type: 'section', text: { type: 'mrkdwn', text: long } },
      ],
    });
    const page = await browser.newPage({ viewport: { width: 400, height: 800 } });
    for (const path of [ACME, '/w/T0SANDBOX/faults', '/w/T0SANDBOX/rates']) {
      await page.goto(slack.url + path);
      const parts = page.locator('body, main, .pane, article, .content, .panel');
      const wide = await parts.evaluateAll((elements) =>
        elements
          .filter((element) => element.scrollWidth > 400 || element.getBoundingClientRect().right > 400)
          .map((element) => element.className || element.tagName),
      );
      expect({ path, wide }).toEqual({ path, wide: [] });
    }
    await page.close();
  });

  test('a page is no larger with 10,000 messages and 1,000 channels than with a few hundred', async () => {
    const nodes = async () => {
      const page = await open(ACME);
      const count = await page.locator('*').count();
      await page.close();
      return count;
    };
    fillStore(slack, 200, 150);
    const few = await nodes();
    fillStore(slack, 9_800, 850);
    expect(await nodes()).toBeLessThan(few * 1.05);

    const page = await open(ACME);
    await page.getByLabel('Find a channel').fill('extra-777');
    await page.locator('#channels').getByText('extra-777', { exact: true }).waitFor();
    expect(await page.locator('#channels li').count()).toBeLessThan(5);
    fillStore(slack, 400, 0);
    await page.getByText('message 399').first().waitFor();
    await page.waitForFunction('document.querySelectorAll("article").length <= 200');
    await page.close();
  });
});

/** Straight into the store: the page is what is measured. */
function fillStore({ sandbox: { store, now } }: RunningSandbox, messages: number, channels: number): void {
  const place = { workspace: 'T0SANDBOX', channel: 'C0ACME' };
  const known = store.channels.size;
  for (let n = 0; n < channels; n += 1) {
    const id = `CEXTRA${known + n}`;
    const channel = {
      id,
      workspace: place.workspace,
      name: `extra-${known + n}`,
      private: false,
      archived: false,
      member: true,
    };
    store.record({ type: 'channel', channel });
  }
  for (let n = 0; n < messages; n += 1) {
    const ts = store.nextTs(place.channel, now());
    store.record({ type: 'message', message: { ...place, ts, at: now(), text: `message ${n}`, hidden: false } });
  }
}
