import { type Kysely, type Selectable, sql, type Updateable } from 'kysely';
import {
  type Delivery,
  type DeliveryError,
  type DeliveryState,
  type LogEntry,
  reportIdOf,
} from '../../domain/delivery.ts';
import { LIKE_TEST } from '../../domain/occurrence.ts';
import type { ParkedOwner } from '../../domain/selection.ts';
import { DURABLE_ANYWAY, type MakeDurable } from '../durable.ts';
import { type Parked, parking } from '../parking.ts';
import { appendLog, errorColumns, toDelivery } from './delivery-rows.ts';
import { dropFiles } from './files.ts';
import { dropRest, keepMessage, type MessageToSave } from './message.ts';
import { type Database, type DeliveryRow, IS_OPEN } from '../schema.ts';

interface BeginOptions {
  /** Only while its channel's slot is still the one that it took. */
  withSlot?: boolean;
}

/** The code of a step that loads a report once more. */
export const LOADING = 'loading';

/** A move of a report that was made, for metrics and logs. */
export interface DeliveryMove {
  /** Where it moved to. */
  state: DeliveryState;
  error: DeliveryError | undefined;
  /** When it moved, was due and was claimed, ISO 8601. */
  at: string;
  dueAt: string;
  claimedAt: string;
  attempts: number;
  /** Workflow id of its dispatch. */
  dispatchId: string;
}

/** Why a post is looked up that the ledger knows nothing of. */
const RESTORED: DeliveryError = {
  code: 'restored',
  message: 'The store was restored: it may have been posted since the backup',
};

/**
 * The only owner of the state of everything that is posted: a report, or a post in its thread. Every method names the states
 * it may come from; from another one it changes nothing and returns false. Moves that no method may make are refused by the
 * database itself. `onMove` hears of every move of a report after it was made.
 */
