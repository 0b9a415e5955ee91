import type { Insertable, Kysely, Transaction } from 'kysely';
import { deliveryId, occurrenceOfInstant } from '../occurrence.ts';
import { nextSlot, occurrenceKey, parseRecurrence, slotsBetween } from '../recurrence.ts';
import { logLine } from './ledger.ts';
import type { Notification } from './notifications.ts';
import type { Database, DeliveryRow } from './schema.ts';
import {
  adoptOrphans,
  redriveFailed,
  type Redrive,
  resend,
  type Resend,
  type Resume,
  resumeParked,
} from './second-chances.ts';

/** Notifications claimed in one transaction: short enough that another writer does not wait. */
const CLAIM_PAGE = 500;

/** Slots of one notification looked at in one transaction; a longer outage takes several. */
const SLOTS_PER_CLAIM = 1_000;

/** How late a slot of an own recurrence may still go out, in milliseconds; an older one is recorded as missed. */
const CATCH_UP_WINDOW_MS = 3_600_000;

/** An open delivery claimed so long ago has lost its run, in milliseconds; it is taken over by the next tick. */
const ORPHAN_AGE_MS = 15 * 60_000;

/** What a run is for. The first two kinds take along the notifications whose own recurrence has come due. */
export type Selection =
  /** A tick: those that ride the schedule; null where no schedule started the run. */
  | { schedule: string | null }
  /** Asked for by somebody, due or not. */
  | { notifications: string[] | 'all' }
  | { resume: Resume }
  | { redrive: Redrive }
  | { resend: Resend };

export interface ClaimRequest {
  /** Workflow id of the dispatch; the claimed deliveries carry it. */
  runId: string;
  /** The time the run stands for; never the clock. */
  nominal: Date;
  selection: Selection;
}

/** A claimed delivery, as the parent workflow needs it. */
export interface ClaimedDelivery {
  id: string;
  notificationId: string;
  occurrence: string;
  name: string;
  channel: string;
}

/** Finding what is due and writing it down, in one transaction a page: nothing due is ever missing from the ledger. */
export function claims(db: Kysely<Database>) {
  return {
    /**
     * Claims everything due at the nominal time and returns how many deliveries this run has to see to. Asked again
     * with the same run it claims nothing twice, and a delivery that another run delivers stays with that one.
     */
    async claimDue(request: ClaimRequest, onPage: () => void = () => {}): Promise<number> {
      const { selection, runId, nominal } = request;
      if ('resume' in selection) await resumeParked(db, selection.resume, runId, nominal);
      else if ('redrive' in selection) await redriveFailed(db, selection.redrive, runId);
      else if ('resend' in selection) await resend(db, selection.resend, runId, nominal);
      else {
        await claimSelected(db, request, selection, onPage);
        await claimRecurring(db, request, onPage);
        if ('schedule' in selection) await adoptOrphans(db, runId, new Date(Date.now() - ORPHAN_AGE_MS));
      }
      const { count } = await db
        .selectFrom('deliveries')
        .select((eb) => eb.fn.countAll<number | string>().as('count'))
        .where('run_id', '=', request.runId)
        .where('state', 'in', ['pending', 'posting'])
        .executeTakeFirstOrThrow();
      return Number(count);
    },

    /** The run's open deliveries after `after`, in the order of their ids. */
    async page(runId: string, after: string, limit: number): Promise<ClaimedDelivery[]> {
      const rows = await db
        .selectFrom('deliveries')
        .select(['id', 'notification_id', 'occurrence', 'name', 'channel', 'channel_name'])
        .where('run_id', '=', runId)
        .where('id', '>', after)
        .where('state', 'in', ['pending', 'posting'])
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        notificationId: row.notification_id,
        occurrence: row.occurrence,
        name: row.name,
        channel: row.channel_name ?? row.channel,
      }));
    },
  };
}

