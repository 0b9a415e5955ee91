import type { Due } from '../../src/domain/notification.ts';

/** Times of a notification's own. */
export function dueBy(cron: string): Due {
  return {
    kind: 'recurrence',
    cron,
    timezone: 'Europe/Berlin',
    skip: [],
    dstGap: 'shift',
    afterOutage: 'newest',
  };
}
