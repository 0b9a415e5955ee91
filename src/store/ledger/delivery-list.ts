import type { Kysely, SelectQueryBuilder } from 'kysely';
import type { Delivery, DeliveryState, ReportPost, ThreadPost } from '../../domain/delivery.ts';
import { toDelivery, toReport, toThreadPost } from './delivery-rows.ts';
import { type Database, IS_REPORT } from '../schema.ts';

export interface DeliveryFilter {
  ids?: readonly string[] | undefined;
  notificationId?: string | undefined;
  occurrence?: string | undefined;
  dispatchId?: string | undefined;
  workspaceId?: string | undefined;
  channel?: string | undefined;
  errorCode?: string | undefined;
  states?: readonly DeliveryState[] | undefined;
  /** Only those whose notification is not parked itself. */
  notificationParked?: false | undefined;
  /** Due in this stretch of time, ISO 8601. */
  dueFrom?: string | undefined;
  dueUntil?: string | undefined;
}

/** Reading the ledger; nothing here changes it. */
export function deliveryList(db: Kysely<Database>) {
  return {
    /** The newest `limit` reports that fit every part of the filter. */
    async list(filter: DeliveryFilter, limit: number): Promise<ReportPost[]> {
      const query = selectReports(db, filter).selectAll().orderBy('due_at', 'desc').orderBy('id', 'desc').limit(limit);
      return (await query.execute()).map(toReport);
    },

    /** The posts in the thread under a report, in its order. */
    async thread(reportId: string): Promise<ThreadPost[]> {
      const query = db.selectFrom('deliveries').selectAll().where('parent_id', '=', reportId).orderBy('thread_nr');
      return (await query.execute()).map(toThreadPost);
    },

    /** The newest `limit` unconfirmed ones that fit the filter: reports, and posts of threads. */
    async unconfirmed(filter: Omit<DeliveryFilter, 'states'>, limit: number): Promise<Delivery[]> {
      const query = narrowed(db.selectFrom('deliveries'), db, { ...filter, states: ['unconfirmed'] });
      const newest = query.selectAll().orderBy('due_at', 'desc').orderBy('id', 'desc').limit(limit);
      return (await newest.execute()).map(toDelivery);
    },

    /** How many reports there are in each state. */
    async countByState(filter: DeliveryFilter): Promise<Partial<Record<DeliveryState, number>>> {
      const rows = await selectReports(db, filter)
        .select((eb) => ['state', eb.fn.countAll<number | string>().as('count')] as const)
        .groupBy('state')
        .execute();
      return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
    },
  };
}

/** The rows of reports; the posts of their threads are left out. */
export function selectReports(db: Kysely<Database>, filter: DeliveryFilter) {
  return narrowed(db.selectFrom('deliveries').where(IS_REPORT), db, filter);
}

type FromDeliveries = SelectQueryBuilder<Database, 'deliveries', object>;

function narrowed(all: FromDeliveries, db: Kysely<Database>, filter: DeliveryFilter): FromDeliveries {
  let query = all;
  if (filter.ids !== undefined) query = query.where('deliveries.id', 'in', filter.ids);
  if (filter.notificationId !== undefined) query = query.where('notification_id', '=', filter.notificationId);
  if (filter.occurrence !== undefined) query = query.where('occurrence', '=', filter.occurrence);
  if (filter.dispatchId !== undefined) query = query.where('dispatch_id', '=', filter.dispatchId);
  if (filter.workspaceId !== undefined) query = query.where('workspace_id', '=', filter.workspaceId);
  if (filter.channel !== undefined) query = query.where('channel', '=', filter.channel);
  if (filter.errorCode !== undefined) query = query.where('error_code', '=', filter.errorCode);
  if (filter.states !== undefined) query = query.where('state', 'in', filter.states);
  if (filter.notificationParked === false) {
    const parked = db.selectFrom('notifications').select('id').where('parked_at', 'is not', null);
    query = query.where('notification_id', 'not in', parked);
  }
  if (filter.dueFrom !== undefined) query = query.where('due_at', '>=', filter.dueFrom);
  if (filter.dueUntil !== undefined) query = query.where('due_at', '<=', filter.dueUntil);
  return query;
}
