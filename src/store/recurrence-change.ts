import type { Kysely } from 'kysely';
import {
  localTimeAt,
  nextOccurrence,
  type Recurrence,
  type Occurrence,
  occurrencesBetween,
  occurrenceKey,
} from '../recurrence.ts';
import { claim, type ClaimRow, ended } from './claim-rows.ts';
import type { NewNotification, Notification } from './notifications.ts';
import type { Database } from './schema.ts';
import { recurrenceOf } from './slots.ts';

/** What becomes of today's slot when a recurrence is changed. */
export type Today =
  /** It has gone out, or is on its way, under the old times: the new ones begin tomorrow. */
  | { kind: 'gone_out'; occurrence: string; state: string; at: string | null }
  /** Its new time is still to come. */
  | { kind: 'to_come'; slot: Occurrence }
  /** Its new time has passed, and it had not gone out: the next run takes it up, late. */
  | { kind: 'passed'; slot: Occurrence }
  /** The old times had one still to come today, and the new ones have none. */
  | { kind: 'dropped'; slot: Occurrence }
  /** Several a day: the new times hold from now on. */
  | { kind: 'from_now' }
  /** Nothing was due today. */
  | { kind: 'none' };

export interface RecurrenceChange {
  nextDueAt: string | null;
  today: Today;
  /** Rows for slots of the old times that passed before any run looked for them. */
  rows: ClaimRow[];
}

/** Slots that passed while nothing ran, looked at when a recurrence is changed. */
const PASSED_MOST = 10_000;
/** A local day lies within so much of any instant of it, whatever its zone and the one before, in milliseconds. */
const AROUND_MS = 50 * 3_600_000;

/** Stands for the run in a row that no run wrote; the time of the change follows. */
const CHANGE = 'update/';

/** Where no run wrote a row, but a change of its notification's times: when that was, ISO 8601. */
export function changedAt({ run_id }: { run_id: string }): string | undefined {
  return run_id.startsWith(CHANGE) ? run_id.slice(CHANGE.length) : undefined;
}

/**
 * Where the next slot of a changed recurrence lies. A day, by the local date of a slot, has its slot once: one that has gone
 * out is not repeated by new times, and one that has not is not lost to them.
 */
export async function changeRecurrence(
  db: Kysely<Database>,
  row: Notification,
  changed: NewNotification,
  now: Date,
): Promise<RecurrenceChange> {
  const before = recurrenceOf(row);
  const after = recurrenceOf({ ...row, ...changed });
  const passed = before === undefined ? [] : passedSlots(row, before, now);
  const left = (slots: readonly Occurrence[]) => slots.map((slot) => passedRow(row, slot, now));
  if (after === undefined) return { nextDueAt: null, today: { kind: 'none' }, rows: left(passed) };
  const next = (slot: Occurrence | undefined, today: Today, rows = left(passed)) => ({
    nextDueAt: slot?.at.toISOString() ?? null,
    today,
    rows,
  });
  const upcoming = nextOccurrence(after, now);
  if (before === undefined) return next(upcoming, { kind: 'none' });

  const date = dateOf(localTimeAt(after.timezone, now));
  const [oldSlots, newSlots] = [slotsOf(before, date, now), slotsOf(after, date, now)];
  if (oldSlots.length > 1 || newSlots.length > 1) return next(upcoming, { kind: 'from_now' });
  const others = left(passed.filter(({ local }) => dateOf(local) !== date));
  const gone = await goneOutOn(db, row.id, date);
  if (gone !== undefined) return next(firstAfterDate(after, date, now), { kind: 'gone_out', ...gone }, others);

  const [slot] = newSlots;
  const waiting = oldSlots.find(({ at }) => row.next_due_at !== null && at.toISOString() >= row.next_due_at);
  if (slot !== undefined && slot.at > now) return next(slot, { kind: 'to_come', slot }, others);
  if (slot !== undefined && waiting !== undefined) return next(slot, { kind: 'passed', slot }, others);
  return next(upcoming, waiting === undefined ? { kind: 'none' } : { kind: 'dropped', slot: waiting });
}

/** True where the two differ in when they are due. */
export function isOtherRecurrence(row: Notification, changed: NewNotification): boolean {
  const after = { ...row, ...changed };
  const columns = ['schedule_id', 'cron', 'timezone', 'nth_day', 'start_on', 'end_on', 'dst_gap'] as const;
  return columns.some((column) => row[column] !== after[column]);
}

function passedSlots({ next_due_at }: Notification, recurrence: Recurrence, now: Date): Occurrence[] {
  if (next_due_at === null) return [];
  return occurrencesBetween(recurrence, new Date(Date.parse(next_due_at) - 1), now, PASSED_MOST);
}

function passedRow(row: Notification, slot: Occurrence, now: Date): ClaimRow {
  const due = { occurrence: occurrenceKey(slot), dueAt: slot.at };
  const message = 'Its times were changed before a run looked for it';
  return ended(claim(row, due, { runId: CHANGE + now.toISOString(), nominal: now }), 'missed', {
    code: 'missed',
    message,
  });
}

/** The slots of a local date, by the clock of the recurrence. */
function slotsOf(recurrence: Recurrence, date: string, now: Date): Occurrence[] {
  const [from, until] = [new Date(now.getTime() - AROUND_MS), new Date(now.getTime() + AROUND_MS)];
  return occurrencesBetween(recurrence, from, until, PASSED_MOST).filter(({ local }) => dateOf(local) === date);
}

function firstAfterDate(recurrence: Recurrence, date: string, now: Date): Occurrence | undefined {
  let slot = nextOccurrence(recurrence, now);
  while (slot !== undefined && dateOf(slot.local) <= date) slot = nextOccurrence(recurrence, slot.at);
  return slot;
}

/** What has reached its channel on a local date, may reach it yet, or waits for a person. */
async function goneOutOn(db: Kysely<Database>, notificationId: string, date: string) {
  const row = await db
    .selectFrom('deliveries')
    .select(['occurrence', 'state', 'finished_at'])
    .where('notification_id', '=', notificationId)
    // The occurrence of an own recurrence: `2026-11-23T09:00[Europe/Berlin]`.
    .where('occurrence', 'like', `${date}T__:__[%]`)
    .where('state', 'not in', ['missed', 'skipped', 'cancelled'])
    .orderBy('due_at', 'desc')
    .executeTakeFirst();
  return row && { occurrence: row.occurrence, state: row.state, at: row.finished_at };
}

function dateOf(local: string): string {
  return local.slice(0, 'yyyy-mm-dd'.length);
}
