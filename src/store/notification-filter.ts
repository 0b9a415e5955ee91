import type { Kysely } from 'kysely';
import type { NotificationFilter } from '../contract/selection.ts';
import type { Database } from './schema.ts';

const COLUMNS = {
  schedule: 'schedule_id',
  account: 'account',
  report: 'report',
  channel: 'channel',
  workspace: 'workspace_id',
} as const;

/** Those that match every named part; an empty filter selects all. */
export function selectNotifications(db: Kysely<Database>, filter: NotificationFilter) {
  let query = db.selectFrom('notifications');
  if (filter.ids !== undefined) query = query.where('id', 'in', filter.ids);
  for (const [part, column] of Object.entries(COLUMNS)) {
    const value = filter[part as keyof typeof COLUMNS];
    if (value !== undefined) query = query.where(column, '=', value);
  }
  // Tags are letters, digits, ".", "-" and ":", none of which means anything to `like` or to JSON.
  for (const tag of filter.tags ?? []) query = query.where('tags', 'like', `%"${tag}"%`);
  return query;
}
