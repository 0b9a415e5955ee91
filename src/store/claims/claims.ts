import { type Kysely, PostgresAdapter, type Selectable, sql, type Transaction } from 'kysely';
import type { ClaimedDelivery, Partition } from '../../contract/dispatch.ts';
import {
  checkSelection,
  type NotificationFilter,
  type NotificationSelection,
  type RevivalSelection,
  type Selection,
} from '../../domain/selection.ts';
import { type NextDue, nextDue, type Notification, timezoneOf } from '../../domain/notification.ts';
import { UserError } from '../../lib/errors.ts';
import { occurrenceOfInstant, occurrenceOfKey, occurrenceOfTest } from '../../domain/occurrence.ts';
import {
  claimOccurrences,
  type ClaimOrigin,
  type ClaimRow,
  claimUnlessTooLate,
  claimUntil,
  insertClaims,
  type RulesRead,
  rulesRead,
  type DueTime,
  pendingRow,
  unknownRow,
  unreadableRow,
} from './claim-rows.ts';
import { claimFromSources, type NotificationSource, ridersOf, type SourceFailure } from './source-claim.ts';
import { TIME_RULES } from '../../domain/recurrence/recurrence.ts';
import { enabledPage, readNotification } from '../notification-rows.ts';
import { DURABLE_ANYWAY, type MakeDurable } from '../durable.ts';
import { CLAIMED_COLUMNS, toClaimed } from '../ledger/delivery-rows.ts';
import { batches, notifications } from '../notifications.ts';
import type { Pace } from '../pacing.ts';
import { countMissed, type Found, numberDeliveries, type OnPage, planRun, takingTurns } from './plan.ts';
import { type Database, IS_OPEN, type NotificationRow } from '../schema.ts';
import {
  redriveFailed,
  reopenUnconfirmed,
  resend,
  resumeParked,
  type Revivals,
  revivals,
  stalledDispatches,
  takeOverOrphans,
} from './recovery.ts';

/** Notifications claimed in one transaction: short enough that neither other writers nor a post on this thread wait. */
const CLAIM_PAGE = 100;
/** Deliveries of own recurrences written in one transaction, and those of one notification more. */
const CLAIM_ROWS = 200;

/** A dispatch whose open deliveries are older than this may have ended without them, in milliseconds. */
const STALLED_AFTER_MS = 2 * 60_000;

export type { Found };

interface FoundWithSources extends Found {
  /** Present where a source could not be read. */
  failedSources?: SourceFailure[];
}

export interface ClaimRequest extends ClaimOrigin {
  selection: Selection;
  /** Dispatches that have ended; their open deliveries are taken over. */
  endedRuns?: readonly string[];
  /** Asked what is due, besides our own table; only by a run of a schedule. */
  sources?: readonly NotificationSource[];
}

/** Runs that also find what is late, or too late. */
const FINDS_LATE: ReadonlySet<Selection['kind']> = new Set(['due', 'parked', 'failed']);

/** Finds what is due and writes it to the ledger, one transaction a page: nothing due is ever missing from it. */
export function claims(db: Kysely<Database>, pace: Pace, makeDurable: MakeDurable = DURABLE_ANYWAY) {
  return {
    /**
     * Claims everything due at the nominal time and returns what this run has to deliver. A retry with the same run claims
     * nothing twice, and a delivery that another run delivers stays with that run.
     */
    async claimDue(request: ClaimRequest, onTurn: () => void = () => {}): Promise<FoundWithSources> {
      const { selection, dispatchId } = request;
      checkSelection(selection);
      const onPage = takingTurns(onTurn);
      const failedSources = await claimSelection(db, request, onPage);
      await planRun(db, pace, dispatchId, onPage);
      const found = await numberDeliveries(db, dispatchId, onPage);
      // Its run, on another machine, must find it after a power cut here.
      await makeDurable();
      if (!FINDS_LATE.has(selection.kind)) return { ...found, late: 0, missed: 0 };
      const missed = await countMissed(db, dispatchId);
      return { ...found, missed, ...(failedSources.length > 0 && { failedSources }) };
    },

    /** What a run of this selection would send again, without doing it. */
    async revivals(selection: RevivalSelection, now: Date): Promise<Revivals> {
      return revivals(db, selection, now);
    },

    /** Up to `limit` dispatches after `after` that may have ended without all of their deliveries; Temporal knows. */
    async stalledDispatches({ after = '', limit = 20 } = {}): Promise<string[]> {
      return stalledDispatches(db, new Date(Date.now() - STALLED_AFTER_MS), { after, limit });
    },

    /** The open deliveries of a partition of the run, in the order of their times. */
    async listPartition(dispatchId: string, { from, to, size, step, offset }: Partition): Promise<ClaimedDelivery[]> {
      const rows = await db
        .selectFrom('deliveries')
        .select(CLAIMED_COLUMNS)
        .where('dispatch_id', '=', dispatchId)
        .where('dispatch_seq', '>=', from)
        .where('dispatch_seq', '<', to)
        .where(sql`(dispatch_seq / ${size}) % ${step}`, '=', offset)
        .where(IS_OPEN)
        .orderBy('dispatch_seq')
        .execute();
      return rows.map(toClaimed);
    },
  };
}

