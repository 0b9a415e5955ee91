import { createHash } from 'node:crypto';
import type { Insertable, Transaction } from 'kysely';
import { deliveryId, occurrenceOfInstant } from '../occurrence.ts';
import { nextOccurrence, occurrenceKey, occurrencesBetween } from '../recurrence.ts';
import { type DeliveryError, logLine } from './delivery-log.ts';
import type { Notification } from './notifications.ts';
import type { Database, DeliveryRow } from './schema.ts';
import { clockRemark, pauseOf, recurrenceOf, skipOf } from './slots.ts';

export type ClaimRow = Insertable<DeliveryRow>;

/** Whom a claim is for. */
export interface ClaimOrigin {
  /** Workflow id of the dispatch. */
  runId: string;
  /** The time the run stands for; never the clock. */
  nominal: Date;
  /** The clock: how late it has become. Without it, that of now. */
  now?: Date | undefined;
  /** Set where a run of a schedule waited for a worker. */
  delay?: Delay | undefined;
  /** Stands in the occurrence instead of the nominal time. */
  key?: string | undefined;
  /** Posts are spread over so many seconds after they are due, where the notification has no window of its own. */
  windowS?: number | undefined;
  /** What begins later than so many seconds after the nominal time is missed; nothing where it is not said. */
  catchUpS?: number | undefined;
}

/** What became of a schedule's run while it waited for a worker. */
export interface Delay {
  /** It waited for longer than the schedule's catch-up window. */
  tooLate: boolean;
  /** A later fire of the schedule has a run, too. */
  superseded: boolean;
}

interface Due {
  occurrence: string;
  dueAt: Date;
  /** What the clock made of it. */
  remark?: string | undefined;
}

/** Rows in one insert: 24 columns each, and SQLite takes 32,766 parameters a statement (sqlite.org/limits.html). */
const INSERT_BATCH = 500;

/** Slots of one notification looked at in one transaction; a longer outage takes several. */
const SLOTS_PER_CLAIM = 1_000;

/** How late a slot of an own recurrence may still go out where it does not say, in milliseconds; an older one is missed. */
export const CATCH_UP_MS = 3_600_000;

/** What is claimed later than this after it was due is marked late, in milliseconds. */
export const LATE_AFTER_MS = 5 * 60_000;

const NOTHING_RAN = 'nothing was running';

/**
 * Everything that has come due by now is claimed, also what came after the nominal time while the run waited for a worker.
 * Of the slots passed since the last claim the newest goes out, or all where it says so, if it is not too late; the others
 * are missed. A slot to skip has its row, too.
 */
export function claimSlots(notification: Notification, request: ClaimOrigin) {
  const recurrence = recurrenceOf(notification);
  const { next_due_at: since, catch_up_s, catch_up_all } = notification;
  if (recurrence === undefined || since === null) throw new Error(`${notification.id} has no recurrence`);
  const until = claimUntil(request);
  const slots = occurrencesBetween(recurrence, justBefore(since), until, SLOTS_PER_CLAIM);
  const next = nextOccurrence(recurrence, slots.at(-1)?.at ?? until);
  const isLast = next === undefined || next.at > until;
  const newest = isLast ? slots.findLast((slot) => skipOf(notification, slot) === undefined) : undefined;
  const catchUpMs = catch_up_s === null ? CATCH_UP_MS : catch_up_s * 1_000;
  const claimed = slots.map((slot) => {
    const remark = clockRemark(slot);
    const row = claim(notification, { occurrence: occurrenceKey(slot), dueAt: slot.at, remark }, request);
    const skipped = skipOf(notification, slot);
    if (skipped !== undefined) return ended(row, 'skipped', skipped);
    const lateMs = until.getTime() - slot.at.getTime();
    if (lateMs > catchUpMs) return missed(row, lateMs);
    if (slot !== newest && catch_up_all === 0) return missed(row, lateMs, 'a newer one goes out instead');
    return markLate(
      row,
      lateMs,
      notification.updated_at > row.due_at ? 'its times were changed after that' : NOTHING_RAN,
    );
  });
  return { claimed, nextDueAt: next?.at.toISOString() ?? null };
}

