import { Lexer, type Token, type Tokens } from 'marked';
import { emoji } from './emoji.ts';
import { html, link, type Html } from './html.ts';

/**
 * The `markdown` block: standard Markdown, of which Slack shows no HTML and no image but its link. The parser only gives
 * tokens; every text of theirs is escaped here.
 */
export function markdown(text: string): Html {
  try {
    return html`${new Lexer({ gfm: true, breaks: true }).lex(text.replace(DEEP_QUOTE, '$1')).map(block)}`;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // Nested so deep that the parser, which calls itself for each level, has no stack left.
    return html`<p dir="auto">${text}</p>`;
  }
}

/** Deeper ones cost the parser time that grows with the square of their depth. */
const DEEP_QUOTE = /^((?: {0,3}>[ \t]?){20})(?: {0,3}>[ \t]?)+/gm;

function block(token: Token): Html {
  switch (token.type) {
    case 'space':
    case 'def':
      return html``;
    case 'hr':
      return html`<hr />`;
    case 'heading':
      return html`<h4 dir="auto">${inlines(token.tokens)}</h4>`;
    case 'code':
      return html`<pre class="code">${token.text}</pre>`;
    case 'blockquote':
      return html`<blockquote>${(token.tokens ?? []).map(block)}</blockquote>`;
    case 'list':
      return list(token as Tokens.List);
    case 'table':
      return grid(token as Tokens.Table);
    case 'paragraph':
      return html`<p dir="auto">${inlines(token.tokens)}</p>`;
    default:
      return inline(token);
  }
}

function list({ items, ordered, start }: Tokens.List): Html {
  const shown = items.map(
    ({ tokens, task, checked }) =>
      html`<li dir="auto">
        ${task && (checked ? '☑ ' : '☐ ')}${tokens.filter(({ type }) => type !== 'checkbox').map(block)}
      </li>`,
  );
  return ordered
    ? html`<ol start="${start || 1}">
        ${shown}
      </ol>`
    : html`<ul>
        ${shown}
      </ul>`;
}

function grid({ header, rows, align }: Tokens.Table): Html {
  const cell = (name: 'th' | 'td') => (one: Tokens.TableCell, column: number) => {
    const inner = html`${inlines(one.tokens)}`;
    const look = align[column] ?? 'left';
    return name === 'th'
      ? html`<th scope="col" class="${look}">${inner}</th>`
      : html`<td class="${look}">${inner}</td>`;
  };
  return html`<div class="table" role="region" aria-label="Table" tabindex="0">
    <table>
      <thead>
        <tr>
          ${header.map(cell('th'))}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map(cell('td'))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function inlines(tokens: Token[] = []): Html {
  return html`${tokens.map(inline)}`;
}

function inline(token: Token): Html {
  switch (token.type) {
    case 'strong':
      return html`<strong>${inlines(token.tokens)}</strong>`;
    case 'em':
      return html`<em>${inlines(token.tokens)}</em>`;
    case 'del':
      return html`<del>${inlines(token.tokens)}</del>`;
    case 'codespan':
      return html`<code>${token.text}</code>`;
    case 'br':
      return html`<br />`;
    case 'link':
      return link(token.href, inlines(token.tokens));
    case 'image':
      return link(token.href, token.text || token.href);
    case 'escape':
      return html`${token.text}`;
    default:
      return 'tokens' in token && token.tokens ? inlines(token.tokens) : html`${emoji(token.raw)}`;
  }
}
