import { expect, test } from 'vitest';
import { isDue } from '../../../../src/domain/recurrence/is-due.ts';

const at = (time: string) => new Date(time);
const NINE = { cron: '0 9 * * *', timezone: 'Europe/Berlin' };

test('isDue gives the newest occurrence after `since`, up to and with `now`', () => {
  expect(isDue(NINE, at('2026-11-23T07:45:00Z'), at('2026-11-23T08:00:00Z'))).toEqual({
    key: '2026-11-23T09:00[Europe/Berlin]',
    at: at('2026-11-23T08:00:00Z'),
  });
  expect(isDue(NINE, at('2026-11-23T08:00:00Z'), at('2026-11-23T08:15:00Z'))).toBeUndefined();
  expect(isDue(NINE, at('2026-11-20T00:00:00Z'), at('2026-11-23T07:00:00Z'))?.key).toBe(
    '2026-11-22T09:00[Europe/Berlin]',
  );
});

test('isDue follows the clock of the zone, and leaves out dates to skip', () => {
  expect(isDue(NINE, at('2026-07-01T06:45:00Z'), at('2026-07-01T07:00:00Z'))?.at).toEqual(at('2026-07-01T07:00:00Z'));
  expect(isDue({ ...NINE, skip: ['11-23'] }, at('2026-11-23T07:45:00Z'), at('2026-11-23T08:00:00Z'))).toBeUndefined();
  const gap = { cron: '30 2 * * *', timezone: 'Europe/Berlin' };
  expect(isDue(gap, at('2026-03-29T00:45:00Z'), at('2026-03-29T01:00:00Z'))?.key).toBe(
    '2026-03-29T02:30[Europe/Berlin]',
  );
});

test('isDue refuses a rule or a zone that there is none of', () => {
  expect(() =>
    isDue({ ...NINE, timezone: 'Mars/Olympus' }, at('2026-11-23T07:45:00Z'), at('2026-11-23T08:00:00Z')),
  ).toThrow('Mars/Olympus');
});
