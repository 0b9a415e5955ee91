import { currentFormat } from './format.ts';
import type { Value } from './text.ts';

/** Text of a file to come with a report; made by `csv`, or by anything else that makes text. */
export interface FileContent {
  text: string;
  /** What the file holds, for its line in the thread: "120 rows". */
  about?: string;
}

/** A file that is attached in the thread of a report. */
export interface ReportFile {
  /** With its ending: `activity.csv`. */
  name: string;
  /** Shown instead of the name. */
  title?: string;
  content: FileContent;
}

/**
 * A table as a CSV file (RFC 4180: a head, CRLF, quotes where they are needed), in UTF-8; at most five million characters. Numbers
 * are written plainly, a Date in ISO 8601 UTC, and what is missing is empty. A text that a spreadsheet would take for a formula gets an apostrophe in front
 * (https://owasp.org/www-community/attacks/CSV_Injection); a text that is a plain number does not.
 * @example csv(['Name', 'Orders'], rows.map(({ name, orders }) => [name, orders]))
 */
export function csv<const Columns extends readonly string[]>(
  columns: Columns,
  rows: readonly { readonly [Index in keyof Columns]: Value | Date }[],
): FileContent {
  const all: readonly (readonly (Value | Date)[])[] = rows;
  const lines = [columns, ...all].map((row) => columns.map((_, index) => cell(row[index])).join(','));
  return {
    text: lines.map((line) => `${line}\r\n`).join(''),
    about: currentFormat().words('rows', { count: rows.length }),
  };
}

function cell(value: Value | Date): string {
  const text = textOf(value);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function textOf(value: Value | Date): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  if (typeof value !== 'string') return String(value);
  const text = value.toWellFormed();
  return PLAIN_NUMBER.test(text) ? text : text.replace(FORMULA, `$1'$2`);
}

const PLAIN_NUMBER = /^[+-]?\d+(?:\.\d+)?$/;
/**
 * Where a formula may begin, also in full width: at the start, and behind what another spreadsheet takes for the end of a cell or
 * line. One that expects semicolons or tabs knows nothing of our commas and of the quotation marks behind them.
 */
const FORMULA =
  /(^|[;\t\r\n|\u2028\u2029])((?:(?![;\t\r\n|\u2028\u2029])[\s"']){0,64}[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r])/g;
