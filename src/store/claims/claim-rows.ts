import { createHash } from 'node:crypto';
import type { Insertable, Transaction } from 'kysely';
import {
  clockRemark,
  type Due,
  type Notification,
  type OwnRecurrence,
  pausedAt,
  recurrenceOf,
  skipReason,
} from '../../domain/notification.ts';
import { deliveryId, occurrenceOfInstant } from '../../domain/occurrence.ts';
import { LATE_AFTER_MS, LATE_REASONS } from '../../domain/still-due.ts';
import {
  firstLocal,
  nextOccurrence,
  type Occurrence,
  occurrenceFrom,
  occurrenceKey,
  occurrencesBetween,
  type Recurrence,
} from '../../domain/recurrence/recurrence.ts';
import { type DeliveryError, logLine } from '../ledger/delivery-rows.ts';
import { type StoredNotification, toSubject } from '../notification-rows.ts';
import type { Database, DeliveryRow } from '../schema.ts';

type Unreadable = Extract<StoredNotification, { kind: 'unreadable' }>;

export type ClaimRow = Insertable<DeliveryRow>;

/** The run that claims. */
export interface ClaimOrigin {
  /** Workflow id of the dispatch. */
  dispatchId: string;
  /** The time the run stands for; never the clock. */
  nominal: Date;
  /** Riders are claimed for this time instead: that of a fire before, of the same local time. */
  slot?: Date | undefined;
  /** The clock, which tells how late the run is; the current time by default. */
  now?: Date | undefined;
  /** Set if a run of a schedule waited for a worker. */
  delay?: Delay | undefined;
  /** What is known of the schedule's fire that started the run. */
  fire?: Fire | undefined;
  /** Stands in the occurrence instead of the nominal time. */
  key?: string | undefined;
  /** Posts are spread over this number of seconds after they are due, unless the notification has its own spread window. */
  spreadWindowS?: number | undefined;
  /** A delivery that starts more than this number of seconds after its nominal time is missed; undefined: nothing is too late. */
  catchUpWindowS?: number | undefined;
}

/** A fire of a schedule. */
export interface Fire {
  /** When Temporal started its run: what starts late after an outage of the server, or as a backfill, is to be done as it is. */
  startedAt: Date;
  /** How late it may go out, in milliseconds. */
  catchUpMs: number;
}

/** What happened to a schedule's run while it waited for a worker. */
export interface Delay {
  /** It waited longer than the schedule's catch-up window. */
  tooLate: boolean;
  /** A later fire of the schedule has a run, too. */
  superseded: boolean;
}

export interface DueTime {
  occurrence: string;
  dueAt: Date;
  /** How a clock change moved it. */
  remark?: string | undefined;
}

/** What was claimed in time has at least so long for its post, in milliseconds. */
const POST_WITHIN_MIN_MS = 60_000;

/** Rows in one insert: short enough that a post on the same thread does not wait. */
const INSERT_BATCH = 250;

/** Occurrences of one notification claimed in one transaction; a longer outage takes several. */
const OCCURRENCES_PER_CLAIM = 200;

/** How late an own recurrence may still go out by default, in milliseconds; anything older is missed. */
export const CATCH_UP_WINDOW_MS = 3_600_000;

const NEWER_INSTEAD = 'a newer one goes out instead';

/**
 * Claims every occurrence that has come by now, including those after the nominal time if the run waited for a worker.
 * Of those since the last claim the newest goes out, or all of them if the notification says so, unless they are too late;
 * the others are missed. A skipped occurrence has a row, too.
 */
export function claimOccurrences(notification: Notification, request: ClaimOrigin, rules: RulesRead = rulesRead()) {
  const { due, pause } = notification;
  if (due.kind !== 'recurrence' || due.nextDueAt === undefined) throw new Error(`${notification.id} has no recurrence`);
  const until = claimUntil(request);
  const { occurrences, next } = rules.passed(due, due.nextDueAt, until);
  const isLast = next === undefined || next.at > until;
  const newest = isLast ? occurrences.findLast((one) => skipReason(pause, one) === undefined) : undefined;
  const catchUpWindowMs = due.catchUpWindowS === undefined ? CATCH_UP_WINDOW_MS : due.catchUpWindowS * 1_000;
  const claimed = occurrences.map((one) => {
    const time = { occurrence: occurrenceKey(one), dueAt: one.at, remark: clockRemark(one) };
    const row = pendingRow(notification, time, request);
    const skipped = skipReason(pause, one);
    if (skipped !== undefined) return closedRow(row, 'skipped', skipped);
    const lateMs = until.getTime() - one.at.getTime();
    if (lateMs > catchUpWindowMs) return missedRow(row, lateMs);
    if (one !== newest && due.afterOutage === 'newest') return missedRow(row, lateMs, NEWER_INSTEAD);
    return lateRow(
      postedUntil(row, one.at, catchUpWindowMs, until),
      lateMs,
      notification.updatedAt > row.due_at ? LATE_REASONS.timesChanged : LATE_REASONS.nothingRan,
    );
  });
  return { claimed, next };
}

