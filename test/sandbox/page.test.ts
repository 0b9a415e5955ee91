import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderBlock } from '../../sandbox/page/blocks.ts';
import { mrkdwn } from '../../sandbox/page/mrkdwn.ts';
import type { RunningSandbox } from '../../sandbox/server.ts';
import { control, post, sandboxFor } from './support.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

describe('mrkdwn', () => {
  test.each([
    ['*bold* and _italic_ and ~gone~', '<strong>bold</strong> and <em>italic</em> and <del>gone</del>'],
    ['*bold _and italic_*', '<strong>bold <em>and italic</em></strong>'],
    ['snake_case_name, 2*3*4', 'snake_case_name, 2*3*4'],
    ['`*code*`', '<code>*code*</code>'],
    ['a &amp; b &lt;c&gt;', 'a &amp; b &lt;c&gt;'],
    ['<!here> <#C1|general>', '<span class="mention">@here</span> <span class="mention">#general</span>'],
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['<javascript:alert(1)|click>', '&lt;javascript:alert(1)|click&gt;'],
  ])('%s', (text, expected) => expect(String(mrkdwn(text))).toBe(expected));

  test('a link opens elsewhere and cannot break out of its attribute', () => {
    const rendered = String(mrkdwn('<https://example.com/?a="onclick=x&amp;b|the *report*>'));
    expect(rendered).toContain('href="https://example.com/?a=&quot;onclick=x&amp;b"');
    expect(rendered).toContain('rel="noopener noreferrer">the <strong>report</strong></a>');
  });
});

describe('blocks', () => {
  test('a button or image with an unsafe address has no link', () => {
    const text = { type: 'plain_text', text: 'x' };
    const button = { type: 'button', text, url: 'javascript:alert(1)' };
    expect(String(renderBlock({ type: 'actions', elements: [button] }))).not.toContain('javascript');
    expect(String(renderBlock({ type: 'image', image_url: 'data:text/html,x', alt_text: 'alt' }))).not.toContain(
      'data:',
    );
  });

  test('header text is plain, and escaped', () => {
    const header = { type: 'header', text: { type: 'plain_text', text: '*A* <b>' } };
    expect(String(renderBlock(header))).toBe('<h3 class="header" dir="auto">*A* &lt;b&gt;</h3>');
  });

  test('a block that the page cannot draw is shown as JSON', () => {
    expect(String(renderBlock({ type: 'video', title: '<i>' }))).toContain('&quot;title&quot;: &quot;&lt;i&gt;&quot;');
  });

  test.each(['bar', 'line', 'area'])('a %s chart has its categories and its values', (type) => {
    const data = [
      { label: 'Mon', value: 1200 },
      { label: 'Tue', value: -3 },
    ];
    const chart = { type, series: [{ name: 'Orders', data }], axis_config: { categories: ['Mon', 'Tue'] } };
    const rendered = String(renderBlock({ type: 'data_visualization', title: 'T', chart }));
    expect(rendered).toContain('<title>Orders · Mon: 1,200</title>');
    expect(rendered).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('a pie tells the share of each segment', () => {
    const chart = {
      type: 'pie',
      segments: [
        { label: 'Europe', value: 3 },
        { label: 'Asia', value: 1 },
      ],
    };
    const rendered = String(renderBlock({ type: 'data_visualization', title: 'T', chart }));
    expect(rendered).toContain('<title>Europe · 75%: 3</title>');
  });
});

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
    const page = await open('/w/T0SANDBOX/c/C0ACME');
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

  test('a change of a channel shows without a reload by hand', async () => {
    const page = await open('/w/T0SANDBOX/c/C0LUMEN');
    await control(slack, 'POST', 'channels/C0LUMEN', { archived: true });
    await page.getByText('Archived: nobody can post').waitFor();
    await page.close();
  });
});
