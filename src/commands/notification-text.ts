import type { Notification } from '../store/notifications.ts';

/** When it is due, in a few words. */
export function whenOf(row: Pick<Notification, 'schedule_id' | 'cron' | 'timezone' | 'next_due_at'>): string {
  if (row.schedule_id !== null) return `with ${row.schedule_id}`;
  if (row.cron === null) return 'only when asked for';
  return `${row.cron} ${row.timezone}, next ${row.next_due_at ?? 'never'}`;
}

/** With JSON where the store has text that holds JSON. */
export function forPrograms(row: Notification) {
  return { ...row, params: JSON.parse(row.params) as unknown, tags: tagsOf(row) };
}

export function tagsOf({ tags }: Pick<Notification, 'tags'>): string[] {
  return JSON.parse(tags) as string[];
}
