import { expect } from 'vitest';
import { onDemand, type StoreKind, temporaryStore } from './store.ts';

/** A run of more ids than a statement of SQLite takes parameters (32,766). */
export async function claimsManyIds(kind: StoreKind): Promise<void> {
  await using temporary = await temporaryStore(kind);
  const { store } = temporary;
  const ids = Array.from({ length: 33_000 }, (_, index) => `n-${index}`);
  await store.notifications.add(ids.slice(0, 3).map((id) => onDemand(id)));
  expect(await store.notifications.list({ ids })).toHaveLength(3);
  const selection = { kind: 'notifications', ids } as const;
  const { due } = await store.claims.claimDue({ dispatchId: 'run', nominal: new Date(), selection });
  expect(due).toBe(33_000);
  expect(await store.deliveries.countByState({ errorCode: 'unknown_notification' })).toEqual({ pending: 32_997 });
}
