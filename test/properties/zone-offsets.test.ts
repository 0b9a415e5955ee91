import { expect, test } from 'vitest';
import { nextClockChange, offsetAt } from '../../src/domain/recurrence/clock.ts';

const FROM = Date.UTC(1970, 0, 1);
const UNTIL = Date.UTC(2040, 0, 1);
/** `offsetAt` takes an offset for granted between two instants so far apart that have it. */
const STRETCH_MS = 6 * 3_600_000;

test('no zone changes its offset twice within six hours', () => {
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    for (let change = nextClockChange(zone, FROM); change < UNTIL;) {
      const next = nextClockChange(zone, change);
      expect(next - change, `${zone} at ${new Date(change).toISOString()}`).toBeGreaterThan(STRETCH_MS);
      change = next;
    }
  }
});

test('the offset is right on both sides of a change, to the minute', () => {
  for (const zone of [
    'Europe/Berlin',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Pacific/Apia',
  ]) {
    for (let change = nextClockChange(zone, Date.UTC(2010, 0, 1)); change < Date.UTC(2027, 0, 1);) {
      for (const at of [change - 60_000, change, change + 60_000]) {
        expect(offsetAt(zone, at), `${zone} at ${new Date(at).toISOString()}`).toBe(wallAt(zone, at) - at);
      }
      change = nextClockChange(zone, change);
    }
  }
});

/** By Intl, which knows nothing of ours: the wall clock as the milliseconds that UTC would give it. */
function wallAt(timeZone: string, at: number): number {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  return Date.parse(`${format.format(at).replace(' ', 'T')}Z`);
}