async function claimSelected(
  db: Kysely<Database>,
  { nominal, runId }: ClaimRequest,
  selection: { schedule: string | null } | { notifications: string[] | 'all' },
  onPage: () => void,
): Promise<void> {
  if ('schedule' in selection && selection.schedule === null) return;
  const occurrence = occurrenceOfInstant(nominal);
  for (let after = ''; ;) {
    const last = await db.transaction().execute(async (trx) => {
      let query = trx.selectFrom('notifications').selectAll().where('enabled', '=', 1).where('id', '>', after);
      if ('schedule' in selection) query = query.where('schedule_id', '=', selection.schedule);
      else if (selection.notifications !== 'all') query = query.where('id', 'in', selection.notifications);
      const due = await query.orderBy('id').limit(CLAIM_PAGE).execute();
      await insertClaims(
        trx,
        due.map((notification) => claim(notification, occurrence, nominal, runId)),
      );
      return due.length === CLAIM_PAGE ? due.at(-1)?.id : undefined;
    });
    onPage();
    if (last === undefined) return;
    after = last;
  }
}

/** The claim and the move to the next slot are one transaction: a slot is neither lost between them nor claimed twice. */
async function claimRecurring(db: Kysely<Database>, request: ClaimRequest, onPage: () => void): Promise<void> {
  for (;;) {
    const found = await db.transaction().execute(async (trx) => {
      const due = await trx
        .selectFrom('notifications')
        .selectAll()
        .where('enabled', '=', 1)
        .where('next_due_at', '<=', request.nominal.toISOString())
        .orderBy('next_due_at')
        .orderBy('id')
        .limit(CLAIM_PAGE)
        .execute();
      const rows: Insertable<DeliveryRow>[] = [];
      for (const notification of due) {
        const { claimed, nextDueAt } = claimSlots(notification, request);
        rows.push(...claimed);
        await trx
          .updateTable('notifications')
          .set({ next_due_at: nextDueAt })
          .where('id', '=', notification.id)
          // Another run may have moved it on meanwhile, or somebody changed its recurrence.
          .where('next_due_at', '=', notification.next_due_at)
          .execute();
      }
      await insertClaims(trx, rows);
      return due.length;
    });
    onPage();
    if (found === 0) return;
  }
}

/** Of the slots passed since the last claim the newest goes out, where it is not too late; the others are missed. */
function claimSlots(notification: Notification, request: ClaimRequest) {
  const { cron, timezone, next_due_at: since } = notification;
  if (cron === null || timezone === null || since === null) throw new Error(`${notification.id} has no recurrence`);
  const recurrence = parseRecurrence({ cron, timezone });
  const slots = slotsBetween(recurrence, justBefore(since), request.nominal, SLOTS_PER_CLAIM);
  const newest = slots.at(-1);
  const next = nextSlot(recurrence, newest?.at ?? request.nominal);
  const isLast = next === undefined || next.at > request.nominal;
  const claimed = slots.map((slot) => {
    const late = request.nominal.getTime() - slot.at.getTime();
    const row = claim(notification, occurrenceKey(slot), slot.at, request.runId);
    return isLast && slot === newest && late <= CATCH_UP_WINDOW_MS ? row : missed(row, late);
  });
  return { claimed, nextDueAt: next?.at.toISOString() ?? null };
}

function justBefore(instant: string): Date {
  return new Date(new Date(instant).getTime() - 1);
}

function claim(notification: Notification, occurrence: string, dueAt: Date, runId: string): Insertable<DeliveryRow> {
  const { id, name, account, report, params, workspace_id, channel, channel_name } = notification;
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
    state: 'pending',
    claimed_at: at,
    log: logLine({ at, state: 'pending', message: `Claimed by ${runId}` }),
  };
}

function missed(row: Insertable<DeliveryRow>, lateMs: number): Insertable<DeliveryRow> {
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

/** The unique occurrence decides a race: a row that is there already belongs to the run that wrote it first. */
async function insertClaims(trx: Transaction<Database>, rows: Insertable<DeliveryRow>[]): Promise<void> {
  for (let from = 0; from < rows.length; from += CLAIM_PAGE) {
    await trx
      .insertInto('deliveries')
      .values(rows.slice(from, from + CLAIM_PAGE))
      .onConflict((conflict) => conflict.columns(['notification_id', 'occurrence']).doNothing())
      .execute();
  }
}
