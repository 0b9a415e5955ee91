import { type Kysely, sql } from 'kysely';
import type { ParkedOwner } from '../domain/selection.ts';
import { redact } from '../lib/redact.ts';
import type { DeliveryError } from './ledger/delivery-rows.ts';
import type { Database, ParkedColumns } from './schema.ts';

/** A workspace or a notification that waits until what Slack refuses is fixed. */
export interface Parked {
  kind: 'workspace' | 'notification';
  id: string;
  since: string;
  code: string;
  message: string;
  /** The channel that Slack refused; undefined for a workspace. Another channel of the notification is not parked. */
  channel?: string;
}

/** What Slack refuses: a workspace, or a notification by its channel. */
export type Refused = ParkedOwner & { channel?: string | undefined };

/**
 * What Slack refuses for a reason that a retry does not fix is parked: a revoked token parks its workspace, an
 * archived channel its notification. One refusal is enough; the others wait without asking Slack.
 */
export function parking(db: Kysely<Database>) {
  return {
    /**
     * Keeps the first reason; of two channels of a notification, that of the one that it has now. In a transaction the owner
     * cannot be resumed before its end. False if there is no such owner.
     */
    async park({ kind, id, channel }: Refused, error: DeliveryError): Promise<boolean> {
      const columns = { ...parked(error), ...(kind === 'notification' && { parked_channel: channel ?? null }) };
      const ofChannel =
        kind === 'workspace'
          ? sql`true`
          : sql`(parked_channel is null or parked_channel = channel or parked_channel is not distinct from ${channel ?? null})`;
      const kept = Object.entries(columns).map(([column, value]) => [
        column,
        sql`case when parked_at is not null and ${ofChannel} then ${sql.ref(column)} else cast(${value} as text) end`,
      ]);
      const { numUpdatedRows } = await db
        .updateTable(TABLES[kind])
        .set(Object.fromEntries(kept))
        .where('id', '=', id)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /** True if the owner is parked. In a transaction it cannot be resumed before its end. */
    async holdParked({ kind, id }: ParkedOwner): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable(TABLES[kind])
        .set((eb) => ({ parked_at: eb.ref('parked_at') }))
        .where('id', '=', id)
        .where('parked_at', 'is not', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /** The reason why nothing of this workspace, or of this notification, is posted; undefined where it is. */
    async reason(workspaceId: string, notificationId: string): Promise<Parked | undefined> {
      const workspace = await db
        .selectFrom('workspaces')
        .select(COLUMNS)
        .where('id', '=', workspaceId)
        .executeTakeFirst();
      const byWorkspace = workspace && toParked('workspace', workspace);
      if (byWorkspace !== undefined) return byWorkspace;
      const row = await db
        .selectFrom('notifications')
        .select([...COLUMNS, 'parked_channel'])
        .where('id', '=', notificationId)
        .executeTakeFirst();
      return row && toParked('notification', row);
    },

    async list(): Promise<Parked[]> {
      const workspaces = await db.selectFrom('workspaces').select(COLUMNS).where('parked_at', 'is not', null).execute();
      const rows = await db
        .selectFrom('notifications')
        .select([...COLUMNS, 'parked_channel'])
        .where('parked_at', 'is not', null)
        .execute();
      const all = [
        ...workspaces.map((row) => toParked('workspace', row)),
        ...rows.map((row) => toParked('notification', row)),
      ];
      return all.filter((entry) => entry !== undefined);
    },

    async release(kind: Parked['kind'], id: string): Promise<void> {
      await db
        .updateTable(TABLES[kind])
        .set({
          parked_at: null,
          parked_code: null,
          parked_message: null,
          ...(kind === 'notification' ? { parked_channel: null } : { parked_token: null }),
        })
        .where('id', '=', id)
        .execute();
    },
  };
}

const TABLES = { workspace: 'workspaces', notification: 'notifications' } as const;
const COLUMNS = ['id', 'parked_at', 'parked_code', 'parked_message'] as const;

function parked({ code, message }: DeliveryError) {
  return { parked_at: new Date().toISOString(), parked_code: code, parked_message: redact(message) };
}

/** Undefined for what is not parked. */
export function toParked(
  kind: Parked['kind'],
  row: { id: string; parked_channel?: string | null } & ParkedColumns,
): Parked | undefined {
  if (row.parked_at === null) return undefined;
  return {
    kind,
    id: row.id,
    since: row.parked_at,
    code: row.parked_code ?? 'parked',
    message: row.parked_message ?? '',
    ...(row.parked_channel && { channel: row.parked_channel }),
  };
}
