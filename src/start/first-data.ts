import type { Config } from '../config.ts';
import { SAMPLE_SCHEDULE, seedAccounts, seedNotifications } from '../sample/seed.ts';
import type { Schedules } from '../schedule.ts';
import type { Store } from '../store/open.ts';

/** Serves the notifications with a recurrence of their own; each is looked at once a minute. */
const TICK_SCHEDULE = { id: 'tick', cron: '* * * * *', timezone: 'UTC' };

/**
 * Sample accounts with activity up to now; and, in an empty store, sample notifications for the sandbox, unless a Slack
 * token is configured: then the first notification is yours to write.
 */
export async function seed(store: Store, env: NodeJS.ProcessEnv): Promise<void> {
  const now = new Date();
  await seedAccounts(store, now);
  const hasToken = (env['SLACK_BOT_TOKEN'] ?? '') !== '';
  if (!hasToken && (await store.notifications.count()) === 0) await seedNotifications(store, now);
}

/** The tick, and the schedule of the sample notifications; those that are there already stay as they are. */
export async function registerSchedules(all: Schedules): Promise<void> {
  for (const schedule of [TICK_SCHEDULE, { ...SAMPLE_SCHEDULE, timezone: localTimezone() }]) {
    if ((await all.find(schedule.id)) === undefined) await all.create(schedule);
  }
}

function localTimezone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** What to print for somebody who has a token and no notification yet. */
export function firstStep(config: Config): string {
  return `Posting to ${config.slack.apiUrl}. Add your first notification:
  npx slack-reports notifications add acme-weekly --account acme --report account-activity --channel C0123456789 --schedule ${SAMPLE_SCHEDULE.id}
  npx slack-reports schedule trigger ${SAMPLE_SCHEDULE.id}`;
}
