import { type Kysely, sql } from 'kysely';
import { deliveryId, occurrenceOfInstant } from '../occurrence.ts';
import { type DeliveryFilter, selectReports } from './delivery-list.ts';
import { logLine } from './delivery-log.ts';
import { ledger } from './ledger.ts';
import { type Parked, parking } from './parking.ts';
import { type Database, IS_OPEN } from './schema.ts';

/** Deliveries looked at in one transaction. */
const PAGE = 500;

/** Runs looked at for what they may have left behind, at one tick. */
const RUNS_CHECKED = 20;

/** What was parked goes out, unless it is older than the window: then it is missed. */
export interface Resume {
  kind: Parked['kind'];
  id: string;
  windowMs: number;
}

/** Which failed deliveries are tried again; what is left out does not narrow. */
export interface Redrive {
  runId?: string;
  workspaceId?: string;
  notificationId?: string;
  channel?: string;
  errorCode?: string;
}

/** The same report again although it was delivered, or may have been: a delivery of its own. */
export interface Resend {
  notificationId: string;
  occurrence: string;
}

export async function resumeParked(db: Kysely<Database>, resume: Resume, runId: string, now: Date): Promise<void> {
  const cutoff = new Date(now.getTime() - resume.windowMs).toISOString();
  await parking(db).release(resume.kind, resume.id);
  const filter = resume.kind === 'workspace' ? { workspaceId: resume.id } : { notificationId: resume.id };
  await inPages(db, { ...filter, states: ['parked'], notificationParked: false }, async (trx, delivery) => {
    if (delivery.due_at >= cutoff) return ledger(trx).revive(delivery.id, runId);
    const message = `Parked (${delivery.error_code}) and resumed too late to be of use`;
    return ledger(trx).markMissed(delivery.id, { code: 'resumed_too_late', message });
  });
}

export async function redriveFailed(db: Kysely<Database>, redrive: Redrive, runId: string): Promise<void> {
  await inPages(db, { ...redrive, states: ['failed'] }, (trx, delivery) => ledger(trx).revive(delivery.id, runId));
}

/** Nothing where the occurrence is not in the ledger. Asked again by the same run it adds nothing. */
export async function resend(db: Kysely<Database>, what: Resend, runId: string, now: Date): Promise<void> {
  const original = await selectReports(db, what).selectAll().executeTakeFirst();
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
      run_id: runId,
      state: 'pending',
      not_before: at,
      claimed_at: at,
      log: logLine({ at, state: 'pending', code: 'resend', message: `Sent again by ${runId}` }),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Runs with open deliveries whose slots came some time ago; they may be under way still. */
export async function runsWithOldClaims(db: Kysely<Database>, before: Date): Promise<string[]> {
  // From run to run by the index, so that a run of a million open deliveries costs no more than one of ten.
  const { rows } = await sql<{ run_id: string }>`
    with recursive runs (run_id) as (
      select min(run_id) from deliveries where ${IS_OPEN}
      union all
      select (select min(run_id) from deliveries where ${IS_OPEN} and run_id > runs.run_id)
      from runs where runs.run_id is not null
    )
    select run_id from runs where run_id is not null and exists (
      select 1 from deliveries where ${IS_OPEN} and deliveries.run_id = runs.run_id and not_before < ${before.toISOString()}
    ) limit ${RUNS_CHECKED}`.execute(db);
  return rows.map((row) => row.run_id);
}

/**
 * Takes over what ended runs have left open. The children have the same workflow ids, so one that is still alive after
 * all is not started twice.
 */
export async function adopt(db: Kysely<Database>, ended: readonly string[], runId: string): Promise<void> {
  if (ended.length === 0) return;
  const now = new Date().toISOString();
  await db
    .updateTable('deliveries')
    .set({ run_id: runId, claimed_at: now, run_seq: null })
    .where('run_id', 'in', ended)
    .where(IS_OPEN)
    .execute();
}

/** Every step moves its delivery out of the states that the filter asks for, so the first page is always the next. */
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
