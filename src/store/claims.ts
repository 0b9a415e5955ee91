import { type Kysely, sql } from 'kysely';
import type { ClaimedDelivery, Partition } from '../contract/dispatch.ts';
import { occurrenceOfInstant, occurrenceOfKey } from '../occurrence.ts';
import {
  claimInTime,
  claimRide,
  type ClaimOrigin,
  type ClaimRow,
  claimSlots,
  claimUntil,
  insertClaims,
} from './claim-rows.ts';
import { type NotificationFilter, selectNotifications } from './notification-filter.ts';
import type { Pace } from './pacing.ts';
import { countLate, type Found } from './run-counts.ts';
import { number, planRun } from './run-plan.ts';
import { type Database, IS_OPEN } from './schema.ts';
import {
  adopt,
  redriveFailed,
  type Redrive,
  resend,
  type Resend,
  type Resume,
  resumeParked,
  runsWithOldClaims,
} from './second-chances.ts';
import { claimTest, type Test } from './test-claim.ts';

/** Notifications claimed in one transaction: short enough that another writer does not wait. */
const CLAIM_PAGE = 500;

/** A run whose open deliveries are older than this may have ended without them, in milliseconds. */
const OLD_CLAIM_MS = 2 * 60_000;

export type { Found };

/** What a run is for. */
export type Selection =
  /**
   * A tick: those that ride the schedule (null where no schedule started the run), and those whose own recurrence has come
   * due by now.
   */
  | { schedule: string | null }
  /** Asked for by somebody, due or not, and nothing else: the ids, or all that fit. */
  | { notifications: string[] | 'all' }
  | { matching: NotificationFilter }
  | { resume: Resume }
  | { redrive: Redrive }
  | { resend: Resend }
  | { test: Test };

/** The kinds that choose notifications; the others choose deliveries. */
type Choice = Extract<Selection, { schedule: unknown } | { notifications: unknown } | { matching: unknown }>;

export interface ClaimRequest extends ClaimOrigin {
  selection: Selection;
  /** Runs that have ended; what they left open is taken over. */
  endedRuns?: readonly string[];
}

/** Finding what is due and writing it down, in one transaction a page: nothing due is ever missing from the ledger. */
export function claims(db: Kysely<Database>, pace: Pace) {
  return {
    /**
     * Claims everything due at the nominal time and returns what this run has to see to. Asked again
     * with the same run it claims nothing twice, and a delivery that another run delivers stays with that one.
     */
    async claimDue(request: ClaimRequest, onPage: () => void = () => {}): Promise<Found> {
      const { selection, runId, nominal } = request;
      if ('resume' in selection) await resumeParked(db, selection.resume, runId, nominal);
      else if ('redrive' in selection) await redriveFailed(db, selection.redrive, runId);
      else if ('resend' in selection) await resend(db, selection.resend, runId, nominal);
      else if ('test' in selection) await claimTest(db, selection.test, request);
      else {
        await claimSelected(db, request, selection, onPage);
        if ('schedule' in selection) await claimRecurring(db, request, onPage);
        await adopt(db, request.endedRuns ?? [], runId);
      }
      await planRun(db, pace, runId, onPage);
      const due = await number(db, runId);
      return { due, ...('schedule' in selection ? await countLate(db, runId) : { late: 0, missed: 0 }) };
    },

    /** Runs that may have ended without all of their deliveries; Temporal knows whether they have. */
    async doubtfulRuns(): Promise<string[]> {
      return runsWithOldClaims(db, new Date(Date.now() - OLD_CLAIM_MS));
    },

    /** The open deliveries of a partition of the run, in the order of their times. */
    async listPartition(runId: string, { from, to, step, offset }: Partition): Promise<ClaimedDelivery[]> {
      const rows = await db
        .selectFrom('deliveries')
        .select(['id', 'notification_id', 'occurrence', 'name', 'account', 'report', 'workspace_id'])
        .select(['channel', 'channel_name', 'not_before'])
        .where('run_id', '=', runId)
        .where('run_seq', '>=', from)
        .where('run_seq', '<', to)
        .where(sql`run_seq % ${step}`, '=', offset)
        .where(IS_OPEN)
        .orderBy('run_seq')
        .execute();
      return rows.map((row) => ({
        id: row.id,
        notificationId: row.notification_id,
        occurrence: row.occurrence,
        name: row.name,
        account: row.account,
        report: row.report,
        workspaceId: row.workspace_id,
        channel: row.channel_name ?? row.channel,
        channelId: row.channel,
        notBefore: row.not_before,
      }));
    },
  };
}

