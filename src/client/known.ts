import type { Notification } from '../domain/notification.ts';
import type { UserError } from '../lib/errors.ts';
import { unknownId } from '../lib/similar.ts';
import type { Store } from '../store/open.ts';

/** Throws a UserError if the workspace is not in the store. */
export async function checkWorkspace(store: Store, id: string): Promise<void> {
  const all = (await store.workspaces.list()).map((workspace) => workspace.id);
  if (!all.includes(id)) throw unknownId('workspace', id, all);
}

/** Throws a UserError for the first id that no notification has. */
export async function checkNotifications(store: Store, ids: readonly string[]): Promise<void> {
  const existing = await store.notifications.existing(ids);
  const unknown = ids.find((id) => !existing.has(id));
  if (unknown === undefined) return;
  throw await unknownNotification(store, unknown);
}

/** Throws a UserError if there is no such notification. */
export async function findNotification(store: Store, id: string): Promise<Notification> {
  const row = await store.notifications.find(id);
  if (row === undefined) throw await unknownNotification(store, id);
  return row;
}

export async function unknownNotification(store: Store, id: string): Promise<UserError> {
  const known = (await store.notifications.list()).map((notification) => notification.id);
  return unknownId('notification', id, known);
}
