import { type Kysely, sql } from 'kysely';
import type { FailedFilter, Selection } from '../../domain/selection.ts';
import { deliveryId, occurrenceOfInstant } from '../../domain/occurrence.ts';
import { type DeliveryFilter, selectReports } from '../ledger/delivery-list.ts';
import { logLine } from '../ledger/delivery-rows.ts';
import { ledger } from '../ledger/ledger.ts';
import { parking } from '../parking.ts';
import { type Database, IS_OPEN } from '../schema.ts';

/** Deliveries looked at in one transaction. */
const PAGE = 500;

/** Stalled dispatches checked at one tick. */
const STALLED_CHECKED = 20;

/** Revives parked deliveries; those due too long ago are recorded as missed. */
export async function resumeParked(
  db: Kysely<Database>,
  { owner, withinMs }: Extract<Selection, { kind: 'parked' }>,
  dispatchId: string,
  now: Date,
): Promise<void> {
  const cutoff = new Date(now.getTime() - withinMs).toISOString();
  await parking(db).release(owner.kind, owner.id);
  const filter = owner.kind === 'workspace' ? { workspaceId: owner.id } : { notificationId: owner.id };
  await inPages(db, { ...filter, states: ['parked'], notificationParked: false }, async (trx, delivery) => {
    if (delivery.due_at >= cutoff) return ledger(trx).revive(delivery.id, dispatchId);
    const message = `Parked (${delivery.error_code}) and resumed too late to be useful`;
    return ledger(trx).markMissed(delivery.id, { code: 'resumed_too_late', message });
  });
}

export async function redriveFailed(
  db: Kysely<Database>,
  which: 'all' | FailedFilter,
  dispatchId: string,
): Promise<void> {
  const filter = { ...(which === 'all' ? {} : which), states: ['failed'] as const };
  await inPages(db, filter, (trx, delivery) => ledger(trx).revive(delivery.id, dispatchId));
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

/** Dispatches with open deliveries that should have been posted before; they may still be running. */
export async function stalledDispatches(db: Kysely<Database>, before: Date): Promise<string[]> {
  // Steps from run to run by the index, so a run of a million open deliveries costs no more than one of ten.
  const { rows } = await sql<{ dispatch_id: string }>`
    with recursive runs (dispatch_id) as (
      select min(dispatch_id) from deliveries where ${IS_OPEN}
      union all
      select (select min(dispatch_id) from deliveries where ${IS_OPEN} and dispatch_id > runs.dispatch_id)
      from runs where runs.dispatch_id is not null
    )
    select dispatch_id from runs where dispatch_id is not null and exists (
      select 1 from deliveries where ${IS_OPEN} and deliveries.dispatch_id = runs.dispatch_id and not_before < ${before.toISOString()}
    ) limit ${STALLED_CHECKED}`.execute(db);
  return rows.map((row) => row.dispatch_id);
}

/**
 * Takes over the open deliveries of dispatches that have ended. Children keep their workflow ids, so one that is still alive
 * is not started twice.
 */
export async function takeOverOrphans(
  db: Kysely<Database>,
  ended: readonly string[],
  dispatchId: string,
): Promise<void> {
  if (ended.length === 0) return;
  const now = new Date().toISOString();
  await db
    .updateTable('deliveries')
    .set({ dispatch_id: dispatchId, claimed_at: now, dispatch_seq: null })
    .where('dispatch_id', 'in', ended)
    .where(IS_OPEN)
    .execute();
}

/** Every step moves its delivery out of the filter's states, so the first page is always the next. */
async function inPages(
  db: Kysely<Database>,
  filter: DeliveryFilter,
  step: (
    trx: Kysely<Database>,
    delivery: { id: string; due_at: string; error_code: string | null },
  ) => Promise<boolean>,
): Promise<void> {
  for (;;) {
    const moved = await db.transaction().execute(async (trx) => {
      const page = await selectReports(trx, filter).select(['id', 'due_at', 'error_code']).limit(PAGE).execute();
      let count = 0;
      for (const delivery of page) if (await step(trx, delivery)) count += 1;
      return count;
    });
    if (moved === 0) return;
  }
}
