import type { Json } from '../../src/slack/problem-list.ts';
import type { Around } from './around.ts';
import { emoji } from './emoji.ts';
import { html, type Html } from './html.ts';
import { listOf, objects, stringOf } from './json.ts';
import { richText } from './rich-text.ts';

/** The first row is the head. The frame scrolls both ways, and what scrolls must be reachable by keyboard. */
export function table(block: Json, around: Around): Html {
  const [head = [], ...rows] = listOf(block['rows']).map(objects);
  const settings = objects(block['column_settings']);
  const look = (column: number) => {
    const { align, is_wrapped: wrapped } = settings[column] ?? {};
    return `${align === 'right' || align === 'center' ? align : 'left'}${wrapped === true ? ' wrapped' : ''}`;
  };
  const text = (cell: Json) =>
    cell['type'] === 'rich_text' ? richText(cell, around) : html`${emoji(stringOf(cell['text']))}`;
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
