/** Text that is safe to put into a page as it is. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

type Part = string | number | Html | undefined | false | readonly Part[];

/** A template whose every value is escaped, unless it is `Html` already. Lists are joined; undefined and false vanish. */
export function html(strings: TemplateStringsArray, ...values: Part[]): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(render)));
}

function render(value: Part): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'object') return value.map(render).join('');
  return escape(String(value));
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** The address itself when a click on it can do no harm: never `javascript:` or `data:`. */
export function safeLink(address: unknown): string | undefined {
  if (typeof address !== 'string') return undefined;
  return /^(https?:\/\/|mailto:)/i.test(address) ? address : undefined;
}

/** A link that opens elsewhere and tells nothing about this page; only its text where the address is not safe. */
export function link(address: unknown, text: string | Html): Html {
  const href = safeLink(address);
  if (href === undefined) return html`${text}`;
  return html`<a href="${href}" target="_blank" rel="noopener noreferrer">${text}</a>`;
}
