import { type Kysely, type Selectable, sql, type Updateable } from 'kysely';
import {
  CONFIRMED,
  type Delivery,
  type DeliveryError,
  type DeliveryState,
  type LogEntry,
  reportIdOf,
  RESEND,
} from '../../domain/delivery.ts';
import { LIKE_TEST } from '../../domain/occurrence.ts';
import type { Subject } from '../../domain/still-due.ts';
import { DURABLE_ANYWAY, type MakeDurable } from '../durable.ts';
import { type Parked, parking, type Refused } from '../parking.ts';
import { appendLog, errorColumns, toDelivery } from './delivery-rows.ts';
import { dropFiles } from './files.ts';
import { dropRest, keepMessage, type MessageToSave } from './message.ts';
import { type Database, type DeliveryRow, IS_OPEN } from '../schema.ts';

interface BeginOptions {
  /** Only while its channel's slot is still the one that it took. */
  withSlot?: boolean;
  /** Only while these are as they were seen: the message that is to be posted, and the notification. */
  seen?: { renderedAt: string | undefined; notification: string | undefined };
}

/** The code of a step that loads a report once more. */
export const LOADING = 'loading';
/** The code of a step that ends a thread, because no one can say whether its report is there. */
const THREAD_DROPPED = 'thread_dropped';

/**
 * An unconfirmed delivery is looked up again after this long, then each time when twice as long has passed, and the last time
 * within a week; in milliseconds.
 */
