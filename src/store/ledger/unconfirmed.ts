import type { Kysely } from 'kysely';
import { CONFIRMED, type DeliveryError, reportIdOf, RESEND } from '../../domain/delivery.ts';
import type { Database } from '../schema.ts';
import { appendLog } from './delivery-rows.ts';
import { givenTo, type Moves } from './moves.ts';

/**
 * An unconfirmed delivery is looked up again after this long, then each time when twice as long has passed, and the last time
 * within a week; in milliseconds.
 */
const RECHECK_MS = { first: 15 * 60_000, last: 7 * 24 * 3_600_000 };

/** The moves of a delivery that Slack may or may not have: it is looked up again, or a person decides. */
export function unconfirmedMoves(db: Kysely<Database>, { move, finish }: Moves) {
  return {
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
  };
}
