import { type Kysely, sql } from 'kysely';
import {
  REVIVE_WITHIN_MS,
  type RevivalSelection,
  type Selection,
  type UnconfirmedFilter,
} from '../../domain/selection.ts';
import { deliveryId, LIKE_KEYED, LIKE_TEST, occurrenceOfResend } from '../../domain/occurrence.ts';
import { LATE_AFTER_MS, LATE_REASONS } from '../../domain/still-due.ts';
import { type DeliveryFilter, selectReports } from '../ledger/delivery-list.ts';
import { logLine } from '../ledger/delivery-rows.ts';
import { ledger } from '../ledger/ledger.ts';
import { batches } from '../notifications.ts';
import { parking } from '../parking.ts';
import type { OnPage } from './plan.ts';
import { type Database, IS_OPEN } from '../schema.ts';

/** Deliveries moved in one transaction: short enough that a post on the same thread does not wait. */
const PAGE = 100;
/** Deliveries taken over in one statement. */
const TAKEN_OVER = 250;

/** What a run that revives deliveries does with them. */
export interface Revivals {
  /** Go out. */
  sent: number;
  /** Recorded as missed: older occurrences, and parked ones that are too old. */
  missed: number;
  /** Failed ones that are too old: they stay as they are. */
  left: number;
}

/** Why a revived delivery is late, for readers of its channel. */
const LATE = { parked: LATE_REASONS.heldUp, failed: LATE_REASONS.failedFirst } as const;

const NEWER_INSTEAD = { code: 'newer_sent', message: 'A newer occurrence of its notification is sent instead' };

/** Revives parked deliveries; those due too long ago are recorded as missed. */
export async function resumeParked(
  db: Kysely<Database>,
  selection: Extract<Selection, { kind: 'parked' }>,
  dispatchId: string,
  now: Date,
  onPage: OnPage,
): Promise<void> {
  await parking(db).release(selection.owner.kind, selection.owner.id);
  await revive(db, selection, { dispatchId, now }, onPage);
}

/** Revives failed deliveries; those due too long ago stay failed. */
export async function redriveFailed(
  db: Kysely<Database>,
  selection: Extract<Selection, { kind: 'failed' }>,
  dispatchId: string,
  now: Date,
  onPage: OnPage,
): Promise<void> {
  await revive(db, selection, { dispatchId, now }, onPage);
}

/** What a run of this selection would do. */
export async function revivals(db: Kysely<Database>, selection: RevivalSelection, now: Date): Promise<Revivals> {
  const { cutoff, filter } = termsOf(selection, now);
  const { all, recent, groups } = await selectReports(db, filter)
    .select((eb) => [
      eb.fn.countAll<number | string>().as('all'),
      sql<number | string | null>`sum(case when due_at >= ${cutoff} then 1 else 0 end)`.as('recent'),
      sql<number | string>`count(distinct case when due_at >= ${cutoff} then ${groupOf(selection)} end)`.as('groups'),
    ])
    .executeTakeFirstOrThrow();
  const [total, inTime, sent] = [Number(all), Number(recent ?? 0), Number(groups)];
  const older = inTime - sent;
  const tooOld = total - inTime;
  return selection.kind === 'parked'
    ? { sent, missed: older + tooOld, left: 0 }
    : { sent, missed: older, left: tooOld };
}