const RECHECK_MS = { first: 15 * 60_000, last: 7 * 24 * 3_600_000 };

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
    /** When it reached its channel, where that was long ago; for metrics. */
    postedAt?: string;
  }

  async function move(id: string, how: Move): Promise<boolean> {
    const at = new Date().toISOString();
    const row = await moveRow(db, id, at, how);
    announce(row, { state: how.to, at: how.postedAt ?? at, error: how.error });
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
    const set = { ...end.set, finished_at: at, message: null, rendered_at: null };
    const reportId = reportIdOf(id);
    if (reportId === undefined && end.to === 'delivered') return move(id, { ...end, set });
    const row = await inTransaction(db, async (trx) => {
      const threadPosts = end.to === 'unconfirmed' && reportId === undefined ? await threadPostsOf(trx, id) : 0;
      const ended = await moveRow(trx, id, at, {
        ...end,
        set: reportId === undefined ? { ...set, ...NOTHING_ELSE } : set,
      });
      if (ended === undefined) return undefined;
      if (reportId !== undefined) {
        await endThreadPost(trx, reportId, at, { wasOpen: !end.from.includes('unconfirmed') });
        return ended;
      }
      await dropRest(trx, id);
      if (threadPosts > 0) await noteDroppedThread(trx, id, at, threadPosts);
      return ended;
    });
    announce(row, { state: end.to, at: end.postedAt ?? at, error: end.error });
    return row !== undefined;
  }

  return {
    async find(id: string): Promise<Delivery | undefined> {
      const row = await db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst();
      return row && toDelivery(row);
    },

    /** Keeps what is to be posted. False if the report has a message already, or is no longer pending. */
    async saveMessage(
      id: string,
      message: MessageToSave,
      how: { renderedAt?: string; lateReason?: string | undefined } = {},
    ): Promise<boolean> {
      const { renderedAt = new Date().toISOString(), lateReason } = how;
      return keepMessage(db, id, message, { renderedAt, lateReason });
    },

    /**
     * Drops the message of a pending report, so that it is made again, and changes what is sent and where. False if the message
     * is no longer the one of `renderedAt`.
     */
    async renew(
      id: string,
      {
        subject,
        renderedAt,
        why,
      }: { subject: Subject | undefined; renderedAt: string | undefined; why: DeliveryError },
    ): Promise<boolean> {
      return inTransaction(db, async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable('deliveries')
          .set({ ...(subject && subjectColumns(subject)), ...NO_MESSAGE })
          .set({ log: appendLog({ at: new Date().toISOString(), state: 'pending', ...why }) })
          .where('id', '=', id)
          .where('state', '=', 'pending')
          .where(sql<boolean>`rendered_at is not distinct from ${renderedAt ?? null}`)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return false;
        await dropRest(trx, id);
        return true;
      });
    },

    /**
     * Claims the post, before the HTTP call. Returns the number of this attempt, which its own outcome must name. Undefined
     * when another attempt has it, or it has ended, or is too late, or its workspace or channel is parked, or its report is not
     * posted, or what was `seen` has changed, or, `withSlot`, its channel's slot has gone to another. From here on its message
     * stays as it is.
     */
    async beginPosting(id: string, { withSlot = false, seen }: BeginOptions = {}): Promise<number | undefined> {
      const at = new Date().toISOString();
      let query = db
        .updateTable('deliveries')
        .set((eb) => ({
          state: 'posting',
          posting_at: at,
          absent_at: null,
          rendered_at: null,
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
        .where((eb) => eb.or([eb('post_until', 'is', null), eb('post_until', '>=', at)]))
        // A test goes to another channel than the one that is parked.
        .where(
          sql<boolean>`(occurrence like ${LIKE_TEST} or not exists (
            select 1 from notifications as n where n.id = notification_id and n.parked_at is not null
              and (n.parked_channel is null or n.parked_channel = deliveries.channel)))`,
        );
      if (seen !== undefined)
        query = query.where(sql<boolean>`rendered_at is not distinct from ${seen.renderedAt ?? null}`);
      if (seen?.notification !== undefined) {
        query = query.where(
          sql<boolean>`exists (select 1 from notifications as n where n.id = notification_id and n.updated_at = ${seen.notification})`,
        );
      }
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
      const set = { posting_at: from.toISOString(), absent_at: null, rendered_at: null };
      return move(id, { from: ['pending'], to: 'posting', error: RESTORED, set });
    },

    /**
     * Slack surely did not take the message: it may be posted again. With `renderedAt` no attempt before this one may have
     * reached Slack either, and the message may be made again.
     */
    async releasePosting(id: string, attempt: number, error: DeliveryError, renderedAt?: string): Promise<boolean> {
      const set = renderedAt === undefined ? {} : { rendered_at: renderedAt };
      return move(id, { from: ['posting'], to: 'pending', attempt, error, set });
    },

    /** A pending delivery goes out late, and its message says why; a reason from before stays. */
    async markLate(id: string, reason: string): Promise<void> {
      await db
        .updateTable('deliveries')
        .set({ late_reason: reason })
        .where('id', '=', id)
        .where('state', '=', 'pending')
        .where('late_reason', 'is', null)
        .execute();
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

    /** Slack may or may not have the message, and the program can't tell now: it is looked up again later. */
    async markUnconfirmed(id: string, error: DeliveryError): Promise<boolean> {
      const set = { recheck_at: new Date(Date.now() + RECHECK_MS.first).toISOString() };
      return finish(id, { from: ['posting'], to: 'unconfirmed', error, set });
    },

    /** Up to `limit` unconfirmed deliveries that are to be looked up again now, each for one caller. Sets their next time. */
    async takeRechecks(now: Date, limit: number): Promise<string[]> {
      const due = await db
        .selectFrom('deliveries')
        .select(['id', 'finished_at', 'recheck_at'])
        .where('recheck_at', '<=', now.toISOString())
        .orderBy('recheck_at')
        .limit(limit)
        .execute();
      const taken: string[] = [];
      for (const { id, finished_at, recheck_at } of due) {
        const age = now.getTime() - Date.parse(finished_at ?? '');
        const next = 2 * age <= RECHECK_MS.last ? new Date(now.getTime() + age).toISOString() : null;
        const { numUpdatedRows } = await db
          .updateTable('deliveries')
          .set({ recheck_at: next })
          .where('id', '=', id)
          .where('recheck_at', '=', recheck_at)
          .executeTakeFirst();
        if (numUpdatedRows > 0n) taken.push(id);
      }
      return taken;
    },

    /** Looks an unconfirmed delivery up at this time instead, at the latest. */
    async recheckBy(id: string, at: Date): Promise<void> {
      await db
        .updateTable('deliveries')
        .set({ recheck_at: at.toISOString() })
        .where('id', '=', id)
        .where('state', '=', 'unconfirmed')
        .where((eb) => eb.or([eb('recheck_at', 'is', null), eb('recheck_at', '>', at.toISOString())]))
        .execute();
    },

    /** An unconfirmed delivery was found in its channel later. `dropped`: its thread was not sent. */
    async markFound(id: string, messageTs: string, dropped?: DeliveryError): Promise<boolean> {
      const set = { message_ts: messageTs, error_code: null, error_message: null, recheck_at: null };
      const postedAt = new Date(Number(messageTs) * 1_000).toISOString();
      return finish(id, { from: ['unconfirmed'], to: 'delivered', error: dropped, set, postedAt });
    },

    /** A person says that an unconfirmed delivery is in its channel. `dropped` as in `markFound`. */
    async markConfirmed(id: string, dropped?: DeliveryError): Promise<boolean> {
      const rest = dropped === undefined ? '' : `. ${dropped.message}`;
      const error = { code: CONFIRMED, message: `A person confirmed that it is there${rest}` };
      return finish(id, { from: ['unconfirmed'], to: 'delivered', error, set: { recheck_at: null } });
    },

    /** An unconfirmed delivery was not in its channel. True if that was noted before, so that it surely is not there. */
    async recordStillAbsent(id: string): Promise<boolean> {
      const at = new Date().toISOString();
      const place = reportIdOf(id) === undefined ? 'channel' : 'thread';
      const entry = { at, state: 'unconfirmed', code: 'absent', message: `Not in the ${place}` } as const;
      const { numUpdatedRows } = await db
        .updateTable('deliveries')
        .set({ absent_at: at, log: appendLog(entry) })
        .where('id', '=', id)
        .where('state', '=', 'unconfirmed')
        .where('absent_at', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows === 0n;
    },

    /** An unconfirmed delivery is surely not in its channel, and too late to be posted by itself. */
    async markNotThere(id: string, to: 'failed' | 'cancelled', error: DeliveryError): Promise<boolean> {
      return finish(id, { from: ['unconfirmed'], to, error, set: { recheck_at: null } });
    },

    /** Gives an unconfirmed report to a new run: it is looked up once more, and posted where it is not there. */
    async reopen(id: string, dispatchId: string): Promise<boolean> {
      if (reportIdOf(id) !== undefined) return false;
      const at = new Date().toISOString();
      const set = {
        ...givenTo(dispatchId, at),
        absent_at: null,
        recheck_at: null,
        // However late, it was asked for.
        post_until: null,
        rendered_at: null,
      };
      const error = { code: RESEND, message: 'A person asked for it again; the channel is read first' };
      return move(id, { from: ['unconfirmed'], to: 'posting', error, set });
    },

    /** Waits until its channel or workspace is fixed; its message is kept. `attempt` as in `markFailed`. */
    async markParked(id: string, error: DeliveryError, attempt?: number): Promise<boolean> {
      return move(id, { from: [attempt === undefined ? 'pending' : 'posting'], to: 'parked', attempt, error });
    },

    /**
     * Parks it together with its owner, in one transaction. If the owner was resumed in between, the delivery would stay parked
     * alone, where no list shows it. For the same reason it fails instead where its notification was removed. Returns what it is
     * then; undefined if it had moved on.
     */
    async park(
      id: string,
      owner: Refused,
      error: DeliveryError,
      attempt?: number,
    ): Promise<'parked' | 'failed' | undefined> {
      return db.transaction().execute(async (trx) => {
        const isThere = await parking(trx).park(owner, error);
        const moves = ledger(trx, onMove);
        if (isThere) return (await moves.markParked(id, error, attempt)) ? 'parked' : undefined;
        return (await moves.markFailed(id, error, attempt)) ? 'failed' : undefined;
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
          .set({ ...errorColumns(error), state: 'cancelled', finished_at: at, ...NO_MESSAGE })
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

    /** The report had nothing to say, or, with another code, is no longer wanted. */
    async markSkipped(id: string, reason: string, code = 'skipped'): Promise<boolean> {
      return finish(id, { from: ['pending'], to: 'skipped', error: { code, message: reason } });
    },

    /** It is too late for it, or a newer one goes out instead. `dispatchId`: the run that found it so, where that is another one. */
    async markMissed(id: string, error: DeliveryError, dispatchId?: string): Promise<boolean> {
      const set = dispatchId === undefined ? {} : { dispatch_id: dispatchId };
      return finish(id, { from: ['pending', 'parked', 'failed'], to: 'missed', error, set });
    },

    /**
     * Gives a parked or failed report to a new run, which makes its message again. It may be posted until `postUntil`, and
     * `lateReason` stands in the message.
     */
    async revive(id: string, dispatchId: string, { postUntil, lateReason }: Revival = {}): Promise<boolean> {
      const at = new Date().toISOString();
      const set = {
        ...givenTo(dispatchId, at),
        post_until: postUntil ?? null,
        ...(lateReason !== undefined && { late_reason: lateReason }),
        ...NO_MESSAGE,
      };
      return inTransaction(db, async (trx) => {
        const row = await moveRow(trx, id, at, { from: ['parked', 'failed'], to: 'pending', set });
        if (row === undefined) return false;
        await dropRest(trx, id);
        announce(row, { state: 'pending', at, error: undefined });
        return true;
      });
    },
  };
}

/** What a thread that was not sent means for its report, once that is there; undefined where none was dropped. */
export function droppedThread({ log }: Pick<Delivery, 'log'>): DeliveryError | undefined {
  const dropped = log.findLast(({ code }) => code === THREAD_DROPPED);
  return dropped && { code: 'thread_incomplete', message: dropped.message ?? '' };
}

/** The columns that a `DeliveryMove` is made of. */
const REPORTED = ['parent_id', 'due_at', 'claimed_at', 'attempts', 'dispatch_id'] as const;

const NOTHING_ELSE = { thread_posts: 0, thread_posts_open: 0, files: 0 };
const NO_MESSAGE = { message: null, rendered_at: null, ...NOTHING_ELSE };

/** A delivery that had ended is claimed by a new run. */
function givenTo(dispatchId: string, at: string) {
  return {
    dispatch_id: dispatchId,
    dispatch_seq: null,
    claimed_at: at,
    not_before: at,
    finished_at: null,
    noticed_at: null,
  };
}

interface Revival {
  postUntil?: string | undefined;
  lateReason?: string | undefined;
}

function subjectColumns({ name, account, report, params, workspaceId, channel, channelName }: Subject) {
  return {
    name,
    account,
    report,
    params: JSON.stringify(params),
    workspace_id: workspaceId,
    channel,
    channel_name: channelName ?? null,
  };
}

function inTransaction<Result>(
  db: Kysely<Database>,
  work: (trx: Kysely<Database>) => Promise<Result>,
): Promise<Result> {
  return db.isTransaction ? work(db) : db.transaction().execute(work);
}

async function threadPostsOf(trx: Kysely<Database>, id: string): Promise<number> {
  const row = await trx.selectFrom('deliveries').select('thread_posts').where('id', '=', id).executeTakeFirst();
  return row?.thread_posts ?? 0;
}

async function noteDroppedThread(trx: Kysely<Database>, id: string, at: string, posts: number): Promise<void> {
  const message = `Its thread of ${posts} ${posts === 1 ? 'post' : 'posts'} was not sent`;
  const log = appendLog({ at, state: 'unconfirmed', code: THREAD_DROPPED, message });
  await trx.updateTable('deliveries').set({ log }).where('id', '=', id).execute();
}

/** A post of the thread has ended; with the last of them the report says how the thread ended, and the files have served. */
async function endThreadPost(
  trx: Kysely<Database>,
  reportId: string,
  at: string,
  { wasOpen }: { wasOpen: boolean },
): Promise<void> {
  const report = await trx
    .updateTable('deliveries')
    .set((eb) => ({ thread_posts_open: eb('thread_posts_open', '-', wasOpen ? 1 : 0) }))
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
    // A post that was found later may have been the only one that was missing.
    .$if(trouble === undefined && !wasOpen, (query) => query.set({ error_code: null, error_message: null }))
    .where('id', '=', reportId)
    .execute();
  if (report.files > 0) await dropFiles(trx, reportId);
}
