import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/lib/errors.ts';
import { sendDelay, sendTime } from '../../../src/scheduling/send-time.ts';

const NOW = new Date('2026-11-24T08:00:00.400Z');
const at = (text: string, timezone = 'UTC') => sendTime(text, timezone, NOW);

function error(read: () => unknown): Pick<UserError, 'code' | 'message' | 'hint' | 'exitCode'> {
  try {
    read();
  } catch (thrown) {
    if (thrown instanceof UserError) return thrown;
    throw thrown;
  }
  throw new Error('It was taken');
}

describe('the time of a one-off', () => {
  test.each([
    ['2026-12-01 09:00 Europe/Berlin', '2026-12-01T08:00:00.000Z', '2026-12-01 09:00 Europe/Berlin'],
    ['2026-12-01T09:00 America/New_York', '2026-12-01T14:00:00.000Z', '2026-12-01 09:00 America/New_York'],
    ['2026-12-01 09:00', '2026-12-01T00:00:00.000Z', '2026-12-01 09:00 Asia/Tokyo'],
    ['2026-12-01T09:00:07.9+01:00', '2026-12-01T08:00:07.000Z', ''],
    ['2026-12-01T09:00Z', '2026-12-01T09:00:00.000Z', ''],
  ])('%s', (text, instant, note) => {
    expect(at(text, 'Asia/Tokyo')).toEqual({ at: new Date(instant), note });
  });

  test('that the clock skips is refused, and the first one after it is named', () => {
    expect(error(() => at('2027-03-28 02:30 Europe/Berlin'))).toMatchObject({
      code: 'skipped_time',
      message: '"2027-03-28 02:30" does not exist in Europe/Berlin: the clock is put forward over it',
      hint: 'The first minute after it is "2027-03-28 03:00 Europe/Berlin".',
      exitCode: 2,
    });
    expect(error(() => at('2027-10-03 02:15', 'Australia/Lord_Howe')).hint).toContain('2027-10-03 02:30');
  });

  test('that the clock shows twice is the first, and that is said', () => {
    expect(at('2027-10-31 02:30 Europe/Berlin')).toEqual({
      at: new Date('2027-10-31T00:30:00Z'),
      note: '2027-10-31 02:30 Europe/Berlin',
      remark:
        'the clock of Europe/Berlin shows 2027-10-31 02:30 twice: this is the first, 2027-10-31T00:30:00.000Z; the second is 2027-10-31T01:30:00.000Z',
    });
  });

  test('is not one that has passed, nor one that Temporal has no year for', () => {
    expect(error(() => at('2026-11-24T08:00:00Z'))).toMatchObject({ code: 'past_time' });
    expect(error(() => at('2026-11-24 09:00', 'Europe/Berlin'))).toMatchObject({ code: 'past_time' });
    expect(at('2026-11-24T08:00:01Z').at).toEqual(new Date('2026-11-24T08:00:01Z'));
    expect(error(() => at('2101-01-01T00:00Z'))).toMatchObject({ code: 'invalid_time' });
    for (const text of ['tomorrow', '', '2026-13-01 09:00', '2026-12-01 25:00', '2026-12-01 09:00 Berlin']) {
      expect(error(() => at(text)).exitCode, text).toBe(2);
    }
    expect(error(() => at('2026-12-01 09:00 Europe/Berln')).hint).toBe('Did you mean Europe/Berlin?');
  });

  test('may be so far from now, to the next whole second', () => {
    expect(sendDelay('2 hours', NOW).at).toEqual(new Date('2026-11-24T10:00:01Z'));
    for (const text of ['soon', '0 seconds', '-1 hour']) {
      expect(error(() => sendDelay(text, NOW))).toMatchObject({ code: 'invalid_duration', exitCode: 2 });
    }
  });
});
