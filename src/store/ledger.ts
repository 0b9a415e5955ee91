import type { Kysely, Selectable, Updateable } from 'kysely';
import type { Database, DeliveryRow, DeliveryState } from './schema.ts';

export type Delivery = Selectable<DeliveryRow>;

/** A message as it is posted: what phones show, and the blocks. */
export interface StoredMessage {
  text: string;
  blocks: unknown[];
}

export interface DeliveryFilter {
  notificationId?: string | undefined;
  runId?: string | undefined;
  states?: readonly DeliveryState[] | undefined;
  /** The newest so many. */
  limit: number;
}

/** The only owner of a delivery's state. Every change names the states it may come from; another one changes nothing. */
export function ledger(db: Kysely<Database>) {
  /** True when the row was in one of `from`, still at this attempt where one is named, and has moved. */
  async function move(
    id: string,
    from: readonly DeliveryState[],
    set: Updateable<DeliveryRow>,
    attempt?: number,
  ): Promise<boolean> {
    let query = db.updateTable('deliveries').set(set).where('id', '=', id).where('state', 'in', from);
    if (attempt !== undefined) query = query.where('attempts', '=', attempt);
    const { numUpdatedRows } = await query.executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /** Ends a delivery; its stored message has served. */
  async function finish(
    id: string,
    from: readonly DeliveryState[],
    set: Updateable<DeliveryRow>,
    attempt?: number,
  ): Promise<boolean> {
    const moved = await move(id, from, { ...set, finished_at: new Date().toISOString() }, attempt);
    if (moved) await db.deleteFrom('delivery_messages').where('delivery_id', '=', id).execute();
    return moved;
  }

  return {
    async find(id: string): Promise<Delivery | undefined> {
      return db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst();
    },

    /** The last occurrence of a notification that reached its channel before this instant. */
    async lastDeliveredBefore(notificationId: string, dueAt: string): Promise<Delivery | undefined> {
      return db
        .selectFrom('deliveries')
        .selectAll()
        .where('notification_id', '=', notificationId)
        .where('due_at', '<', dueAt)
        .where('state', '=', 'delivered')
        .orderBy('due_at', 'desc')
        .executeTakeFirst();
    },

    async list(filter: DeliveryFilter): Promise<Delivery[]> {
      let query = db.selectFrom('deliveries').selectAll().orderBy('due_at', 'desc').orderBy('id').limit(filter.limit);
      if (filter.notificationId !== undefined) query = query.where('notification_id', '=', filter.notificationId);
      if (filter.runId !== undefined) query = query.where('run_id', '=', filter.runId);
      if (filter.states !== undefined) query = query.where('state', 'in', filter.states);
      return query.execute();
    },

    async saveMessage(id: string, message: StoredMessage): Promise<void> {
      const body = JSON.stringify(message);
      await db
        .insertInto('delivery_messages')
        .values({ delivery_id: id, body })
        .onConflict((conflict) => conflict.column('delivery_id').doUpdateSet({ body }))
        .execute();
    },

    async message(id: string): Promise<StoredMessage | undefined> {
      const row = await db
        .selectFrom('delivery_messages')
        .select('body')
        .where('delivery_id', '=', id)
        .executeTakeFirst();
      return row === undefined ? undefined : (JSON.parse(row.body) as StoredMessage);
    },

    /**
     * Claims the post, before the HTTP call. Returns the number of this attempt, which its own outcome must name;
     * undefined when somebody else has it, or it has ended.
     */
    async beginPosting(id: string): Promise<number | undefined> {
      const row = await db
        .updateTable('deliveries')
        .set((eb) => ({
          state: 'posting',
          posting_at: new Date().toISOString(),
          absent_at: null,
          attempts: eb('attempts', '+', 1),
        }))
        .where('id', '=', id)
        .where('state', '=', 'pending')
        .returning('attempts')
        .executeTakeFirst();
      return row?.attempts;
    },

    /** Slack surely did not take the message: it may be posted again. */
    async releasePosting(id: string, attempt: number, error: DeliveryError): Promise<boolean> {
      return move(id, ['posting'], { state: 'pending', ...errorColumns(error) }, attempt);
    },

    /** Notes that the channel did not show the message. False when it was noted before: absent twice. */
    async sawAbsence(id: string, attempt: number): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('deliveries')
        .set({ absent_at: new Date().toISOString() })
        .where('id', '=', id)
        .where('attempts', '=', attempt)
        .where('state', '=', 'posting')
        .where('absent_at', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async markDelivered(id: string, attempt: number, messageTs: string): Promise<boolean> {
      return finish(
        id,
        ['posting'],
        { state: 'delivered', message_ts: messageTs, error_code: null, error_message: null },
        attempt,
      );
    },

    /** Slack refused the message (then `attempt` is the one it refused), or it was never handed to Slack. */
    async markFailed(id: string, error: DeliveryError, attempt?: number): Promise<boolean> {
      const from: DeliveryState[] = attempt === undefined ? ['pending'] : ['posting'];
      return finish(id, from, { state: 'failed', ...errorColumns(error) }, attempt);
    },

    /** Slack may or may not have the message, and nobody can tell: a person has to look. */
    async markUnconfirmed(id: string, error: DeliveryError): Promise<boolean> {
      return finish(id, ['posting'], { state: 'unconfirmed', ...errorColumns(error) });
    },

    /** Nobody wants it any more, and it was not handed to Slack. */
    async markCancelled(id: string, error: DeliveryError): Promise<boolean> {
      return finish(id, ['pending'], { state: 'cancelled', ...errorColumns(error) });
    },
  };
}

export interface DeliveryError {
  code: string;
  message: string;
}

/** Slack's block errors can be long; the ledger keeps what a person reads. */
const ERROR_MESSAGE_MAX = 1_000;

function errorColumns({ code, message }: DeliveryError) {
  return { error_code: code, error_message: message.slice(0, ERROR_MESSAGE_MAX) };
}
