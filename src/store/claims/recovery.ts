import { type Kysely, sql } from 'kysely';
import type { FailedFilter, Selection, UnconfirmedFilter } from '../../domain/selection.ts';
import { deliveryId, occurrenceOfInstant } from '../../domain/occurrence.ts';
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

/** Revives parked deliveries; those due too long ago are recorded as missed. */
export async function resumeParked(
  db: Kysely<Database>,
  { owner, withinMs }: Extract<Selection, { kind: 'parked' }>,
  dispatchId: string,
  now: Date,
  onPage: OnPage,
): Promise<void> {
  const cutoff = new Date(now.getTime() - withinMs).toISOString();
  await parking(db).release(owner.kind, owner.id);
  const filter = owner.kind === 'workspace' ? { workspaceId: owner.id } : { notificationId: owner.id };
  await inPages(
    db,
    { ...filter, states: ['parked'], notificationParked: false },
    async (trx, delivery) => {
      if (delivery.due_at >= cutoff) return ledger(trx).revive(delivery.id, dispatchId);
      const message = `Parked (${delivery.error_code}) and resumed too late to be useful`;
      return ledger(trx).markMissed(delivery.id, { code: 'resumed_too_late', message });
    },
    onPage,
  );
}

export async function redriveFailed(
  db: Kysely<Database>,
  which: 'all' | FailedFilter,
  dispatchId: string,
  onPage: OnPage,
): Promise<void> {
  const filter = { ...(which === 'all' ? {} : which), states: ['failed'] as const };
  await inPages(db, filter, (trx, delivery) => ledger(trx).revive(delivery.id, dispatchId), onPage);
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
    await inPages(db, unconfirmed, (trx, delivery) => ledger(trx).reopen(delivery.id, dispatchId), onPage);
  }
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
  const occurrence = `${original.occurrence}~${occurrenceOfInstant(now)}`;
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
  const now = new Date().toISOString();
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
        .set({ dispatch_id: dispatchId, claimed_at: now, dispatch_seq: null })
        .where('id', 'in', page)
        .where('dispatch_id', '=', endedRun)
        .executeTakeFirst();
      await onPage();
      if (numUpdatedRows === 0n) break;
    }
  }
}

/** Every step moves its delivery out of the filter's states, so the first page is always the next. */
async function inPages(
  db: Kysely<Database>,
  filter: DeliveryFilter,
  step: (
    trx: Kysely<Database>,
    delivery: { id: string; due_at: string; error_code: string | null },
  ) => Promise<boolean>,
  onPage: OnPage,
): Promise<void> {
  for (;;) {
    const moved = await db.transaction().execute(async (trx) => {
      const page = await selectReports(trx, filter).select(['id', 'due_at', 'error_code']).limit(PAGE).execute();
      let count = 0;
      for (const delivery of page) if (await step(trx, delivery)) count += 1;
      return count;
    });
    await onPage();
    if (moved === 0) return;
  }
}
