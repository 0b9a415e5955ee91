import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewNotification } from '../../src/store/notifications.ts';
import { openStore } from '../../src/store/open.ts';

/** A folder that goes away with its test. */
export async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'slack-reports-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A migrated store in a folder of its own. */
export async function temporaryStore() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const databaseFile = join(folder.path, 'store.db');
  const store = stack.use(await openStore(databaseFile));
  await store.workspaces.put({ id: 'sandbox', name: 'Sandbox', tokenRef: 'sandbox' });
  return { store, databaseFile, folder: folder.path, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** A notification that posts the activity of Acme to #acme-reports; it has no time of its own and rides no schedule. */
function notification(id: string, fields: Partial<NewNotification>): NewNotification {
  return {
    id,
    name: `Report ${id}`,
    account: 'acme',
    report: 'account-activity',
    params: '{"days":7}',
    workspace_id: 'sandbox',
    channel: 'C0ACME',
    channel_name: '#acme-reports',
    schedule_id: null,
    cron: null,
    timezone: null,
    next_due_at: null,
    enabled: 1,
    ...fields,
  };
}

/** A notification that rides `schedule`. */
export function rider(id: string, schedule: string, fields: Partial<NewNotification> = {}): NewNotification {
  return notification(id, { schedule_id: schedule, ...fields });
}

/** A notification with a recurrence of its own, whose next slot is at `nextDueAt`. */
export function recurring(
  id: string,
  { cron, timezone = 'UTC', nextDueAt }: { cron: string; timezone?: string; nextDueAt: string },
  fields: Partial<NewNotification> = {},
): NewNotification {
  return notification(id, { cron, timezone, next_due_at: new Date(nextDueAt).toISOString(), ...fields });
}
