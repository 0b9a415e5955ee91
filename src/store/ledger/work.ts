import { type Kysely, type Selectable, sql } from 'kysely';
import type { Delivery } from '../../domain/delivery.ts';
import type { CurrentNotification, Subject } from '../../domain/still-due.ts';
import { isTest, LIKE_TEST } from '../../domain/occurrence.ts';
import { toDelivery } from './delivery-rows.ts';
import { DUE_COLUMNS, type DueColumns, readDue, toPause } from '../notification-rows.ts';
import { type Parked, toParked } from '../parking.ts';
import { type Database, type DeliveryRow, IS_REPORT, type NotificationRow } from '../schema.ts';

/** A delivery that is to be posted, with everything that an attempt has to know. */
export interface Work {
  delivery: Delivery;
  /** When the notification's last occurrence that reached its channel was due, tests apart. */
  since: Date | undefined;
  /** Its notification as it is now; undefined if it was removed. */
  notification: CurrentNotification | undefined;
  /** Undefined where the workspace is not in the store. */
  workspace: { id: string; tokenRef: string } | undefined;
  /** The message whose thread it belongs into; undefined for a report, and while its report is not posted. */
  threadTs: string | undefined;
  /** Why nothing may be posted there now. */
  parked: Parked | undefined;
  /** Its notification was made for one time only. */
  isOneOff: boolean;
  /** Set where it may have been posted in a time that the ledger does not know: the store was restored from a backup. */
  backupGap: BackupGap | undefined;
}

/** The time between a backup and its restoring. */
export interface BackupGap {
  from: Date;
  until: Date;
}

export function work(db: Kysely<Database>) {
  return {
    /** In one statement: it runs for every attempt of every delivery. */
    async find(id: string): Promise<Work | undefined> {
      const row = await db
        .selectFrom('deliveries')
        .leftJoin('workspaces as w', 'w.id', 'deliveries.workspace_id')
        .leftJoin('notifications as n', 'n.id', 'deliveries.notification_id')
        .selectAll('deliveries')
        .select(['w.token_ref', 'w.parked_at as w_at', 'w.parked_code as w_code', 'w.parked_message as w_message'])
        .select(['n.id as n_id', 'n.locale', 'n.one_off', 'n.enabled', 'n.updated_at'])
        .select(['n.paused_at', 'n.paused_until', 'n.pause_note'])
        .select(['n.parked_at as n_at', 'n.parked_code as n_code', 'n.parked_message as n_message', 'n.parked_channel'])
        .select(SUBJECT.map((column) => `n.${column} as now_${column}` as const))
        .select(DUE_COLUMNS.map((column) => `n.${column}` as const))
        .select([
          ofReport('dispatch_id').as('report_run_id'),
          ofReport('message_ts').as('report_ts'),
          ofReport('posting_at').as('report_posting_at'),
          sql<string | null>`(select min(taken_at) from backups where restored_at >= deliveries.due_at)`.as('taken_at'),
          sql<string | null>`(select max(restored_at) from backups where restored_at >= deliveries.due_at)`.as(
            'restored_at',
          ),
          sql<string | null>`(
            select max(earlier.due_at) from deliveries as earlier
            where earlier.notification_id = deliveries.notification_id and earlier.thread_nr = 0
              and earlier.due_at < deliveries.due_at and earlier.state = 'delivered'
              and earlier.occurrence not like ${LIKE_TEST})`.as('since'),
        ])
        .where('deliveries.id', '=', id)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      // Another run may have taken the report over since its thread was written.
      const delivery = toDelivery({ ...row, dispatch_id: row.report_run_id ?? row.dispatch_id });
      return {
        delivery,
        since: row.since === null ? undefined : new Date(row.since),
        // The left join found it, so its columns are not null where the table allows no null.
        notification: row.n_id === null ? undefined : toCurrent(row as CurrentRow),
        workspace: row.token_ref === null ? undefined : { id: row.workspace_id, tokenRef: row.token_ref },
        threadTs: row.report_ts ?? undefined,
        isOneOff: row.one_off === 1,
        backupGap: backupGapOf(row),
        parked: parkedOf(row),
      };
    },

    /** The same `since` for a delivery that there is not yet. */
    async since(notificationId: string, dueAt: Date): Promise<Date | undefined> {
      const { since } = await db
        .selectFrom('deliveries')
        .select((eb) => eb.fn.max('due_at').as('since'))
        .where(IS_REPORT)
        .where('notification_id', '=', notificationId)
        .where('due_at', '<', dueAt.toISOString())
        .where('state', '=', 'delivered')
        .where('occurrence', 'not like', LIKE_TEST)
        .executeTakeFirstOrThrow();
      return since === null ? undefined : new Date(since);
    },
  };
}

