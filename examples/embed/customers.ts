import { DatabaseSync } from 'node:sqlite';
import { defineSource } from 'slack-reports/sources';

/** The application's own table: `customers (id text primary key, name text, channel text, weekly integer)`. */
export function customersOf(file: string) {
  const db = new DatabaseSync(file, { readOnly: true });
  const page = db.prepare('select id, name, channel from customers where weekly = 1 and id > ? order by id limit ?');
  return defineSource({
    name: 'customers',
    schedules: ['weekly'],
    async due({ cursor, limit }) {
      const rows = page.all(cursor ?? '', limit) as { id: string; name: string; channel: string }[];
      return {
        notifications: rows.map(({ id, name, channel }) => ({
          id,
          name,
          account: id,
          report: 'weekly-orders',
          channel,
        })),
        next: rows.length === limit ? rows.at(-1)?.id : undefined,
      };
    },
  });
}