async function claimSelected(
  db: Kysely<Database>,
  origin: ClaimOrigin,
  selection: Choice,
  onPage: () => void,
): Promise<void> {
  const chosen = chosenBy(selection);
  if (chosen === undefined) return;
  const { key, nominal } = origin;
  const due = { occurrence: key === undefined ? occurrenceOfInstant(nominal) : occurrenceOfKey(key), dueAt: nominal };
  const rides = 'schedule' in selection;
  for (let after = ''; ;) {
    const last = await db.transaction().execute(async (trx) => {
      let query = selectNotifications(trx, chosen).selectAll().where('enabled', '=', 1).where('id', '>', after);
      // What waits for its own time is sent before it only by name.
      if (chosen.ids === undefined) query = query.where('one_off', '=', 0);
      const page = await query.orderBy('id').limit(CLAIM_PAGE).execute();
      const rows = page.map((notification) =>
        rides ? claimRide(notification, origin) : claimInTime(notification, due, origin),
      );
      await insertClaims(trx, rows);
      await takeAwayMissed(trx, rows);
      return page.length === CLAIM_PAGE ? page.at(-1)?.id : undefined;
    });
    onPage();
    if (last === undefined) return;
    after = last;
  }
}

/** A one-off that came too late has had its time; the ledger has what it needs to be sent again. */
async function takeAwayMissed(trx: Kysely<Database>, rows: readonly ClaimRow[]): Promise<void> {
  const ids = rows.filter(({ state }) => state === 'missed').map((row) => row.notification_id);
  if (ids.length === 0) return;
  await trx.deleteFrom('notifications').where('one_off', '=', 1).where('id', 'in', ids).execute();
}

/** Undefined where nothing is chosen. */
function chosenBy(selection: Choice): NotificationFilter | undefined {
  if ('matching' in selection) return selection.matching;
  if ('schedule' in selection) return selection.schedule === null ? undefined : { schedule: selection.schedule };
  if (selection.notifications === 'all') return {};
  return selection.notifications.length === 0 ? undefined : { ids: selection.notifications };
}

/** The claim and the move to the next slot are one transaction: a slot is neither lost between them nor claimed twice. */
async function claimRecurring(db: Kysely<Database>, request: ClaimOrigin, onPage: () => void): Promise<void> {
  const until = claimUntil(request).toISOString();
  for (;;) {
    const found = await db.transaction().execute(async (trx) => {
      const due = await trx
        .selectFrom('notifications')
        .selectAll()
        .where('enabled', '=', 1)
        .where('next_due_at', '<=', until)
        .orderBy('next_due_at')
        .orderBy('id')
        .limit(CLAIM_PAGE)
        .execute();
      const rows: ClaimRow[] = [];
      for (const notification of due) {
        const { claimed, nextDueAt } = claimSlots(notification, request);
        const { numUpdatedRows } = await trx
          .updateTable('notifications')
          .set({ next_due_at: nextDueAt })
          .where('id', '=', notification.id)
          // Another run may have moved it on meanwhile, or somebody changed its recurrence: then these slots are not its own.
          .where('next_due_at', '=', notification.next_due_at)
          .where('updated_at', '=', notification.updated_at)
          .executeTakeFirst();
        if (numUpdatedRows > 0n) rows.push(...claimed);
      }
      await insertClaims(trx, rows);
      return due.length;
    });
    onPage();
    if (found === 0) return;
  }
}
