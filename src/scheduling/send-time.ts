import { parseDuration } from '../lib/duration.ts';
import { UserError } from '../lib/errors.ts';
import { readTime } from '../domain/local-time.ts';
import type { Occurrence } from '../domain/recurrence/recurrence.ts';
import { localText, wallClock } from './server-calendar.ts';

/** Temporal's calendars reach no further: `maxCalendarYear` in calendar.go. */
const LAST_YEAR = 2100;

/** When a send is due. */
export interface SendTime {
  /** A whole second. */
  at: Date;
  /** The local time as written, for people. */
  note: string;
  /** If the local time occurs twice: which of the two is used, and how to write the other. */
  remark?: string;
}

/**
 * Reads "2026-12-01 09:00 Europe/Berlin", the same without a zone (in `timezone`), or ISO 8601 with an offset.
 * Throws a UserError for a past time, one that the clock skips, and text that does not say a time.
 */
export function sendTime(text: string, timezone: string, now: Date): SendTime {
  const { at, occurrence } = readTime(text, timezone);
  if (occurrence?.remark === 'shifted') throw skipped(occurrence);
  checkFuture(at, now, `"${text}"`);
  const note = occurrence === undefined ? '' : `${occurrence.local.replace('T', ' ')} ${occurrence.timezone}`;
  return occurrence?.remark === 'repeated' ? { at, note, remark: repeated(occurrence) } : { at, note };
}

/** Reads "2 hours" from now. */
export function sendDelay(text: string, now: Date): SendTime {
  const ms = parseDuration(text, { name: '--in', minMs: 1_000, example: '2 hours' });
  const at = new Date(Math.ceil((now.getTime() + ms) / 1_000) * 1_000);
  checkFuture(at, now, `"${text}"`);
  return { at, note: '' };
}

/** Throws a UserError if the time has passed, or is too far away. */
export function checkFuture(at: Date, now: Date, said: string): void {
  if (Number.isNaN(at.getTime()) || at.getUTCFullYear() > LAST_YEAR) {
    throw UserError.input('invalid_time', `${said} is not a time up to the year ${LAST_YEAR}`);
  }
  if (at > now) return;
  throw UserError.input(
    'past_time',
    `${said} has passed: it was ${at.toISOString()}, and now is ${now.toISOString()}`,
    {
      hint: 'Name a future time, or leave the time out to send now.',
    },
  );
}

function skipped({ local, timezone, at }: Occurrence): UserError {
  const shown = local.replace('T', ' ');
  const after = localText(wallClock(timezone).wallAt(at.getTime())).replace('T', ' ');
  return UserError.input('skipped_time', `"${shown}" does not exist in ${timezone}: the clock is put forward over it`, {
    hint: `The first minute after it is "${after} ${timezone}".`,
  });
}

function repeated({ local, timezone, at }: Occurrence): string {
  const wall = wallClock(timezone).wallAt(at.getTime());
  const second = wallClock(timezone).instantsOf(wall)[1];
  const other = second === undefined ? '' : `; the second is ${new Date(second).toISOString()}`;
  return `the clock of ${timezone} shows ${local.replace('T', ' ')} twice: this is the first, ${at.toISOString()}${other}`;
}
