import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UserError } from '../../../src/lib/errors.ts';
import { readSchedules } from '../../../src/scheduling/file.ts';
import { DEFAULTS, type ScheduleSettings } from '../../../src/scheduling/settings.ts';
import { temporaryFolder } from '../../support/store.ts';

async function read(...lines: string[]): Promise<Record<string, ScheduleSettings>> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'schedules.yaml');
  writeFileSync(file, lines.join('\n'));
  return Object.fromEntries(readSchedules(file));
}

/** The lines of the error, without the folder of the file. */
async function problems(...lines: string[]): Promise<string[]> {
  const error = await read(...lines).catch((thrown: unknown) => thrown);
  if (!(error instanceof UserError)) throw error;
  expect(error.exitCode).toBe(2);
  return error.message.split('\n  ').map((line) => line.replace(/^.*schedules\.yaml:/, ''));
}

test('a file says what each schedule is, and what it leaves out is the default', async () => {
  const declared = await read(
    'schedules:',
    '  weekday-reports:',
    '    cron: [30 17 * * 5, 0 9 * * 1-5]',
    '    timezone: Europe/Berlin',
    '    skip: [2027-01-01, 12-25]',
    '    start: 2026-12-01 09:00',
    '    end: 2027-07-01T00:00:00Z',
    '    overlap: buffer-all',
    '    catchup-window: 10 minutes',
    '    window: 20 minutes',
    '  six:',
    '    every: 6 hours + 90 minutes',
    '    pause-on-failure: true',
  );
  expect(declared).toEqual({
    'weekday-reports': {
      ...DEFAULTS,
      cron: ['0 9 * * MON-FRI', '30 17 * * FRI'],
      timezone: 'Europe/Berlin',
      skip: ['12-25', '2027-01-01'],
      start: new Date('2026-12-01T08:00:00Z'),
      end: new Date('2027-07-01T00:00:00Z'),
      overlap: 'BUFFER_ALL',
      catchupWindow: 600_000,
      window: 1_200_000,
    },
    six: { ...DEFAULTS, every: [{ every: 21_600_000, offset: 5_400_000 }], pauseOnFailure: true },
  });
});

test('only `tick` fires when something is due, without times of its own', async () => {
  expect(await read('schedules:', '  tick: { when-due: true }')).toEqual({ tick: { ...DEFAULTS, whenDue: true } });
  expect(
    await problems('schedules:', '  tick: { when-due: true, cron: 0 9 * * * }', '  tock: { when-due: true }'),
  ).toEqual([
    'Nothing was applied',
    expect.stringContaining('A schedule that fires when something is due has no cron'),
    expect.stringContaining('Only the schedule "tick" can fire when something is due'),
  ]);
});

test('every problem is named at once, with its line, its key and how to fix it', async () => {
  expect(
    await problems(
      'schedules:',
      '  weekly:',
      '    cron: 0 9 * *',
      '    timezon: Europe/Berlin',
      '    catchup-window: 1 second',
      '    skip:',
      '      - 12-25',
      '      - 2026-02-30',
      '  tick:',
      '  "a b":',
      '    cron: "* * * * *"',
      '    start: noon',
      '    window: 20',
      '    overlap: sometimes',
      '  empty:',
      '    timezone: Europe/Berln',
      'other: 1',
    ),
  ).toEqual([
    'Nothing was applied',
    expect.stringMatching(/^3: weekly\.cron: Cron "0 9 \* \*" is invalid: it has 4 field/),
    '4: weekly.timezon: no such setting. Did you mean timezone?',
    expect.stringMatching(
      /^5: weekly\.catchup-window: "1 second" is not a duration of at least 10 seconds and at most 3650 days\. Write/,
    ),
    expect.stringMatching(/^8: weekly\.skip: "2026-02-30" does not exist: February 2026 has 28 days\. Write/),
    '9: tick: needs settings below it, at least `cron` or `every`',
    expect.stringMatching(/^10: a b: an id is 1 to 100/),
    expect.stringMatching(/^12: a b\.start: "noon" is not a time/),
    expect.stringMatching(/^13: a b\.window: must be a duration with its unit/),
    expect.stringMatching(/^14: a b\.overlap: must be one of skip, /),
    expect.stringMatching(/^16: empty\.timezone: .*Did you mean Europe\/Berlin\?$/),
    '17: `other` is not known; all schedules stand under `schedules`',
  ]);
});

