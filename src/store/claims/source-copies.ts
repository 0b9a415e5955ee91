import type { Kysely, Transaction } from 'kysely';
import type { Notification } from '../../domain/notification.ts';
import { readNotification, toRow, upsertNotifications } from '../notification-rows.ts';
import type { Database, NotificationRow } from '../schema.ts';

/** Columns that a source decides. */
const COPIED = [
  'name',
  'account',
  'report',
  'params',
  'workspace_id',
  'channel',
  'channel_name',
  'catch_up_window_s',
  'spread_window_s',
  'locale',
  'owner',
  'tags',
] as const satisfies readonly (keyof NotificationRow)[];

/** A copy is written this often while its source gives it, so that its `updated_at` says when that was; in milliseconds. */
const RENEWED_AFTER_MS = 7 * 86_400_000;
/** A copy that no source has given for so long is removed, in milliseconds. */
const FORGOTTEN_AFTER_MS = 90 * 86_400_000;
const FORGOTTEN_AT_ONCE = 500;

/**
 * Keeps what the source says last, next to what people decide: whether it is paused, or parked. Commands find it by its id, and
 * its deliveries go on when the source has forgotten it. Returns the pauses. A row that is as before is not written.
 */
export async function keepCopies(
  trx: Transaction<Database>,
  found: readonly Notification[],
): Promise<Map<string, Notification['pause']>> {
  const byId = [...new Map(found.map((one) => [one.id, one])).values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (byId.length === 0) return new Map();
  const ids = byId.map(({ id }) => id);
  const rows = await trx.selectFrom('notifications').selectAll().where('id', 'in', ids).execute();
  const stored = new Map(rows.map((row) => [row.id, row]));
  const now = new Date().toISOString();
  const renewBefore = before(now, RENEWED_AFTER_MS);
  const values = byId
    .map((one) => ({ ...toRow(one), created_at: now, updated_at: now }))
    .filter((value) => {
      const row = stored.get(value.id);
      return (
        row === undefined || row.updated_at < renewBefore || COPIED.some((column) => row[column] !== value[column])
      );
    });
  await upsertNotifications(trx, values);
  const paused = rows.filter((row) => row.paused_at !== null).map((row) => readNotification(row));
  return new Map(
    paused.flatMap((one) => (one.kind === 'readable' ? [[one.notification.id, one.notification.pause]] : [])),
  );
}

function before(instant: string, ms: number): string {
  return new Date(Date.parse(instant) - ms).toISOString();
}

/** What sources gave, as it was last. */
export function sourceCopies(db: Kysely<Database>) {
  return {
    /**
     * Removes copies that no source has given for 90 days, and returns how many. One that is paused or parked stays, and so does
     * one with a delivery that is open or parked. Deliveries stay in the ledger, which has all that `why`, `resend` and
     * `redrive` need; if the source gives the notification again, it is there again.
     */
    async forget(now = new Date()): Promise<number> {
      const at = now.toISOString();
      const cutoff = before(at, FORGOTTEN_AFTER_MS);
      for (let count = 0; ;) {
        const forgotten = db
          .selectFrom('notifications as n')
          .select('n.id')
          .where('n.source', 'is not', null)
          .where('n.updated_at', '<', cutoff)
          .where('n.parked_at', 'is', null)
          .where((eb) => eb.or([eb('n.paused_at', 'is', null), eb('n.paused_until', '<=', at)]))
          .where((eb) =>
            eb.not(
              eb.exists(
                eb
                  .selectFrom('deliveries as d')
                  .select('d.id')
                  .whereRef('d.notification_id', '=', 'n.id')
                  .where('d.state', 'in', ['pending', 'posting', 'parked']),
              ),
            ),
          )
          .orderBy('n.updated_at')
          .limit(FORGOTTEN_AT_ONCE);
        const { numDeletedRows } = await db
          .deleteFrom('notifications')
          .where('id', 'in', forgotten)
          // A claim may have renewed it meanwhile.
          .where('updated_at', '<', cutoff)
          .executeTakeFirst();
        count += Number(numDeletedRows);
        if (numDeletedRows < BigInt(FORGOTTEN_AT_ONCE)) return count;
      }
    },
  };
}
