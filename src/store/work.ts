import { type Kysely, sql } from 'kysely';
import type { Due } from '../domain/notification.ts';
import { isTest, LIKE_TEST } from '../occurrence.ts';
import type { Delivery } from './ledger.ts';
import { DUE_COLUMNS, type DueColumns, toDue } from './notification-row.ts';
import { type Parked, toParked } from './parking.ts';
import type { Part } from './parts.ts';
import type { Database } from './schema.ts';
import type { Workspace } from './workspaces.ts';

/** A delivery whose report is to be made. */
export interface ReportWork {
  delivery: Delivery;
  /** When the notification's last occurrence that reached its channel was due, tests apart, ISO 8601; null: none did. */
  since: string | null;
  /** Its notification as it is now; undefined if it was removed. */
  notification: { due: Due; locale: string | undefined } | undefined;
}

/** A delivery whose message is to be posted. */
export interface PostWork {
  delivery: Delivery;
  /** Undefined where the workspace is not in the store. */
  workspace: Pick<Workspace, 'id' | 'tokenRef'> | undefined;
  /** Why nothing may be posted there now. */
  parked: Parked | undefined;
  /** 1: its notification was made for one time only; null where it was removed. */
  one_off: number | null;
  /** Set where it may have been posted in a time that the ledger does not know: the store was restored from a backup. */
  forgotten: Forgotten | undefined;
}

/** The time between a backup and its restoring. */
export interface Forgotten {
  from: Date;
  until: Date;
}

/** What an activity needs to begin, in one statement each: they run once for every delivery. */
export function work(db: Kysely<Database>) {
  return {
    async report(id: string): Promise<ReportWork | undefined> {
      const row = await db
        .selectFrom('deliveries')
        .leftJoin('notifications as n', 'n.id', 'deliveries.notification_id')
        .selectAll('deliveries')
        .select(['n.id as n_id', 'n.locale'])
        .select(DUE_COLUMNS.map((column) => `n.${column}` as const))
        .select(
          sql<string | null>`(
            select max(earlier.due_at) from deliveries as earlier
            where earlier.notification_id = deliveries.notification_id
              and earlier.due_at < deliveries.due_at and earlier.state = 'delivered'
              and earlier.occurrence not like ${LIKE_TEST})`.as('since'),
        )
        .where('deliveries.id', '=', id)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const { since, n_id, locale, ...delivery } = row;
      // The left join found it, so its columns are not null where the table allows no null.
      const notification = n_id === null ? undefined : { due: toDue(row as DueColumns), locale: locale ?? undefined };
      return { delivery, since, notification };
    },

    /** The same `since` for a delivery that there is not yet. */
    async since(notificationId: string, dueAt: Date): Promise<Date | undefined> {
      const { since } = await db
        .selectFrom('deliveries')
        .select((eb) => eb.fn.max('due_at').as('since'))
        .where('notification_id', '=', notificationId)
        .where('due_at', '<', dueAt.toISOString())
        .where('state', '=', 'delivered')
        .where('occurrence', 'not like', LIKE_TEST)
        .executeTakeFirstOrThrow();
      return since === null ? undefined : new Date(since);
    },

    async post(id: string): Promise<PostWork | undefined> {
      const row = await db
        .selectFrom('deliveries')
        .leftJoin('workspaces as w', 'w.id', 'deliveries.workspace_id')
        .leftJoin('notifications as n', 'n.id', 'deliveries.notification_id')
        .selectAll('deliveries')
        .select(['w.token_ref', 'w.parked_at as w_at', 'w.parked_code as w_code', 'w.parked_message as w_message'])
        .select(['n.parked_at as n_at', 'n.parked_code as n_code', 'n.parked_message as n_message', 'n.one_off'])
        .select([
          sql<string | null>`(select min(taken_at) from backups where restored_at >= deliveries.due_at)`.as('taken_at'),
          sql<string | null>`(select max(restored_at) from backups where restored_at >= deliveries.due_at)`.as(
            'restored_at',
          ),
        ])
        .where('deliveries.id', '=', id)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const { taken_at, restored_at, token_ref, one_off, ...more } = row;
      const { w_at, w_code, w_message, n_at, n_code, n_message, ...delivery } = more;
      const { workspace_id, notification_id } = delivery;
      return {
        delivery,
        forgotten: forgottenOf(delivery, taken_at, restored_at),
        workspace: token_ref === null ? undefined : { id: workspace_id, tokenRef: token_ref },
        parked:
          toParked('workspace', {
            id: workspace_id,
            parked_at: w_at,
            parked_code: w_code,
            parked_message: w_message,
          }) ??
          // A test goes to another channel than the one that is parked.
          (isTest(delivery.occurrence)
            ? undefined
            : toParked('notification', {
                id: notification_id,
                parked_at: n_at,
                parked_code: n_code,
                parked_message: n_message,
              })),
        one_off,
      };
    },
  };
}

function forgottenOf(delivery: Delivery, takenAt: string | null, restoredAt: string | null): Forgotten | undefined {
  if (takenAt === null || restoredAt === null) return undefined;
  return unlessKnown(delivery, { from: new Date(takenAt), until: new Date(restoredAt) });
}

/** What has begun since the restoring, or is pending after a look into its channel since, is known again. */
export function unlessKnown(
  { state, posting_at, absent_at }: Pick<Delivery | Part, 'state' | 'posting_at' | 'absent_at'>,
  forgotten: Forgotten | undefined,
): Forgotten | undefined {
  if (forgotten === undefined) return undefined;
  const restoredAt = forgotten.until.toISOString();
  if ((posting_at ?? '') > restoredAt) return undefined;
  if (state === 'pending' && (absent_at ?? '') > restoredAt) return undefined;
  return forgotten;
}