test('a schedule that would never fire is a problem', async () => {
  expect(await problems('schedules:', '  never: {timezone: UTC}')).toEqual([
    'Nothing was applied',
    expect.stringMatching(/^2: never: Nothing says when it fires\. Give it a cron/),
  ]);
});

test('more dates or times than a server can keep are refused, in whichever way the schedule is made', async () => {
  const dates = Array.from({ length: 2_001 }, (_, n) => new Date(Date.UTC(2_020, 0, 1 + n)).toISOString().slice(0, 10));
  const crons = JSON.stringify(Array.from({ length: 101 }, (_, n) => `${n % 60} ${Math.floor(n / 60)} * * *`));
  const lines = [`  a: {cron: 0 9 * * *, skip: [${dates.join()}]}`, `  b: {cron: ${crons}}`];
  expect(await problems('schedules:', ...lines)).toEqual([
    'Nothing was applied',
    '2: a.skip: takes at most 2,000; the Temporal server breaks on many more',
    '3: b.cron: takes at most 100; the Temporal server breaks on many more',
  ]);
});

test('what people change by command is told to be no part of a file', async () => {
  const keys = ['paused: true', 'note: hello', 'remaining-runs: 3'];
  expect(await problems('schedules:', '  a:', '    cron: 0 9 * * *', ...keys.map((key) => `    ${key}`))).toEqual([
    'Nothing was applied',
    expect.stringMatching(/^4: a\.paused: .*`slack-reports schedule pause`/),
    expect.stringMatching(/^5: a\.note: .*`slack-reports schedule update --note`/),
    expect.stringMatching(/^6: a\.remaining-runs: it counts down/),
  ]);
});

test.each([
  [['schedules:', '  a: {cron: "0 9 * * *"', '  b: 1'], /^3: Flow map/],
  [['schedules:', '  a: {cron: 0 9 * * *}', '  a: {cron: 0 8 * * *}'], /^3: Map keys must be unique/],
  [[''], /^1: the file needs a key `schedules`/],
  [['- a'], /^1: the file needs a key `schedules`/],
])('what is not such a file at all: %j', async (lines, expected) => {
  expect(await problems(...lines)).toEqual(['Nothing was applied', expect.stringMatching(expected)]);
});

test('a file that cannot be read is named', () => {
  expect(() => readSchedules('/nowhere/schedules.yaml')).toThrow(/^Cannot read \/nowhere\/schedules\.yaml: ENOENT/);
});

test.each([
  ['{cron: 0 9 * * *, start: 2027-02-01, end: 2027-01-01}', 'It never fires: its start'],
  ['{cron: 0 9 25 12 *, skip: [12-25]}', 'It never fires: its dates to skip'],
  ['{cron: 0 9 * * *, start: 2027-02-01 10:00, end: 2027-02-02 08:00}', 'It never fires: its dates to skip'],
  ['{every: 1 hour, start: 2027-02-01 10:00, end: 2027-02-01 12:00, skip: [2027-02-01]}', 'It never fires'],
  ['{every: 10 minutes, window: 20 minutes}', 'window: 20 minutes is longer than the 10 minutes between two fires'],
  ['{cron: 0 9-17 * * *, window: 2 hours}', 'window: 2 hours is longer than the 1 hour between two fires'],
])('%s is refused', async (entry, problem) => {
  expect((await problems('schedules:', `  a: ${entry}`)).join('\n')).toContain(problem);
});

test('a schedule that fires once in a while is taken', async () => {
  const lines = [
    'schedules:',
    '  a: {cron: 0 9 25 12 *, skip: [2027-12-25], window: 1 hour}',
    '  b: {every: 1 hour, window: 1 hour}',
  ];
  expect(Object.keys(await read(...lines))).toEqual(['a', 'b']);
});

test('aliases of aliases are wrong input, and so is nesting without end', async () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...Array.from('bcdefghi', (name, index) => {
      const before = `*${'abcdefgh'.charAt(index)}`;
      return `${name}: &${name} [${Array.from({ length: 9 }, () => before).join(', ')}]`;
    }),
    'schedules: *i',
  ];
  expect((await problems(...bomb)).join()).toMatch(/cannot be read: .*alias/i);
  expect((await problems(`schedules: ${'['.repeat(20_000)}`)).length).toBeGreaterThan(0);
});