/** Newest first, so that of each group the first that comes is the one that goes out. */
async function revive(
  db: Kysely<Database>,
  selection: RevivalSelection,
  { dispatchId, now }: { dispatchId: string; now: Date },
  onPage: OnPage,
): Promise<void> {
  const { cutoff, withinMs, filter } = termsOf(selection, now);
  const toRevive = selection.kind === 'parked' ? filter : { ...filter, dueFrom: cutoff };
  for (;;) {
    const moved = await db.transaction().execute(async (trx) => {
      const page = await selectReports(trx, toRevive)
        .select(['id', 'notification_id', 'due_at', 'error_code', groupOf(selection).as('group')])
        .orderBy('due_at', 'desc')
        .orderBy('id', 'desc')
        .limit(PAGE)
        .execute();
      const sent = await alreadySent(trx, selection, dispatchId, page);
      const moves = ledger(trx);
      let count = 0;
      for (const { id, due_at, error_code, group } of page) {
        if (due_at < cutoff) {
          const message = `Parked (${error_code}) and resumed too late to be useful`;
          if (await moves.markMissed(id, { code: 'resumed_too_late', message }, dispatchId)) count += 1;
        } else if (sent.has(group)) {
          if (await moves.markMissed(id, NEWER_INSTEAD, dispatchId)) count += 1;
        } else {
          const postUntil = new Date(Date.parse(due_at) + withinMs).toISOString();
          const isLate = Date.now() - Date.parse(due_at) > LATE_AFTER_MS;
          const how = { postUntil, lateReason: isLate ? LATE[selection.kind] : undefined };
          if (await moves.revive(id, dispatchId, how)) count += 1;
          sent.add(group);
        }
      }
      return count;
    });
    await onPage();
    if (moved === 0) return;
  }
}

/** The groups of a page of which this run has revived one: on a page before, or before the claim was tried again. */
async function alreadySent(
  trx: Kysely<Database>,
  selection: RevivalSelection,
  dispatchId: string,
  page: readonly { notification_id: string }[],
): Promise<Set<string>> {
  if (page.length === 0) return new Set();
  const rows = await selectReports(trx, { dispatchId })
    .where('notification_id', 'in', [...new Set(page.map((row) => row.notification_id))])
    .where('state', '<>', 'missed')
    .select(groupOf(selection).as('group'))
    .execute();
  return new Set(rows.map(({ group }) => group));
}

function termsOf(selection: RevivalSelection, now: Date) {
  const { withinMs = REVIVE_WITHIN_MS } = selection;
  return { withinMs, cutoff: new Date(now.getTime() - withinMs).toISOString(), filter: filterOf(selection) };
}

function filterOf(selection: RevivalSelection): DeliveryFilter {
  if (selection.kind === 'failed') return { ...(selection.which === 'all' ? {} : selection.which), states: ['failed'] };
  const { owner } = selection;
  // Those that wait for their notification go on waiting.
  if (owner.kind === 'workspace') return { workspaceId: owner.id, states: ['parked'], notificationParked: false };
  return { notificationId: owner.id, states: ['parked'] };
}

/**
 * Deliveries of which only the newest goes out: the occurrences of a notification. A test, and what was sent for a key, is an
 * event of its own.
 */
function groupOf({ allOccurrences = false }: RevivalSelection) {
  if (allOccurrences) return sql<string>`deliveries.id`;
  return sql<string>`case
    when occurrence like ${LIKE_TEST} or occurrence like ${LIKE_KEYED} then deliveries.id
    when exists (select 1 from notifications as n where n.id = deliveries.notification_id and n.catch_up_all = 1)
      then deliveries.id
    else 'of ' || notification_id end`;
}

/** Unconfirmed reports; their channels are read before they are posted. */
export async function reopenUnconfirmed(
  db: Kysely<Database>,
  which: 'all' | UnconfirmedFilter,
  dispatchId: string,
  onPage: OnPage,
): Promise<void> {
  const { ids, ...filter } = which === 'all' ? {} : which;
  for (const some of ids === undefined ? [undefined] : batches([...new Set(ids)])) {
    const unconfirmed = { ...filter, ids: some, states: ['unconfirmed'] as const };
    while ((await reopenPage(db, unconfirmed, dispatchId)) > 0) await onPage();
  }
}

async function reopenPage(db: Kysely<Database>, filter: DeliveryFilter, dispatchId: string): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const page = await selectReports(trx, filter).select('id').limit(PAGE).execute();
    let reopened = 0;
    for (const { id } of page) if (await ledger(trx).reopen(id, dispatchId)) reopened += 1;
    return reopened;
  });
}

