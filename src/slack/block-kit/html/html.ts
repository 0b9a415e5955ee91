import { html as honoHtml } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

/** Escaped markup. Convert it with `String()` where a primitive string is needed. */
export type Html = HtmlEscapedString;

type Part = string | number | undefined | false | readonly Part[];

/**
 * Hono's template tag with typed values: it escapes every value that is not `Html`, joins lists, and leaves out undefined
 * and false. Hono returns a promise only when a value is one, and `Part` admits none.
 */
export const html = honoHtml as (strings: TemplateStringsArray, ...values: Part[]) => Html;

/** The address if a click on it is harmless: never `javascript:` or `data:`. */
export function safeLink(address: unknown): string | undefined {
  if (typeof address !== 'string') return undefined;
  return /^(https?:\/\/|mailto:)/i.test(address) ? address : undefined;
}

/** A link that opens in a new tab and sends no referrer; only its text when the address is not safe. */
export function link(address: unknown, text: string | Html): Html {
  const href = safeLink(address);
  if (href === undefined) return html`${text}`;
  return html`<a href="${href}" target="_blank" rel="noopener noreferrer">${text}</a>`;
}
