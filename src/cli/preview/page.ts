import { raw } from 'hono/html';
import { fileOfPicture, uploadedImage } from '../../reports/blocks/blocks.ts';
import type { ReportMessage } from '../../reports/message.ts';
import { html, type Html } from '../../slack/block-kit/html/html.ts';
import { mrkdwn, type Lookup } from '../../slack/block-kit/html/mrkdwn.ts';
import { messageStyles, renderContent, renderFrame } from '../../slack/block-kit/html/render-message.ts';
import { asObject } from '../../slack/block-kit/json.ts';
import { replaceCharts } from '../../slack/chart-fallbacks.ts';
import type { ChartSpec } from '../../slack/charts/chart-spec.ts';
import { charactersWithoutGlyph, drawSvg, missingChartPackages } from '../../slack/charts/draw-chart.ts';
import type { Preview } from '../../client/preview.ts';

/** The name that the message shows as its author. */
const AUTHOR = 'Reports';
/** One column, as long as the message. */
const LAYOUT = `
body { max-width: 800px; margin: 0 auto }
body > * { padding: 8px 20px }
h1 { margin: 0; font-size: 18px }
.about, footer { color: var(--muted); font-size: 13px }
.thread { margin-left: 56px; padding: 0 20px; border-left: 2px solid var(--line) }
`;

type Post = ReportMessage | NonNullable<ReportMessage['thread']>[number];

function content(post: Post, { files = [] }: ReportMessage, lookup: Lookup): Html {
  const attached = ('attached' in post && post.attached) || [];
  const names = attached.map((place) => html`<p>File: ${files[place]?.name}</p>`);
  if (names.length > 0) return html`${names}`;
  const images = post.blocks.map((block) => uploadedImage(block, String(fileOfPicture(block))) ?? asObject(block));
  const charts = post.blocks.flatMap((block, at) => {
    const chart = files[fileOfPicture(block) ?? -1]?.chart;
    return chart === undefined ? [] : [[at, chart] as const];
  });
  const specs = new Map(charts);
  const blocks = replaceCharts(images, specs, (at) => specs.has(at) && !canDraw(specs.get(at))).map(asObject);
  return renderContent({ text: post.text, blocks }, lookup);
}

/** The page embeds its pictures; where none can be drawn, it shows their tables, as the delivery does. */
async function picturesOf({ files = [] }: ReportMessage): Promise<Lookup> {
  const drawn = files.map(async ({ chart }) => (chart === undefined || !canDraw(chart) ? '' : drawSvg(chart)));
  const addresses = (await Promise.all(drawn)).map(
    (svg) => `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`,
  );
  return { fileAddress: ({ id }) => addresses[Number(id)] };
}

function noted(title: string, items: readonly string[]): Html | false {
  if (items.length === 0) return false;
  return html`<section aria-label="${title}">
    <b>${title}:</b>
    <ul>
      ${items.map((item) => html`<li>${item}</li>`)}
    </ul>
  </section>`;
}

/** A browser has fonts for all characters; the delivery has one. */
function canDraw(chart: ChartSpec | undefined): boolean {
  return missingChartPackages().length === 0 && (chart === undefined || charactersWithoutGlyph(chart).length === 0);
}

/** A page in one file that shows the message as Slack would, with its thread below it. */
export async function previewPage({ report, subject, at, message, problems, cuts, remarks }: Preview): Promise<string> {
  const lookup = await picturesOf(message);
  const shown = [message, ...(message.thread ?? [])].map((post) =>
    renderFrame({ author: AUTHOR, at: at.getTime(), inside: [content(post, message, lookup)] }),
  );
  return String(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>${report} · ${subject}</title>
          <style>
            ${raw(messageStyles() + LAYOUT)}
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
          ${noted('Not shown, because it does not fit', cuts)} ${noted('Mind', remarks)}
          <main class="message">${shown[0]}</main>
          ${
            shown.length > 1 &&
            html`<section class="thread" aria-label="Thread">
              <b>In its thread</b>
              ${shown.slice(1).map((post) => html`<div class="message">${post}</div>`)}
            </section>`
          }
          <footer>On phones: ${mrkdwn(message.text)}</footer>
        </body>
      </html>`,
  );
}
