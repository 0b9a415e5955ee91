import { readFileSync } from 'node:fs';
import { CONTENT_STYLES, renderContent } from '../../sandbox/page/content.ts';
import { frame, FRAME_STYLE } from '../../sandbox/page/frame.ts';
import { html, Html } from '../../sandbox/page/html.ts';
import { mrkdwn } from '../../sandbox/page/mrkdwn.ts';
import { asObject } from '../slack/problem-list.ts';
import type { Preview } from './make.ts';

/** The looks of the sandbox's own page. */
const STYLES = [...CONTENT_STYLES, FRAME_STYLE];
/** In one column, as long as the message is. */
const LAYOUT = `
body { max-width: 800px; margin: 0 auto }
body > * { padding: 8px 20px }
h1 { margin: 0; font-size: 18px }
.about, footer { color: var(--muted); font-size: 13px }
`;

/** A page of one file that shows the message as the sandbox does. */
export function previewPage({ report, subject, at, message, problems }: Preview): string {
  const css = STYLES.map((name) => readFileSync(new URL(`../../sandbox/page/${name}`, import.meta.url), 'utf8'));
  const content = renderContent({ text: message.text, blocks: message.blocks.map(asObject) });
  const shown = frame({ at: at.getTime(), inside: [content] });
  return String(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>${report} · ${subject}</title>
          <style>
            ${new Html([...css, LAYOUT].join('\n'))}
          </style>
        </head>
        <body>
          <header>
            <h1>${report}</h1>
            <span class="about">${subject}: a preview, nothing was posted</span>
          </header>
          ${
            problems.length > 0 &&
            html`<section aria-label="What Slack would refuse">
              <b>Slack would refuse this message:</b>
              <ul>
                ${problems.map((problem) => html`<li>${problem}</li>`)}
              </ul>
            </section>`
          }
          <main class="message">${shown}</main>
          <footer>On phones: ${mrkdwn(message.text)}</footer>
        </body>
      </html>`,
  );
}
