import { threadPostId } from '../src/domain/delivery.ts';
import type { Due, LedgerRow } from './compare.ts';
import { mayEnd } from './due.ts';
import { REFUSAL } from './fault-mix.ts';
import type { Plan, PlannedNotification } from './plan.ts';
import { idInLedger } from './source.ts';

/**
 * The posts of threads that are due, as if each were a delivery: one under every report that asks for a thread and was
 * delivered, and only there. What was asked for is known from the plan.
 */
export function threadsOf(plan: Plan, { due, rows }: { due: readonly Due[]; rows: readonly LedgerRow[] }): Due[] {
  const items = new Map(plan.items.map((item) => [idInLedger(plan, item.row), item]));
  const delivered = new Set(rows.filter(({ state }) => state === 'delivered').map(({ id }) => id));
  return due.flatMap((one) => {
    const item = items.get(one.notificationId);
    if (item?.hasThread !== true || !delivered.has(one.id)) return [];
    return [{ ...one, id: threadPostId(one.id, 1), mayEnd: endings(plan, item) }];
  });
}

/** What parks a report fails a post of its thread, also where it is fixed later. */
function endings(plan: Plan, item: PlannedNotification): Due['mayEnd'] {
  const { trouble, workspace } = item.channel;
  return [
    ...mayEnd(plan, item).map(([state, code]) => [state === 'parked' ? 'failed' : state, code] as const),
    ...(trouble === 'restored' ? [['failed', 'is_archived'] as const] : []),
    ...(trouble === 'relents' ? [['failed', REFUSAL] as const] : []),
    ...(workspace.trouble === 'revoked' || (plan.rotations ?? 0) > 0 ? [['failed', 'token_revoked'] as const] : []),
    ...(item.group === 'called_off' ? [['cancelled', 'cancelled'] as const] : []),
  ];
}
