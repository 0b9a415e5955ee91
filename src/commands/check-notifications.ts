import { unknownId } from '../similar.ts';
import type { Store } from '../store/open.ts';

/** Throws a UserError where the workspace is not in the store. */
export async function checkWorkspace(store: Store, id: string): Promise<void> {
  const all = (await store.workspaces.list()).map((workspace) => workspace.id);
  if (!all.includes(id)) throw unknownId('workspace', id, all);
}

/** Throws a UserError for the first id that no notification has. */
export async function checkNotifications(store: Store, ids: readonly string[]): Promise<void> {
  const existing = await store.notifications.existing(ids);
  const unknown = ids.find((id) => !existing.has(id));
  if (unknown === undefined) return;
  const known = (await store.notifications.list()).map((notification) => notification.id);
  throw unknownId('notification', unknown, known);
}
