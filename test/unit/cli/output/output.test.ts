import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { printRows } from '../../../../src/cli/output/output.ts';
import { formatSummary } from '../../../../src/runs/progress-bar.ts';
import type { DispatchProgress } from '../../../../src/contract/dispatch.ts';
import { startOf } from '../../../../src/workflows/progress.ts';

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
    printRows(
      [
        ['acme-weekly', 'on'],
        ['b', ''],
      ],
      COLUMNS,
      people,
    );
    expect(printed).toBe('NAME         STATE\nacme-weekly  on\nb\n');
  });

  test('stay in line next to wide characters, emoji and accents', () => {
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

const run = (fields: Partial<DispatchProgress>) =>
  formatSummary({ ...startOf({ nominalTime: '', due: 0 }), ...fields });

describe('the summary of a run', () => {
  const archived = {
    notification: 'acme-legacy',
    channel: '#legacy-reports',
    state: 'parked',
    code: 'is_archived',
  } as const;
  const refused = { notification: 'acme', channel: '#acme', state: 'failed', code: 'invalid_blocks' } as const;

  test.each<[Partial<DispatchProgress>, string]>([
    [{}, '0 notifications dispatched: 0 delivered'],
    [{ due: 1, delivered: 1 }, '1 notification dispatched: 1 delivered'],
    [{ due: 3, delivered: 2, skipped: 1 }, '3 notifications dispatched: 2 delivered, 1 skipped'],
    [
      { due: 25, delivered: 24, parked: 1, failures: [archived] },
      '25 notifications dispatched: 24 delivered, 1 parked (#legacy-reports: is_archived)',
    ],
    [
      { due: 2, delivered: 1, tooLate: 1, missed: 2, failures: [{ ...refused, state: 'missed', code: 'too_late' }] },
      '2 notifications dispatched: 1 delivered, 1 too late (#acme: too_late), 2 missed',
    ],
    [
      { due: 9, delivered: 4, failed: 3, parked: 1, already: 1, failures: [archived, refused] },
      '9 notifications dispatched: 4 delivered, 3 failed (#acme: invalid_blocks, and 2 more), ' +
        '1 parked (#legacy-reports: is_archived), 1 left to another run',
    ],
  ])('%j', (fields, summary) => expect(run(fields)).toBe(summary));
});
