import { Temporal } from 'temporal-polyfill';
import { UserError } from '../../lib/errors.ts';
import { didYouMean } from '../../lib/similar.ts';
import { ZONE_ALIASES } from './zone-aliases.ts';

/** The release of the tz database that this Node reads local times by: `2026c`. Empty for a Node without one. */
export const TZ_VERSION = process.versions['tz'] ?? '';

/** Raised when the engine finds other instants for the same rule. */
const ENGINE = '001';
/** By what instants are computed: the engine and its tz database. A newer one is greater as a text. */
export const TIME_RULES = `${ENGINE}/${TZ_VERSION}`;

/** Names by their lower case. Those that Node lists may be newer than our aliases. */
let spellings: ReadonlyMap<string, string> | undefined;

function spellingOf(name: string): string | undefined {
  spellings ??= new Map(
    [...Intl.supportedValuesOf('timeZone'), ...ZONE_ALIASES, 'UTC', 'GMT'].map((one) => [one.toLowerCase(), one]),
  );
  return spellings.get(name.toLowerCase());
}

/**
 * Checks the name of a zone, in any case, and returns it as the tz database writes it. An alias such as Asia/Kolkata or Japan
 * stays as it is.
 * @throws UserError `invalid_timezone`.
 */
export function parseZone(name: string): string {
  if (name.trim() === '') {
    const hint = 'Name a place, e.g. Europe/Berlin, or UTC. Is a variable of the shell or a cell of the file empty?';
    throw UserError.input('invalid_timezone', 'The time zone is empty', { hint });
  }
  const timezone = spellingOf(name.trim());
  if (timezone !== undefined && isZone(timezone)) return timezone;
  const hint = NO_PLACE.test(name) ? undefined : nearestZone(name);
  throw UserError.input('invalid_timezone', `Time zone "${name}" names no place in the IANA database.`, {
    hint: hint ?? 'Name a place, e.g. Europe/Berlin or America/New_York, or UTC.',
  });
}

/** Releases of the tz database disagree about CET and EST, IST and BST mean several places, and UTC+2 has no clock changes. */
const NO_PLACE = /^([A-Z]{3,4}(\d([A-Z]{3})?)?|[A-Z]*[+-].*)$/i;

const cityOf = (zone: string) => zone.slice(zone.lastIndexOf('/') + 1);

const HINTS_KEPT = 100;
/** Comparing a name with all zones takes milliseconds, and a claim reads the same wrong one in each row that has it. */
const hints = new Map<string, string | undefined>();

function nearestZone(name: string): string | undefined {
  if (!hints.has(name)) {
    if (hints.size >= HINTS_KEPT) hints.clear();
    hints.set(name, findNearestZone(name));
  }
  return hints.get(name);
}

/** By the city, which people remember, before the whole name. */
function findNearestZone(name: string): string | undefined {
  spellingOf(name);
  const zones = [...(spellings?.values() ?? [])];
  const wanted = cityOf(name.trim()).toLowerCase().replaceAll(' ', '_');
  const sameCity = zones.filter((zone) => cityOf(zone).toLowerCase() === wanted);
  return sameCity.length > 0 ? `Did you mean ${sameCity.slice(0, 3).join(' or ')}?` : didYouMean(name, zones);
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

/** No zone has changed its offset twice in so short a time, in milliseconds. */
const STRETCH_MS = 6 * 3_600_000;
const STRETCHES_KEPT = 5_000;
/** Offsets of stretches of time, of a zone each: null where it changes within. A claim asks for the same ones thousands of times. */
const stretches = new Map<string, number | null>();

/** Offset from UTC at an instant; both in milliseconds. */
export function offsetAt(timezone: string, instant: number): number {
  const nth = Math.floor(instant / STRETCH_MS);
  const key = `${timezone} ${nth}`;
  let offset = stretches.get(key);
  if (offset === undefined) {
    const [first, last] = [readOffset(timezone, nth * STRETCH_MS), readOffset(timezone, (nth + 1) * STRETCH_MS - 1)];
    offset = first === last ? first : null;
    if (stretches.size >= STRETCHES_KEPT) stretches.clear();
    stretches.set(key, offset);
  }
  return offset ?? readOffset(timezone, instant);
}

function readOffset(timezone: string, instant: number): number {
  return zoned(timezone, instant).offsetNanoseconds / 1e6;
}

/** The first instant after `from` at which the zone's clock changes, in milliseconds. */
export function nextClockChange(timezone: string, from: number): number {
  return zoned(timezone, from).getTimeZoneTransition('next')?.epochMilliseconds ?? Infinity;
}

function zoned(timezone: string, instant: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timezone);
}
