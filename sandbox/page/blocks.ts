import { chartProblems } from '../../src/slack/chart-problems.ts';
import type { DataVisualizationBlock } from '../../src/slack/data-visualization.ts';
import { asObject, type Json } from '../../src/slack/problem-list.ts';
import type { Around } from './around.ts';
import { renderChart } from './chart.ts';
import { emoji } from './emoji.ts';
import { html, safeLink, type Html } from './html.ts';
import { objects, stringOf } from './json.ts';
import { markdown } from './markdown.ts';
import { mrkdwn } from './mrkdwn.ts';
import { richText } from './rich-text.ts';
import { table } from './table.ts';

/** One block as Slack shows it; a block that this page cannot draw as its JSON. */
export function renderBlock(block: Json, around: Around = {}): Html {
  switch (block['type']) {
    case 'header':
      return html`<h3 class="header" dir="auto">${textOf(block['text'], around)}</h3>`;
    case 'section':
      return section(block, around);
    case 'context':
      return html`<div class="context">
        ${objects(block['elements']).map((element) => contextElement(element, around))}
      </div>`;
    case 'divider':
      return html`<hr />`;
    case 'actions':
      return html`<div class="actions">${objects(block['elements']).map((element) => control(element, around))}</div>`;
    case 'image':
      return image(block, around);
    case 'table':
      return table(block, around);
    case 'data_visualization':
      return chart(block);
    case 'markdown':
      return html`<div class="markdown">${markdown(stringOf(block['text']))}</div>`;
    case 'rich_text':
      return richText(block, around);
    default:
      return raw(block);
  }
}

function raw(block: Json): Html {
  return html`<pre class="code" tabindex="0">${JSON.stringify(block, null, 2)}</pre>`;
}

function section({ text, fields, accessory }: Json, around: Around): Html {
  const aside = asObject(accessory);
  return html`<div class="section">
    <div>
      ${text !== undefined && html`<div class="text" dir="auto">${textOf(text, around)}</div>`}
      ${
        fields !== undefined &&
        html`<div class="fields">
          ${objects(fields).map((field) => html`<div class="text" dir="auto">${textOf(field, around)}</div>`)}
        </div>`
      }
    </div>
    ${aside['type'] === 'image' && html`<div class="accessory">${picture(aside, around)}</div>`}
    ${aside['type'] !== undefined && aside['type'] !== 'image' && control(aside, around)}
  </div>`;
}

function contextElement(element: Json, around: Around): Html {
  if (element['type'] === 'image') return html`<span class="icon">${picture(element, around)}</span>`;
  return html`<span dir="auto">${textOf(element, around)}</span>`;
}

/** A button; of the inputs, which only a listening app can use, what they say before anything is chosen. */
function control(element: Json, around: Around): Html {
  if (element['type'] !== 'button') {
    const hint = element['placeholder'] === undefined ? '…' : textOf(element['placeholder'], around);
    return html`<span class="button">${hint} <span aria-hidden="true">▾</span></span>`;
  }
  const style = element['style'] === 'primary' || element['style'] === 'danger' ? element['style'] : '';
  const address = safeLink(element['url']);
  const text = textOf(element['text'], around);
  if (address === undefined) return html`<span class="button ${style}">${text}</span>`;
  return html`<a class="button ${style}" href="${address}" target="_blank" rel="noopener noreferrer">${text}</a>`;
}

function image(block: Json, around: Around): Html {
  return html`<figure class="image">
    ${block['title'] !== undefined && html`<figcaption>${textOf(block['title'], around)}</figcaption>`}
    ${picture(block, around)}
  </figure>`;
}

function picture({ image_url: url, slack_file: file, alt_text: alt }: Json, { fileAddress }: Around): Html {
  const { id, url: fileUrl } = asObject(file);
  const uploaded = fileAddress?.({ id: stringOf(id) || undefined, url: stringOf(fileUrl) || undefined });
  const address = uploaded ?? safeLink(url);
  if (address === undefined) return html`<span class="no-image">${stringOf(alt)}</span>`;
  return html`<img src="${address}" alt="${stringOf(alt)}" loading="lazy" referrerpolicy="no-referrer" />`;
}

function chart(block: Json): Html {
  return isChart(block) ? renderChart(block) : raw(block);
}

function isChart(block: unknown): block is DataVisualizationBlock {
  const problems: string[] = [];
  chartProblems(problems, asObject(block), '');
  return problems.length === 0;
}

function textOf(value: unknown, around: Around): Html {
  const { type, text } = asObject(value);
  return type === 'mrkdwn' ? mrkdwn(stringOf(text), around) : html`${emoji(stringOf(text))}`;
}
