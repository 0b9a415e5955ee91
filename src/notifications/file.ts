import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { type ParseErrorCode, printParseErrorCode, visit } from 'jsonc-parser';
import { type Document, isMap, isNode, isScalar, LineCounter, type Pair, parseDocument } from 'yaml';
import { messageOf, UserError } from '../lib/errors.ts';

/** One notification of a file, as it is written there. */
export interface FileRow {
  /** The line it begins on, from 1. */
  line: number;
  value: unknown;
}

/**
 * Reads a `.csv` file with a header line, a `.json` file with an array, or a `.yaml` file with `notifications` by their ids.
 * Throws a UserError for a file that is none of them.
 */
export function readRows(file: string): FileRow[] {
  const read = READERS[extname(file).toLowerCase()];
  if (read === undefined) {
    throw UserError.input('unknown_file_kind', `Cannot read ${file}: only .csv, .json and .yaml files are understood`);
  }
  return read(file, readText(file));
}

const READERS: Record<string, (file: string, text: string) => FileRow[]> = {
  '.csv': readCsv,
  '.json': readJson,
  '.yaml': readYaml,
  '.yml': readYaml,
};

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw UserError.input('unreadable_file', `Cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

interface CsvEntry {
  record: Record<string, string>;
  /** The row as it stands in the file. */
  raw: string;
  /** The line on which it ends. */
  info: { lines: number };
}

function readCsv(file: string, text: string): FileRow[] {
  const rows: FileRow[] = [];
  try {
    parseCsv(text, {
      columns: true,
      info: true,
      raw: true,
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      // Keeps the row alone: the raw text of 100,000 rows is as large as the rows.
      onRecord: (entry: unknown) => {
        const { record, raw, info } = entry as CsvEntry;
        rows.push({ line: info.lines - (raw.trim().match(/\r\n|\n|\r/g)?.length ?? 0), value: record });
        return undefined;
      },
    });
    return rows;
  } catch (error) {
    throw UserError.input('malformed_file', `Cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function readJson(file: string, text: string): FileRow[] {
  const { lines, error, isArray } = readJsonLines(text);
  if (error !== undefined) {
    const what = `${printParseErrorCode(error.code)} in line ${error.line}`;
    throw UserError.input('malformed_file', `Cannot read ${file}: it is not JSON (${what})`);
  }
  if (!isArray) throw UserError.input('malformed_file', `Cannot read ${file}: it holds no array of notifications`);
  const values = JSON.parse(text) as unknown[];
  return values.map((value, index) => ({ line: lines[index] ?? 1, value }));
}

/** The line on which each element of the outermost array begins. */
function readJsonLines(text: string) {
  const lines: number[] = [];
  let [depth, isArray] = [0, false];
  let error: { code: ParseErrorCode; line: number } | undefined;
  const value = (line: number, opens = 0) => {
    if (depth === 1 && isArray) lines.push(line + 1);
    depth += opens;
  };
  visit(
    text,
    {
      onArrayBegin: (_offset, _length, line) => {
        if (depth === 0) isArray = true;
        value(line, 1);
      },
      onObjectBegin: (_offset, _length, line) => value(line, 1),
      onArrayEnd: () => void (depth -= 1),
      onObjectEnd: () => void (depth -= 1),
      onLiteralValue: (_value, _offset, _length, line) => value(line),
      onError: (code, _offset, _length, line) => {
        error ??= { code, line: line + 1 };
      },
    },
    { disallowComments: true, allowTrailingComma: false },
  );
  return { lines, error, isArray };
}

/** Its parser takes about 85 bytes of memory and 2 µs a byte; more belongs into CSV or JSON. In characters. */
const YAML_MAX = 4_000_000;

function readYaml(file: string, text: string): FileRow[] {
  if (text.length > YAML_MAX) {
    throw UserError.input('malformed_file', `Cannot read ${file}: YAML of more than ${YAML_MAX / 1e6} MB is slow`, {
      hint: 'Write them as .csv or .json.',
    });
  }
  const counter = new LineCounter();
  const lineAt = (offset: number) => counter.linePos(offset).line;
  // Its own check for equal keys compares each with each.
  const options = { lineCounter: counter, prettyErrors: false, uniqueKeys: false, merge: true };
  const document = parseDocument(text, options);
  const [error] = document.errors;
  if (error !== undefined) throw malformedYaml(file, lineAt(error.pos[0]), error.message);
  const { contents } = document;
  const entries = isMap(contents) ? contents.items.find(({ key }) => keyText(key) === 'notifications') : undefined;
  if (!isMap(contents) || !isMap(entries?.value)) {
    throw malformedYaml(file, 1, 'it needs a key `notifications`, with a notification under each id');
  }
  for (const { key } of contents.items) {
    // A key of its own can hold what several share, by an anchor.
    if (key === entries.key || keyText(key).startsWith('x-')) continue;
    throw malformedYaml(
      file,
      lineOf(key, lineAt),
      `\`${keyText(key)}\` is not known; all stand under \`notifications\``,
    );
  }
  return entries.value.items.map((pair) => {
    const line = lineOf(pair.key, lineAt);
    return { line, value: yamlValue(document, pair, (message) => malformedYaml(file, line, message)) };
  });
}

/** An anchor may be used this often in one notification. */
const ALIASES_MAX = 1_000;

function yamlValue(document: Document, { key, value }: Pair, malformed: (message: string) => UserError): unknown {
  const id = keyText(key);
  const node = isNode(value) ? value : undefined;
  const twice = isMap(node) ? firstTwice(node.items.map((item) => keyText(item.key))) : undefined;
  if (twice !== undefined) throw malformed(`${id} has \`${twice}\` twice`);
  try {
    const fields = node?.toJS(document, { maxAliasCount: ALIASES_MAX }) as unknown;
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return { id };
    return { id, ...fields };
  } catch (error) {
    throw malformed(messageOf(error));
  }
}

function firstTwice(keys: readonly string[]): string | undefined {
  return keys.find((key, index) => key !== '<<' && keys.indexOf(key) < index);
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}

function lineOf(key: unknown, lineAt: (offset: number) => number): number {
  return lineAt(isNode(key) ? (key.range?.[0] ?? 0) : 0);
}

function malformedYaml(file: string, line: number, message: string): UserError {
  return UserError.input('malformed_file', `Cannot read ${file}: ${message} (line ${line})`);
}

/** The id of a row as it is written; undefined if it has none. */
export function idOf(value: unknown): string | undefined {
  const id = (value as { id?: unknown } | null)?.id;
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** What is wrong with a row, in one line. */
export function problemText({ message, hint }: UserError): string {
  return hint === undefined ? message : `${message.replace(/\.$/, '')}. ${hint}`;
}
