import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { parseTime } from '../../src/domain/local-time.ts';
import { parseZone } from '../../src/domain/recurrence/recurrence.ts';
import { parseDuration } from '../../src/lib/duration.ts';
import { UserError } from '../../src/lib/errors.ts';
import { changedTimes, parseNotification } from '../../src/notifications/input.ts';
import { reportsWith } from '../../src/reports/registry.ts';
import { readSchedules } from '../../src/scheduling/file.ts';
import { newSettings } from '../../src/scheduling/input.ts';
import { sendDelay, sendTime } from '../../src/scheduling/send-time.ts';
import { SAMPLE_REPORT } from '../support/sample.ts';
import { oddDuration, oddTexts, oddTime, oddZone, TIME_COLUMNS } from '../support/odd-texts.ts';
import { temporaryFolder } from '../support/store.ts';

const NOW = new Date('2026-11-28T08:00:00Z');
const REPORTS = reportsWith([SAMPLE_REPORT]);

/** What it returns; undefined if a person is told what is wrong. Anything else thrown is a bug, and fails the test. */
function taken<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError && error.exitCode === 2 && error.message !== '') return undefined;
    throw error;
  }
}

/** For each test; 10,000 take some minutes. */
const RUNS = Number(process.env['ODD_RUNS'] ?? 400);
const settings = { numRuns: RUNS };
vi.setConfig({ testTimeout: 180_000 + RUNS * 200 });

test('a time that is taken says the date and the minute that was written', () => {
  fc.assert(
    fc.property(fc.oneof(oddTime, oddTexts), oddZone, (text, timezone) => {
      const at = taken(() => parseTime(text, timezone));
      taken(() => sendTime(text, timezone, NOW));
      if (at === undefined) return;
      const [, day = '', hour, minute] = /^\s*(\d{4}-\d\d-\d\d)(?:[Tt ]\s*(\d{1,2}):(\d\d))?/.exec(text) ?? [];
      // No zone of the list has a clock change over these times that would move them; offsets are whole hours.
      const written = Date.parse(`${day}T${(hour ?? '0').padStart(2, '0')}:${minute ?? '00'}:00Z`);
      expect(Math.abs(at.getTime() - written)).toBeLessThanOrEqual(14 * 3_600_000);
      expect(new Date(written).toISOString().slice(0, 10)).toBe(day);
    }),
    settings,
  );
});

test('a duration that is taken has a unit', () => {
  fc.assert(
    fc.property(fc.oneof(oddDuration, oddTexts), (text) => {
      const ms = taken(() => parseDuration(text, { minMs: 0, example: '2 hours' }));
      taken(() => sendDelay(text, NOW));
      if (ms === undefined) return;
      expect(text).toMatch(/[a-z]/i);
      expect(ms % 1_000).toBe(0);
    }),
    settings,
  );
});

test('a zone that is taken is written as Node and Temporal write it', () => {
  const names = Intl.supportedValuesOf('timeZone');
  fc.assert(
    fc.property(fc.oneof(oddTexts, fc.constantFrom(...names)), fc.boolean(), (text, upper) => {
      const name = taken(() => parseZone(upper ? text.toUpperCase() : text));
      if (names.includes(text)) expect(name).toBe(/^[A-Z\d]+$/.test(text) ? name : text);
      if (name !== undefined) expect(name.toLowerCase()).toBe(text.trim().toLowerCase());
    }),
    settings,
  );
});

test('no option of a schedule, and no field of a notification, breaks on an odd value', () => {
  const options = ['cron', 'every', 'skip', 'timezone', 'start', 'end', 'jitter', 'catchupWindow', 'window'] as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...options),
      fc.constantFrom(...TIME_COLUMNS),
      oddTexts,
      oddTexts,
      (option, column, value, other) => {
        taken(() => newSettings('a', { cron: '0 9 * * *', [option]: value }));
        taken(() => newSettings('a', { every: '1 day', start: other, [option]: value }));
        const row = { id: 'a', account: 'acme', report: 'account-activity', channel: 'C0ACME', cron: '0 9 * * *' };
        taken(() => parseNotification({ ...row, [column]: value }, NOW, REPORTS));
        taken(() => changedTimes(undefined, { cron: '0 9 * * *', timezone: other, [column]: value }, NOW));
      },
    ),
    settings,
  );
});

test('a file of schedules with odd values is read, or each problem is named', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'schedules.yaml');
  const keys = fc.constantFrom(
    'cron',
    'every',
    'skip',
    'timezone',
    'start',
    'end',
    'jitter',
    'catchup-window',
    'window',
  );
  const values = fc.oneof(
    oddTexts,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(oddTexts, { maxLength: 2 }),
  );
  fc.assert(
    fc.property(keys, values, (key, value) => {
      writeFileSync(file, JSON.stringify({ schedules: { a: { cron: '0 9 * * *', [key]: value } } }));
      const settingsRead = taken(() => readSchedules(file));
      if (typeof value === 'number') expect(settingsRead).toBeUndefined();
    }),
    settings,
  );
});
