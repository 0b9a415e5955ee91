import { describe, expect, test } from 'vitest';
import { renderBlock } from '../../../../src/slack/block-kit/html/render-blocks.ts';
import { renderContent } from '../../../../src/slack/block-kit/html/render-message.ts';
import { mrkdwn } from '../../../../src/slack/block-kit/html/mrkdwn.ts';

describe('mrkdwn', () => {
  test.each([
    ['*bold* and _italic_ and ~gone~', '<strong>bold</strong> and <em>italic</em> and <del>gone</del>'],
    ['*bold _and italic_*', '<strong>bold <em>and italic</em></strong>'],
    ['snake_case_name, 2*3*4', 'snake_case_name, 2*3*4'],
    ['`*code*`', '<code>*code*</code>'],
    ['a &amp; b &lt;c&gt;', 'a &amp; b &lt;c&gt;'],
    [
      '*<https://e.com|both>*',
      '<strong><a href="https://e.com" target="_blank" rel="noopener noreferrer">both</a></strong>',
    ],
    ['<!subteam^S1|@oncall> <@U1>', '<span class="mention">@oncall</span> <span class="mention">@U1</span>'],
    [
      'see https://e.com/a_b_c.',
      'see <a href="https://e.com/a_b_c" target="_blank" rel="noopener noreferrer">https://e.com/a_b_c</a>.',
    ],
    ['> said\nbelow', '<blockquote>said</blockquote>below'],
    [':tada: :+1::skin-tone-2: :flag-de: :no_such_name: `:tada:`', '🎉 👍🏻 🇩🇪 :no_such_name: <code>:tada:</code>'],
    ['<!date^1700000000^{date_num}|then>', '<time title="then">2023-11-14</time>'],
    ['<!date^1700000000^{no_token}|then>', '<time title="then">then</time>'],
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

  test('a pie shows the share of each segment', () => {
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

  test('every kind of rich text is shown and escaped', () => {
    const text = { type: 'text', text: '<b>', style: { bold: true, italic: true } };
    const item = { type: 'rich_text_section', elements: [text, { type: 'user', user_id: 'U1' }] };
    const elements = [
      { type: 'rich_text_list', style: 'ordered', offset: 2, elements: [item] },
      { type: 'rich_text_quote', elements: [{ type: 'link', url: 'javascript:x', text: 'no link' }] },
      { type: 'rich_text_preformatted', elements: [text] },
    ];
    const rendered = String(renderBlock({ type: 'rich_text', elements }, { userName: () => 'Ada' }));
    expect(rendered).toContain('<ol class="indent-0" start="3">');
    expect(rendered).toContain('<strong><em>&lt;b&gt;</em></strong><span class="mention">@Ada</span>');
    expect(rendered).toContain('<blockquote>no link</blockquote>');
  });

  test('a markdown block shows tables and lists, and HTML as text', () => {
    const text = '| A | B |\n|---|--:|\n| 1 | 2 |\n\n- [x] done\n\n<img src=x onerror=alert(1)> [bad](javascript:x)';
    const rendered = String(renderBlock({ type: 'markdown', text }));
    expect(rendered).toContain('<td class="right">2</td>');
    expect(rendered).toContain('☑ done');
    expect(rendered).not.toMatch(/<img|href="javascript/);
  });

  test('an uploaded image is shown by its known address, or else by its alt text', () => {
    const image = { type: 'image', slack_file: { id: 'F1' }, alt_text: 'a chart' };
    expect(String(renderBlock(image, { fileAddress: ({ id }) => `/files/${id}/x.png` }))).toContain(
      'src="/files/F1/x.png"',
    );
    expect(String(renderBlock(image))).toContain('<span class="no-image">a chart</span>');
  });

  test('odd values instead of text do not break the page', () => {
    const odd = [null, 7, [], {}, { text: { text: {} } }, { elements: 'x' }, { rows: [null, [null]] }, { fields: [1] }];
    const types = ['header', 'section', 'context', 'actions', 'image', 'table', 'markdown', 'rich_text', 'divider'];
    for (const type of types) {
      for (const rest of odd) {
        const block = { type, ...(typeof rest === 'object' && !Array.isArray(rest) ? rest : { text: rest }) };
        expect(String(renderContent({ text: '', blocks: [block] }))).not.toMatch(/undefined|\[object/);
      }
    }
  });
});
