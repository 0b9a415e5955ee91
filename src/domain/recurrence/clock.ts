import { Temporal } from 'temporal-polyfill';
import { UserError } from '../../lib/errors.ts';
import { didYouMean } from '../../lib/similar.ts';

/**
 * Checks the name of a zone and returns it as the tz database writes it.
 * @throws UserError `invalid_timezone`.
 */
export function parseZone(name: string): string {
  // Temporal is strict about case. An alias such as Asia/Kolkata or Japan stays as it is.
  const timezone = zoneNamed(name) ?? name;
  // Abbreviations are refused: releases of the tz database disagree about CET and EST, and IST and BST mean several places.
  const isPlace = /^(UTC|GMT|[A-Z][\w-]*[a-z]|(?!System[Vv])[A-Z][\w-]*(\/[A-Z][\w+-]*)+)$/.test(timezone);
  if (isZone(timezone) && isPlace) return timezone;
  const near = didYouMean(name, Intl.supportedValuesOf('timeZone'));
  const hint = near ?? 'Name a place, e.g. Europe/Berlin or America/New_York, or UTC.';
  throw UserError.input('invalid_timezone', `Time zone "${name}" names no place in the IANA database.`, { hint });
}

export function isZone(timezone: string): boolean {
  return zoneNamed(timezone) !== undefined;
}

function zoneNamed(name: string): string | undefined {
  try {
    return new Temporal.ZonedDateTime(0n, name).timeZoneId;
  } catch {
    return undefined; // RangeError: no such zone
  }
}

/** Offset from UTC at an instant; both in milliseconds. */
export function offsetAt(timezone: string, instant: number): number {
  return zoned(timezone, instant).offsetNanoseconds / 1e6;
}

/** The first instant after `from` at which the zone's clock changes, in milliseconds. */
export function nextClockChange(timezone: string, from: number): number {
  return zoned(timezone, from).getTimeZoneTransition('next')?.epochMilliseconds ?? Infinity;
}

function zoned(timezone: string, instant: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timezone);
}