/** What a post of a thread takes from its report as it is now; null for a report. */
function ofReport(column: 'dispatch_id' | 'message_ts' | 'posting_at') {
  return sql<string | null>`(select r.${sql.ref(column)} from deliveries as r where r.id = deliveries.parent_id)`;
}

/** What is sent, and where. */
const SUBJECT = ['name', 'account', 'report', 'params', 'workspace_id', 'channel', 'channel_name'] as const;

type CurrentRow = DueColumns &
  Pick<
    Selectable<NotificationRow>,
    'enabled' | 'updated_at' | 'locale' | 'paused_at' | 'paused_until' | 'pause_note'
  > & {
    [Column in (typeof SUBJECT)[number] as `now_${Column}`]: Selectable<NotificationRow>[Column];
  };

function toCurrent(row: CurrentRow): CurrentNotification {
  const due = readDue(row);
  return {
    version: row.updated_at,
    enabled: row.enabled === 1,
    pause: toPause(row),
    due,
    locale: row.locale ?? undefined,
    subject: due && toSubject(row),
  };
}

/** Undefined where the parameters cannot be read. */
function toSubject(row: CurrentRow): Subject | undefined {
  try {
    return {
      name: row.now_name,
      account: row.now_account,
      report: row.now_report,
      params: JSON.parse(row.now_params),
      workspaceId: row.now_workspace_id,
      channel: row.now_channel,
      channelName: row.now_channel_name ?? undefined,
    };
  } catch {
    return undefined;
  }
}

type OwnerRow = Pick<Selectable<DeliveryRow>, 'workspace_id' | 'notification_id' | 'occurrence' | 'channel'> &
  Record<`${'w' | 'n'}_${'at' | 'code' | 'message'}` | 'parked_channel', string | null>;

function parkedOf(row: OwnerRow): Parked | undefined {
  const { w_at, w_code, w_message, n_at, n_code, n_message } = row;
  const workspace = { id: row.workspace_id, parked_at: w_at, parked_code: w_code, parked_message: w_message };
  const { notification_id: id, parked_channel } = row;
  const notification = { id, parked_at: n_at, parked_code: n_code, parked_message: n_message, parked_channel };
  // A test, and a delivery to a channel of before or after, go to another channel than the one that is parked.
  const isOther = isTest(row.occurrence) || (parked_channel !== null && parked_channel !== row.channel);
  return toParked('workspace', workspace) ?? (isOther ? undefined : toParked('notification', notification));
}

type GapRow = Pick<Selectable<DeliveryRow>, 'state' | 'posting_at' | 'absent_at'> & {
  report_posting_at: string | null;
  taken_at: string | null;
  restored_at: string | null;
};

/**
 * What has begun since the restoring, or is pending after a look into its channel since, is known again; and so is the thread
 * of a report that has begun since.
 */
function backupGapOf(row: GapRow): BackupGap | undefined {
  const { state, posting_at, absent_at, report_posting_at, taken_at, restored_at } = row;
  if (taken_at === null || restored_at === null) return undefined;
  if ((posting_at ?? '') > restored_at || (report_posting_at ?? '') > restored_at) return undefined;
  if (state === 'pending' && (absent_at ?? '') > restored_at) return undefined;
  return { from: new Date(taken_at), until: new Date(restored_at) };
}
