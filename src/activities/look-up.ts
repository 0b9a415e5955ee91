import type { Wanted } from '../slack/history.ts';
import type { Work } from '../store/ledger/work.ts';

/** Where a report or a post in a thread is looked for, and the code of one that is not there. */
export const PLACES = {
  report: { place: 'channel', absent: 'not_in_history' },
  thread_post: { place: 'thread', absent: 'not_in_thread' },
} as const;

/** Where and when to look for the message of an attempt whose end is unknown. */
export function lookOf({ delivery, threadTs, backupGap }: Work, settleMs: number): Wanted {
  const { id, workspaceId, channel, absentAt } = delivery;
  const since = new Date(delivery.postingAt ?? delivery.claimedAt);
  const until = backupGap !== undefined && backupGap.until > since ? backupGap.until : since;
  const second = absentAt === undefined ? 0 : Date.parse(absentAt) + settleMs / 2;
  const readFrom = Math.max(until.getTime() + settleMs, second);
  return { workspaceId, channel, deliveryId: id, threadTs, since, until, readFrom };
}
