import { UserError } from '../errors.ts';
import { didYouMean } from '../similar.ts';

/**
 * Reads the name of a zone.
 * @throws UserError `invalid_timezone`.
 */
export function parseZone(name: string): { timezone: string; clock: Intl.DateTimeFormat } {
  const clock = clockOf(name);
  const canonical = clock?.resolvedOptions().timeZone ?? name;
  // Temporal is strict about case. An alias such as Asia/Kolkata or Japan stays as it is.
  const timezone = canonical.toLowerCase() === name.toLowerCase() ? canonical : name;
  // Abbreviations are refused: releases of the tz database disagree about CET and EST, and IST and BST mean several places.
  const named = /^(UTC|GMT|[A-Z][\w-]*[a-z]|(?!SystemV)[A-Z][\w-]*(\/[A-Z][\w+-]*)+)$/.test(timezone);
  if (clock && named) return { timezone, clock };
  const near = didYouMean(name, Intl.supportedValuesOf('timeZone'));
  const hint = near ?? 'Name a place, e.g. Europe/Berlin or America/New_York, or UTC.';
  throw new UserError('invalid_timezone', `Time zone "${name}" names no place in the IANA database.`, { hint });
}

/** Tells the offset of a zone. Takes about 75 µs to make and 1 µs to ask; undefined where there is no such zone. */
export function clockOf(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset', year: 'numeric' });
  } catch {
    return undefined; // RangeError: no such zone
  }
}

/** Offset from UTC in ms at an instant. The format yields e.g. "2026, GMT+05:30", or GMT-00:44:30 before a zone had whole minutes. */
export function offsetAt(clock: Intl.DateTimeFormat, instant: number): number {
  const text = clock.format(instant);
  const sign = text.indexOf('GMT') + 'GMT'.length;
  const [hours = 0, minutes = 0, seconds = 0] = text
    .slice(sign + 1)
    .split(':', 3)
    .map(Number);
  return (text[sign] === '-' ? -1_000 : 1_000) * (hours * 3_600 + minutes * 60 + seconds);
}

/** The instant between `from` and `to` at which the clock was changed, to the second. */
export function findChange(clock: Intl.DateTimeFormat, from: number, to: number): number {
  const before = offsetAt(clock, from);
  let [same, changed] = [Math.floor(from / 1_000), Math.floor(to / 1_000)];
  while (changed - same > 1) {
    const middle = Math.floor((same + changed) / 2);
    if (offsetAt(clock, middle * 1_000) === before) same = middle;
    else changed = middle;
  }
  return changed * 1_000;
}
