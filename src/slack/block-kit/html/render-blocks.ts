import { isChartBlock } from '../block-problems.ts';
import { asObject, listOf, objectsOf, stringOf, type Json } from '../json.ts';
import { emoji } from './emoji.ts';
import { html, safeLink, type Html } from './html.ts';
import { markdown } from './markdown.ts';
import { mrkdwn, type Lookup } from './mrkdwn.ts';
import { renderChart } from './render-chart.ts';
import { richText } from './rich-text.ts';

/** One block as Slack shows it; a block of an unknown type as its JSON. */
export function renderBlock(block: Json, lookup: Lookup = {}): Html {
  switch (block['type']) {
    case 'header':
      return html`<h3 class="header" dir="auto">${textOf(block['text'], lookup)}</h3>`;
    case 'section':
      return section(block, lookup);
    case 'context':
      return html`<div class="context">
        ${objectsOf(block['elements']).map((element) => contextElement(element, lookup))}
      </div>`;
    case 'divider':
      return html`<hr />`;
    case 'actions':
      return html`<div class="actions">
        ${objectsOf(block['elements']).map((element) => control(element, lookup))}
      </div>`;
    case 'image':
      return image(block, lookup);
    case 'table':
      return table(block, lookup);
    case 'data_visualization':
      return isChartBlock(block) ? renderChart(block) : raw(block);
    case 'markdown':
      return html`<div class="markdown">${markdown(stringOf(block['text']))}</div>`;
    case 'rich_text':
      return richText(block, lookup);
    default:
      return raw(block);
  }
}

function raw(block: Json): Html {
  return html`<pre class="code" tabindex="0">${JSON.stringify(block, null, 2)}</pre>`;
}

function section({ text, fields, accessory }: Json, lookup: Lookup): Html {
  const aside = asObject(accessory);
  return html`<div class="section">
    <div>
      ${text !== undefined && html`<div class="text" dir="auto">${textOf(text, lookup)}</div>`}
      ${
        fields !== undefined &&
        html`<div class="fields">
          ${objectsOf(fields).map((field) => html`<div class="text" dir="auto">${textOf(field, lookup)}</div>`)}
        </div>`
      }
    </div>
    ${aside['type'] === 'image' && html`<div class="accessory">${picture(aside, lookup)}</div>`}
    ${aside['type'] !== undefined && aside['type'] !== 'image' && control(aside, lookup)}
  </div>`;
}

function contextElement(element: Json, lookup: Lookup): Html {
  if (element['type'] === 'image') return html`<span class="icon">${picture(element, lookup)}</span>`;
  return html`<span dir="auto">${textOf(element, lookup)}</span>`;
}

/** A button; of an input, which needs an app that listens, only its placeholder. */
function control(element: Json, lookup: Lookup): Html {
  if (element['type'] !== 'button') {
    const hint = element['placeholder'] === undefined ? '…' : textOf(element['placeholder'], lookup);
    return html`<span class="button">${hint} <span aria-hidden="true">▾</span></span>`;
  }
  const style = element['style'] === 'primary' || element['style'] === 'danger' ? element['style'] : '';
  const address = safeLink(element['url']);
  const text = textOf(element['text'], lookup);
  if (address === undefined) return html`<span class="button ${style}">${text}</span>`;
  return html`<a class="button ${style}" href="${address}" target="_blank" rel="noopener noreferrer">${text}</a>`;
}

function image(block: Json, lookup: Lookup): Html {
  return html`<figure class="image">
    ${block['title'] !== undefined && html`<figcaption>${textOf(block['title'], lookup)}</figcaption>`}
    ${picture(block, lookup)}
  </figure>`;
}

function picture({ image_url: url, slack_file: file, alt_text: alt }: Json, { fileAddress }: Lookup): Html {
  const { id, url: fileUrl } = asObject(file);
  const uploaded = fileAddress?.({ id: stringOf(id) || undefined, url: stringOf(fileUrl) || undefined });
  const address = uploaded ?? safeLink(url);
  if (address === undefined) return html`<span class="no-image">${stringOf(alt)}</span>`;
  return html`<img src="${address}" alt="${stringOf(alt)}" loading="lazy" referrerpolicy="no-referrer" />`;
}

/** The first row is the head. The frame scrolls both ways, so the keyboard must reach it. */
function table(block: Json, lookup: Lookup): Html {
  const [head = [], ...rows] = listOf(block['rows']).map(objectsOf);
  const settings = objectsOf(block['column_settings']);
  const look = (column: number) => {
    const { align, is_wrapped: wrapped } = settings[column] ?? {};
    return `${align === 'right' || align === 'center' ? align : 'left'}${wrapped === true ? ' wrapped' : ''}`;
  };
  const text = (cell: Json) =>
    cell['type'] === 'rich_text' ? richText(cell, lookup) : html`${emoji(stringOf(cell['text']))}`;
  return html`<div class="table" role="region" aria-label="Table" tabindex="0">
    <table>
      <thead>
        <tr>
          ${head.map((cell, column) => html`<th class="${look(column)}" scope="col" dir="auto">${text(cell)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, column) => html`<td class="${look(column)}" dir="auto">${text(cell)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function textOf(value: unknown, lookup: Lookup): Html {
  const { type, text, verbatim, emoji: showsEmoji } = asObject(value);
  if (type === 'mrkdwn') return mrkdwn(stringOf(text), { ...lookup, verbatim: verbatim === true });
  return html`${showsEmoji === false ? stringOf(text) : emoji(stringOf(text))}`;
}
