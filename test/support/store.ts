import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { inject } from 'vitest';
import type { NewNotification } from '../../src/store/notifications.ts';
import { openStore } from '../../src/store/open.ts';

/** A folder that goes away with its test. */
export async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'slack-reports-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export type StoreKind = 'sqlite' | 'postgres';

/** Every test of the store loops over these: SQLite in the project `unit`, Postgres in the project `postgres`. */
export const STORE_KINDS: readonly StoreKind[] = inject('storeKinds');

/** True where the machine has no server for this kind of store. */
export function isMissing(kind: StoreKind): boolean {
  return kind === 'postgres' && inject('postgresUrl') === undefined;
}

/** A migrated store of its own: a file in a temporary folder, or a database on the tests' Postgres. */
export async function temporaryStore(kind: StoreKind = 'sqlite') {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const databaseUrl = kind === 'sqlite' ? `sqlite:${join(folder.path, 'store.db')}` : await createDatabase(stack);
  const store = stack.use(await openStore(databaseUrl));
  await store.workspaces.put({ id: 'sandbox', name: 'Sandbox', tokenRef: 'sandbox' });
  return { store, databaseUrl, folder: folder.path, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function createDatabase(stack: AsyncDisposableStack): Promise<string> {
  const server = inject('postgresUrl') ?? '';
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administer(server, `create database ${name}`);
  stack.defer(() => administer(server, `drop database ${name} with (force)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function administer(connectionString: string, statement: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  await client.query(statement);
  await client.end();
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
    window_s: null,
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
