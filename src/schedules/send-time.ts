import { parseDuration } from '../duration.ts';
import { UserError } from '../errors.ts';
import { readTime } from '../local-time.ts';
import type { Occurrence } from '../recurrence.ts';
import { localText, wallClock } from './server-calendar.ts';

/** Temporal's calendars reach no further: `maxCalendarYear` in calendar.go. */
const LAST_YEAR = 2100;

/** When something is to be sent once. */
export interface SendTime {
  /** A whole second. */
  at: Date;
  /** The time as it was asked for, for people. */
  note: string;
  /** Where the clock shows the time twice: which of the two was taken, and how to say the other. */
  remark?: string;
}

/**
 * Reads "2026-12-01 09:00 Europe/Berlin", the same without a zone (then `timezone` is meant), or ISO 8601 with an offset.
 * Throws a UserError for a time that has passed, one that the clock skips, and what is no time.
 */
export function sendTime(text: string, timezone: string, now: Date): SendTime {
  const { at, slot } = readTime(text, timezone);
  if (slot?.remark === 'shifted') throw skipped(slot);
  checkFuture(at, now, `"${text}"`);
  const note = slot === undefined ? '' : `${slot.local.replace('T', ' ')} ${slot.timezone}`;
  return slot?.remark === 'repeated' ? { at, note, remark: repeated(slot) } : { at, note };
}

/** Reads "2 hours", from now on. */
export function sendDelay(text: string, now: Date): SendTime {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) {
    throw new UserError('invalid_duration', `--in "${text}" is not a duration`, { hint: 'Write it like "2 hours".' });
  }
  const at = new Date(Math.ceil((now.getTime() + ms) / 1_000) * 1_000);
  checkFuture(at, now, `"${text}"`);
  return { at, note: '' };
}

/** Throws a UserError where the time has passed, or is too far away. */
export function checkFuture(at: Date, now: Date, said: string): void {
  if (Number.isNaN(at.getTime()) || at.getUTCFullYear() > LAST_YEAR) {
    throw new UserError('invalid_time', `${said} is not a time up to the year ${LAST_YEAR}`);
  }
  if (at > now) return;
  throw new UserError('past_time', `${said} has passed: it was ${at.toISOString()}, and now is ${now.toISOString()}`, {
    hint: 'Name a time to come, or leave the time out to send now.',
  });
}

function skipped({ local, timezone, at }: Occurrence): UserError {
  const shown = local.replace('T', ' ');
  const after = localText(wallClock(timezone).wallAt(at.getTime())).replace('T', ' ');
  return new UserError('skipped_time', `"${shown}" does not exist in ${timezone}: the clock is put forward over it`, {
    hint: `The first minute after it is "${after} ${timezone}".`,
  });
}

function repeated({ local, timezone, at }: Occurrence): string {
  const wall = wallClock(timezone).wallAt(at.getTime());
  const second = wallClock(timezone).instantsOf(wall)[1];
  const other = second === undefined ? '' : `; the second is ${new Date(second).toISOString()}`;
  return `the clock of ${timezone} shows ${local.replace('T', ' ')} twice: this is the first, ${at.toISOString()}${other}`;
}
