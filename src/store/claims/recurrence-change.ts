import type { Kysely } from 'kysely';
import {
  type NewNotification,
  type NextDue,
  nextDue,
  type Notification,
  recurrenceOf,
} from '../../domain/notification.ts';
import {
  localTimeAt,
  nextOccurrence,
  type Occurrence,
  occurrenceKey,
  occurrencesBetween,
  type Recurrence,
} from '../../domain/recurrence/recurrence.ts';
import { type ClaimRow, closedRow, pendingRow } from './claim-rows.ts';
import { type Database, IS_REPORT } from '../schema.ts';

/** What happens to today's occurrence when the times of a notification change. */
export type Today =
  /** It was sent, or is on its way, under the old times: the new ones start tomorrow. `at` is null until it ends. */
  | { kind: 'already-out'; key: string; state: string; at: string | null }
  /** It is still to come. */
  | { kind: 'to-come'; occurrence: Occurrence }
  /** Its new time has passed, and it had not gone out: the next run sends it late. */
  | { kind: 'overdue'; occurrence: Occurrence }
  /** The old times had one still to come today; the new ones have none. */
  | { kind: 'dropped'; occurrence: Occurrence }
  /** Several a day: the new times apply from now on. */
  | { kind: 'from-now' }
  /** Nothing was due today. */
  | { kind: 'none' };

export interface TimesChange {
  next: NextDue;
  today: Today;
  /** Rows for occurrences of the old times that passed before any run claimed them. */
  rows: ClaimRow[];
}

/** Occurrences that passed while nothing ran, recorded when times change. */
const PASSED_MAX = 10_000;
/** Any instant of a local day lies within this of any other, in the old zone and in the new one, in milliseconds. */
const AROUND_MS = 50 * 3_600_000;

/** Stands for the dispatch in a row that a change of times wrote; the time of the change follows. */
const CHANGE = 'update/';

/** When times changed, ISO 8601, if a change of times wrote the row and not a dispatch. */
export function changedAt(dispatchId: string): string | undefined {
  return dispatchId.startsWith(CHANGE) ? dispatchId.slice(CHANGE.length) : undefined;
}

/**
 * Finds the next occurrence under changed times. Each local date has its occurrence once: new times do not repeat one that
 * went out, and do not lose one that did not.
 */
export async function changeTimes(
  db: Kysely<Database>,
  before: Notification,
  changed: NewNotification,
  now: Date,
): Promise<TimesChange> {
  const [oldRule, newRule] = [recurrenceOf(before.due), recurrenceOf(changed.due)];
  const since = before.due.kind === 'recurrence' ? before.due.nextDueAt : undefined;
  const passed = oldRule === undefined || since === undefined ? [] : passedSince(since, oldRule, now);
  const missed = (occurrences: readonly Occurrence[]) => occurrences.map((one) => missedByChange(before, one, now));
  if (newRule === undefined) return { next: {}, today: { kind: 'none' }, rows: missed(passed) };
  const startAt = (next: Occurrence | undefined, today: Today, rows = missed(passed)): TimesChange => ({
    next: nextDue(next),
    today,
    rows,
  });
  const upcoming = nextOccurrence(newRule, now);
  if (oldRule === undefined) return startAt(upcoming, { kind: 'none' });

  const date = dateOf(localTimeAt(newRule.timezone, now));
  const [oldToday, newToday] = [occurrencesOn(date, oldRule, now), occurrencesOn(date, newRule, now)];
  if (oldToday.length > 1 || newToday.length > 1) return startAt(upcoming, { kind: 'from-now' });
  const ofOtherDays = missed(passed.filter(({ local }) => dateOf(local) !== date));
  const out = await alreadyOutOn(db, before.id, date);
  if (out !== undefined)
    return startAt(firstAfterDate(newRule, date, now), { kind: 'already-out', ...out }, ofOtherDays);

  const [occurrence] = newToday;
  const unclaimed = oldToday.find(({ at }) => since !== undefined && at.toISOString() >= since);
  if (occurrence !== undefined && occurrence.at > now) {
    return startAt(occurrence, { kind: 'to-come', occurrence }, ofOtherDays);
  }
  if (unclaimed === undefined) return startAt(upcoming, { kind: 'none' });
  if (occurrence !== undefined) return startAt(occurrence, { kind: 'overdue', occurrence }, ofOtherDays);
  return startAt(upcoming, { kind: 'dropped', occurrence: unclaimed });
}

function passedSince(since: string, rule: Recurrence, now: Date): Occurrence[] {
  return occurrencesBetween(rule, new Date(Date.parse(since) - 1), now, PASSED_MAX);
}

function missedByChange(notification: Notification, occurrence: Occurrence, now: Date): ClaimRow {
  const time = { occurrence: occurrenceKey(occurrence), dueAt: occurrence.at };
  const row = pendingRow(notification, time, { dispatchId: CHANGE + now.toISOString(), nominal: now });
  return closedRow(row, 'missed', { code: 'missed', message: 'Its times were changed before a run looked for it' });
}

/** The occurrences of a local date, in the zone of the rule. */
function occurrencesOn(date: string, rule: Recurrence, now: Date): Occurrence[] {
  const [from, until] = [new Date(now.getTime() - AROUND_MS), new Date(now.getTime() + AROUND_MS)];
  return occurrencesBetween(rule, from, until, PASSED_MAX).filter(({ local }) => dateOf(local) === date);
}

function firstAfterDate(rule: Recurrence, date: string, now: Date): Occurrence | undefined {
  let next = nextOccurrence(rule, now);
  while (next !== undefined && dateOf(next.local) <= date) next = nextOccurrence(rule, next.at);
  return next;
}

/** A delivery of a local date that reached its channel, may still reach it, or waits for a person. */
async function alreadyOutOn(db: Kysely<Database>, notificationId: string, date: string) {
  const row = await db
    .selectFrom('deliveries')
    .select(['occurrence', 'state', 'finished_at'])
    .where(IS_REPORT)
    .where('notification_id', '=', notificationId)
    // The occurrence of an own recurrence: `2026-11-23T09:00[Europe/Berlin]`.
    .where('occurrence', 'like', `${date}T__:__[%]`)
    .where('state', 'not in', ['missed', 'skipped', 'cancelled'])
    .orderBy('due_at', 'desc')
    .executeTakeFirst();
  return row && { key: row.occurrence, state: row.state, at: row.finished_at };
}

function dateOf(local: string): string {
  return local.slice(0, 'yyyy-mm-dd'.length);
}
