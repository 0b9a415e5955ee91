import type { Kysely, Selectable, Updateable } from 'kysely';
import { type DeliveryError, type DeliveryState, reportIdOf } from '../../domain/delivery.ts';
import type { Database, DeliveryRow } from '../schema.ts';
import { appendLog, errorColumns } from './delivery-rows.ts';
import { dropRest } from './message.ts';
import { endThreadPost, noteDroppedThread, threadPostsOf } from './thread.ts';

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

export interface Move {
  from: readonly DeliveryState[];
  to: DeliveryState;
  /** The attempt whose outcome this is: an attempt that was given up on must not speak for a later one. */
  attempt?: number | undefined;
  error?: DeliveryError | undefined;
  set?: Updateable<DeliveryRow>;
  /** When it reached its channel, where that was long ago; for metrics. */
  postedAt?: string;
}

/** How a delivery changes its state: in one statement with its log, and only from a state that the caller names. */
export function moves(db: Kysely<Database>, onMove: (move: DeliveryMove) => void) {
  return { move, announce, finish };

  async function move(id: string, how: Move): Promise<boolean> {
    const at = new Date().toISOString();
    const row = await moveRow(db, id, at, how);
    announce(row, { state: how.to, at: how.postedAt ?? at, error: how.error });
    return row !== undefined;
  }

  function announce(
    row: Pick<Selectable<DeliveryRow>, (typeof REPORTED)[number]> | undefined,
    made: Pick<DeliveryMove, 'state' | 'at' | 'error'>,
  ): void {
    if (row === undefined || row.parent_id !== null) return;
    const { due_at: dueAt, claimed_at: claimedAt, attempts, dispatch_id: dispatchId } = row;
    onMove({ ...made, dueAt, claimedAt, attempts, dispatchId });
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
}

/** The row, if it was in one of the states that the move names. */
export function moveRow(trx: Kysely<Database>, id: string, at: string, { from, to, attempt, error, set }: Move) {
  const why = error && { code: error.code, message: error.message };
  let query = trx
    .updateTable('deliveries')
    .set({ ...set, ...errorColumns(error), state: to, log: appendLog({ at, state: to, ...why }) })
    .where('id', '=', id)
    .where('state', 'in', from);
  if (attempt !== undefined) query = query.where('attempts', '=', attempt);
  return query.returning(REPORTED).executeTakeFirst();
}

export type Moves = ReturnType<typeof moves>;

/** The columns that a `DeliveryMove` is made of. */
export const REPORTED = ['parent_id', 'due_at', 'claimed_at', 'attempts', 'dispatch_id'] as const;

const NOTHING_ELSE = { thread_posts: 0, thread_posts_open: 0, files: 0 };
export const NO_MESSAGE = { message: null, rendered_at: null, ...NOTHING_ELSE };

/** A delivery that had ended is claimed by a new run. */
export function givenTo(dispatchId: string, at: string) {
  return {
    dispatch_id: dispatchId,
    dispatch_seq: null,
    claimed_at: at,
    not_before: at,
    finished_at: null,
    noticed_at: null,
  };
}

export function inTransaction<Result>(
  db: Kysely<Database>,
  work: (trx: Kysely<Database>) => Promise<Result>,
): Promise<Result> {
  return db.isTransaction ? work(db) : db.transaction().execute(work);
}
