import { randomUUID } from 'node:crypto';
import { existsSync, statfsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { inject } from 'vitest';
import type { Due, NewNotification, Notification, OwnRecurrence } from '../../src/domain/notification.ts';
import { openStore } from '../../src/store/open.ts';
import type { Pace } from '../../src/store/pacing.ts';

/** A folder that goes away with its test. */
export async function temporaryFolder(parent = tmpdir()) {
  const path = await mkdtemp(join(parent, 'slack-reports-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A file system in memory: a new store waits for the disk for longer than most tests take. */
const MEMORY = '/dev/shm';
/** Room for all stores of a run at once, in bytes; a container of Docker has 64 MB by default. */
const ROOM = 1e9;

function storeParent(): string {
  if (!existsSync(MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize < ROOM ? tmpdir() : MEMORY;
}

export type StoreKind = 'sqlite' | 'postgres';

/** Every test of the store loops over these: SQLite in the project `unit`, Postgres in the project `postgres`. */
export const STORE_KINDS: readonly StoreKind[] = inject('storeKinds');

/** True where the machine has no server for this kind of store. */
export function isMissing(kind: StoreKind): boolean {
  return kind === 'postgres' && inject('postgresUrl') === undefined;
}

/** A migrated store of its own: a file in a temporary folder, or a database on the tests' Postgres. */
export async function temporaryStore(kind: StoreKind = 'sqlite', pace?: Pace) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder(storeParent()));
  const databaseUrl = kind === 'sqlite' ? `sqlite:${join(folder.path, 'store.db')}` : await createDatabase(stack);
  const store = stack.use(await openStore(databaseUrl, pace));
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

/** What a test says of a notification: its channel by Slack's id alone. */
export type NotificationFields = Partial<Omit<NewNotification, 'id' | 'channel'>> & {
  channel?: string;
  channelName?: string;
};

/** A notification that posts the activity of Acme to #acme-reports. */
function acmeNotification(id: string, due: Due, fields: NotificationFields): NewNotification {
  const { channel = 'C0ACME', channelName = '#acme-reports', ...others } = fields;
  return {
    id,
    name: `Report ${id}`,
    account: 'acme',
    report: 'account-activity',
    // It has events of the last days only, and must arrive whatever the time that it is due.
    params: { days: 7, skipEmpty: false },
    workspaceId: 'sandbox',
    channel: { id: channel, name: channelName },
    due,
    tags: [],
    enabled: true,
    ...others,
  };
}

/** A notification that rides `schedule`. */
export function rider(id: string, schedule: string, fields: NotificationFields = {}): NewNotification {
  return acmeNotification(id, { kind: 'schedule', scheduleId: schedule, afterOutage: 'newest' }, fields);
}

/** A notification that is sent only when a run asks for it. */
export function onDemand(id: string, fields: NotificationFields = {}): NewNotification {
  return acmeNotification(id, { kind: 'on-demand' }, fields);
}

/** A notification that was made for one time. */
export function oneOff(id: string, fields: NotificationFields = {}): NewNotification {
  return acmeNotification(id, { kind: 'once' }, fields);
}

/** A notification with its own recurrence, whose next occurrence is at `nextDueAt`. */
export function recurring(
  id: string,
  { nextDueAt, ...rule }: Partial<OwnRecurrence> & Pick<OwnRecurrence, 'cron'> & { nextDueAt: string },
  fields: NotificationFields = {},
): NewNotification {
  const rest = { timezone: 'UTC', skip: [], dstGap: 'shift', afterOutage: 'newest' } as const;
  return acmeNotification(
    id,
    { kind: 'recurrence', ...rest, ...rule, nextDueAt: new Date(nextDueAt).toISOString() },
    fields,
  );
}

/** When a notification's own recurrence is due next. */
export function nextDueOf(stored: Notification | undefined): string | undefined {
  return stored?.due.kind === 'recurrence' ? stored.due.nextDueAt : undefined;
}
