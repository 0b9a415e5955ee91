import { type Kysely, type Selectable, sql, type Updateable } from 'kysely';
import { type Database, type DeliveryRow, type DeliveryState, IS_OPEN } from './schema.ts';

export type Delivery = Selectable<DeliveryRow>;

/** A delivery whose post has begun. */
export type Begun = Delivery & {
  /** Null where its workspace is not in the store. */
  token_ref: string | null;
};

interface BeginOptions {
  /** Only while its channel's slot is still the one that it took. */
  withSlot?: boolean;
}

/** A message as it is posted: what phones show, and the blocks. */
export interface StoredMessage {
  text: string;
  blocks: unknown[];
}

export interface DeliveryError {
  code: string;
  message: string;
}

/** Slack's block errors can be long; the ledger keeps what a person reads. */
const ERROR_MESSAGE_MAX = 1_000;

/**
 * The only owner of a delivery's state. Every method names the states it may come from, and from another one it changes
 * nothing and returns false; moves that no method may make are refused by the database itself.
 */
export function ledger(db: Kysely<Database>) {
  interface Move {
    from: readonly DeliveryState[];
    to: DeliveryState;
    /** The attempt whose outcome this is: an attempt that was given up on must not speak for a later one. */
    attempt?: number | undefined;
    error?: DeliveryError | undefined;
    set?: Updateable<DeliveryRow>;
  }

  async function move(id: string, { from, to, attempt, error, set }: Move): Promise<boolean> {
    const at = new Date().toISOString();
    let query = db
      .updateTable('deliveries')
      .set({ ...set, ...errorColumns(error), state: to, log: appendLog({ at, state: to, ...error }) })
      .where('id', '=', id)
      .where('state', 'in', from);
    if (attempt !== undefined) query = query.where('attempts', '=', attempt);
    const { numUpdatedRows } = await query.executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  function begin(id: string, { withSlot = false }: BeginOptions) {
    const at = new Date().toISOString();
    const query = db
      .updateTable('deliveries')
      .set((eb) => ({
        state: 'posting',
        posting_at: at,
        absent_at: null,
        attempts: eb('attempts', '+', 1),
        log: appendLog({ at, state: 'posting' }),
      }))
      .where('id', '=', id)
      .where('state', '=', 'pending');
    if (!withSlot) return query;
    return query.where(
      sql<boolean>`exists (select 1 from slack_pace as p where p.key = workspace_id || '/' || channel and p.holder = deliveries.id)`,
    );
  }

  /** Ends a delivery; its stored message has served. */
  function finish(id: string, end: Move): Promise<boolean> {
    return move(id, { ...end, set: { ...end.set, finished_at: new Date().toISOString(), message: null } });
  }

  return {
    async find(id: string): Promise<Delivery | undefined> {
      return db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst();
    },

    /** Keeps what is to be posted. False when the delivery is no longer waiting for it. */
    async saveMessage(id: string, message: StoredMessage): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('deliveries')
        .set({ message: JSON.stringify(message) })
        .where('id', '=', id)
        .where('state', '=', 'pending')
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /**
     * Claims the post, before the HTTP call. Returns the number of this attempt, which its own outcome must name;
     * undefined when somebody else has it, or it has ended, or, `withSlot`, its channel's slot has gone to another.
     */
    async beginPosting(id: string, options: BeginOptions = {}): Promise<number | undefined> {
      const row = await begin(id, options).returning('attempts').executeTakeFirst();
      return row?.attempts;
    },

    /**
     * The same for a delivery that nothing stands against, which need not be read first: it is returned. Undefined for
     * every other; `work.post` tells why, and what is a reason there must be one here.
     */
    async beginOrdinary(id: string, options: BeginOptions = {}): Promise<Begun | undefined> {
      return begin(id, options)
        .where(
          sql<boolean>`not exists (select 1 from workspaces as w where w.id = workspace_id and w.parked_at is not null)`,
        )
        .where(
          sql<boolean>`not exists (select 1 from notifications as n where n.id = notification_id and n.parked_at is not null)`,
        )
        .where('message', 'is not', null)
        .returningAll()
        .returning(
          sql<string | null>`(select w.token_ref from workspaces as w where w.id = workspace_id)`.as('token_ref'),
        )
        .executeTakeFirst();
    },

    /** Slack surely did not take the message: it may be posted again. */
    async releasePosting(id: string, attempt: number, error: DeliveryError): Promise<boolean> {
      return move(id, { from: ['posting'], to: 'pending', attempt, error });
    },

    /** Notes that the channel did not show the message. False when it was noted before: absent twice. */
    async sawAbsence(id: string, attempt: number): Promise<boolean> {
      const at = new Date().toISOString();
      const { numUpdatedRows } = await db
        .updateTable('deliveries')
        .set({ absent_at: at, log: appendLog({ at, state: 'posting', code: 'absent', message: 'Not in the channel' }) })
        .where('id', '=', id)
        .where('attempts', '=', attempt)
        .where('state', '=', 'posting')
        .where('absent_at', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /** `degraded`: Slack refused the blocks, and took the plain text. */
    async markDelivered(id: string, attempt: number, messageTs: string, degraded?: DeliveryError): Promise<boolean> {
      const set = { message_ts: messageTs, error_code: null, error_message: null };
      return finish(id, { from: ['posting'], to: 'delivered', attempt, error: degraded, set });
    },

    /** Slack refused the message (then `attempt` is the one it refused), or it was never handed to Slack. */
    async markFailed(id: string, error: DeliveryError, attempt?: number): Promise<boolean> {
      return finish(id, { from: [attempt === undefined ? 'pending' : 'posting'], to: 'failed', attempt, error });
    },

    /** Slack may or may not have the message, and nobody can tell: a person has to look. */
    async markUnconfirmed(id: string, error: DeliveryError): Promise<boolean> {
      return finish(id, { from: ['posting'], to: 'unconfirmed', error });
    },

    /** Waits for somebody to mend its channel or workspace; its message is kept. `attempt` as in `markFailed`. */
    async markParked(id: string, error: DeliveryError, attempt?: number): Promise<boolean> {
      return move(id, { from: [attempt === undefined ? 'pending' : 'posting'], to: 'parked', attempt, error });
    },

    /** Nobody wants it any more, and it was not handed to Slack. */
    async markCancelled(id: string, error: DeliveryError): Promise<boolean> {
      return finish(id, { from: ['pending', 'parked'], to: 'cancelled', error });
    },

    /** Cancels up to `limit` of what a run has claimed and nobody has begun to post. Returns how many there were. */
    async cancelPending(runId: string, error: DeliveryError, limit: number): Promise<number> {
      const at = new Date().toISOString();
      const { numUpdatedRows } = await db
        .updateTable('deliveries')
        .set({ ...errorColumns(error), state: 'cancelled', finished_at: at, message: null })
        .set({ log: appendLog({ at, state: 'cancelled', ...error }) })
        .where('state', '=', 'pending')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('deliveries')
            .select('id')
            .where(IS_OPEN)
            .where('run_id', '=', runId)
            .where('state', '=', 'pending')
            .limit(limit),
        )
        .executeTakeFirst();
      return Number(numUpdatedRows);
    },

    async markMissed(id: string, error: DeliveryError): Promise<boolean> {
      return finish(id, { from: ['parked'], to: 'missed', error });
    },

    /** Gives a parked or failed delivery to a new run. */
    async revive(id: string, runId: string): Promise<boolean> {
      const at = new Date().toISOString();
      const set = { run_id: runId, run_seq: null, claimed_at: at, not_before: at, finished_at: null };
      return move(id, { from: ['parked', 'failed'], to: 'pending', set });
    },
  };
}

/** The message that is kept for a delivery; undefined before its report was rendered, and after it has ended. */
export function messageOfDelivery({ message }: Pick<Delivery, 'message'>): StoredMessage | undefined {
  return message === null ? undefined : (JSON.parse(message) as StoredMessage);
}

/** One step in the life of a delivery, as the ledger's log keeps it. */
export interface LogEntry {
  at: string;
  state: DeliveryState;
  code?: string;
  message?: string;
}

export function readLog(delivery: Pick<Delivery, 'log'>): LogEntry[] {
  const lines = delivery.log.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as LogEntry);
}

export function logLine({ message, ...entry }: LogEntry): string {
  const short = message === undefined ? {} : { message: message.slice(0, ERROR_MESSAGE_MAX) };
  return `${JSON.stringify({ ...entry, ...short })}\n`;
}

/** The log grows in the same statement that changes the state, so the two never disagree. */
function appendLog(entry: LogEntry) {
  return sql<string>`log || ${logLine(entry)}`;
}

function errorColumns(error: DeliveryError | undefined) {
  if (error === undefined) return {};
  return { error_code: error.code, error_message: error.message.slice(0, ERROR_MESSAGE_MAX) };
}
