import { TABLE_CELLS_PER_ROW_MAX, TABLE_ROWS_MAX } from '../../slack/block-kit/block-limits.ts';
import { kindOf, ReportMistake } from '../mistake.ts';
import { asMade, context, noting, type ReportBlock } from './blocks.ts';
import { csv, type ReportFile } from './csv.ts';
import { currentFormat, type Format } from './format.ts';
import { formatted, toPlain, type Value } from './text.ts';

/** What stands in a cell. A Date is written by the format of its column, or as a date and a time. */
export type Cell = Value | Date;

/** A column as it is read: its head, and how its cells are written. */
export interface Column {
  header: string;
  /**
   * How numbers and dates are written; text stays as it is. With a format, a number that is a text ("1204.50", as Postgres gives
   * its `numeric`) is a number.
   */
  format?: 'number' | 'percent' | 'currency' | 'date' | 'dateTime' | 'time' | undefined;
  /** ISO 4217, for `format: 'currency'`: `EUR`. */
  currency?: string | undefined;
  /** As many for each cell; without it as many as the cells need, two at most. */
  decimals?: number | undefined;
  /** Numbers to the right and everything else to the left by default. */
  align?: 'left' | 'center' | 'right' | undefined;
  /** What stands in the last row of the table: `true` for the sum of all rows, or a value of yours. */
  total?: true | Cell;
}

/** How a table is laid out. */
export interface TableOptions {
  /** Another than that of the report. */
  format?: Format | undefined;
  /** Rows in the channel, 15 by default, 98 at most; more are in the thread. */
  rows?: number | undefined;
  /**
   * Where the other rows are: in the `thread`, in posts of their own (the default, for some 300 rows); in a CSV `file` with all rows
   * there, which needs the scope `files:write`; or nowhere (`cut`).
   */
  rest?: 'thread' | 'file' | 'cut' | undefined;
  /** What the table shows, for its file: `Orders` makes `Orders.csv`. */
  title?: string | undefined;
}

/** A channel is read at a glance; Slack would take a hundred. */
const CHANNEL_ROWS = 15;
/** Posts in the thread for the rows of one table. */
const REST_POSTS_MAX = 3;
/** A cell longer than this is cut: one long text should not crowd out the rows below. */
const CELL_TEXT_MAX = 80;
/** Characters of a whole table: less than Slack's 10,000 for a table, so that the message has room for the rest. */
const TABLE_TEXT_MAX = 8_000;
/** With the head, and with one that says how many are missing. */
const ROWS_MAX = TABLE_ROWS_MAX - 2;

/**
 * Rows under a header row; columns of numbers to the right with equal decimals, their thousands apart (an id or a year is better a
 * string). Fifteen rows stand in the channel and the rest in the thread, unless `options` say otherwise; what does not fit is cut,
 * and a last row says how many rows are missing, a last column how many columns. Numbers are written as in the rest of the report.
 * Throws a ReportMistake for a row that is no array, and for an object in a cell.
 * @example table(['Order', { header: 'Total', format: 'currency', currency: 'EUR', total: true }], rows.map((row) => [row.id, row.total]))
 */
export function table<const Columns extends readonly (string | Column)[]>(
  columns: Columns,
  rows: readonly { readonly [Index in keyof Columns]: Cell }[],
  options: Format | TableOptions = {},
): ReportBlock {
  const { format = currentFormat(), rows: inChannel = CHANNEL_ROWS, ...more } = asOptions(options);
  if (columns.length === 0) return context(format.words('noColumns'));
  const all: readonly (readonly Cell[])[] = rows;
  const notARow = all.findIndex((row) => !Array.isArray(row));
  if (notARow !== -1) {
    const problem = `Row ${notARow + 1} of a table is ${kindOf(all[notARow])}, expected an array of cells`;
    throw new ReportMistake(problem, 'Write `rows.map((row) => [row.name, row.total])`');
  }
  const layout = layoutOf(columns, all, format);
  const rest = more.rest ?? 'thread';
  const channelRows = Math.max(1, Math.min(inChannel, ROWS_MAX));
  if (rest === 'cut') return drawn(layout, { most: channelRows }).block;
  const whole = drawn(layout, {}).block;
  // A sign would take as much room as that one row.
  if (all.length <= channelRows + 1) return whole;
  const spread = () => (rest === 'file' ? inFile(layout, channelRows, more.title) : inThread(layout, channelRows));
  return Object.defineProperty(whole, SPREAD, { value: spread });
}

function asOptions(options: Format | TableOptions): TableOptions {
  return 'locale' in options ? { format: options } : options;
}

const SPREAD = Symbol('spread');