/**
 * Adds a second delivery of an occurrence. Does nothing if the occurrence is not in the ledger, or if the same run has added
 * it before.
 */
export async function resend(
  db: Kysely<Database>,
  { notificationId, occurrence: again }: Extract<Selection, { kind: 'delivery' }>,
  dispatchId: string,
  now: Date,
): Promise<void> {
  const original = await selectReports(db, { notificationId, occurrence: again }).selectAll().executeTakeFirst();
  if (original === undefined) return;
  const occurrence = occurrenceOfResend(original.occurrence, now);
  const { notification_id, name, account, report, params, workspace_id, channel, channel_name, due_at } = original;
  const copied = { notification_id, name, account, report, params, workspace_id, channel, channel_name, due_at };
  const at = new Date().toISOString();
  await db
    .insertInto('deliveries')
    .values({
      ...copied,
      id: deliveryId(notification_id, occurrence),
      occurrence,
      dispatch_id: dispatchId,
      state: 'pending',
      not_before: at,
      claimed_at: at,
      by_hand: 1,
      log: logLine({ at, state: 'pending', code: 'resend', message: `Sent again by ${dispatchId}` }),
    })
    // Names no columns: the id and the occurrence collide together, and Postgres may report either index.
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Up to `limit` dispatches after `after` with open deliveries that should have been posted before; they may still be running. */
export async function stalledDispatches(
  db: Kysely<Database>,
  before: Date,
  { after, limit }: { after: string; limit: number },
): Promise<string[]> {
  // Steps from run to run by the index, so a run of a million open deliveries costs no more than one of ten.
  const { rows } = await sql<{ dispatch_id: string }>`
    with recursive runs (dispatch_id) as (
      select min(dispatch_id) from deliveries where ${IS_OPEN} and dispatch_id > ${after}
      union all
      select (select min(dispatch_id) from deliveries where ${IS_OPEN} and dispatch_id > runs.dispatch_id)
      from runs where runs.dispatch_id is not null
    )
    select dispatch_id from runs where dispatch_id is not null and exists (
      select 1 from deliveries where ${IS_OPEN} and deliveries.dispatch_id = runs.dispatch_id and not_before < ${before.toISOString()}
    ) limit ${limit}`.execute(db);
  return rows.map((row) => row.dispatch_id);
}

/**
 * Takes over the open deliveries of dispatches that have ended. Children keep their workflow ids, so one that is still alive
 * is not started twice. The latest goes first: while one is left, the run still shows as stalled to a claim that goes on here.
 */
export async function takeOverOrphans(
  db: Kysely<Database>,
  ended: readonly string[],
  dispatchId: string,
  onPage: OnPage,
): Promise<void> {
  const now = new Date();
  const late = new Date(now.getTime() - LATE_AFTER_MS).toISOString();
  for (const endedRun of ended) {
    for (;;) {
      const page = db
        .selectFrom('deliveries')
        .select('id')
        .where('dispatch_id', '=', endedRun)
        .where(IS_OPEN)
        .orderBy('not_before', 'desc')
        .orderBy('id', 'desc')
        .limit(TAKEN_OVER);
      const { numUpdatedRows } = await db
        .updateTable('deliveries')
        .set({ dispatch_id: dispatchId, claimed_at: now.toISOString(), dispatch_seq: null })
        // Its new slot will say nothing of the time that was lost.
        .set({
          late_reason: sql`case when state = 'pending' and not_before < ${late} then coalesce(late_reason, ${LATE_REASONS.heldUp}) else late_reason end`,
        })
        .where('id', 'in', page)
        .where('dispatch_id', '=', endedRun)
        .executeTakeFirst();
      await onPage();
      if (numUpdatedRows === 0n) break;
    }
  }
}