async function claimSelection(db: Kysely<Database>, request: ClaimRequest, onPage: OnPage): Promise<SourceFailure[]> {
  const { selection, dispatchId, nominal, endedRuns = [], sources = [] } = request;
  const failed: SourceFailure[] = [];
  switch (selection.kind) {
    case 'due':
      if (selection.schedule !== null) {
        const asked = [ridersOf(db), ...sources];
        failed.push(...(await claimFromSources(db, asked, selection.schedule, request, onPage)));
      }
      await claimRecurring(db, request, onPage);
      await takeOverOrphans(db, endedRuns, dispatchId, onPage);
      break;
    case 'all':
    case 'notifications':
    case 'matching':
      await claimChosen(db, selection, request, onPage);
      await takeOverOrphans(db, endedRuns, dispatchId, onPage);
      break;
    case 'parked':
      await resumeParked(db, selection, dispatchId, nominal, onPage);
      break;
    case 'failed':
      await redriveFailed(db, selection, dispatchId, nominal, onPage);
      break;
    case 'unconfirmed':
      await reopenUnconfirmed(db, selection.which, dispatchId, onPage);
      break;
    case 'delivery':
      await resend(db, selection, dispatchId, nominal);
      break;
    case 'test':
      await claimTest(db, selection, request);
      break;
  }
  return failed;
}

async function claimChosen(
  db: Kysely<Database>,
  selection: NotificationSelection,
  origin: ClaimOrigin,
  onPage: OnPage,
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
    await onPage();
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
  onPage: OnPage,
): Promise<void> {
  for (let after = ''; ;) {
    const last = await db.transaction().execute(async (trx) => {
      let query = enabledPage(trx, filter, after, CLAIM_PAGE);
      // A one-off waits for its own time, and a source may have forgotten what it gave before: only its id sends either.
      if (filter.ids === undefined) query = query.where('one_off', '=', 0).where('source', 'is', null);
      const page = await query.execute();
      const rows = page.map(toClaim);
      await insertClaims(trx, rows);
      await removeMissedOneOffs(trx, rows);
      return page.length === CLAIM_PAGE ? page.at(-1)?.id : undefined;
    });
    await onPage();
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
async function claimRecurring(db: Kysely<Database>, request: ClaimOrigin, onPage: OnPage): Promise<void> {
  // One with more occurrences than a claim takes is due again at once.
  while (await claimEachRecurring(db, request, onPage));
}

/** Goes through all that is due, once. False if nothing was left to claim. */
async function claimEachRecurring(db: Kysely<Database>, request: ClaimOrigin, onPage: OnPage): Promise<boolean> {
  const rules = rulesRead();
  let moved = false;
  for (let after: DuePlace = { next_due_at: '', id: '' }; ;) {
    const page = await db.transaction().execute((trx) => claimRecurringPage(trx, request, after, rules));
    await onPage();
    moved ||= page.moved;
    if (page.last === undefined) return moved;
    after = page.last;
  }
}

/** A place in the order in which own recurrences are claimed. */
interface DuePlace {
  next_due_at: string;
  id: string;
}

async function claimRecurringPage(trx: Transaction<Database>, request: ClaimOrigin, after: DuePlace, rules: RulesRead) {
  let query = trx
    .selectFrom('notifications')
    .selectAll()
    .where('enabled', '=', 1)
    .where('next_due_at', '<=', claimUntil(request).toISOString())
    .where(sql<boolean>`(next_due_at, id) > (${after.next_due_at}, ${after.id})`)
    .orderBy('next_due_at')
    .orderBy('id')
    .limit(CLAIM_PAGE);
  // Rows that another run is claiming are that run's. SQLite has one writer at a time.
  if (trx.getExecutor().adapter instanceof PostgresAdapter) query = query.forUpdate().skipLocked();
  const due = await query.execute();
  const rows: ClaimRow[] = [];
  const moves: RecurrenceMove[] = [];
  let last: DuePlace | undefined;
  for (const row of due) {
    // After an outage one notification may have many.
    if (rows.length >= CLAIM_ROWS) break;
    const dueAt = row.next_due_at ?? '';
    last = { next_due_at: dueAt, id: row.id };
    const read = readNotification(row, rules.read);
    if (read.kind === 'unreadable') {
      const nominal = new Date(dueAt);
      rows.push(unreadableRow(read, { occurrence: occurrenceOfInstant(nominal), dueAt: nominal }, request));
      continue;
    }
    const { claimed, next } = claimOccurrences(read.notification, request, rules);
    moves.push({ id: row.id, from: dueAt, to: nextDue(next) });
    rows.push(...claimed);
  }
  await moveOn(trx, moves);
  await insertClaims(trx, rows);
  return { moved: moves.length > 0, last };
}

interface RecurrenceMove {
  id: string;
  from: string;
  /** Empty when the recurrence has ended. */
  to: NextDue;
}

/** The rows are locked since they were read, on Postgres each, on SQLite by the transaction: none has changed meanwhile. */
async function moveOn(trx: Transaction<Database>, moves: readonly RecurrenceMove[]): Promise<void> {
  if (moves.length === 0) return;
  const values = moves.map(
    ({ id, from, to }) =>
      sql`(${id}, ${from}, cast(${to.nextDueAt ?? null} as text), cast(${to.nextLocal ?? null} as text))`,
  );
  const { numAffectedRows } = await sql`
    with moves (moved_id, due_from, due_to, due_local) as (values ${sql.join(values)})
    update notifications set next_due_at = moves.due_to, next_due_local = moves.due_local, due_by = ${TIME_RULES}
    from moves where notifications.id = moves.moved_id and next_due_at = moves.due_from`.execute(trx);
  if (numAffectedRows !== BigInt(moves.length)) throw new Error('Own recurrences changed while they were locked');
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
    await insertClaims(trx, [{ ...pendingRow(tested, { occurrence, dueAt: nominal }, origin), by_hand: 1 }]);
  });
}
