import { readFileSync } from 'node:fs';
import { html, Html } from '../../sandbox/page/html.ts';
import { renderMessage } from '../../sandbox/page/message.ts';
import { mrkdwn } from '../../sandbox/page/mrkdwn.ts';
import { asObject } from '../slack/problem-list.ts';
import type { Preview } from './make.ts';

/** The looks of the sandbox's own page. */
const STYLES = ['style.css', 'blocks.css', 'data.css'];
/** In one column, as long as the message is. */
const LAYOUT = 'body { display: block; height: auto; max-width: 760px; margin: 0 auto } main { display: block }';

/** A page of one file that shows the message as the sandbox does. */
export function previewPage({ report, subject, message, problems }: Preview, at: Date): string {
  const css = STYLES.map((name) => readFileSync(new URL(`../../sandbox/page/${name}`, import.meta.url), 'utf8'));
  const shown = renderMessage({
    workspace: 'TPREVIEW',
    channel: 'CPREVIEW',
    ts: '0.000000',
    at: at.getTime(),
    text: message.text,
    blocks: message.blocks.map(asObject),
    hidden: false,
  });
  return String(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${report} · ${subject}</title>
          <style>
            ${new Html([...css, LAYOUT].join('\n'))}
          </style>
        </head>
        <body>
          <main>
            <header>
              <h1>${report}</h1>
              <span class="about">${subject}: a preview, nothing was posted</span>
            </header>
            ${
              problems.length > 0 &&
              html`<section class="empty" aria-label="What Slack would refuse">
                <b>Slack would refuse this message:</b>
                <ul>
                  ${problems.map((problem) => html`<li>${problem}</li>`)}
                </ul>
              </section>`
            }
            <section id="messages" aria-label="Message">${shown}</section>
            <footer>On phones: ${mrkdwn(message.text)}</footer>
          </main>
        </body>
      </html>`,
  );
}
