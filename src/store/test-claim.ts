import type { Kysely } from 'kysely';
import { occurrenceOfTest } from '../occurrence.ts';
import { claim, type ClaimOrigin, insertClaims } from './claim-rows.ts';
import type { Database } from './schema.ts';

/** A notification's report, now, to another channel of its workspace. */
export interface Test {
  notificationId: string;
  /** Slack's id. */
  channel: string;
}

/** Nothing where there is no such notification. Asked again by the same run it adds nothing. */
export async function claimTest(db: Kysely<Database>, test: Test, origin: ClaimOrigin): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const found = await trx
      .selectFrom('notifications')
      .selectAll()
      .where('id', '=', test.notificationId)
      .executeTakeFirst();
    if (found === undefined) return;
    const { nominal } = origin;
    const { channel } = test;
    const tested = { ...found, name: `Test of ${found.name}`, channel, channel_name: null, window_s: 0 };
    const occurrence = occurrenceOfTest(channel, nominal, found.timezone);
    await insertClaims(trx, [claim(tested, { occurrence, dueAt: nominal }, { ...origin, windowS: 0 })]);
  });
}
