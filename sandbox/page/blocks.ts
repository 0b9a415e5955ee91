import { chartProblems } from '../../src/slack/chart-problems.ts';
import type { DataVisualizationBlock } from '../../src/slack/data-visualization.ts';
import { asObject, type Json } from '../../src/slack/problem-list.ts';
import { renderChart } from './chart.ts';
import { html, safeLink, type Html } from './html.ts';
import { emoji, mrkdwn } from './mrkdwn.ts';

/** One block as Slack shows it; a block that this page cannot draw as its JSON. */
export function renderBlock(block: Json): Html {
  switch (block['type']) {
    case 'header':
      return html`<h3 class="header">${textOf(block['text'])}</h3>`;
    case 'section':
      return section(block);
    case 'context':
      return html`<div class="context">${objects(block['elements']).map(contextElement)}</div>`;
    case 'divider':
      return html`<hr />`;
    case 'actions':
      return html`<div class="actions">${objects(block['elements']).map(button)}</div>`;
    case 'image':
      return image(block);
    case 'table':
      return table(block);
    case 'data_visualization':
      return chart(block);
    case 'markdown':
      return html`<div class="markdown">${String(block['text'])}</div>`;
    default:
      return raw(block);
  }
}

function raw(block: Json): Html {
  return html`<pre class="code">${JSON.stringify(block, null, 2)}</pre>`;
}

function section({ text, fields, accessory }: Json): Html {
  const aside = asObject(accessory);
  return html`<div class="section">
    <div>
      ${text !== undefined && html`<div class="text">${textOf(text)}</div>`}
      ${
        fields !== undefined &&
        html`<div class="fields">
          ${objects(fields).map((field) => html`<div class="text">${textOf(field)}</div>`)}
        </div>`
      }
    </div>
    ${aside['type'] === 'button' && button(aside)}
    ${aside['type'] === 'image' && html`<div class="accessory">${picture(aside)}</div>`}
  </div>`;
}

function contextElement(element: Json): Html {
  if (element['type'] === 'image') return html`<span class="icon">${picture(element)}</span>`;
  return html`<span>${textOf(element)}</span>`;
}

function button(element: Json): Html {
  const style = element['style'] === 'primary' || element['style'] === 'danger' ? element['style'] : '';
  const address = safeLink(element['url']);
  if (address === undefined) return html`<span class="button ${style}">${textOf(element['text'])}</span>`;
  return html`<a class="button ${style}" href="${address}" target="_blank" rel="noopener noreferrer"
    >${textOf(element['text'])}</a
  >`;
}

function image(block: Json): Html {
  return html`<figure class="image">
    ${block['title'] !== undefined && html`<figcaption>${textOf(block['title'])}</figcaption>`} ${picture(block)}
  </figure>`;
}

function picture({ image_url: url, alt_text: alt }: Json): Html {
  const address = safeLink(url);
  if (address === undefined) return html`<span class="no-image">${String(alt)}</span>`;
  return html`<img src="${address}" alt="${String(alt)}" loading="lazy" referrerpolicy="no-referrer" />`;
}

function table(block: Json): Html {
  const [head = [], ...rows] = listOf(block['rows']).map(objects);
  const settings = objects(block['column_settings'] ?? []);
  const look = (column: number) => {
    const { align, is_wrapped: wrapped } = settings[column] ?? {};
    return `${align === 'right' || align === 'center' ? align : 'left'}${wrapped === true ? ' wrapped' : ''}`;
  };
  // The table scrolls sideways in a narrow window, and what scrolls must be reachable by keyboard.
  return html`<div class="table" role="region" aria-label="Table" tabindex="0">
    <table>
      <thead>
        <tr>
          ${head.map((cell, column) => html`<th class="${look(column)}" scope="col">${cellText(cell)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, column) => html`<td class="${look(column)}">${cellText(cell)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function cellText(cell: Json): Html {
  return cell['type'] === 'rich_text'
    ? html`${objects(cell['elements']).map(richText)}`
    : html`${emoji(String(cell['text']))}`;
}

/** Rich text as cells use it: sections of text, links and emoji. */
function richText(element: Json): Html {
  if (Array.isArray(element['elements'])) return html`${objects(element['elements']).map(richText)}`;
  const text = [element['text'], element['url'], element['name']].find((part) => typeof part === 'string') ?? '';
  const address = safeLink(element['url']);
  if (address !== undefined) return html`<a href="${address}" target="_blank" rel="noopener noreferrer">${text}</a>`;
  if (element['type'] === 'emoji') return html`${emoji(`:${text}:`)}`;
  return asObject(element['style'])['bold'] === true ? html`<strong>${text}</strong>` : html`${text}`;
}

function chart(block: Json): Html {
  return isChart(block) ? renderChart(block) : raw(block);
}

function isChart(block: unknown): block is DataVisualizationBlock {
  const problems: string[] = [];
  chartProblems(problems, asObject(block), '');
  return problems.length === 0;
}

function textOf(value: unknown): Html {
  const { type, text } = asObject(value);
  return type === 'mrkdwn' ? mrkdwn(String(text)) : html`${emoji(String(text))}`;
}

function objects(value: unknown): Json[] {
  return listOf(value).map(asObject);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
