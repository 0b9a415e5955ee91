/**
 * The secrets that this process has read: tokens, passwords, keys. A list of the process, since what is to be blotted out of an
 * error is known far from where the error is written down.
 */
const known = new Map<string, readonly string[]>();

/** Rotated tokens add up; the oldest goes first. */
const KEPT_MAX = 500;
/** A shorter one stands in innocent text too, and to blot it out there would say where it is one. */
const LENGTH_MIN = 6;
/** A password that is a word, such as "postgres", is no secret by its value. Its shape (`password=…`) is still blotted out. */
const PLAIN_WORD = /^(?:[a-z]{1,11}|xoxb-sandbox)$/i;

/**
 * From here on `redact` blots this value out, wherever it stands, also URL-encoded, in base64, in hexadecimal, escaped for JSON,
 * and broken over lines.
 */
export function knowSecret(value: string | undefined): void {
  const secret = value?.trim() ?? '';
  if (secret.length < LENGTH_MIN || PLAIN_WORD.test(secret)) return;
  // The one that was read last is kept longest.
  known.delete(secret);
  known.set(secret, formsOf(secret));
  const [oldest] = known.keys();
  if (known.size > KEPT_MAX && oldest !== undefined) known.delete(oldest);
}

/** The password of an address such as `postgres://user:password@host/database`, as it is written and as it is meant. */
export function knowPasswordOf(address: string | undefined): void {
  const url = address === undefined ? null : URL.parse(address);
  if (url === null || url.password === '') return;
  knowSecret(url.password);
  knowSecret(percentDecoded(url.password));
  knowSecret(url.searchParams.get('password') ?? undefined);
}

/** As in a new process: for tests that share one. */
export function forgetSecrets(): void {
  known.clear();
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // The server takes it as it is written, too.
    return text;
  }
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const forms = new Set([
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(secret).replaceAll('%20', '+'),
    encodeURI(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...[0, 1, 2].flatMap((offset) => base64Within(bytes, offset)),
  ]);
  // The longest first: one form may be a part of another.
  return [...forms].filter((form) => form.length >= LENGTH_MIN).toSorted((a, b) => b.length - a.length);
}

/** What is always the same of it in base64 where it begins `offset` bytes into a group of three, as in `base64(user:password)`. */
function base64Within(secret: Buffer, offset: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(offset), secret]);
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor((whole.length * 8) / 6);
  const text = whole.toString('base64').slice(first, last);
  return [text, text.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(text)];
}

/** Blots out the known values. The time it takes grows with the text, and does not depend on what is in it. */
export function withoutKnown(text: string, instead: string): string {
  let clean = text;
  for (const forms of known.values()) {
    for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, instead);
  }
  return known.size > 0 && LINE_BREAK.test(clean) ? withoutBroken(clean, instead) : clean;
}

const LINE_BREAK = /\\n|\n/;
/** A line break and the indentation after it, as it is and as JSON escapes it. */
const LINE_BREAKS = /(?:\\r)?\\n[ \t]{0,80}|\r?\n[ \t]{0,80}/g;

/** Looks in the text as it would be on one line, and blots out where it came from. */
function withoutBroken(text: string, instead: string): string {
  const pieces: { from: number; at: number; text: string }[] = [];
  let from = 0;
  let at = 0;
  const add = (until: number, next: number): void => {
    pieces.push({ from, at, text: text.slice(from, until) });
    at += until - from;
    from = next;
  };
  for (const match of text.matchAll(LINE_BREAKS)) add(match.index, match.index + match[0].length);
  add(text.length, text.length);
  const whole = pieces.map((piece) => piece.text).join('');
  const ranges = [...known.values()].flat().flatMap((form) => rangesOf(whole, form));
  if (ranges.length === 0) return text;
  const place = (index: number): number => {
    const piece = pieces.findLast((one) => one.at <= index) ?? { from: 0, at: 0 };
    return piece.from + index - piece.at;
  };
  let clean = '';
  let done = 0;
  for (const [begin, end] of ranges.toSorted(([a], [b]) => a - b)) {
    const start = Math.max(place(begin), done);
    const stop = place(end - 1) + 1;
    if (stop <= done) continue;
    clean += text.slice(done, start) + instead;
    done = stop;
  }
  return clean + text.slice(done);
}

function rangesOf(text: string, form: string): [number, number][] {
  const ranges: [number, number][] = [];
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length)) {
    ranges.push([at, at + form.length]);
  }
  return ranges;
}
