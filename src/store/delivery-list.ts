import type { Kysely } from 'kysely';
import type { Delivery } from './ledger.ts';
import type { Database, DeliveryState } from './schema.ts';

export interface DeliveryFilter {
  notificationId?: string | undefined;
  occurrence?: string | undefined;
  runId?: string | undefined;
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

/** Looking into the ledger; nothing here changes it. */
export function deliveryList(db: Kysely<Database>) {
  return {
    /** The newest `limit` of those that fit every part of the filter. */
    async list(filter: DeliveryFilter, limit: number): Promise<Delivery[]> {
      return select(db, filter).selectAll().orderBy('due_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
    },

    async countByState(filter: DeliveryFilter): Promise<Partial<Record<DeliveryState, number>>> {
      const rows = await select(db, filter)
        .select((eb) => ['state', eb.fn.countAll<number | string>().as('count')] as const)
        .groupBy('state')
        .execute();
      return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
    },
  };
}

export function select(db: Kysely<Database>, filter: DeliveryFilter) {
  let query = db.selectFrom('deliveries');
  if (filter.notificationId !== undefined) query = query.where('notification_id', '=', filter.notificationId);
  if (filter.occurrence !== undefined) query = query.where('occurrence', '=', filter.occurrence);
  if (filter.runId !== undefined) query = query.where('run_id', '=', filter.runId);
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
