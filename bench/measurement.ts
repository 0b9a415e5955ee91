import { printRows } from '../src/cli/output/output.ts';

/** What a measurement is given. */
export interface Settings {
  cliPath: string;
  /** Notifications of a run. */
  n: number;
  repeat: number;
  /** How long the soak lasts. */
  minutes: number;
  /** Also with 10,000. */
  large: boolean;
  /** Ours delivers by the fast path. */
  fastPath: boolean;
  /** Tells how far it is. */
  say: (line: string) => void;
}

/** What a measurement found. */
export interface Measurement {
  name: string;
  tables: { title: string; rows: Record<string, string>[] }[];
  /** The same figures for programs. */
  data: unknown;
  /** Where something is wrong, not merely slow: the program's exit code is 1. */
  failures: string[];
}

/** A line of a table: a figure, and what it should be. */
export function figure(name: string, is: number, digits = 0, aim = ''): Record<string, string> {
  return { figure: name, is: is.toFixed(digits), aim };
}

export function printMeasurement({ name, tables, failures }: Measurement): void {
  console.log(`\n== ${name}`);
  for (const { title, rows } of tables) {
    console.log(`\n${title}`);
    const columns = Object.keys(rows[0] ?? {}).map((key) => [key, (row: Record<string, string>) => row[key] ?? '']);
    printRows(rows, Object.fromEntries(columns), { json: false, empty: '(nothing)' });
  }
  for (const failure of failures) console.log(`FAILED: ${failure}`);
}