/** Rules as they were read: many notifications of a page share one, and reading it takes longer than claiming it. */
export type RulesRead = ReturnType<typeof rulesRead>;

export function rulesRead() {
  const rules = new Map<string, Recurrence>();
  const passedBefore = new Map<string, { occurrences: Occurrence[]; next: Occurrence | undefined }>();

  function read(due: OwnRecurrence): Recurrence {
    const key = keyOf(due);
    const known = rules.get(key) ?? recurrenceOf(due);
    rules.set(key, known);
    return known;
  }

  return {
    /** Throws for a rule or a zone that cannot be read. */
    read: (due: Due): void => {
      if (due.kind === 'recurrence') read(due);
    },

    /** The occurrences from `nextDueAt` to `until`, and the one after them. */
    passed(due: OwnRecurrence, nextDueAt: string, until: Date) {
      const key = `${nextDueAt} ${due.nextLocal} ${until.getTime()} ${keyOf(due)}`;
      const known = passedBefore.get(key);
      if (known !== undefined) return known;
      const rule = read(due);
      const passed = passedSince(rule, { at: new Date(nextDueAt), local: due.nextLocal }, until);
      passedBefore.set(key, passed);
      return passed;
    },
  };
}

/** The stored occurrence, if it has come, with those up to `until`, and the one after them. */
function passedSince(rule: Recurrence, stored: { at: Date; local: string | undefined }, until: Date) {
  const first = nextOccurrence(rule, justBefore(stored.at));
  if (stored.at > until) return { occurrences: [], next: first };
  const isOurs = first !== undefined && +first.at === +stored.at && firstLocal(first) === stored.local;
  if (stored.local === undefined || isOurs) {
    const occurrences = occurrencesBetween(rule, justBefore(stored.at), until, OCCURRENCES_PER_CLAIM);
    return { occurrences, next: nextOccurrence(rule, occurrences.at(-1)?.at ?? until) };
  }
  // A worker with newer rules of the zone found another instant for this local time: it is due all the same.
  const ours = occurrenceFrom(rule, stored.local);
  if (ours === undefined) return { occurrences: [], next: undefined };
  const others = occurrencesBetween(rule, ours.at, until, OCCURRENCES_PER_CLAIM - 1);
  return {
    occurrences: [{ ...ours, at: stored.at }, ...others],
    next: nextOccurrence(rule, (others.at(-1) ?? ours).at),
  };
}

/** Everything but what never moves an occurrence: a part that is missing here gives one notification the times of another. */
function keyOf(due: OwnRecurrence): string {
  return JSON.stringify({
    ...due,
    nextDueAt: undefined,
    nextLocal: undefined,
    afterOutage: undefined,
    catchUpWindowS: undefined,
  });
}

/** The row of a rider for a fire of its schedule: due, too late, or skipped because the rider is paused. */
export function claimRider(notification: Notification, request: ClaimOrigin): ClaimRow {
  const { nominal, delay } = request;
  const { due, pause } = notification;
  const time = timeOf(request);
  const row = pendingRow(notification, time, request);
  const paused = pausedAt(pause, time.dueAt);
  if (paused !== undefined) return closedRow(row, 'skipped', paused);
  const lateMs = claimUntil(request).getTime() - time.dueAt.getTime();
  if (delay?.tooLate === true) return missedRow(row, lateMs);
  const onlyNewest = due.kind === 'schedule' && due.afterOutage === 'newest';
  if (delay?.superseded === true && onlyNewest) return missedRow(row, lateMs, NEWER_INSTEAD);
  const { startedAt, catchUpMs } = fireOf(request);
  const bounded = postedUntil(row, later(nominal, startedAt), catchUpMs, claimUntil(request));
  return lateRow(bounded, lateMs, delay === undefined ? LATE_REASONS.caughtUp : LATE_REASONS.nothingRan);
}

