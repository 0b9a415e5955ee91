import { styleText } from 'node:util';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import stringWidth from 'string-width';
import type { DeliveryState } from '../../domain/delivery.ts';
import { printableJson } from '../../lib/printable.ts';

/** Columns for people: as wide as they need to be, two spaces apart, a line of headers above. */
function formatTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headers.map((header) => colour('bold', header)), ...rows];
  const widths = headers.map((_, column) => Math.max(...lines.map((line) => stringWidth(line[column] ?? ''))));
  return lines.map((line) => formatLine(line, widths)).join('\n');
}

function formatLine(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - stringWidth(cell)));
  return padded.join('  ').trimEnd();
}

/**
 * For standard output. Plain where that is no terminal, and where NO_COLOR asks for it; FORCE_COLOR colours always.
 * https://no-color.org
 */
function colour(style: 'bold' | 'green' | 'yellow' | 'red', text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

const STATE_COLOURS: Partial<Record<DeliveryState, Parameters<typeof colour>[0]>> = {
  delivered: 'green',
  failed: 'red',
  unconfirmed: 'red',
  parked: 'yellow',
  missed: 'yellow',
};

/** A delivery's state, coloured by whether it needs attention. */
export function colourState(state: DeliveryState, text: string = state): string {
  const style = STATE_COLOURS[state];
  return style === undefined ? text : colour(style, text);
}

/** The same facts for programs: one JSON document on standard output. */
export function printJson(value: unknown): void {
  console.log(printableJson(JSON.stringify(value, null, 2)));
}

/** What changes, under the line that names what it changes of: "    cron: 0 9 * * * → 0 8 * * *". */
export function printDifferences(changes: readonly { setting: string; old: string; new: string }[]): void {
  for (const change of changes) console.log(`    ${change.setting}: ${change.old} → ${change.new}`);
}

/** Rows for people or for programs. */
export function printRows<Row>(
  rows: readonly Row[],
  columns: Record<string, (row: Row) => string>,
  { json, empty }: { json: boolean | undefined; empty: string },
): void {
  if (json === true) printJson(rows);
  else if (rows.length === 0) console.log(empty);
  else
    console.log(
      formatTable(
        Object.keys(columns),
        rows.map((row) => Object.values(columns).map((cell) => cell(row))),
      ),
    );
}

/** The ledger keeps years: a list for people has an end. */
const LIMIT_MAX = 100_000;

/** Parses `--limit`. */
export function limitOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= LIMIT_MAX) return count;
  throw new InvalidArgumentError(`Use a whole number from 1 to ${LIMIT_MAX}.`);
}
