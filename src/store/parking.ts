import type { Kysely } from 'kysely';
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
}

/**
 * What Slack refuses for a reason that a retry does not fix is parked: a revoked token parks its workspace, an
 * archived channel its notification. One refusal is enough; the others wait without asking Slack.
 */
export function parking(db: Kysely<Database>) {
  return {
    /** Keeps the first reason. In a transaction the owner cannot be resumed before its end. */
    async park({ kind, id }: ParkedOwner, error: DeliveryError): Promise<void> {
      const { parked_at, parked_code, parked_message } = parked(error);
      await db
        .updateTable(TABLES[kind])
        .set((eb) => ({
          parked_at: eb.fn.coalesce('parked_at', eb.val(parked_at)),
          parked_code: eb.fn.coalesce('parked_code', eb.val(parked_code)),
          parked_message: eb.fn.coalesce('parked_message', eb.val(parked_message)),
        }))
        .where('id', '=', id)
        .execute();
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
        .select(COLUMNS)
        .where('id', '=', notificationId)
        .executeTakeFirst();
      return row && toParked('notification', row);
    },

    async list(): Promise<Parked[]> {
      const workspaces = await db.selectFrom('workspaces').select(COLUMNS).where('parked_at', 'is not', null).execute();
      const rows = await db.selectFrom('notifications').select(COLUMNS).where('parked_at', 'is not', null).execute();
      const all = [
        ...workspaces.map((row) => toParked('workspace', row)),
        ...rows.map((row) => toParked('notification', row)),
      ];
      return all.filter((entry) => entry !== undefined);
    },

    async release(kind: Parked['kind'], id: string): Promise<void> {
      await db
        .updateTable(TABLES[kind])
        .set({ parked_at: null, parked_code: null, parked_message: null })
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
export function toParked(kind: Parked['kind'], row: { id: string } & ParkedColumns): Parked | undefined {
  if (row.parked_at === null) return undefined;
  return {
    kind,
    id: row.id,
    since: row.parked_at,
    code: row.parked_code ?? 'parked',
    message: row.parked_message ?? '',
  };
}