/** What a long table is in the channel, and where its other rows are. */
export interface SpreadTable {
  block: ReportBlock;
  thread: { text: string; blocks: ReportBlock[] }[];
  files: ReportFile[];
}

/** A long table as the channel shows it; undefined for any other block. In a thread it stays as long as it is. */
export function spreadTable(block: ReportBlock): SpreadTable | undefined {
  return (block as { [SPREAD]?: () => SpreadTable })[SPREAD]?.();
}

function inThread(layout: Layout, channelRows: number): SpreadTable {
  const { rows, format } = layout;
  const first = drawn(layout, { most: channelRows, sign: 'moreRowsInThread' });
  const thread: SpreadTable['thread'] = [];
  let from = first.shown;
  while (from < rows.length && thread.length < REST_POSTS_MAX) {
    const isLast = thread.length === REST_POSTS_MAX - 1;
    const part = drawn(layout, { from, isPart: !isLast });
    if (part.shown === 0) break;
    const text = format.words('rowsFromTo', { from: from + 1, to: from + part.shown, count: rows.length });
    thread.push({ text, blocks: [part.block] });
    from += part.shown;
  }
  return { block: first.block, thread, files: [] };
}

function inFile(layout: Layout, channelRows: number, title = layout.format.words('table')): SpreadTable {
  const heads = layout.columns.map(({ header }) => header);
  const file = { name: `${title}.csv`, title, content: csv(heads, layout.rows) };
  return { block: drawn(layout, { most: channelRows, sign: 'moreRowsInFile' }).block, thread: [], files: [file] };
}

interface Layout {
  columns: readonly Column[];
  rows: readonly (readonly Cell[])[];
  format: Format;
  /** How each column writes a cell. */
  writers: readonly ((cell: Cell) => string)[];
  alignments: readonly ('left' | 'center' | 'right')[];
  /** The last row. */
  totals: readonly string[] | undefined;
}

function layoutOf(given: readonly (string | Column)[], rows: readonly (readonly Cell[])[], format: Format): Layout {
  const columns = given.map((column): Column => (typeof column === 'object' ? column : { header: column }));
  const cells = columns.map((_, index) => rows.map((row) => row[index]));
  const writers = columns.map((column, index) => writerOf(column, cells[index] ?? [], format));
  return {
    columns,
    rows,
    format,
    writers,
    alignments: columns.map(({ align, ...column }, index) => align ?? alignment(column, cells[index] ?? [])),
    totals: totalsOf(columns, cells, writers, format),
  };
}

interface Part {
  /** The first row of the part. */
  from?: number;
  /** Rows, without the sign of the missing ones. */
  most?: number;
  sign?: 'moreRowsInThread' | 'moreRowsInFile';
  /** More parts follow, so no sign is needed. */
  isPart?: boolean;
}

function drawn(layout: Layout, { from = 0, most, sign, isPart = false }: Part): { block: ReportBlock; shown: number } {
  const { columns, rows, format, writers, alignments } = layout;
  const totals = isPart || from > 0 ? undefined : layout.totals;
  const width = columns.length > TABLE_CELLS_PER_ROW_MAX ? TABLE_CELLS_PER_ROW_MAX - 1 : columns.length;
  const isCutWide = width < columns.length;
  const line = (texts: readonly string[], end: string) => (isCutWide ? [...texts.slice(0, width), end] : texts);
  const head = line(
    columns.slice(0, width).map(({ header }) => cellText(formatted(header, format))),
    format.words('moreColumns', { count: columns.length - width }),
  );
  const written = (row: readonly Cell[]) =>
    line(
      writers.slice(0, width).map((write, index) => write(row[index])),
      '…',
    );
  const last = totals === undefined ? [] : [line(totals, '…')];
  const room = ROWS_MAX + 1 - last.length;
  const left = rows.length - from;
  const wanted = most !== undefined && left > most + 1 ? Math.min(most, room - 1) : left > room ? room - 1 : left;
  const kept = fitting(rows.slice(from, from + wanted), TABLE_TEXT_MAX - size([...head, ...last.flat()]), written);
  const missing = left - kept.length;
  const signed =
    missing > 0 && !isPart ? [signRow(format.words(sign ?? 'moreRows', { count: missing }), head.length)] : [];
  const cells = [head, ...kept, ...signed, ...last].map((texts) =>
    texts.map((text) => ({ type: 'raw_text' as const, text })),
  );
  const settings = head.map((_, index) => ({ align: (index < width ? alignments[index] : undefined) ?? 'left' }));
  const cuts = [
    ...(missing > 0 && !isPart && sign === undefined
      ? [`${missing} of ${rows.length} rows of a table are left out`]
      : []),
    ...(isCutWide ? [`${columns.length - width} of ${columns.length} columns of a table are left out`] : []),
  ];
  return { block: noting(asMade({ type: 'table', rows: cells, column_settings: settings }), cuts), shown: kept.length };
}

