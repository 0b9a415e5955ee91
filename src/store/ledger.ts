import { type Kysely, type Selectable, sql, type Updateable } from 'kysely';
import { appendLog, type DeliveryError, errorColumns, RESTORED } from './delivery-log.ts';
import { dropRest, keepMessage, type MessageToSave } from './kept-message.ts';
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

/** A move that was made, for whoever counts and logs them. */
export interface DeliveryMove {
  /** Where it moved to. */
  state: DeliveryState;
  error: DeliveryError | undefined;
  /** When it moved, was due and was claimed, ISO 8601. */
  at: string;
  dueAt: string;
  claimedAt: string;
  attempts: number;
  /** Workflow id of its run. */
  runId: string;
}

/**
 * The only owner of a delivery's state. Every method names the states it may come from, and from another one it changes
 * nothing and returns false; moves that no method may make are refused by the database itself. `onMove` is told of every
 * move after it was made.
 */
export function ledger(db: Kysely<Database>, onMove: (move: DeliveryMove) => void = () => {}) {
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
    const row = await query.returning(TOLD).executeTakeFirst();
    tell(row, { state: to, at, error });
    return row !== undefined;
  }

  function tell(
    row: Pick<Delivery, (typeof TOLD)[number]> | undefined,
    made: Pick<DeliveryMove, 'state' | 'at' | 'error'>,
  ): void {
    if (row === undefined) return;
    const { due_at: dueAt, claimed_at: claimedAt, attempts, run_id: runId } = row;
    onMove({ ...made, dueAt, claimedAt, attempts, runId });
  }

  function begin(id: string, at: string, { withSlot = false }: BeginOptions) {
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

  /** Ends a delivery; its stored message has served. What was to come with it needs a message that was delivered. */
  async function finish(id: string, end: Move): Promise<boolean> {
    const set = { ...end.set, finished_at: new Date().toISOString(), message: null };
    const ended = await move(id, { ...end, set: end.to === 'delivered' ? set : { ...set, ...NOTHING_ELSE } });
    if (ended && end.to !== 'delivered') await dropRest(db, id);
    return ended;
  }

  return {
    async find(id: string): Promise<Delivery | undefined> {
      return db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst();
    },

    /** Keeps what is to be posted. False when the delivery is no longer waiting for it. */
    async saveMessage(id: string, message: MessageToSave): Promise<boolean> {
      return keepMessage(db, id, message);
    },

    /**
     * Claims the post, before the HTTP call. Returns the number of this attempt, which its own outcome must name;
     * undefined when somebody else has it, or it has ended, or, `withSlot`, its channel's slot has gone to another.
     */
    async beginPosting(id: string, options: BeginOptions = {}): Promise<number | undefined> {
      const at = new Date().toISOString();
      const row = await begin(id, at, options).returning(TOLD).executeTakeFirst();
      tell(row, { state: 'posting', at, error: undefined });
      return row?.attempts;
    },

    /**
     * The same for a delivery that nothing stands against, which need not be read first: it is returned. Undefined for
     * every other; `work.post` tells why, and what is a reason there must be one here.
     */
    async beginOrdinary(id: string, options: BeginOptions = {}): Promise<Begun | undefined> {
      const at = new Date().toISOString();
      const row = await begin(id, at, options)
        .where(sql<boolean>`not exists (select 1 from backups as b where b.restored_at >= due_at)`)
        .where(
          sql<boolean>`not exists (select 1 from workspaces as w where w.id = workspace_id and w.parked_at is not null)`,
        )
        .where(
          sql<boolean>`not exists (
            select 1 from notifications as n
            where n.id = notification_id and (n.parked_at is not null or n.one_off = 1))`,
        )
        .where('message', 'is not', null)
        .returningAll()
        .returning(
          sql<string | null>`(select w.token_ref from workspaces as w where w.id = workspace_id)`.as('token_ref'),
        )
        .executeTakeFirst();
      tell(row, { state: 'posting', at, error: undefined });
      return row;
    },

    /** It may have been posted since `from`, unknown to the ledger: it is looked up before it is posted. */
    async doubt(id: string, from: Date): Promise<boolean> {
      const set = { posting_at: from.toISOString(), absent_at: null };
      return move(id, { from: ['pending'], to: 'posting', error: RESTORED, set });
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

    /** The report had nothing to say. */
    async markSkipped(id: string, reason: string): Promise<boolean> {
      return finish(id, { from: ['pending'], to: 'skipped', error: { code: 'skipped', message: reason } });
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

/** The columns that a `DeliveryMove` is made of. */
const TOLD = ['due_at', 'claimed_at', 'attempts', 'run_id'] as const;

const NOTHING_ELSE = { parts: 0, parts_open: 0, files: 0 };
