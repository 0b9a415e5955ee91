import { describe, expect, test } from 'vitest';
import type { Notification } from '../../../src/domain/notification.ts';
import { UserError } from '../../../src/lib/errors.ts';
import {
  changedNotification,
  changedTimes,
  type NotificationChange,
  parseNotification,
} from '../../../src/notifications/input.ts';
import { reportsWith } from '../../../src/reports/registry.ts';
import { SAMPLE_REPORT } from '../../support/sample.ts';

const NOW = new Date('2026-11-23T08:00:00Z');
const RIDER = {
  id: 'acme-weekly',
  account: 'acme',
  report: 'account-activity',
  channel: 'C0123456789',
  schedule: 'weekdays',
};
const { schedule: _, ...NO_TIME } = RIDER;

const parse = (raw: unknown) => parseNotification(raw, NOW, reportsWith([SAMPLE_REPORT]));

function stored(fields: Partial<Notification>): Notification {
  return { ...parse(RIDER), createdAt: NOW.toISOString(), updatedAt: NOW.toISOString(), ...fields };
}

function changed(fields: Partial<Notification>, change: object) {
  return changedNotification(stored(fields), change, NOW, reportsWith([SAMPLE_REPORT]));
}

function refusal(raw: unknown): UserError {
  try {
    parse(raw);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

test('a rider needs no more than its account, report, channel and schedule', () => {
  expect(parse(RIDER)).toEqual({
    id: 'acme-weekly',
    name: 'acme-weekly',
    account: 'acme',
    report: 'account-activity',
    params: {},
    workspaceId: 'default',
    channel: { id: 'C0123456789' },
    due: { kind: 'schedule', scheduleId: 'weekdays', afterOutage: 'newest' },
    enabled: true,
    tags: [],
  });
});

// A run carries them for each of its deliveries: 2.2 MB of them failed every run that the notification was in.
test.each([
  ['account', 'x'.repeat(201), /^account: is longer than 200 characters$/],
  ['name', 'x'.repeat(2_200_000), /^name: is longer than 200 characters$/],
  ['report', 'x'.repeat(201), /^report: is longer than 200 characters$/],
  ['channel', `C${'0'.repeat(50)}`, /^channel: must be a channel id/],
  ['channel_name', 'x'.repeat(201), /^channel_name: is longer than 200 characters$/],
  ['schedule', 'x'.repeat(201), /^schedule: is longer than 200 characters$/],
  ['tags', Array.from({ length: 51 }, (_unused, index) => `tag-${index}`), /^tags: has more than 50$/],
  ['params', { title: 'x'.repeat(100_000) }, /^params: is longer than 100,000 characters of JSON$/],
])('too much of %s is refused, and named by its field', (field, value, message) => {
  const error = refusal({ ...RIDER, [field]: value });
  expect([error.code, error.message]).toEqual(['invalid_notification', expect.stringMatching(message)]);
});

test.each([
  ['account', 'x'.repeat(200)],
  ['name', 'ü'.repeat(200)],
  ['tags', Array.from({ length: 50 }, (_unused, index) => `tag-${index}`)],
])('as much of %s as may be is taken', (field, value) => {
  expect(() => parse({ ...RIDER, [field]: value })).not.toThrow();
});

test.each([
  ['de-de', 'de-DE'],
  ['sr-latn-rs', 'sr-Latn-RS'],
])('the locale %s is %s', (given, kept) => {
  expect(parse({ ...RIDER, locale: given })).toMatchObject({ locale: kept });
});

test.each(['german', 'xx-YY', 'de_DE', '<!channel>'])('"%s" is no locale', (locale) => {
  expect(refusal({ ...RIDER, locale }).message).toContain('is not a language tag such as "de-DE"');
});

test('an own recurrence is due at its next occurrence, read in its own zone', () => {
  expect(parse({ ...NO_TIME, cron: ' 30 9 * * * ', timezone: 'Europe/Berlin' })).toMatchObject({
    due: {
      kind: 'recurrence',
      cron: '30 9 * * *',
      timezone: 'Europe/Berlin',
      nextDueAt: '2026-11-23T08:30:00.000Z',
    },
  });
  expect(parse({ ...NO_TIME, cron: '0 8 * * *' })).toMatchObject({
    due: { timezone: 'UTC', nextDueAt: '2026-11-24T08:00:00.000Z' },
  });
});

const everyOther = (anchorOn: string) => ({ step: { every: 2, unit: 'week', anchorOn } });

describe('every other week', () => {
  const row = { ...NO_TIME, every: 'every 2 weeks on friday at 9:00', timezone: 'Europe/Berlin' };

  test('counts from the next one, or the first from the start on', () => {
    // A Monday.
    expect(NOW.toISOString()).toMatch(/^2026-11-23/);
    expect(parse(row).due).toMatchObject({ ...everyOther('2026-11-27'), nextDueAt: '2026-11-27T08:00:00.000Z' });
    expect(parse({ ...row, start: '2026-11-28' }).due).toMatchObject({
      ...everyOther('2026-12-04'),
      nextDueAt: '2026-12-04T08:00:00.000Z',
    });
    // The start lies in the past: the second from it on is over, too.
    expect(parse({ ...row, start: '2026-10-30' }).due).toMatchObject({
      ...everyOther('2026-10-30'),
      nextDueAt: '2026-11-27T08:00:00.000Z',
    });
    expect(parse({ ...row, every: 'every other monday and thursday at 9:00', start: '2026-11-24' }).due).toMatchObject({
      ...everyOther('2026-11-26'),
      nextDueAt: '2026-11-26T08:00:00.000Z',
    });
  });

  test('keeps its anchor when its time or its zone changes, and not when the step or the start does', () => {
    const { due } = parse({ ...row, start: '2026-11-20' });
    const later = new Date('2026-11-24T12:00:00Z');
    const changedLater = (change: NotificationChange) => changedTimes(due, change, later);
    const again = { every: 'every other friday at 10:00' };
    expect(changedLater(again)).toMatchObject({ ...everyOther('2026-11-20'), nextDueAt: '2026-12-04T09:00:00.000Z' });
    expect(changedLater({ timezone: 'America/New_York' })).toMatchObject(everyOther('2026-11-20'));
    expect(changedLater({ start: '2026-11-27' })).toMatchObject(everyOther('2026-11-27'));
    expect(changedLater({ ...again, every: 'every 3 weeks on friday at 10:00', start: null })).toMatchObject({
      step: { every: 3, unit: 'week', anchorOn: '2026-11-27' },
    });
    expect(changedLater({ every: 'friday at 10:00' })?.step).toBeUndefined();
    expect(changedLater({ cron: '0 9 * * FRI', step: '2 weeks', anchor: '2026-12-04' })).toMatchObject(
      everyOther('2026-12-04'),
    );
  });

  test.each([
    [{ cron: '0 9 * * *', step: '1 weeks' }, 'is not a step'],
    [{ cron: '0 9 * * *', step: '2' }, 'is not a step'],
    [{ cron: '0 9 * * *', step: '2 weeks', anchor: '2026-02-30' }, 'does not exist'],
    [{ cron: '0 9 * * *', anchor: '2026-12-01' }, 'anchor: belongs to a rule such as every 2 weeks'],
    [{ every: 'friday at 9:00', step: '2 weeks' }, 'step: belongs to a cron'],
  ])('%o is refused', (times, problem) => {
    expect(refusal({ ...NO_TIME, timezone: 'UTC', ...times }).message).toContain(problem);
  });
});

test('the same in words, with its days and what becomes of what is late', () => {
  const row = { ...NO_TIME, every: 'last friday at 16:00', timezone: 'Europe/Berlin' };
  expect(
    parse({ ...row, start: '2026-12-01', end: '2027-06-30', skip: '12-25, 2027-01-29', dst_gap: 'skip' }).due,
  ).toMatchObject({
    cron: '0 16 * * FRI',
    nthDay: -1,
    startOn: '2026-12-01',
    endOn: '2027-06-30',
    skip: ['12-25', '2027-01-29'],
    dstGap: 'skip',
    // Christmas is a Friday in 2026, and its occurrence a skipped one.
    nextDueAt: '2026-12-25T15:00:00.000Z',
  });
  expect(parse({ ...row, catch_up: '2 hours', missed: 'all' }).due).toMatchObject({
    catchUpWindowS: 7_200,
    afterOutage: 'all',
  });
  expect(parse({ ...RIDER, missed: 'all', skip: '', start: '', catch_up: '' }).due).toMatchObject({
    afterOutage: 'all',
  });
  expect(parse({ ...NO_TIME, cron: '0 16 * * FRI', nth_day: '-1' }).due).toMatchObject({ nthDay: -1 });
});

test('everything else may be said, and blank fields are those of an empty spreadsheet cell', () => {
  const row = { ...RIDER, name: ' Acme weekly ', channel_name: '#acme', workspace: 'T1', enabled: 'false' };
  expect(parse({ ...row, cron: '', timezone: ' ' })).toMatchObject({
    name: 'Acme weekly',
    channel: { name: '#acme' },
    workspaceId: 'T1',
    enabled: false,
  });
  expect(parse({ ...RIDER, name: '  ', enabled: '', params: '' })).toMatchObject({
    name: 'acme-weekly',
    enabled: true,
    params: {},
  });
  expect(parse({ ...RIDER, enabled: false }).enabled).toBe(false);
});

test('parameters are JSON text or an object, and stay as they were given', () => {
  expect(parse({ ...RIDER, params: '{"days":7}' }).params).toEqual({ days: 7 });
  expect(parse({ ...RIDER, params: { days: 7 } }).params).toEqual({ days: 7 });
});

describe('a change', () => {
  test('keeps the pause, and everything else that it does not name', () => {
    const pause = { from: '2026-11-23T08:00:00.000Z', note: 'audit' };
    const before = stored({ pause, spreadWindowS: 600, locale: 'de-DE', tags: ['emea'] });
    const { createdAt: _created, updatedAt: _updated, ...kept } = before;
    expect(changed(before, { name: 'Other' })).toEqual({ ...kept, name: 'Other' });
  });

  test('leaves a one-off what it is, unless another way to be due is named', () => {
    const due = { kind: 'once' } as const;
    expect(changed({ due }, { name: 'Other' }).due).toEqual(due);
    expect(changed({ due }, { on_demand: true }).due).toEqual({ kind: 'on-demand' });
    expect(changed({ due }, { cron: '0 8 * * *' }).due).toMatchObject({ kind: 'recurrence', timezone: 'UTC' });
  });

  test('to times of its own needs a zone, which the schedule had', () => {
    const due = { kind: 'schedule', scheduleId: 'weekdays', afterOutage: 'newest' } as const;
    expect(() => changed({ due }, { cron: '0 9 * * *' })).toThrow(/^timezone: is empty/);
    expect(() => changedTimes(due, { every: 'weekday at 9:00' }, NOW)).toThrow(/^timezone: is empty/);
    expect(changed({ due }, { cron: '0 9 * * *', timezone: 'asia/kolkata' }).due).toMatchObject({
      timezone: 'Asia/Kolkata',
    });
    expect(changed({ due }, { cron: '*/15 * * * *' }).due).toMatchObject({ timezone: 'UTC' });
  });

  test('to on demand drops what only a schedule has', () => {
    const due = { kind: 'schedule', scheduleId: 'weekdays', afterOutage: 'all' } as const;
    expect(changed({ due }, { on_demand: true }).due).toEqual({ kind: 'on-demand' });
    expect(changed({ due }, { schedule: 'fridays' }).due).toEqual({ ...due, scheduleId: 'fridays' });
  });
});

describe('what is wrong is named by its field', () => {
  test.each([
    [{ id: 'acme/weekly' }, 'id: must be 1 to 100 letters, digits, ".", "_" or "-"'],
    [{ id: '' }, 'id: must be'],
    [{ id: '-x' }, 'id: must be'],
    [{ id: 'x'.repeat(101) }, 'id: must be'],
    [{ account: ' ' }, 'account: is empty'],
    [{ account: undefined }, 'account: '],
    [{ channel: '#acme-reports' }, 'channel: must be a channel id such as C0123456789'],
    [{ channel: 'c0123456789' }, 'channel: must be a channel id'],
    [{ schedule: undefined }, 'needs one of: a schedule to ride, a cron of its own or every in words, or on_demand'],
    [{ cron: '0 9 * * *' }, 'needs one of: a schedule to ride, a cron of its own or every in words, or on_demand'],
    [
      { timezone: 'Europe/Berlin' },
      "timezone: belongs to a cron or to every; a notification that rides a schedule has the schedule's",
    ],
    [{ schedule: undefined, cron: '0 9 * *' }, 'Cron "0 9 * *" is invalid'],
    [{ schedule: undefined, cron: '0 9 * * *', timezone: 'Berlin' }, 'Time zone "Berlin"'],
    [{ schedule: undefined, cron: 'every weekday at 9:00' }, 'is in words: say it with `every`'],
    [{ schedule: undefined, every: 'wekday at 9:00' }, '"wekday" is not understood here'],
    [{ schedule: undefined, cron: '0 9 * * *', every: 'day at 9:00' }, 'needs one of'],
    [{ schedule: undefined, every: 'day at 9:00', nth_day: 1 }, 'nth_day: belongs to a cron'],
    [{ schedule: undefined, cron: '0 9 * * *', nth_day: 0 }, 'nth_day: '],
    [
      { schedule: undefined, cron: '0 9 * * *', start: '01.12.2026' },
      'start: "01.12.2026" is not a date. Write it like 2026-12-01',
    ],
    [
      { schedule: undefined, cron: '0 9 * * *', end: '2026-02-30' },
      'end: "2026-02-30" does not exist: February 2026 has 28 days',
    ],
    [{ schedule: undefined, cron: '0 9 * * *', start: '2027-01-02', end: '2027-01-01' }, 'end: 2027-01-01 is before'],
    [{ schedule: undefined, cron: '0 9 * * *', end: '2026-11-22' }, 'end: nothing would be due until 2026-11-22'],
    [
      { schedule: undefined, cron: '0 9 * * *', skip: 'christmas' },
      'skip: "christmas" is not a date. Write it like 2026-12-25, or 12-25',
    ],
    [{ schedule: undefined, cron: '0 9 * * *', dst_gap: 'move' }, 'dst_gap: must be shift or skip'],
    [{ schedule: undefined, cron: '0 9 * * *', catch_up: '2' }, 'catch_up: "2" has no unit. Write it like "2 hours"'],
    [
      { schedule: undefined, cron: '0 9 * * *', catch_up: '8 days' },
      'catch_up: "8 days" is not a duration from 1 minute',
    ],
    [
      { schedule: undefined, cron: '0 9 * * *', timezone: '' },
      'timezone: is empty, but the times are those of a place',
    ],
    [{ schedule: undefined, every: 'weekday at 9:00', timezone: ' ' }, 'timezone: is empty'],
    [{ schedule: undefined, cron: '0 9 * * *', missed: 'none' }, 'missed: must be newest or all'],
    [{ catch_up: '2 hours' }, 'catch_up: belongs to a cron or to every'],
    [{ schedule: undefined, on_demand: true, missed: 'all' }, 'missed: belongs to a schedule'],
    [{ skip: ['12-25'] }, 'skip: belongs to a cron or to every'],
    [{ schedule: undefined, cron: '0 9 * * *', skip: 5 }, 'skip: must be dates such as 2026-12-25, or 12-25'],
    [{ schedule: undefined, cron: '0 9 * * *', skip: ['2026-02-30'] }, 'skip: "2026-02-30" does not exist'],
    [
      { schedule: undefined, cron: '0 9 * * *', skip: Array.from({ length: 2_001 }, (_unused, n) => String(n)) },
      'skip: has more than 2,000 dates',
    ],
    ...['x', '1.5', 1.5, 0, '32', -32].map((nth_day): [object, string] => [
      { schedule: undefined, cron: '0 9 * * MON', nth_day },
      'nth_day: must be a whole number, such as 1 for the first day',
    ]),
    [{ schedule: undefined, cron: '0 9 * * MON', nth_day: 6 }, 'nth_day 6: no month has that many days that match'],
    [{ report: 'no-such-report' }, 'report: there is no report "no-such-report"'],
    [{ params: '{days:7}' }, 'params: is not JSON: {days:7}'],
    [{ params: '{"days":0}' }, 'params.days: '],
    [{ params: '{"weeks":1}' }, 'params: '],
    [{ params: 'null' }, 'params: '],
    [{ params: '7' }, 'params: '],
    [{ params: { link: 'nowhere' } }, 'params.link: '],
    [{ enabled: 'perhaps' }, 'enabled: '],
    [{ chanel: 'C1' }, 'chanel'],
  ])('%j', (fields, problem) => {
    const error = refusal({ ...RIDER, ...fields });
    expect(error.message).toContain(problem);
    expect(error.message).not.toContain('\n');
    expect(error.exitCode).toBe(2);
  });

  test('and everything that is wrong is named at once', () => {
    const { message } = refusal({ ...RIDER, id: '!', channel: 'general', account: '' });
    expect(message).toMatch(/id: .*; account: .*; channel: /);
  });

  test('an unknown report comes with the ones there are', () => {
    expect(refusal({ ...RIDER, report: 'x' })).toMatchObject({
      code: 'unknown_report',
      hint: 'There is: delivery-digest, http-health, metric-digest, account-activity.',
    });
  });

  test.each([[null], ['text'], [[]], [7]])('%j is no notification', (raw) => {
    expect(refusal(raw).code).toBe('invalid_notification');
  });
});

test.each(['javascript:alert(1)', 'mailto:a@example.com', 'file:///etc/passwd'])(
  'a button cannot lead to %s, which Slack would refuse the whole message for',
  (link) => expect(refusal({ ...RIDER, params: { link } }).message).toContain('params.link: '),
);
