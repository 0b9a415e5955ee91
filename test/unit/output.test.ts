import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { printRows } from '../../src/commands/output.ts';
import { formatSummary } from '../../src/commands/progress-bar.ts';
import type { DispatchProgress } from '../../src/workflows/progress.ts';

let printed: string;

beforeEach(() => {
  printed = '';
  vi.spyOn(console, 'log').mockImplementation((line: string) => void (printed += `${line}\n`));
});
afterEach(() => vi.restoreAllMocks());

const COLUMNS = { NAME: (row: string[]) => row[0] ?? '', STATE: (row: string[]) => row[1] ?? '' };
const people = { json: undefined, empty: 'Nothing yet' };

describe('rows', () => {
  test('stand in columns as wide as they need to be, without space at the end of a line', () => {
    printRows([['acme-weekly', 'on'], ['b', '']], COLUMNS, people);
    expect(printed).toBe('NAME         STATE\nacme-weekly  on\nb\n');
  });

  test('stay in line beside wide characters, emoji and accents', () => {
    printRows(
      [
        ['日本', 'x'],
        ['🎉', 'x'],
        ['e\u0301a', 'x'],
        ['\u001B[31mred\u001B[0m', 'x'],
      ],
      COLUMNS,
      people,
    );
    expect(printed.split('\n')).toEqual([
      'NAME  STATE',
      '日本  x',
      '🎉    x',
      'e\u0301a    x',
      '\u001B[31mred\u001B[0m   x',
      '',
    ]);
  });

  test('of which there are none are a sentence', () => {
    printRows([], COLUMNS, people);
    expect(printed).toBe('Nothing yet\n');
  });

  test('are one JSON document for programs, also when there are none', () => {
    printRows([['a', 'b']], COLUMNS, { ...people, json: true });
    expect(JSON.parse(printed)).toEqual([['a', 'b']]);
    printed = '';
    printRows([], COLUMNS, { ...people, json: true });
    expect(JSON.parse(printed)).toEqual([]);
  });
});

describe('the summary of a run', () => {
  const progress = (fields: Partial<DispatchProgress>): DispatchProgress => ({
    nominalTime: '2026-11-23T08:00:00Z',
    due: 0,
    delivered: 0,
    failed: 0,
    already: 0,
    failures: [],
    ...fields,
  });
  const archived = { notification: 'acme-legacy', channel: '#legacy-reports', code: 'is_archived' };

  test.each([
    [{ due: 1, delivered: 1 }, '1 notification dispatched: 1 delivered, 0 failed'],
    [
      { due: 25, delivered: 24, failed: 1, failures: [archived] },
      '25 notifications dispatched: 24 delivered, 1 failed (#legacy-reports: is_archived)',
    ],
    [
      { due: 9, delivered: 5, failed: 3, already: 1, failures: [archived] },
      '9 notifications dispatched: 5 delivered, 3 failed (#legacy-reports: is_archived, and 2 more), 1 left to another run',
    ],
  ])('%j', (fields, summary) => expect(formatSummary(progress(fields))).toBe(summary));
});
