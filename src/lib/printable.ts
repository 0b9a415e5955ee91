/** C0 and C1 controls without tab and line break, and the marks that turn the direction of the text behind them. */
const UNSAFE = /(?![\t\n])\p{Cc}|[\u202A-\u202E\u2066-\u2069\u2028\u2029]/gu;
/** The colours and weights that the command line uses itself; not those that hide text. */
// oxlint-disable-next-line no-control-regex -- it is what we look for
const STYLE = /\u001B\[(?:0|1|2|3|4|2[2-4]|3[0-79]|9[0-7])m/;
// One of ours, or a control character.
const UNSAFE_OR_STYLE = new RegExp(`${STYLE.source}|${UNSAFE.source}`, 'gu');
/** In JSON a control character is escaped; a backslash is, too. */
const ESCAPED = /\\(?:\\|[bfr]|u00(?:0[0-8b-f]|1[0-9a-f]))/g;

/**
 * Text from outside, for a terminal: a name with an escape sequence could clear the screen, move the cursor or change the title.
 * Every control character is shown as its code, such as `\x1B`; colours stay.
 * @example printable('\u001B[2Jhello') // '\\x1B[2Jhello'
 */
export function printable(text: string): string {
  return text.replace(UNSAFE_OR_STYLE, (found) => (found.length > 1 ? found : codeOf(found)));
}

/** JSON that a terminal shows as it is; a program reads the same from it. */
export function printableJson(json: string): string {
  return json.replace(UNSAFE, jsonCodeOf);
}

/** For a JSON line that is read again and its texts shown: none brings a control character with it. */
export function printableWhenRead(line: string): string {
  const shown = line.replace(ESCAPED, (found) => (found === '\\\\' ? found : `\\${found}`));
  return shown.replace(UNSAFE, (char) => `\\${jsonCodeOf(char)}`);
}

/** Makes `console` safe for text from outside, in a program for people. */
export function printSafely(target: Console = console): void {
  for (const name of ['log', 'info', 'warn', 'error'] as const) {
    const print = target[name].bind(target);
    target[name] = (...parts: unknown[]) =>
      print(...parts.map((part) => (typeof part === 'string' ? printable(part) : part)));
  }
}

function jsonCodeOf(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function codeOf(char: string): string {
  const code = char.charCodeAt(0).toString(16).toUpperCase();
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code}`;
}
