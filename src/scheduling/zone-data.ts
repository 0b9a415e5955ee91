import { nextClockChange, offsetAt, TZ_VERSION } from '../domain/recurrence/recurrence.ts';

/** Temporal matches no earlier and no later year: `minCalendarYear`, `maxCalendarYear` in calendar.go. */
const [FROM, UNTIL] = [Date.UTC(2000, 0, 1), Date.UTC(2101, 0, 1)];
/** In the place of a zone's abbreviation, where nothing looks for one: which rules these are. */
const MARK = `tz${TZ_VERSION}`;
const MARKED = /tz(\d{4}[a-z]+)\0/;

const HEADER_LENGTH = 44;
const made = new Map<string, Uint8Array>();

/**
 * The clock changes of a zone as Node knows them, as a file of the tz database (RFC 9636, version 2). Sent with a schedule, the
 * server reads its local times by them and not by its own rules, which may be older: `timezone_data` of ScheduleSpec. Null for
 * UTC, of which there is one reading.
 */
export function zoneData(timezone: string): Uint8Array | null {
  if (timezone === 'UTC' || timezone === '') return null;
  const data = made.get(timezone) ?? encode(timezone);
  made.set(timezone, data);
  return data;
}

/** Which rules a schedule has: `2026c`. Undefined for data of others; null where it has none, so that the server's own hold. */
export function zoneDataVersion(data: Uint8Array | null | undefined): string | undefined | null {
  if (data === null || data === undefined || data.length === 0) return null;
  return MARKED.exec(Buffer.from(data).toString('latin1'))?.[1];
}

/** True if ours are newer than what the schedule has: older ones never replace newer ones. */
export function hasOlderZoneData(timezone: string, data: Uint8Array | null | undefined): boolean {
  if (timezone === 'UTC' || TZ_VERSION === '') return false;
  const version = zoneDataVersion(data);
  return version === null || (version !== undefined && version < TZ_VERSION);
}

function encode(timezone: string): Uint8Array {
  const changes: { at: number; offset: number }[] = [{ at: FROM, offset: offsetAt(timezone, FROM) }];
  for (let at = nextClockChange(timezone, FROM); at < UNTIL; at = nextClockChange(timezone, at)) {
    changes.push({ at, offset: offsetAt(timezone, at) });
  }
  const offsets = [...new Set(changes.map(({ offset }) => offset))];
  const mark = Buffer.from(`${MARK}\0`, 'latin1');
  const body = Buffer.alloc(changes.length * 9 + offsets.length * 6);
  for (const [index, { at, offset }] of changes.entries()) {
    body.writeBigInt64BE(BigInt(at / 1_000), index * 8);
    body.writeUInt8(offsets.indexOf(offset), changes.length * 8 + index);
  }
  for (const [index, offset] of offsets.entries()) body.writeInt32BE(offset / 1_000, changes.length * 9 + index * 6);
  const counts = [0, 0, 0, changes.length, offsets.length, mark.length];
  // The block of version 1 is empty, and no rule follows the last change.
  return Buffer.concat([header([0, 0, 0, 0, 0, 0]), header(counts), body, mark, Buffer.from('\n\n')]);
}

function header(counts: readonly number[]): Buffer {
  const bytes = Buffer.alloc(HEADER_LENGTH);
  bytes.write('TZif2', 'latin1');
  for (const [index, count] of counts.entries()) bytes.writeUInt32BE(count, HEADER_LENGTH - 24 + index * 4);
  return bytes;
}
