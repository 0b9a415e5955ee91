import { ReportImpossible } from '../message.ts';
import type { SqlValue } from './types.ts';

/** A query in pieces, with a value between each two: as a tagged template has them. */
export interface Pieces {
  strings: readonly string[];
  values: readonly unknown[];
}

/** Answers one query, or fails when the time is up. Its connections keep no process alive. */
export type Reader = (query: Pieces, timeoutMs: number) => Promise<unknown[]>;

/** Texts, names, comments, dollar quotes and casts, in which `:name` is no parameter; then `:name` itself. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\/|\$(\w*)\$[^]*?\$\1\$|::|:([a-z_]\w*)/gi;

/** Takes a query apart at its `:name` parameters. Throws a ReportImpossible for one that has no value. */
export function piecesOf(text: string, parameters: Readonly<Record<string, SqlValue>>): Pieces {
  const strings: string[] = [];
  const values: SqlValue[] = [];
  let from = 0;
  for (const match of text.matchAll(TOKEN)) {
    const name = match[2];
    if (name === undefined) continue;
    if (!Object.hasOwn(parameters, name)) throw unknownParameter(name, Object.keys(parameters));
    strings.push(text.slice(from, match.index));
    values.push(parameters[name] ?? null);
    from = match.index + match[0].length;
  }
  return { strings: [...strings, text.slice(from)], values };
}

/** The names of its `:name` parameters. */
export function parametersOf(text: string): Set<string> {
  return new Set(Array.from(text.matchAll(TOKEN), ([, , name]) => name).filter((name) => name !== undefined));
}

/** The query with the database's own placeholders. */
export function textOf({ strings }: Pieces, placeholder: (nth: number) => string): string {
  return strings.map((text, index) => (index === 0 ? text : placeholder(index) + text)).join('');
}

/** As every database takes them: instants as text. */
export function boundValues({ values }: Pieces): unknown[] {
  return values.map((value) => (value instanceof Date ? value.toISOString() : value));
}

function unknownParameter(name: string, known: readonly string[]): ReportImpossible {
  const list = known.length === 0 ? 'there are none' : `there is ${known.map((one) => `:${one}`).join(', ')}`;
  return new ReportImpossible(`The query asks for :${name}, which has no value; ${list}`);
}
