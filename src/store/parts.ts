import type { Kysely, Selectable, Updateable } from 'kysely';
import { appendLog, type DeliveryError, errorColumns, RESTORED } from './delivery-log.ts';
import type { StoredMessage } from './kept-message.ts';
import type { Database, DeliveryPartRow, PartState } from './schema.ts';

export type Part = Selectable<DeliveryPartRow>;

/** A post of the thread as it is kept: a message, and the numbers of the files that it is there to share. */
export interface StoredPart extends StoredMessage {
  attached?: number[];
}

/** What the metadata of a part's message carries: an id of its own, so that no part is taken for another. */
export function partId({ delivery_id, nr }: Pick<Part, 'delivery_id' | 'nr'>): string {
  return `${delivery_id}.${nr}`;
}

/** The message that is kept for a part; undefined when it has ended. */
export function messageOfPart({ message }: Pick<Part, 'message'>): StoredPart | undefined {
  return message === null ? undefined : (JSON.parse(message) as StoredPart);
}

/**
 * The posts of a delivery's thread. As in the ledger, every method names the state it comes from, and from another one it
 * changes nothing and returns false. However a part ends, its delivery stays delivered, and gets a note.
 */
export function parts(db: Kysely<Database>) {
  interface Move {
    to: PartState;
    /** The attempt whose outcome this is; without one it was never handed to Slack. */
    attempt?: number | undefined;
    error?: DeliveryError | undefined;
    set?: Updateable<DeliveryPartRow>;
  }

  async function move(trx: Kysely<Database>, part: Part, { to, attempt, error, set }: Move): Promise<boolean> {
    let query = trx
      .updateTable('delivery_parts')
      .set({ ...set, ...errorColumns(error), state: to })
      .where('delivery_id', '=', part.delivery_id)
      .where('nr', '=', part.nr)
      .where('state', '=', attempt === undefined ? 'pending' : 'posting');
    if (attempt !== undefined) query = query.where('attempts', '=', attempt);
    const { numUpdatedRows } = await query.executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /** Ends the part; and with the last of them the thread. */
  async function end(part: Part, how: Move): Promise<boolean> {
    return db.transaction().execute(async (trx) => {
      const set = { ...how.set, finished_at: new Date().toISOString(), message: null };
      if (!(await move(trx, part, { ...how, set }))) return false;
      if (how.error !== undefined) await note(trx, part, how.error);
      await trx
        .updateTable('deliveries')
        .set((eb) => ({ parts_open: eb('parts_open', '-', 1) }))
        .where('id', '=', part.delivery_id)
        .execute();
      await summarise(trx, part.delivery_id);
      return true;
    });
  }

  return {
    async find(deliveryId: string, nr: number): Promise<Part | undefined> {
      return db
        .selectFrom('delivery_parts')
        .selectAll()
        .where('delivery_id', '=', deliveryId)
        .where('nr', '=', nr)
        .executeTakeFirst();
    },

    /** In the order of the thread. */
    async list(deliveryId: string): Promise<Part[]> {
      return db.selectFrom('delivery_parts').selectAll().where('delivery_id', '=', deliveryId).orderBy('nr').execute();
    },

    /** Claims the post, before the HTTP call. Returns the number of this attempt; undefined when somebody else has it. */
    async beginPosting({ delivery_id, nr }: Part): Promise<number | undefined> {
      const row = await db
        .updateTable('delivery_parts')
        .set((eb) => ({
          state: 'posting',
          posting_at: new Date().toISOString(),
          absent_at: null,
          attempts: eb('attempts', '+', 1),
        }))
        .where('delivery_id', '=', delivery_id)
        .where('nr', '=', nr)
        .where('state', '=', 'pending')
        .returning('attempts')
        .executeTakeFirst();
      return row?.attempts;
    },

    /** It may have been posted since `from`, unknown to the ledger: it is looked up before it is posted. */
    async doubt(part: Part, from: Date): Promise<boolean> {
      return db.transaction().execute(async (trx) => {
        const set = { posting_at: from.toISOString(), absent_at: null };
        const doubted = await move(trx, part, { to: 'posting', set });
        if (doubted) await note(trx, part, RESTORED);
        return doubted;
      });
    },

    /** Slack surely did not take it: it may be posted again. */
    async releasePosting(part: Part, attempt: number, error: DeliveryError): Promise<boolean> {
      return db.transaction().execute(async (trx) => {
        const released = await move(trx, part, { to: 'pending', attempt, error });
        if (released) await note(trx, part, error);
        return released;
      });
    },

    /** Notes that the thread did not show it. False when it was noted before: absent twice. */
    async sawAbsence({ delivery_id, nr, attempts }: Part): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('delivery_parts')
        .set({ absent_at: new Date().toISOString() })
        .where('delivery_id', '=', delivery_id)
        .where('nr', '=', nr)
        .where('state', '=', 'posting')
        .where('attempts', '=', attempts)
        .where('absent_at', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /** `degraded`: Slack refused it as it was, and took a plainer one. */
    async markDelivered(part: Part, attempt: number, messageTs: string, degraded?: DeliveryError): Promise<boolean> {
      const set = { message_ts: messageTs, error_code: null, error_message: null };
      return end(part, { to: 'delivered', attempt, error: degraded, set });
    },

    /** Slack refused it (then `attempt` is the one it refused), or it was never handed to Slack. */
    async markFailed(part: Part, error: DeliveryError, attempt?: number): Promise<boolean> {
      return end(part, { to: 'failed', attempt, error });
    },

    /** Slack may or may not have it, and nobody can tell. */
    async markUnconfirmed(part: Part, error: DeliveryError): Promise<boolean> {
      return end(part, { to: 'unconfirmed', attempt: part.attempts, error });
    },
  };
}

/** A line in the log of its delivery, which `why` prints. */
async function note(trx: Kysely<Database>, part: Part, { code, message }: DeliveryError): Promise<void> {
  const entry = { at: new Date().toISOString(), state: 'delivered' as const, code };
  await trx
    .updateTable('deliveries')
    .set({ log: appendLog({ ...entry, message: `Thread post ${part.nr}: ${message}` }) })
    .where('id', '=', part.delivery_id)
    .execute();
}

/** When the last part has ended: what became of them, and the files have served. */
async function summarise(trx: Kysely<Database>, deliveryId: string): Promise<void> {
  const delivery = await trx
    .selectFrom('deliveries')
    .select(['parts', 'parts_open', 'files'])
    .where('id', '=', deliveryId)
    .executeTakeFirst();
  if (delivery === undefined || delivery.parts_open > 0) return;
  const missing = await trx
    .selectFrom('delivery_parts')
    .select(['state', 'error_message'])
    .where('delivery_id', '=', deliveryId)
    .where('state', '<>', 'delivered')
    .orderBy('nr')
    .execute();
  const all = `${delivery.parts} thread ${delivery.parts === 1 ? 'post' : 'posts'}`;
  const isLost = missing.some(({ state }) => state === 'failed');
  const trouble: DeliveryError | undefined = missing[0] && {
    code: 'thread_incomplete',
    message: `${missing.length} of ${all} ${isLost ? 'failed' : 'may be missing'}: ${missing[0].error_message ?? ''}`,
  };
  const at = new Date().toISOString();
  await trx
    .updateTable('deliveries')
    .set({
      ...errorColumns(trouble),
      log: appendLog({ at, state: 'delivered', ...(trouble ?? { code: 'thread', message: `${all} delivered` }) }),
    })
    .where('id', '=', deliveryId)
    .execute();
  if (delivery.files > 0) await dropFiles(trx, deliveryId);
}

/** What the files hold is kept no longer than it is needed; where they are at Slack stays known. */
export async function dropFiles(db: Kysely<Database>, deliveryId: string): Promise<void> {
  await db.updateTable('delivery_files').set({ file: null }).where('delivery_id', '=', deliveryId).execute();
}
