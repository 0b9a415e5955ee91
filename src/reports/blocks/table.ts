import { TABLE_CELLS_PER_ROW_MAX, TABLE_ROWS_MAX } from '../../slack/block-kit/block-limits.ts';
import { asMade, context, type ReportBlock } from './blocks.ts';
import { kindOf, ReportMistake } from '../mistake.ts';
import type { Format } from './format.ts';
import { formatted, toPlain, type Value } from './text.ts';

/** A cell longer than this is cut: one long text should not crowd out the rows below. */
const CELL_TEXT_MAX = 80;
/** Characters of a whole table: less than Slack's 10,000 for a table, so that the message has room for the rest. */
const TABLE_TEXT_MAX = 8_000;

/**
 * Rows under a header row; columns of numbers to the right, their thousands apart (an id or a year is better a string).
 * Numbers are written as `format` has it, the one of the report's context; without it as in American English.
 * What does not fit is cut, and a last row says how many rows are missing, a last column how many columns.
 */
export function table<const Columns extends readonly string[]>(
  columns: Columns,
  rows: readonly { readonly [Index in keyof Columns]: Value }[],
  format?: Format,
): ReportBlock {
  if (columns.length === 0) return context('A table without columns');
  const all: readonly (readonly Value[])[] = rows;
  const notARow = all.findIndex((row) => !Array.isArray(row));
  if (notARow !== -1) {
    const problem = `Row ${notARow + 1} of a table is ${kindOf(all[notARow])}, expected an array of cells`;
    throw new ReportMistake(problem, 'Write `rows.map((row) => [row.name, row.total])`');
  }
  const width = columns.length > TABLE_CELLS_PER_ROW_MAX ? TABLE_CELLS_PER_ROW_MAX - 1 : columns.length;
  const isCutWide = width < columns.length;
  const line = (values: readonly Value[], end: string) => {
    const texts = Array.from({ length: width }, (_, index) => cellText(values[index], format));
    return isCutWide ? [...texts, end] : texts;
  };
  const head = line(columns, `… ${columns.length - width} more columns`);
  const { kept, missing } = fitting(head, all, (row) => line(row, '…'));
  const last = missing > 0 ? [[`… ${formatted(missing, format)} more rows`, ...head.slice(1).map(() => '…')]] : [];
  const cells = [head, ...kept, ...last].map((texts) => texts.map((text) => ({ type: 'raw_text' as const, text })));
  const settings = head.map((_, index) => ({ align: alignment(all, index) }));
  return asMade({ type: 'table', rows: cells, column_settings: settings });
}

/** As many rows as Slack takes, with room for one that says how many are missing. */
function fitting(head: string[], rows: readonly (readonly Value[])[], line: (row: readonly Value[]) => string[]) {
  const most = rows.length > TABLE_ROWS_MAX - 1 ? TABLE_ROWS_MAX - 2 : rows.length;
  const kept: string[][] = [];
  let left = TABLE_TEXT_MAX - size(head);
  for (const row of rows.slice(0, most)) {
    const texts = line(row);
    left -= size(texts);
    if (left < 0) break;
    kept.push(texts);
  }
  return { kept, missing: rows.length - kept.length };
}

function cellText(value: Value, format: Format | undefined): string {
  return toPlain(formatted(value, format).replaceAll('\n', ' '), CELL_TEXT_MAX);
}

function size(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}

function isNumber(value: Value): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}

function alignment(rows: readonly (readonly Value[])[], index: number): 'left' | 'right' {
  return rows.some((row) => isNumber(row[index])) && rows.every((row) => row[index] == null || isNumber(row[index]))
    ? 'right'
    : 'left';
}
