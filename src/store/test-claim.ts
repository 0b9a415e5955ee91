import type { Kysely } from 'kysely';
import { timezoneOf } from '../domain/notification.ts';
import { occurrenceOfTest } from '../occurrence.ts';
import { type ClaimOrigin, insertClaims, pendingRow } from './claim-rows.ts';
import { toNotification } from './notification-row.ts';
import type { Database } from './schema.ts';

/**
 * Claims a notification's report, now, for another channel of its workspace. Does nothing if there is no such notification,
 * or if the same run has claimed it before.
 */
export async function claimTest(
  db: Kysely<Database>,
  { notificationId, channel }: { notificationId: string; channel: string },
  origin: ClaimOrigin,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const row = await trx.selectFrom('notifications').selectAll().where('id', '=', notificationId).executeTakeFirst();
    if (row === undefined) return;
    const { nominal } = origin;
    const found = toNotification(row);
    const tested = { ...found, name: `Test of ${found.name}`, channel: { id: channel }, spreadWindowS: 0 };
    const occurrence = occurrenceOfTest(channel, nominal, timezoneOf(found.due) ?? null);
    await insertClaims(trx, [pendingRow(tested, { occurrence, dueAt: nominal }, origin)]);
  });
}
