import { SAMPLE_ACCOUNTS } from '../examples/sample/activity.ts';
import type { NewNotification } from '../src/domain/notification.ts';
import type { Tenant } from './slack.ts';

/** The schedule that the notifications ride. */
export const SCHEDULE = 'bench';

/** A notification to one channel: the sample report over a week of made-up data. */
export function rider(id: string, tenant: Tenant, channel: string, account = 0): NewNotification {
  return {
    id,
    name: `Report ${id}`,
    account: SAMPLE_ACCOUNTS[account % SAMPLE_ACCOUNTS.length]?.id ?? SAMPLE_ACCOUNTS[0].id,
    report: 'account-activity',
    params: { days: 7 },
    workspaceId: tenant.id,
    channel: { id: channel, name: `#${channel.toLowerCase()}` },
    due: { kind: 'schedule', scheduleId: SCHEDULE, afterOutage: 'newest' },
    tags: [],
    enabled: true,
  };
}

/** `n` notifications in turn to the tenant's channels. */
export function riders(n: number, tenant: Tenant): NewNotification[] {
  return Array.from({ length: n }, (_, index) => {
    const channel = tenant.channels[index % tenant.channels.length] ?? '';
    return rider(`${tenant.id}-${String(index).padStart(6, '0')}`, tenant, channel, index);
  });
}
