import { expect, test } from 'vitest';
import { firesBetween } from '../../src/scheduling/fires.ts';
import { parseSettings, type ScheduleInput } from '../../src/scheduling/input.ts';
import { DEFAULTS } from '../../src/scheduling/settings.ts';
import { startApp } from '../support/app.ts';
import { idFor, scheduleOf } from '../support/schedules.ts';

/** Windows around the nights on which the clock is changed, there and back. */
const NIGHTS: readonly [timezone: string, from: string, to: string][] = [
  ['Europe/Berlin', '2027-03-25', '2027-03-31'],
  ['Europe/Berlin', '2027-10-29', '2027-11-02'],
  ['Europe/London', '2027-10-29', '2027-11-02'],
  ['America/New_York', '2027-03-12', '2027-03-16'],
  ['America/New_York', '2027-11-05', '2027-11-09'],
  ['America/St_Johns', '2027-11-05', '2027-11-09'],
  ['Australia/Lord_Howe', '2027-04-02', '2027-04-06'],
  ['Australia/Lord_Howe', '2027-10-01', '2027-10-05'],
  ['Pacific/Chatham', '2027-04-02', '2027-04-06'],
  ['America/Santiago', '2027-04-02', '2027-04-06'],
  ['America/Santiago', '2027-09-03', '2027-09-07'],
  ['Atlantic/Azores', '2027-03-26', '2027-03-30'],
  ['Asia/Kathmandu', '2027-02-05', '2027-02-08'],
];

const RULES: ScheduleInput[] = [
  { cron: ['30 1 * * *', '15,45 2 * * *'] },
  { cron: '*/20 0-3 * * *', skip: ['10-31', '2027-11-07'] },
  { cron: ['0 * * * SUN', '59 23 * * SAT'] },
  { cron: '0 9 * * SUN' },
  { cron: ['0 9 * * SAT', '0 8 * * FRI'] },
  { cron: '30 2 * * MON-FRI', every: '5 hours + 20 minutes' },
];

test.each(NIGHTS)('next foretells what the server does in %s from %s to %s', async (timezone, from, to) => {
  await using app = await startApp({ withoutWorker: true });
  for (const rule of RULES) {
    const id = idFor(app);
    await app.schedules.create({ id, ...rule, timezone });
    const foretold = firesBetween(
      { ...DEFAULTS, ...parseSettings({ ...rule, timezone }) },
      new Date(from),
      new Date(to),
    );
    const times = await app.schedules.timesBetween(id, new Date(from), new Date(to));
    expect(textsOf(foretold.flatMap(({ at }) => at ?? [])), JSON.stringify(rule)).toEqual(textsOf(times));
  }
});

const textsOf = (times: Date[]) => times.map((time) => time.toISOString());

test('next foretells rare fires, up to the end', async () => {
  await using app = await startApp({ withoutWorker: true });
  const id = idFor(app);
  const input = { cron: '0 9 13 * FRI', timezone: 'Pacific/Apia', start: '2028-01-01', end: '2040-01-13 09:00' };
  await app.schedules.create({ id, ...input });
  const [from, to] = [new Date('2026-01-01'), new Date('2045-01-01')];
  const foretold = firesBetween({ ...DEFAULTS, ...parseSettings(input) }, from, to).flatMap(({ at }) => at ?? []);
  expect(foretold.at(-1)).toEqual(new Date('2040-01-12T20:00:00Z'));
  expect(textsOf(await app.schedules.timesBetween(id, from, to))).toEqual(textsOf(foretold));
});

test('next tells what the clock does, for one that is there and for one that is not', async () => {
  await using app = await startApp({ withoutWorker: true });
  const schedule = scheduleOf(app);
  const id = idFor(app);
  const when = ['--cron', '30 2 * * *', '--timezone', 'Europe/Berlin'];
  const NEW_YORK = ['--cron', '30 1 * * *', '--timezone', 'America/New_York'];
  expect((await schedule('create', id, ...when, '--paused')).code).toBe(0);
  const asked = ['--after', '2027-03-27 12:00', '--count', '2'];
  const unregistered = await schedule('next', ...when, ...asked);
  expect(unregistered, unregistered.stderr).toMatchObject({ code: 0, stderr: '' });
  expect(unregistered.stdout).toMatch(
    /^LOCAL .*\nSun 2027-03-28 02:30 .* – +the clock skips this time.*\nMon 2027-03-29 02:30 +Europe\/Berlin +2027-03-29 00:30Z\nTue .*\n$/,
  );
  const registered = await schedule('next', id, ...asked);
  expect(registered).toMatchObject({
    code: 0,
    stdout: unregistered.stdout,
    stderr: expect.stringContaining('it is paused'),
  });
  const fold = JSON.parse(
    (await schedule('next', ...NEW_YORK, '--after', '2027-11-07', '--count', '2', '--json')).stdout,
  ) as object[];
  expect(fold).toMatchObject([
    { at: '2027-11-07T05:30:00.000Z', local: '2027-11-07T01:30', remark: expect.stringContaining('the first') },
    { at: '2027-11-07T06:30:00.000Z', local: '2027-11-07T01:30', remark: expect.stringContaining('the second') },
  ]);
});
