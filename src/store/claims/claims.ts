import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { ClaimedDelivery, Partition } from '../../contract/dispatch.ts';
import {
  checkSelection,
  type NotificationFilter,
  type NotificationSelection,
  type Selection,
} from '../../domain/selection.ts';
import { type Notification, timezoneOf } from '../../domain/notification.ts';
import { UserError } from '../../lib/errors.ts';
import { occurrenceOfInstant, occurrenceOfKey, occurrenceOfTest } from '../../domain/occurrence.ts';
import {
  claimOccurrences,
  type ClaimOrigin,
  claimRider,
  type ClaimRow,
  claimUnlessTooLate,
  claimUntil,
  insertClaims,
  type DueTime,
  pendingRow,
  unknownRow,
  unreadableRow,
} from './claim-rows.ts';
import { TIME_RULES } from '../../domain/recurrence/recurrence.ts';
import { readNotification, selectNotifications } from '../notification-rows.ts';
import { batches, notifications } from '../notifications.ts';
import type { Pace } from '../pacing.ts';
import { countLate, type Found, numberDeliveries, planRun } from './plan.ts';
import { type Database, IS_OPEN, type NotificationRow } from '../schema.ts';
import { redriveFailed, resend, resumeParked, stalledDispatches, takeOverOrphans } from './recovery.ts';

/** Notifications claimed in one transaction: short enough that other writers don't wait. */
const CLAIM_PAGE = 500;

/** A dispatch whose open deliveries are older than this may have ended without them, in milliseconds. */
const STALLED_AFTER_MS = 2 * 60_000;

export type { Found };

export interface ClaimRequest extends ClaimOrigin {
  selection: Selection;
  /** Dispatches that have ended; their open deliveries are taken over. */
  endedRuns?: readonly string[];
}

