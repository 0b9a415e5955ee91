import { createHash } from 'node:crypto';
import type { Insertable, Transaction } from 'kysely';
import { deliveryId } from '../occurrence.ts';
import { nextSlot, occurrenceKey, parseRecurrence, slotsBetween } from '../recurrence.ts';
import { logLine } from './ledger.ts';
import type { Notification } from './notifications.ts';
import type { Database, DeliveryRow } from './schema.ts';

export type ClaimRow = Insertable<DeliveryRow>;

/** Whom a claim is for. */
export interface ClaimOrigin {
  /** Workflow id of the dispatch. */
  runId: string;
  /** The time the run stands for; never the clock. */
  nominal: Date;
  /** Stands in the occurrence instead of the nominal time. */
  key?: string | undefined;
  /** Posts are spread over so many seconds after they are due, where the notification has no window of its own. */
  windowS?: number | undefined;
  /** What begins later than so many seconds after the nominal time is missed; nothing where it is not said. */
  catchUpS?: number | undefined;
}

interface Due {
  occurrence: string;
  dueAt: Date;
}

/** Rows in one insert: 23 columns each, and SQLite takes 32,766 parameters a statement (sqlite.org/limits.html). */
const INSERT_BATCH = 500;

/** Slots of one notification looked at in one transaction; a longer outage takes several. */
const SLOTS_PER_CLAIM = 1_000;

/** How late a slot of an own recurrence may still go out, in milliseconds; an older one is recorded as missed. */
const CATCH_UP_WINDOW_MS = 3_600_000;

/** Of the slots passed since the last claim the newest goes out, where it is not too late; the others are missed. */
export function claimSlots(notification: Notification, request: ClaimOrigin) {
  const { cron, timezone, next_due_at: since } = notification;
  if (cron === null || timezone === null || since === null) throw new Error(`${notification.id} has no recurrence`);
  const recurrence = parseRecurrence({ cron, timezone });
  const slots = slotsBetween(recurrence, justBefore(since), request.nominal, SLOTS_PER_CLAIM);
  const newest = slots.at(-1);
  const next = nextSlot(recurrence, newest?.at ?? request.nominal);
  const isLast = next === undefined || next.at > request.nominal;
  const claimed = slots.map((slot) => {
    const late = request.nominal.getTime() - slot.at.getTime();
    const row = claim(notification, { occurrence: occurrenceKey(slot), dueAt: slot.at }, request);
    return isLast && slot === newest && late <= CATCH_UP_WINDOW_MS ? row : missed(row, late);
  });
  return { claimed, nextDueAt: next?.at.toISOString() ?? null };
}

function justBefore(instant: string): Date {
  return new Date(new Date(instant).getTime() - 1);
}

/** The ledger's row for an occurrence, with what it needs of its notification, and the time from which it may be posted. */
export function claim(
  notification: Notification,
  { occurrence, dueAt }: Due,
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
    log: logLine({ at, state: 'pending', message: `Claimed by ${runId}` }),
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
  const late = Date.now() - due.dueAt.getTime();
  return late > (origin.catchUpS ?? Infinity) * 1_000 ? missed(row, late) : row;
}

function missed(row: ClaimRow, lateMs: number): ClaimRow {
  const error = {
    code: 'missed',
    message: `No run looked for it until ${Math.round(lateMs / 60_000)} minutes after it was due`,
  };
  return {
    ...row,
    state: 'missed',
    finished_at: row.claimed_at,
    error_code: error.code,
    error_message: error.message,
    log: logLine({ at: row.claimed_at, state: 'missed', ...error }),
  };
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