function signRow(text: string, width: number): string[] {
  return Array.from({ length: width }, (_, index) => (index === 0 ? text : '…'));
}

/** As many rows as have room. */
function fitting(
  rows: readonly (readonly Cell[])[],
  room: number,
  written: (row: readonly Cell[]) => readonly string[],
): (readonly string[])[] {
  const kept: (readonly string[])[] = [];
  let left = room;
  for (const row of rows) {
    const texts = written(row);
    left -= size(texts);
    if (left < 0) break;
    kept.push(texts);
  }
  return kept;
}

function cellText(text: string): string {
  return toPlain(text.replaceAll('\n', ' '), CELL_TEXT_MAX);
}

function size(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}

type Numeric = number | bigint;

function isNumeric(cell: Cell): cell is Numeric {
  return typeof cell === 'number' || typeof cell === 'bigint';
}

/** The number of a cell, in a column that is said to have numbers also of a text. */
function numberOf(cell: Cell, { format }: Column): Numeric | undefined {
  if (isNumeric(cell)) return cell;
  const isText = typeof cell === 'string' && (format === 'number' || format === 'percent' || format === 'currency');
  return isText && /^-?\d+(?:\.\d+)?$/.test(cell) ? Number(cell) : undefined;
}

/** Rows whose decimals count: more are in no table. */
const LOOKED_AT_MAX = 400;

function writerOf(column: Column, cells: readonly Cell[], format: Format): (cell: Cell) => string {
  const numbers = cells.slice(0, LOOKED_AT_MAX).flatMap((cell) => numberOf(cell, column) ?? []);
  const decimals = column.decimals ?? decimalsFor(numbers, column);
  const number = (value: Numeric) => {
    if (column.format === 'percent') return format.percent(value, decimals);
    if (column.format !== 'currency') return format.number(value, decimals);
    if (column.currency !== undefined) return format.currency(value, column.currency, column.decimals);
    const problem = `Column "${column.header}" has the format currency without one, expected its code`;
    throw new ReportMistake(problem, "Write `format: 'currency', currency: 'EUR'`");
  };
  const date = (at: Date) =>
    column.format === 'date' || column.format === 'time' ? format[column.format](at) : format.dateTime(at);
  return (cell) => {
    const value = numberOf(cell, column);
    if (value !== undefined) return cellText(number(value));
    return cellText(cell instanceof Date ? date(cell) : formatted(cell, format));
  };
}

/** Of amounts, Intl knows them by the currency. Where all are below one, there are up to four. */
function decimalsFor(numbers: readonly Numeric[], { format }: Column): number {
  const scale = format === 'percent' ? 100 : 1;
  const most = format === 'percent' ? 1 : numbers.every((value) => Math.abs(Number(value)) < 1) ? 4 : 2;
  return numbers.reduce((needed: number, value) => Math.max(needed, decimalsOf(Number(value) * scale, most)), 0);
}

function decimalsOf(value: number, most: number): number {
  if (!Number.isFinite(value)) return 0;
  const whole = Number(value.toFixed(most));
  let decimals = 0;
  while (decimals < most && Number(value.toFixed(decimals)) !== whole) decimals += 1;
  return decimals;
}

function totalsOf(
  columns: readonly Column[],
  cells: readonly (readonly Cell[])[],
  writers: readonly ((cell: Cell) => string)[],
  format: Format,
): string[] | undefined {
  if (columns.every(({ total }) => total === undefined)) return undefined;
  return columns.map((column, index) => {
    const { total } = column;
    if (total === undefined) return index === 0 ? format.words('total') : ' ';
    return writers[index]?.(total === true ? sumOf(cells[index] ?? [], column) : total) ?? '';
  });
}

function sumOf(cells: readonly Cell[], column: Column): Numeric {
  const numbers = cells.flatMap((cell) => numberOf(cell, column) ?? []);
  const isBig = numbers.length > 0 && numbers.every((value) => typeof value === 'bigint');
  return isBig
    ? numbers.reduce((sum: bigint, value) => sum + value, 0n)
    : numbers.reduce((sum: number, value) => sum + Number(value), 0);
}

function alignment(column: Omit<Column, 'align'>, cells: readonly Cell[]): 'left' | 'right' {
  const isAll = cells.every((cell) => cell == null || numberOf(cell, column) !== undefined);
  return isAll && cells.some((cell) => numberOf(cell, column) !== undefined) ? 'right' : 'left';
}