/** The row of what a source gave for a fire: due, too late, or skipped because it is paused. */
export function sourceRow(
  notification: Notification,
  time: DueTime,
  { hasOwnTime, paused }: { hasOwnTime: boolean; paused: DeliveryError | undefined },
  origin: ClaimOrigin,
): ClaimRow {
  const row = pendingRow(notification, time, origin);
  if (paused !== undefined) return closedRow(row, 'skipped', paused);
  const lateMs = claimUntil(origin).getTime() - time.dueAt.getTime();
  const { due } = notification;
  const catchUpS = due.kind === 'source' ? due.catchUpWindowS : undefined;
  const catchUpMs = catchUpS === undefined ? (hasOwnTime ? CATCH_UP_WINDOW_MS : Infinity) : catchUpS * 1_000;
  if (lateMs > catchUpMs || (!hasOwnTime && origin.delay?.tooLate === true)) return missedRow(row, lateMs);
  if (!hasOwnTime && origin.delay?.superseded === true) return missedRow(row, lateMs, NEWER_INSTEAD);
  const { startedAt, catchUpMs: ofFire } = fireOf(origin);
  const from = hasOwnTime ? time.dueAt : later(time.dueAt, startedAt);
  const bounded = postedUntil(row, from, Number.isFinite(catchUpMs) ? catchUpMs : ofFire, claimUntil(origin));
  return lateRow(
    bounded,
    lateMs,
    hasOwnTime || origin.delay !== undefined ? LATE_REASONS.nothingRan : LATE_REASONS.caughtUp,
  );
}

/** The row of a chosen notification; missed if the run stands for a time too long ago. */
export function claimUnlessTooLate(notification: Notification, time: DueTime, origin: ClaimOrigin): ClaimRow {
  const row: ClaimRow = { ...pendingRow(notification, time, origin), by_hand: 1 };
  if (origin.catchUpWindowS === undefined) return row;
  const until = claimUntil(origin);
  const lateMs = until.getTime() - time.dueAt.getTime();
  const catchUpMs = origin.catchUpWindowS * 1_000;
  if (lateMs > catchUpMs) return missedRow(row, lateMs);
  return lateRow(postedUntil(row, time.dueAt, catchUpMs, until), lateMs, LATE_REASONS.nothingRan);
}

/** Up to when a run claims. A worker's clock may be behind the server's, so the nominal time always counts. */
export function claimUntil({ nominal, now = new Date() }: ClaimOrigin): Date {
  return now > nominal ? now : nominal;
}

function justBefore(instant: Date): Date {
  return new Date(instant.getTime() - 1);
}

/** The ledger's row for an occurrence: a copy of its notification, and the time from which it may be posted. */
export function pendingRow(
  notification: Notification,
  { occurrence, dueAt, remark }: DueTime,
  { dispatchId, spreadWindowS = 0 }: ClaimOrigin,
): ClaimRow {
  const { id } = notification;
  const at = new Date().toISOString();
  const spreadMs = spread(id, notification.spreadWindowS ?? spreadWindowS);
  return {
    id: deliveryId(id, occurrence),
    notification_id: id,
    occurrence,
    ...toSubject(notification),
    dispatch_id: dispatchId,
    due_at: dueAt.toISOString(),
    not_before: new Date(dueAt.getTime() + spreadMs).toISOString(),
    // In every row: SQLite takes no default for a column that only some rows of an insert have.
    by_hand: 0,
    state: 'pending',
    claimed_at: at,
    log: logLine({
      at,
      state: 'pending',
      message: `Claimed by ${dispatchId}${remark === undefined ? '' : `; ${remark}`}`,
    }),
  };
}

/** A notification's place in its spread window, in milliseconds: always the same. */
function spread(notificationId: string, spreadWindowS: number): number {
  const share = createHash('sha256').update(notificationId).digest().readUInt32BE(0) / 2 ** 32;
  return Math.floor(share * spreadWindowS * 1_000);
}

/** Without a schedule to ask, the run has only just been started. */
function fireOf(origin: ClaimOrigin): Fire {
  return origin.fire ?? { startedAt: claimUntil(origin), catchUpMs: CATCH_UP_WINDOW_MS };
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}

/** The row with the time until which its post may begin: the catch-up window, counted from the place in the spread window. */
function postedUntil(row: ClaimRow, from: Date, catchUpMs: number, now: Date): ClaimRow {
  const spreadMs = Date.parse(row.not_before) - Date.parse(row.due_at);
  const until = Math.max(from.getTime() + spreadMs + catchUpMs, now.getTime() + POST_WITHIN_MIN_MS);
  return { ...row, post_until: new Date(until).toISOString() };
}

/** Marks the row as late, unless it is only a few minutes late. */
function lateRow(row: ClaimRow, lateMs: number, reason: string): ClaimRow {
  if (lateMs <= LATE_AFTER_MS) return row;
  const message = `${minutesText(lateMs)} late: ${reason}`;
  return {
    ...row,
    late_reason: reason,
    log: row.log + logLine({ at: row.claimed_at, state: 'pending', code: 'late', message }),
  };
}

function missedRow(row: ClaimRow, lateMs: number, why?: string): ClaimRow {
  const message = `No run looked for it until ${minutesText(lateMs)} after it was due${why === undefined ? '' : `; ${why}`}`;
  return closedRow(row, 'missed', { code: 'missed', message });
}