export function ledger(
  db: Kysely<Database>,
  onMove: (move: DeliveryMove) => void = () => {},
  makeDurable: MakeDurable = DURABLE_ANYWAY,
) {
  interface Move {
    from: readonly DeliveryState[];
    to: DeliveryState;
    /** The attempt whose outcome this is: an attempt that was given up on must not speak for a later one. */
    attempt?: number | undefined;
    error?: DeliveryError | undefined;
    set?: Updateable<DeliveryRow>;
  }

  async function move(id: string, how: Move): Promise<boolean> {
    const at = new Date().toISOString();
    const row = await moveRow(db, id, at, how);
    announce(row, { state: how.to, at, error: how.error });
    return row !== undefined;
  }

  function moveRow(trx: Kysely<Database>, id: string, at: string, { from, to, attempt, error, set }: Move) {
    const why = error && { code: error.code, message: error.message };
    let query = trx
      .updateTable('deliveries')
      .set({ ...set, ...errorColumns(error), state: to, log: appendLog({ at, state: to, ...why }) })
      .where('id', '=', id)
      .where('state', 'in', from);
    if (attempt !== undefined) query = query.where('attempts', '=', attempt);
    return query.returning(REPORTED).executeTakeFirst();
  }

  function announce(
    row: Pick<Selectable<DeliveryRow>, (typeof REPORTED)[number]> | undefined,
    made: Pick<DeliveryMove, 'state' | 'at' | 'error'>,
  ): void {
    if (row === undefined || row.parent_id !== null) return;
    const { due_at: dueAt, claimed_at: claimedAt, attempts, dispatch_id: dispatchId } = row;
    onMove({ ...made, dueAt, claimedAt, attempts, dispatchId });
  }

  async function appendToPending(id: string, entry: DeliveryError, set: Updateable<DeliveryRow> = {}): Promise<void> {
    const log = appendLog({ at: new Date().toISOString(), state: 'pending', ...entry });
    await db
      .updateTable('deliveries')
      .set({ ...set, log })
      .where('id', '=', id)
      .where('state', '=', 'pending')
      .execute();
  }

  /**
   * Ends a delivery; its stored message has served. The end of a thread's last post is written down in its report, too, and a
   * report that was not delivered loses its thread and files.
   */
  async function finish(id: string, end: Move): Promise<boolean> {
    const at = new Date().toISOString();
    const set = { ...end.set, finished_at: at, message: null };
    const reportId = reportIdOf(id);
    if (reportId === undefined && end.to === 'delivered') return move(id, { ...end, set });
    const row = await inTransaction(db, async (trx) => {
      const ended = await moveRow(trx, id, at, {
        ...end,
        set: reportId === undefined ? { ...set, ...NOTHING_ELSE } : set,
      });
      if (ended === undefined) return undefined;
      if (reportId === undefined) await dropRest(trx, id);
      else await endThreadPost(trx, reportId, at);
      return ended;
    });
    announce(row, { state: end.to, at, error: end.error });
    return row !== undefined;
  }

  return {
    async find(id: string): Promise<Delivery | undefined> {
      const row = await db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst();
      return row && toDelivery(row);
    },

    /** Keeps what is to be posted. False if the report has a message already, or is no longer pending. */
    async saveMessage(id: string, message: MessageToSave): Promise<boolean> {
      return keepMessage(db, id, message);
    },

    /**
     * Claims the post, before the HTTP call. Returns the number of this attempt, which its own outcome must name. Undefined
     * when another attempt has it, or it has ended, or its workspace or notification is parked, or its report is not posted, or, `withSlot`, its channel's slot has gone
     * to another.
     */
    async beginPosting(id: string, { withSlot = false }: BeginOptions = {}): Promise<number | undefined> {
      const at = new Date().toISOString();
      let query = db
        .updateTable('deliveries')
        .set((eb) => ({
          state: 'posting',
          posting_at: at,
          absent_at: null,
          place_at: null,
          place_in: null,
          attempts: eb('attempts', '+', 1),
          log: appendLog({ at, state: 'posting' }),
        }))
        .where('id', '=', id)
        .where('state', '=', 'pending')
        .where(
          sql<boolean>`(parent_id is null or exists (
            select 1 from deliveries as r where r.id = deliveries.parent_id and r.message_ts is not null))`,
        )
        .where(
          sql<boolean>`not exists (select 1 from workspaces as w where w.id = workspace_id and w.parked_at is not null)`,
        )
        // A test goes to another channel than the one that is parked.
        .where(
          sql<boolean>`(occurrence like ${LIKE_TEST} or not exists (
            select 1 from notifications as n where n.id = notification_id and n.parked_at is not null))`,
        );
      if (withSlot) {
        query = query.where(
          sql<boolean>`exists (select 1 from slack_pace as p where p.key = workspace_id || '/' || channel and p.holder = deliveries.id)`,
        );
      }
      const row = await query.returning(REPORTED).executeTakeFirst();
      announce(row, { state: 'posting', at, error: undefined });
      // A power cut after the call must find the claim, or it is posted again.
      if (row !== undefined) await makeDurable();
      return row?.attempts;
    },

    /** Notes that its report is loaded once more: an attempt before this one failed to, or its worker was killed. */
    async recordLoading(id: string, message: string): Promise<void> {
      await appendToPending(id, { code: LOADING, message });
    },

    /** Notes why its report could not be loaded; it is loaded again. */
    async recordNotLoaded(id: string, error: DeliveryError): Promise<void> {
      await appendToPending(id, error, errorColumns(error));
    },

    /** It may have been posted since `from`, unknown to the ledger: it is looked up before it is posted. */
    async markPossiblyPosted(id: string, from: Date): Promise<boolean> {
      const set = { posting_at: from.toISOString(), absent_at: null };
      return move(id, { from: ['pending'], to: 'posting', error: RESTORED, set });
    },

    /** Slack surely did not take the message: it may be posted again. */
    async releasePosting(id: string, attempt: number, error: DeliveryError): Promise<boolean> {
      return move(id, { from: ['posting'], to: 'pending', attempt, error });
    },

    /** Writes down why it is not known whether Slack took the message, when that begins. */
    async recordDoubt(
      id: string,
      attempt: number,
      { doubt, ...error }: DeliveryError & { doubt: NonNullable<LogEntry['doubt']> },
    ): Promise<boolean> {
      const at = new Date().toISOString();
      const { numUpdatedRows } = await db
        .updateTable('deliveries')
        .set({ ...errorColumns(error), log: appendLog({ at, state: 'posting', ...error, doubt }) })
        .where('id', '=', id)
        .where('attempts', '=', attempt)
        .where('state', '=', 'posting')
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /** Notes that the message was looked for and not found. False when it was noted before: absent twice. */
    async recordNotFound(id: string, attempt: number): Promise<boolean> {
      const at = new Date().toISOString();
      const message = `Not in the ${reportIdOf(id) === undefined ? 'channel' : 'thread'}`;
      const { numUpdatedRows } = await db
        .updateTable('deliveries')
        .set({ absent_at: at, log: appendLog({ at, state: 'posting', code: 'absent', message }) })
        .where('id', '=', id)
        .where('attempts', '=', attempt)
        .where('state', '=', 'posting')
        .where('absent_at', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /** `degraded`: Slack refused the message as it was, and took a plainer one. */
    async markDelivered(id: string, attempt: number, messageTs: string, degraded?: DeliveryError): Promise<boolean> {
      const set = { message_ts: messageTs, error_code: null, error_message: null };
      return finish(id, { from: ['posting'], to: 'delivered', attempt, error: degraded, set });
    },

    /** Slack refused the message (then `attempt` is the one it refused), or it was never handed to Slack. */
    async markFailed(id: string, error: DeliveryError, attempt?: number): Promise<boolean> {
      return finish(id, { from: [attempt === undefined ? 'pending' : 'posting'], to: 'failed', attempt, error });
    },

    /** Slack may or may not have the message, and the program can't tell: a person has to look. */
    async markUnconfirmed(id: string, error: DeliveryError): Promise<boolean> {
      return finish(id, { from: ['posting'], to: 'unconfirmed', error });
    },

    /** Waits until its channel or workspace is fixed; its message is kept. `attempt` as in `markFailed`. */
    async markParked(id: string, error: DeliveryError, attempt?: number): Promise<boolean> {
      return move(id, { from: [attempt === undefined ? 'pending' : 'posting'], to: 'parked', attempt, error });
    },

    /**
     * Parks it together with its owner, in one transaction. If the owner was resumed in between, the delivery would stay parked
     * alone, where no list shows it.
     */
    async park(id: string, owner: ParkedOwner, error: DeliveryError, attempt?: number): Promise<boolean> {
      return db.transaction().execute(async (trx) => {
        await parking(trx).park(owner, error);
        return ledger(trx, onMove).markParked(id, error, attempt);
      });
    },

    /** Parks it because its owner is parked. False if the owner was resumed meanwhile. */
    async parkWithOwner(id: string, owner: Parked): Promise<boolean> {
      const { code, message } = owner;
      return db.transaction().execute(async (trx) => {
        return (await parking(trx).holdParked(owner)) && ledger(trx, onMove).markParked(id, { code, message });
      });
    },

    /** Called off before it was handed to Slack. */
    async markCancelled(id: string, error: DeliveryError): Promise<boolean> {
      return finish(id, { from: ['pending', 'parked'], to: 'cancelled', error });
    },

    /** Cancels up to `limit` reports of a run whose post has not begun. Returns how many there were. */
    async cancelPending(dispatchId: string, error: DeliveryError, limit: number): Promise<number> {
      const at = new Date().toISOString();
      return inTransaction(db, async (trx) => {
        const page = trx
          .selectFrom('deliveries')
          .select('id')
          .where(IS_OPEN)
          .where('dispatch_id', '=', dispatchId)
          .where('state', '=', 'pending')
          .limit(limit);
        const cancelled = await trx
          .updateTable('deliveries')
          .set({ ...errorColumns(error), state: 'cancelled', finished_at: at, message: null, ...NOTHING_ELSE })
          .set({ log: appendLog({ at, state: 'cancelled', ...error }) })
          .where('state', '=', 'pending')
          .where('id', 'in', page)
          .returning('id')
          .execute();
        if (cancelled.length === 0) return 0;
        const ids = cancelled.map(({ id }) => id);
        await trx.deleteFrom('deliveries').where('parent_id', 'in', ids).execute();
        await trx.deleteFrom('delivery_files').where('delivery_id', 'in', ids).execute();
        return ids.length;
      });
    },

    /** The report had nothing to say. */
    async markSkipped(id: string, reason: string): Promise<boolean> {
      return finish(id, { from: ['pending'], to: 'skipped', error: { code: 'skipped', message: reason } });
    },

    async markMissed(id: string, error: DeliveryError): Promise<boolean> {
      return finish(id, { from: ['parked'], to: 'missed', error });
    },

    /** Gives a parked or failed report to a new run. */
    async revive(id: string, dispatchId: string): Promise<boolean> {
      const at = new Date().toISOString();
      const set = { dispatch_id: dispatchId, dispatch_seq: null, claimed_at: at, not_before: at, finished_at: null };
      return move(id, { from: ['parked', 'failed'], to: 'pending', set });
    },
  };
}

/** The columns that a `DeliveryMove` is made of. */
const REPORTED = ['parent_id', 'due_at', 'claimed_at', 'attempts', 'dispatch_id'] as const;

const NOTHING_ELSE = { thread_posts: 0, thread_posts_open: 0, files: 0 };

function inTransaction<Result>(
  db: Kysely<Database>,
  work: (trx: Kysely<Database>) => Promise<Result>,
): Promise<Result> {
  return db.isTransaction ? work(db) : db.transaction().execute(work);
}

/** A post of the thread has ended; with the last of them the report says what became of the thread, and the files have served. */
async function endThreadPost(trx: Kysely<Database>, reportId: string, at: string): Promise<void> {
  const report = await trx
    .updateTable('deliveries')
    .set((eb) => ({ thread_posts_open: eb('thread_posts_open', '-', 1) }))
    .where('id', '=', reportId)
    .returning(['thread_posts', 'thread_posts_open', 'files'])
    .executeTakeFirst();
  if (report === undefined || report.thread_posts_open > 0) return;
  const missing = await trx
    .selectFrom('deliveries')
    .select(['state', 'error_message'])
    .where('parent_id', '=', reportId)
    .where('state', '<>', 'delivered')
    .orderBy('thread_nr')
    .execute();
  const all = `${report.thread_posts} thread ${report.thread_posts === 1 ? 'post' : 'posts'}`;
  const isLost = missing.some(({ state }) => state !== 'unconfirmed');
  const trouble = missing[0] && {
    code: 'thread_incomplete',
    message: `${missing.length} of ${all} ${isLost ? 'failed' : 'may be missing'}: ${missing[0].error_message ?? ''}`,
  };
  const entry = trouble ?? { code: 'thread', message: `${all} delivered` };
  await trx
    .updateTable('deliveries')
    .set({ ...errorColumns(trouble), log: appendLog({ at, state: 'delivered', ...entry }) })
    .where('id', '=', reportId)
    .execute();
  if (report.files > 0) await dropFiles(trx, reportId);
}