/** What a fire of its schedule is for a rider: due, too late, or skipped because the rider is paused. */
export function claimRide(notification: Notification, request: ClaimOrigin): ClaimRow {
  const { nominal, delay } = request;
  const row = claim(notification, { occurrence: occurrenceOfInstant(nominal), dueAt: nominal }, request);
  const paused = pauseOf(notification, nominal);
  if (paused !== undefined) return ended(row, 'skipped', paused);
  const lateMs = claimUntil(request).getTime() - nominal.getTime();
  if (delay?.tooLate === true) return missed(row, lateMs);
  if (delay?.superseded === true && notification.catch_up_all === 0) {
    return missed(row, lateMs, 'a newer one goes out instead');
  }
  return markLate(row, lateMs, delay === undefined ? 'caught up or backfilled' : NOTHING_RAN);
}

/** A worker's clock may be behind the server's. */
export function claimUntil({ nominal, now = new Date() }: ClaimOrigin): Date {
  return now > nominal ? now : nominal;
}

function justBefore(instant: string): Date {
  return new Date(new Date(instant).getTime() - 1);
}

/** The ledger's row for an occurrence, with what it needs of its notification, and the time from which it may be posted. */
export function claim(
  notification: Notification,
  { occurrence, dueAt, remark }: Due,
  { runId, windowS }: ClaimOrigin,
): ClaimRow {
  const { id, name, account, report, params, workspace_id, channel, channel_name, window_s } = notification;
  const at = new Date().toISOString();
  return {
    id: deliveryId(id, occurrence),
    notification_id: id,
    occurrence,
    name,
    account,
    report,
    params,
    workspace_id,
    channel,
    channel_name,
    run_id: runId,
    due_at: dueAt.toISOString(),
    not_before: new Date(dueAt.getTime() + spread(id, window_s ?? windowS ?? 0)).toISOString(),
    state: 'pending',
    claimed_at: at,
    log: logLine({ at, state: 'pending', message: `Claimed by ${runId}${remark === undefined ? '' : `; ${remark}`}` }),
  };
}

/** Where in a window of so many seconds a notification has its place: always the same, in milliseconds. */
function spread(notificationId: string, windowS: number): number {
  const share = createHash('sha256').update(notificationId).digest().readUInt32BE(0) / 2 ** 32;
  return Math.floor(share * windowS * 1_000);
}

/** Missed where the run stands for a time that is too long ago to be of use. */
export function claimInTime(notification: Notification, due: Due, origin: ClaimOrigin): ClaimRow {
  const row = claim(notification, due, origin);
  if (origin.catchUpS === undefined) return row;
  const lateMs = claimUntil(origin).getTime() - due.dueAt.getTime();
  return lateMs > origin.catchUpS * 1_000 ? missed(row, lateMs) : markLate(row, lateMs, NOTHING_RAN);
}

/** As it is, unless it is later than a few minutes. */
function markLate(row: ClaimRow, lateMs: number, reason: string): ClaimRow {
  if (lateMs <= LATE_AFTER_MS) return row;
  const message = `${minutesText(lateMs)} late: ${reason}`;
  return {
    ...row,
    late_reason: reason,
    log: row.log + logLine({ at: row.claimed_at, state: 'pending', code: 'late', message }),
  };
}

function missed(row: ClaimRow, lateMs: number, why?: string): ClaimRow {
  const message = `No run looked for it until ${minutesText(lateMs)} after it was due${why === undefined ? '' : `; ${why}`}`;
  return ended(row, 'missed', { code: 'missed', message });
}

/** A row that ends as it begins. */
export function ended(row: ClaimRow, state: 'missed' | 'skipped', error: DeliveryError): ClaimRow {
  return {
    ...row,
    state,
    finished_at: row.claimed_at,
    error_code: error.code,
    error_message: error.message,
    log: logLine({ at: row.claimed_at, state, ...error }),
  };
}

function minutesText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}

/** Writes the claims. The unique occurrence decides a race: a row that is there already belongs to the run that wrote it first. */
export async function insertClaims(trx: Transaction<Database>, rows: ClaimRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += INSERT_BATCH) {
    await trx
      .insertInto('deliveries')
      .values(rows.slice(from, from + INSERT_BATCH))
      .onConflict((conflict) => conflict.columns(['notification_id', 'occurrence']).doNothing())
      .execute();
  }
}