/** A row that starts in a final state. */
export function closedRow(row: ClaimRow, state: 'missed' | 'skipped', error: DeliveryError): ClaimRow {
  return {
    ...row,
    state,
    finished_at: row.claimed_at,
    post_until: null,
    error_code: error.code,
    error_message: error.message,
    log: logLine({ at: row.claimed_at, state, ...error }),
  };
}

function minutesText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}

/** The code of a delivery whose notification cannot be read, or is not there: it fails when its report is to be made. */
const UNREADABLE = 'unreadable_notification';
const UNKNOWN = 'unknown_notification';
/** The code of a delivery for what a source gave that is no notification. */
const INVALID_ROW = 'invalid_source_row';
/** The code of the delivery that stands for a source that could not be read. */
const SOURCE_FAILED = 'source_failed';

/** Why no report can be made of a delivery; undefined where one can. */
export function unsendable(error: DeliveryError | undefined): DeliveryError | undefined {
  return error !== undefined && [UNREADABLE, UNKNOWN, INVALID_ROW, SOURCE_FAILED].includes(error.code)
    ? error
    : undefined;
}

/** The row for a notification that cannot be read. It fails by itself, with its reason, and stops no other. */
export function unreadableRow({ row, reason }: Unreadable, time: DueTime, origin: ClaimOrigin): ClaimRow {
  const message = `Notification "${row.id}" cannot be read: ${reason}`;
  const fields = { name: row.name, account: row.account, report: row.report, workspaceId: row.workspace_id };
  const channel = { id: row.channel, ...(row.channel_name !== null && { name: row.channel_name }) };
  return failingRow({ id: row.id, ...fields, channel }, { code: UNREADABLE, message }, time, origin);
}

/** The row for an id that was asked for and that no notification has. */
export function unknownRow(id: string, time: DueTime, origin: ClaimOrigin): ClaimRow {
  const error = { code: UNKNOWN, message: `There is no notification "${id}"` };
  const fields = { name: id, account: 'unknown', report: 'unknown', workspaceId: 'unknown' };
  return failingRow({ id, ...fields, channel: { id: 'unknown' } }, error, time, origin);
}

/** The row for what a source gave that is no notification. It fails by itself, with its reason, and stops no other. */
export function badSourceRow(
  row: { id: string; account: string; report: string; channel: string; reason: string },
  origin: ClaimOrigin,
): ClaimRow {
  const { id, account, report } = row;
  const fields = { name: id, account, report, workspaceId: 'unknown', channel: { id: row.channel } };
  const message = `"${id}" is not a notification: ${row.reason}`;
  return failingRow({ id, ...fields }, { code: INVALID_ROW, message }, timeOf(origin), origin);
}

/** The row that stands for a source that could not be read: it shows in the run, and in every list of failures. */
export function failedSourceRow(source: string, problem: string, origin: ClaimOrigin): ClaimRow {
  const message = `Source "${source}" could not be read, what it has due for this fire is not complete: ${problem}`;
  const fields = { name: `Source ${source}`, account: 'unknown', report: 'unknown', workspaceId: 'unknown' };
  const row = { id: `${source}:source`, ...fields, channel: { id: 'unknown' } };
  return failingRow(row, { code: SOURCE_FAILED, message }, timeOf(origin), origin);
}

/** The time of the run's riders. */
export function timeOf({ nominal, slot = nominal }: ClaimOrigin): DueTime {
  return { occurrence: occurrenceOfInstant(slot), dueAt: slot };
}

function failingRow(
  fields: Pick<Notification, 'id' | 'name' | 'account' | 'report' | 'workspaceId' | 'channel'>,
  { code, message }: DeliveryError,
  time: DueTime,
  origin: ClaimOrigin,
): ClaimRow {
  const rest = {
    params: {},
    due: { kind: 'on-demand' as const },
    tags: [],
    enabled: true,
    createdAt: '',
    updatedAt: '',
  };
  const row = pendingRow({ ...fields, ...rest }, time, origin);
  const entry = logLine({ at: row.claimed_at, state: 'pending', code, message });
  return { ...row, error_code: code, error_message: message, log: row.log + entry };
}

/** Writes the claims. A row that exists already belongs to the run that wrote it first. */
export async function insertClaims(trx: Transaction<Database>, rows: ClaimRow[]): Promise<void> {
  // Two transactions that insert in one order never wait for each other in a circle.
  const inOneOrder = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  for (let from = 0; from < rows.length; from += INSERT_BATCH) {
    await trx
      .insertInto('deliveries')
      .values(inOneOrder.slice(from, from + INSERT_BATCH))
      // Names no columns: the id and the occurrence collide together, and Postgres may report either index.
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
