import { UserError } from '../lib/errors.ts';
import { nextOccurrence, parseRecurrence, type Occurrence } from './recurrence/recurrence.ts';

/** Zones lie between UTC-12 and UTC+14: a local time read as UTC, less this, is before it everywhere. */
const BEFORE_ANYWHERE_MS = 15 * 3_600_000;

const LOCAL = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d))?(?:\s+(\S+))?$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;

/**
 * Reads "2026-12-01" or "2026-12-01 09:00", either with a zone after it, or an ISO 8601 time with an offset. Without a zone
 * it is read in `timezone`. A time that the clock skips becomes the first minute after it; if a local time occurs twice, the
 * first is used. Throws a UserError for any other text.
 */
export function parseTime(text: string, timezone: string): Date {
  return readTime(text, timezone).at;
}

/** The same, with the local time it was read from; none for a time with an offset. */
export function readTime(text: string, timezone: string): { at: Date; occurrence?: Occurrence } {
  const trimmed = text.trim();
  const instant = new Date(trimmed);
  // Schedules have whole seconds.
  if (INSTANT.test(trimmed) && !Number.isNaN(instant.getTime())) {
    return { at: new Date(Math.floor(+instant / 1_000) * 1_000) };
  }
  const match = LOCAL.exec(trimmed);
  if (match === null) throw invalid(text);
  const [, year = '', month = '', day = '', hour = '00', minute = '00', zone = timezone] = match;
  const local = `${year}-${month}-${day}T${hour}:${minute}`;
  const wall = Date.parse(`${local}Z`);
  if (Number.isNaN(wall) || !new Date(wall).toISOString().startsWith(local)) throw invalid(text);
  const rule = parseRecurrence({ cron: `${+minute} ${+hour} ${+day} ${+month} *`, timezone: zone });
  const occurrence = nextOccurrence(rule, new Date(wall - BEFORE_ANYWHERE_MS));
  if (occurrence?.local !== local) throw invalid(text);
  return { at: occurrence.at, occurrence };
}

function invalid(text: string): UserError {
  return UserError.input('invalid_time', `"${text}" is not a time`, {
    hint: 'Write it like "2026-12-01 09:00", "2026-12-01 09:00 Europe/Berlin" or 2026-12-01T08:00:00Z.',
  });
}