/** Finds what is due and writes it to the ledger, one transaction a page: nothing due is ever missing from it. */
export function claims(db: Kysely<Database>, pace: Pace) {
  return {
    /**
     * Claims everything due at the nominal time and returns what this run has to deliver. A retry with the same run claims
     * nothing twice, and a delivery that another run delivers stays with that run.
     */
    async claimDue(request: ClaimRequest, onPage: () => void = () => {}): Promise<Found> {
      const { selection, dispatchId } = request;
      checkSelection(selection);
      await claimSelection(db, request, onPage);
      await planRun(db, pace, dispatchId, onPage);
      const due = await numberDeliveries(db, dispatchId);
      return { due, ...(selection.kind === 'due' ? await countLate(db, dispatchId) : { late: 0, missed: 0 }) };
    },

    /** Dispatches that may have ended without all of their deliveries; Temporal knows whether they have. */
    async stalledDispatches(): Promise<string[]> {
      return stalledDispatches(db, new Date(Date.now() - STALLED_AFTER_MS));
    },

    /** The open deliveries of a partition of the run, in the order of their times. */
    async listPartition(dispatchId: string, { from, to, step, offset }: Partition): Promise<ClaimedDelivery[]> {
      const rows = await db
        .selectFrom('deliveries')
        .select(['id', 'notification_id', 'occurrence', 'name', 'account', 'report', 'workspace_id'])
        .select(['channel', 'channel_name', 'not_before'])
        .where('dispatch_id', '=', dispatchId)
        .where('dispatch_seq', '>=', from)
        .where('dispatch_seq', '<', to)
        .where(sql`dispatch_seq % ${step}`, '=', offset)
        .where(IS_OPEN)
        .orderBy('dispatch_seq')
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

async function claimSelection(db: Kysely<Database>, request: ClaimRequest, onPage: () => void): Promise<void> {
  const { selection, dispatchId, nominal, endedRuns = [] } = request;
  switch (selection.kind) {
    case 'due':
      if (selection.schedule !== null) await claimRiders(db, selection.schedule, request, onPage);
      await claimRecurring(db, request, onPage);
      return takeOverOrphans(db, endedRuns, dispatchId);
    case 'all':
    case 'notifications':
    case 'matching':
      await claimChosen(db, selection, request, onPage);
      return takeOverOrphans(db, endedRuns, dispatchId);
    case 'parked':
      return resumeParked(db, selection, dispatchId, nominal);
    case 'failed':
      return redriveFailed(db, selection.which, dispatchId);
    case 'delivery':
      return resend(db, selection, dispatchId, nominal);
    case 'test':
      return claimTest(db, selection, request);
  }
}

async function claimRiders(
  db: Kysely<Database>,
  schedule: string,
  origin: ClaimOrigin,
  onPage: () => void,
): Promise<void> {
  const time = { occurrence: occurrenceOfInstant(origin.nominal), dueAt: origin.nominal };
  await claimMatching(
    db,
    { schedule },
    claimerOf(time, origin, (rider) => claimRider(rider, origin)),
    onPage,
  );
}

async function claimChosen(
  db: Kysely<Database>,
  selection: NotificationSelection,
  origin: ClaimOrigin,
  onPage: () => void,
): Promise<void> {
  const { key, nominal } = origin;
  const time = { occurrence: key === undefined ? occurrenceOfInstant(nominal) : occurrenceOfKey(key), dueAt: nominal };
  const toClaim = claimerOf(time, origin, (notification) => claimUnlessTooLate(notification, time, origin));
  const { ids, ...filter } = filterOf(selection);
  if (ids === undefined) return claimMatching(db, filter, toClaim, onPage);
  for (const some of batches([...new Set(ids)].toSorted())) {
    await claimMatching(db, { ...filter, ids: some }, toClaim, onPage);
    const known = await notifications(db).existing(some);
    const unknown = some.filter((id) => !known.has(id)).map((id) => unknownRow(id, time, origin));
    // Where it was sent, or missed, before it was removed, its row is there.
    await db.transaction().execute((trx) => insertClaims(trx, unknown));
    onPage();
  }
}

type Claimer = (row: Selectable<NotificationRow>) => ClaimRow;

/** Claims a row by `toClaim`; one that cannot be read gets a delivery that fails with the reason. */
function claimerOf(time: DueTime, origin: ClaimOrigin, toClaim: (notification: Notification) => ClaimRow): Claimer {
  return (row) => {
    const read = readNotification(row);
    return read.kind === 'readable' ? toClaim(read.notification) : unreadableRow(read, time, origin);
  };
}

function filterOf(selection: NotificationSelection): NotificationFilter {
  switch (selection.kind) {
    case 'all':
      return {};
    case 'notifications':
      return { ids: selection.ids };
    case 'matching':
      return selection.filter;
  }
}

/** Claims the enabled notifications that match, a page a transaction. */
async function claimMatching(
  db: Kysely<Database>,
  filter: NotificationFilter,
  toClaim: Claimer,
  onPage: () => void,
): Promise<void> {
  for (let after = ''; ;) {
    const last = await db.transaction().execute(async (trx) => {
      let query = selectNotifications(trx, filter).selectAll().where('enabled', '=', 1).where('id', '>', after);
      // A one-off waits for its own time: only its id sends it before that.
      if (filter.ids === undefined) query = query.where('one_off', '=', 0);
      const page = await query.orderBy('id').limit(CLAIM_PAGE).execute();
      const rows = page.map(toClaim);
      await insertClaims(trx, rows);
      await removeMissedOneOffs(trx, rows);
      return page.length === CLAIM_PAGE ? page.at(-1)?.id : undefined;
    });
    onPage();
    if (last === undefined) return;
    after = last;
  }
}

/** A one-off that came too late will never be sent by itself; the ledger has all that a resend needs. */
async function removeMissedOneOffs(trx: Kysely<Database>, rows: readonly ClaimRow[]): Promise<void> {
  const ids = rows.filter(({ state }) => state === 'missed').map((row) => row.notification_id);
  if (ids.length === 0) return;
  await trx.deleteFrom('notifications').where('one_off', '=', 1).where('id', 'in', ids).execute();
}

/**
 * The claim and the move to the next occurrence are one transaction: none is lost between them or claimed twice. A
 * notification that cannot be read stays where it is, with a delivery that says so, until someone corrects it.
 */
async function claimRecurring(db: Kysely<Database>, request: ClaimOrigin, onPage: () => void): Promise<void> {
  // One with more occurrences than a claim takes is due again at once.
  while (await claimEachRecurring(db, request, onPage));
}

/** Goes through all that is due, once. False if nothing was left to claim. */
async function claimEachRecurring(db: Kysely<Database>, request: ClaimOrigin, onPage: () => void): Promise<boolean> {
  let moved = false;
  for (let after = { next_due_at: '', id: '' }; ;) {
    const page = await db.transaction().execute((trx) => claimRecurringPage(trx, request, after));
    onPage();
    moved ||= page.moved;
    if (page.last === undefined) return moved;
    after = page.last;
  }
}

async function claimRecurringPage(
  trx: Transaction<Database>,
  request: ClaimOrigin,
  after: { next_due_at: string; id: string },
) {
  const due = await trx
    .selectFrom('notifications')
    .selectAll()
    .where('enabled', '=', 1)
    .where('next_due_at', '<=', claimUntil(request).toISOString())
    .where('next_due_at', '>=', after.next_due_at)
    .where((eb) => eb.or([eb('next_due_at', '>', after.next_due_at), eb('id', '>', after.id)]))
    .orderBy('next_due_at')
    .orderBy('id')
    .limit(CLAIM_PAGE)
    .execute();
  const rows: ClaimRow[] = [];
  let moved = false;
  for (const row of due) {
    const dueAt = row.next_due_at ?? '';
    const read = readNotification(row);
    if (read.kind === 'unreadable') {
      const nominal = new Date(dueAt);
      rows.push(unreadableRow(read, { occurrence: occurrenceOfInstant(nominal), dueAt: nominal }, request));
      continue;
    }
    const { claimed, nextDueAt } = claimOccurrences(read.notification, request);
    const { numUpdatedRows } = await trx
      .updateTable('notifications')
      .set({ next_due_at: nextDueAt, due_by: TIME_RULES })
      .where('id', '=', row.id)
      // If another run claimed it meanwhile, or its times changed, these occurrences are not this run's.
      .where('next_due_at', '=', dueAt)
      .where('updated_at', '=', row.updated_at)
      .executeTakeFirst();
    moved = true;
    if (numUpdatedRows > 0n) rows.push(...claimed);
  }
  await insertClaims(trx, rows);
  const last = due.length === CLAIM_PAGE ? due.at(-1) : undefined;
  return { moved, last: last && { next_due_at: last.next_due_at ?? '', id: last.id } };
}

/**
 * Claims a notification's report, now, for another channel of its workspace. Does nothing if there is no such notification,
 * or if the same run has claimed it before.
 */
async function claimTest(
  db: Kysely<Database>,
  { notificationId, channel }: { notificationId: string; channel: string },
  origin: ClaimOrigin,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const row = await trx.selectFrom('notifications').selectAll().where('id', '=', notificationId).executeTakeFirst();
    if (row === undefined) return;
    const { nominal } = origin;
    const read = readNotification(row);
    if (read.kind === 'unreadable') {
      throw UserError.failure(
        'unreadable_notification',
        `Notification "${notificationId}" cannot be read: ${read.reason}`,
      );
    }
    const found = read.notification;
    const tested = { ...found, name: `Test of ${found.name}`, channel: { id: channel }, spreadWindowS: 0 };
    const occurrence = occurrenceOfTest(channel, nominal, timezoneOf(found.due) ?? null);
    await insertClaims(trx, [pendingRow(tested, { occurrence, dueAt: nominal }, origin)]);
  });
}
