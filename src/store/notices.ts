import type { Transaction } from 'kysely';
import { deliveryId } from '../domain/occurrence.ts';
import { type Notice, noticeId, NOTICE_REPORT, type OwnerPlace } from '../domain/owner.ts';
import { insertClaims } from './claims/claim-rows.ts';
import { logLine } from './ledger/delivery-rows.ts';
import type { Database } from './schema.ts';
import type { FoundTrouble } from './trouble.ts';

/** In a notice. */
const [ENDINGS_SHOWN, NAMED] = [5, 10];

/** What the owner reads of them. */
export function noticeOfTrouble(troubles: readonly FoundTrouble[], since: string): Notice {
  const endings = new Map<string, Notice['endings'][number]>();
  for (const { state, code, message } of troubles) {
    const ending = endings.get(`${state} ${code}`) ?? { state, code, message, count: 0 };
    ending.count += 1;
    endings.set(`${state} ${code}`, ending);
  }
  return {
    kind: 'trouble',
    since,
    notifications: new Set(troubles.map((one) => one.notificationId)).size,
    endings: [...endings.values()].toSorted((a, b) => b.count - a.count).slice(0, ENDINGS_SHOWN),
    named: troubles.slice(0, NAMED).map(({ notification, channel }) => ({ notification, channel })),
  };
}

/** Returns the id of its delivery, which follows from the streak: one notice of a kind and a try, however often it is added. */
export async function addNotice(
  { trx, dispatchId, at }: { trx: Transaction<Database>; dispatchId: string; at: string },
  { streak, place, tries }: { streak: string; place: OwnerPlace; tries: number },
  notice: Notice,
): Promise<string> {
  const notification = noticeId(place);
  const occurrence = `${streak}:${notice.kind}${tries === 1 ? '' : `:${tries}`}`;
  const id = deliveryId(notification, occurrence);
  const row = {
    id,
    notification_id: notification,
    occurrence,
    name: notice.kind === 'trouble' ? 'Notice of trouble' : 'Notice of recovery',
    account: 'owners',
    report: NOTICE_REPORT,
    params: JSON.stringify(notice),
    workspace_id: place.workspaceId,
    channel: place.channel,
    dispatch_id: dispatchId,
    due_at: at,
    not_before: at,
    state: 'pending' as const,
    claimed_at: at,
    log: logLine({ at, state: 'pending', message: `Made by ${dispatchId}` }),
  };
  await insertClaims(trx, [row]);
  return id;
}
