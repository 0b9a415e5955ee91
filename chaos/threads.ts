import { type Part, partId } from '../src/store/parts.ts';
import type { Due, LedgerRow } from './compare.ts';
import { mayEnd } from './due.ts';
import { REFUSAL } from './fault-mix.ts';
import type { Plan, PlannedNotification } from './plan.ts';

/**
 * The posts of threads, as if each were a delivery. One is due under every report that asks for a thread and was delivered, and
 * only there; what was asked for is known from the plan.
 */
export function threadsOf(
  plan: Plan,
  { due, rows, parts }: { due: readonly Due[]; rows: readonly LedgerRow[]; parts: readonly Part[] },
): { due: Due[]; rows: LedgerRow[] } {
  const items = new Map(plan.items.map((item) => [item.row.id, item]));
  const delivered = new Map(rows.filter(({ state }) => state === 'delivered').map((row) => [row.id, row]));
  return {
    due: due.flatMap((one) => {
      const item = items.get(one.notificationId);
      if (item?.hasThread !== true || !delivered.has(one.id)) return [];
      return [{ ...one, id: partId({ delivery_id: one.id, nr: 1 }), mayEnd: endings(item) }];
    }),
    rows: parts.flatMap((part) => {
      const row = delivered.get(part.delivery_id);
      if (row === undefined) return [];
      const { state, message_ts, error_code, error_message } = part;
      return [{ ...row, id: partId(part), state, message_ts, error_code, error_message }];
    }),
  };
}

/** What parks a report fails a post of its thread, also where somebody mends it later. */
function endings(item: PlannedNotification): Due['mayEnd'] {
  const { trouble, workspace } = item.channel;
  return [
    ...mayEnd(item).map(([state, code]) => [state === 'parked' ? 'failed' : state, code] as const),
    ...(trouble === 'restored' ? [['failed', 'is_archived'] as const] : []),
    ...(trouble === 'relents' ? [['failed', REFUSAL] as const] : []),
    ...(workspace.trouble === 'revoked' ? [['failed', 'token_revoked'] as const] : []),
    ...(item.group === 'called_off' ? [['failed', 'cancelled'] as const] : []),
  ];
}
