import { type Kysely, type Selectable, sql, type Updateable } from 'kysely';
import { redact } from '../redact.ts';
import type { Database, DeliveryRow, DeliveryState } from './schema.ts';

export type Delivery = Selectable<DeliveryRow>;

/** A message as it is posted: what phones show, and the blocks. */
export interface StoredMessage {
  text: string;
  blocks: unknown[];
}

export interface DeliveryError {
  code: string;
  message: string;
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

/** Slack's block errors can be long; the ledger keeps what a person reads. */
const ERROR_MESSAGE_MAX = 1_000;

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
     * undefined when somebody else has it, or it has ended.
     */
    async beginPosting(id: string): Promise<number | undefined> {
      const at = new Date().toISOString();
      const row = await db
        .updateTable('deliveries')
        .set((eb) => ({
          state: 'posting',
          posting_at: at,
          absent_at: null,
          attempts: eb('attempts', '+', 1),
          log: appendLog({ at, state: 'posting' }),
        }))
        .where('id', '=', id)
        .where('state', '=', 'pending')
        .returning(TOLD)
        .executeTakeFirst();
      tell(row, { state: 'posting', at, error: undefined });
      return row?.attempts;
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

    async markMissed(id: string, error: DeliveryError): Promise<boolean> {
      return finish(id, { from: ['parked'], to: 'missed', error });
    },

    /** Gives a parked or failed delivery to a new run. */
    async revive(id: string, runId: string): Promise<boolean> {
      const at = new Date().toISOString();
      const set = { run_id: runId, claimed_at: at, not_before: at, finished_at: null };
      return move(id, { from: ['parked', 'failed'], to: 'pending', set });
    },
  };
}

/** The columns that a `DeliveryMove` is made of. */
const TOLD = ['due_at', 'claimed_at', 'attempts', 'run_id'] as const;

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
  const short = message === undefined ? {} : { message: redact(message).slice(0, ERROR_MESSAGE_MAX) };
  return `${JSON.stringify({ ...entry, ...short })}\n`;
}

/** The log grows in the same statement that changes the state, so the two never disagree. */
function appendLog(entry: LogEntry) {
  return sql<string>`log || ${logLine(entry)}`;
}

function errorColumns(error: DeliveryError | undefined) {
  if (error === undefined) return {};
  return { error_code: error.code, error_message: redact(error.message).slice(0, ERROR_MESSAGE_MAX) };
}
