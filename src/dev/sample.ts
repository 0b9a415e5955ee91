import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../config.ts';
import { isPostgres } from '../lib/database-url.ts';
import { UserError } from '../lib/errors.ts';
import { importNotifications } from '../notifications/import.ts';
import { loadReports } from '../reports/registry.ts';
import { findSample, SAMPLE_FOLDER, sampleFile } from '../reports/sample.ts';
import type { Schedules } from '../schedule.ts';
import { SANDBOX_REF } from '../slack/tokens.ts';
import type { Store } from '../store/open.ts';

/** The schedule that most notifications of the sample ride. */
export const SAMPLE_SCHEDULE = 'weekday-reports';

/**
 * Adds the sample to an empty embedded store, unless a Slack token is set; later it adds the activity since the last time.
 * A store in Postgres, and a store with other notifications, get nothing. Returns whether this store has the sample.
 */
export async function addSample(store: Store, config: Config, env: NodeJS.ProcessEnv): Promise<boolean> {
  const file = sampleFile(config.databaseUrl);
  const hasToken = (env['SLACK_BOT_TOKEN'] ?? '') !== '';
  if (file === undefined || hasToken || !existsSync(SAMPLE_FOLDER)) return false;
  const isEmpty = (await store.notifications.count()) === 0;
  if (!isEmpty && !existsSync(file)) return false;
  await promisify(execFile)(process.execPath, [join(SAMPLE_FOLDER, 'database.ts'), file]);
  if (isEmpty) await addNotifications(store, config, join(SAMPLE_FOLDER, 'notifications.json'));
  return true;
}

/** Adds the notifications of a project's own file to an empty embedded store, unless a Slack token is set. */
export async function addFirst(
  store: Store,
  file: string,
  { config, env }: { config: Config; env: NodeJS.ProcessEnv },
): Promise<boolean> {
  const hasToken = (env['SLACK_BOT_TOKEN'] ?? '') !== '';
  if (hasToken || isPostgres(config.databaseUrl) || (await store.notifications.count()) > 0) return false;
  await addNotifications(store, config, file);
  return true;
}

async function addNotifications(store: Store, { databaseUrl, reportsFolder }: Config, file: string): Promise<void> {
  await store.workspaces.put({ id: 'sandbox', name: 'Sandbox', tokenRef: SANDBOX_REF });
  const reports = await loadReports(reportsFolder, findSample(databaseUrl));
  const { problems } = await importNotifications(store, file, { strict: true, now: new Date(), reports });
  const [problem] = problems;
  if (problem !== undefined)
    throw UserError.input('invalid_notification', `${file}:${problem.line}: ${problem.message}`);
}

/** On working days, in the zone of this machine. One that exists stays as it is. */
export async function addSampleSchedule(all: Schedules): Promise<void> {
  if ((await all.find(SAMPLE_SCHEDULE)) !== undefined) return;
  const { timeZone: timezone } = Intl.DateTimeFormat().resolvedOptions();
  await all.create({ id: SAMPLE_SCHEDULE, cron: '0 9,12 * * MON,FRI', timezone });
}
