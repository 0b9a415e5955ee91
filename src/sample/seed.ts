import { nextOccurrence, parseRecurrence } from '../recurrence.ts';
import { SANDBOX_REF } from '../slack/tokens.ts';
import type { NewNotification } from '../domain/notification.ts';
import type { Store } from '../store/open.ts';
import { SAMPLE_ACCOUNTS, sampleChannel } from './accounts.ts';
import { activityOfHour } from './activity.ts';

/** The workspace of the sample notifications; it lives in the sandbox. */
const SANDBOX_WORKSPACE = 'sandbox';
/** The schedule that most sample notifications ride. */
export const SAMPLE_SCHEDULE = { id: 'weekday-reports', cron: '0 9,12 * * MON,FRI', timezone: 'UTC' };

const HOUR_MS = 3_600_000;
/** Activity is invented for so many days back, and so many ahead: the sample stays alive while the program runs. */
const DAYS_BACK = 28;
const DAYS_AHEAD = 7;
/** Rows in one insert: 4 columns each, far below SQLite's 32,766 parameters. */
const INSERT_BATCH = 2_000;

/** Sample accounts and what they did. Called again it adds only the hours that are missing. */
export async function seedAccounts({ db }: Store, now: Date): Promise<void> {
  await db
    .insertInto('accounts')
    .values(SAMPLE_ACCOUNTS.map((account) => ({ ...account })))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  const hour = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS;
  const { last } = await db
    .selectFrom('account_activity')
    .select((eb) => eb.fn.max('occurred_at').as('last'))
    .executeTakeFirstOrThrow();
  const afterLast = last === null ? 0 : (Math.floor(new Date(last).getTime() / HOUR_MS) + 1) * HOUR_MS;
  const from = Math.max(afterLast, hour - DAYS_BACK * 24 * HOUR_MS);
  const hours = Math.max(0, (hour + DAYS_AHEAD * 24 * HOUR_MS - from) / HOUR_MS);
  const rows = Array.from({ length: hours }, (_, index) => activityOfHour(new Date(from + index * HOUR_MS))).flat();
  await db.transaction().execute(async (trx) => {
    for (let start = 0; start < rows.length; start += INSERT_BATCH) {
      await trx
        .insertInto('account_activity')
        .values(rows.slice(start, start + INSERT_BATCH))
        .execute();
    }
  });
}

/** The sandbox workspace and its notifications: 25 ride the sample schedule, three have a recurrence of their own. */
export async function seedNotifications(store: Store, now: Date): Promise<void> {
  await store.workspaces.put({ id: SANDBOX_WORKSPACE, name: 'Sandbox', tokenRef: SANDBOX_REF });
  await store.notifications.add([...riders(), ...recurring(now)]);
}

/** What some weekly reports come with: a thread, a file, a picture. The others stay short. */
const EXTRAS: Readonly<Record<string, object>> = {
  acme: { details: true, csv: true },
  bluebird: { picture: true, days: 14 },
  cedar: { details: true },
};

function riders(): NewNotification[] {
  const perAccount = SAMPLE_ACCOUNTS.flatMap(({ id, name }) => [
    rider(`${id}-weekly`, `${name} weekly report`, id, {
      title: 'Weekly report',
      days: 7,
      chart: true,
      ...EXTRAS[id],
      link: `https://example.com/accounts/${id}`,
    }),
    rider(`${id}-activity`, `${name} activity`, id, { title: 'Activity', top: 3 }),
  ]);
  const archived = rider('acme-legacy', 'Acme legacy report', 'acme', { title: 'Legacy report' });
  return [...perAccount, { ...archived, channel: { id: 'C0LEGACY', name: '#legacy-reports' } }];
}

function rider(id: string, name: string, account: string, params: object): NewNotification {
  return {
    id,
    name,
    account,
    report: 'account-activity',
    params,
    workspaceId: SANDBOX_WORKSPACE,
    channel: sampleChannel(account),
    due: { kind: 'schedule', scheduleId: SAMPLE_SCHEDULE.id, afterOutage: 'newest' },
    tags: [],
    enabled: true,
  };
}

function recurring(now: Date): NewNotification[] {
  const pulse = rider('acme-pulse', 'Acme pulse, every five minutes', 'acme', { title: 'Pulse', top: 3 });
  const morning = rider('everline-morning', 'Everline morning report', 'everline', { title: 'Good morning', days: 1 });
  const leaders = rider('bluebird-monthly', 'Bluebird monthly report', 'bluebird', { title: 'The month', days: 30 });
  return [
    withRecurrence({ ...pulse, channel: { id: 'C0OPS', name: '#ops-pulse' } }, '*/5 * * * *', 'UTC', now),
    withRecurrence(morning, '30 8 * * MON-FRI', 'Asia/Tokyo', now),
    withRecurrence(
      { ...leaders, channel: { id: 'C0LEADERS', name: '#leadership' } },
      '0 9 1 * *',
      'America/New_York',
      now,
    ),
  ];
}

function withRecurrence(notification: NewNotification, cron: string, timezone: string, now: Date): NewNotification {
  const next = nextOccurrence(parseRecurrence({ cron, timezone }), now);
  const due = { kind: 'recurrence', cron, timezone, skip: [], dstGap: 'shift', afterOutage: 'newest' } as const;
  return { ...notification, due: { ...due, nextDueAt: next?.at.toISOString() } };
}
