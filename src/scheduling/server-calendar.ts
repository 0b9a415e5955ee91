import { UserError } from '../lib/errors.ts';
import { isZone, nextClockChange, offsetAt, type Recurrence } from '../domain/recurrence/recurrence.ts';

/**
 * How Temporal's server reads a cron in a zone (v1.29.1, service/worker/scheduler/calendar.go), quirks included: it is what
 * a schedule will do. Where the clock is put forward, a skipped hour does not fire. Where it is put back, the server asks
 * Go for the instant of a local time, and Go takes the first west of Greenwich and the second east of it. So in
 * America/New_York 01:30 fires twice; in Europe/Berlin 02:30 fires once, the second time, and 01:30 fires at 01:30 and again
 * an hour later, when the clock shows 02:30. Where the clock skips midnight, as in America/Santiago, the server takes that
 * day for the day of week before it. (None of this applies to a notification's own recurrence: src/domain/recurrence/recurrence.ts.)
 */

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
/** Temporal matches no later year: `maxCalendarYear`. */
const END_OF_CALENDAR = Date.UTC(2101, 0, 1);
/** Zones lie between UTC-12 and UTC+14; with an hour to spare. */
const [EARLIEST, LATEST] = [-15 * HOUR, 13 * HOUR];

export type WallClock = ReturnType<typeof wallClock>;
type Fields = Recurrence['fields'];

/** The clock of a zone. A *wall* is a local time as the milliseconds that UTC would give it. */
export function wallClock(timezone: string) {
  if (!isZone(timezone)) {
    throw UserError.input('invalid_timezone', `This version of Node knows no time zone "${timezone}"`);
  }
  const offset = (instant: number) => offsetAt(timezone, instant);
  return {
    /** The first instant after another at which it is put forward or back; Infinity if it never is. */
    nextChange: (after: number) => nextClockChange(timezone, after),

    wallAt: (instant: number) => instant + offset(instant),

    /** Those at which it shows a local time: none where it skips it, two where it shows it twice. */
    instantsOf(wall: number): number[] {
      const instants = Array.from(new Set([offset(wall + EARLIEST), offset(wall + LATEST)]), (by) => wall - by);
      return instants.filter((instant) => instant + offset(instant) === wall).toSorted((a, b) => a - b);
    },

    /** The one that Go's `time.Date` takes for it: it looks the offset up as though the local time were UTC. */
    instantOf(wall: number): number {
      const guess = wall - offset(wall);
      return offset(guess) === offset(wall) ? guess : wall - offset(guess);
    },
  };
}

/** The first instant after another at which the server fires; Infinity when there is none up to the year 2100. */
export function nextOnServer(fields: Fields, clock: WallClock, after: number): number {
  let wall = Math.floor(clock.wallAt(after) / MINUTE) * MINUTE;
  // Added in the second copy of an hour that the clock shows twice.
  let again = hourOf(clock.wallAt(after - HOUR)) === hourOf(wall) ? HOUR : 0;
  for (let passed = true; wall < END_OF_CALENDAR; passed = false) {
    const day = startOf(wall, DAY);
    // The server checks once a day, at the first hour that counts, so a day that starts late counts as the one before.
    const hour = matchesDay(fields, wall, clock.wallAt(clock.instantOf(wall)))
      ? fields.hours.find((candidate) => candidate >= hourOf(wall))
      : undefined;
    if (hour === undefined) {
      [wall, again] = [day + DAY, 0];
      continue;
    }
    if (hour > hourOf(wall)) [wall, again, passed] = [day + hour * HOUR, 0, false];
    const [began, minuteNow] = [startOf(wall, HOUR), (wall / MINUTE) % 60];
    const minutes = fields.minutes.filter((minute) => (passed ? minute > minuteNow : minute >= minuteNow));
    if (minutes[0] === undefined) {
      [wall, again] = nextHour(clock, began, again);
      continue;
    }
    const instant = clock.instantOf(began + minutes[0] * MINUTE);
    if (hourOf(clock.wallAt(instant)) === hour) return instant + again;
    wall = began + HOUR;
  }
  return Infinity;
}

export function matchesWall(fields: Fields, wall: number): boolean {
  const minute = (wall / MINUTE) % 60;
  return fields.minutes.includes(minute) && fields.hours.includes(hourOf(wall)) && matchesDay(fields, wall, wall);
}

/** The day of the week is that of the second. */
export function matchesDay({ months, daysOfMonth, daysOfWeek }: Fields, wall: number, ofWeek: number): boolean {
  const date = new Date(wall);
  const [month, day] = [date.getUTCMonth() + 1, date.getUTCDate()];
  return months.has(month) && daysOfMonth.has(day) && daysOfWeek.has(new Date(ofWeek).getUTCDay());
}

/** `2026-11-23T09:00` */
export function localText(wall: number): string {
  return new Date(wall).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length);
}

/** After an hour from whose beginning to its end two hours seem to pass, the same hour comes again. */
function nextHour(clock: WallClock, began: number, again: number): [wall: number, again: number] {
  const twoPass = clock.instantOf(began + HOUR) - clock.instantOf(began) > HOUR;
  return again === 0 && twoPass ? [began, HOUR] : [began + HOUR, 0];
}

function startOf(wall: number, unit: number): number {
  return Math.floor(wall / unit) * unit;
}

function hourOf(wall: number): number {
  return new Date(wall).getUTCHours();
}
