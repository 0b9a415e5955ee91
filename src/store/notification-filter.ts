import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** Which notifications: those that fit every part; what is left out does not narrow. */
export interface NotificationFilter {
  ids?: readonly string[] | undefined;
  schedule?: string | undefined;
  account?: string | undefined;
  report?: string | undefined;
  /** Slack's id. */
  channel?: string | undefined;
  workspace?: string | undefined;
  /** Has all of them. */
  tags?: readonly string[] | undefined;
}

const COLUMNS = {
  schedule: 'schedule_id',
  account: 'account',
  report: 'report',
  channel: 'channel',
  workspace: 'workspace_id',
} as const;

export function selectNotifications(db: Kysely<Database>, filter: NotificationFilter) {
  let query = db.selectFrom('notifications');
  if (filter.ids !== undefined) query = query.where('id', 'in', filter.ids);
  for (const [part, column] of Object.entries(COLUMNS)) {
    const value = filter[part as keyof typeof COLUMNS];
    if (value !== undefined) query = query.where(column, '=', value);
  }
  // Tags are letters, digits, ".", "-" and ":", so that none of them means something to `like` or to JSON.
  for (const tag of filter.tags ?? []) query = query.where('tags', 'like', `%"${tag}"%`);
  return query;
}
