import { type Kysely, sql, type Updateable } from 'kysely';
import { type Delivery, type DeliveryError, type LogEntry, reportIdOf } from '../../domain/delivery.ts';
import { LIKE_TEST } from '../../domain/occurrence.ts';
import type { Subject } from '../../domain/still-due.ts';
import { DURABLE_ANYWAY, type MakeDurable } from '../durable.ts';
import { type Parked, parking, type Refused } from '../parking.ts';
import { type Database, type DeliveryRow, IS_OPEN } from '../schema.ts';
import { appendLog, errorColumns, toDelivery } from './delivery-rows.ts';
import { dropRest, keepMessage, type MessageToSave } from './message.ts';
import { type DeliveryMove, givenTo, inTransaction, moveRow, moves, NO_MESSAGE, REPORTED } from './moves.ts';
import { unconfirmedMoves } from './unconfirmed.ts';

interface BeginOptions {
  /** Only while its channel's slot is still the one that it took. */
  withSlot?: boolean;
  /** Only while these are as they were seen: the message that is to be posted, and the notification. */
  seen?: { renderedAt: string | undefined; notification: string | undefined };
}

/** The code of a step that loads a report once more. */
export const LOADING = 'loading';
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
  const made = moves(db, onMove);
  const { move, announce, finish } = made;

  return {
    ...unconfirmedMoves(db, made),

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
        const within = ledger(trx, onMove);
        if (isThere) return (await within.markParked(id, error, attempt)) ? 'parked' : undefined;
        return (await within.markFailed(id, error, attempt)) ? 'failed' : undefined;
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

  async function appendToPending(id: string, entry: DeliveryError, set: Updateable<DeliveryRow> = {}): Promise<void> {
    const log = appendLog({ at: new Date().toISOString(), state: 'pending', ...entry });
    await db
      .updateTable('deliveries')
      .set({ ...set, log })
      .where('id', '=', id)
      .where('state', '=', 'pending')
      .execute();
  }
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
