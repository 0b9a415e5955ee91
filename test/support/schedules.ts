import { WORKFLOWS } from '../../src/contract/names.ts';
import { randomUUID } from 'node:crypto';
import type { App } from './app.ts';
import { type Ended, runCli } from './program.ts';

/** `slack-reports …` on the store and the task queue of the app. */
export function cliOf({ folder, databaseUrl, taskQueue, sandbox }: App, more: Record<string, string> = {}) {
  const variables = {
    DATABASE_URL: databaseUrl,
    SLACK_REPORTS_TASK_QUEUE: taskQueue,
    SLACK_SANDBOX_URL: sandbox.url,
    ...more,
  };
  return (...args: string[]) => runCli(args, { folder, variables });
}

/** `slack-reports schedule …` on them. */
export function scheduleOf(app: App) {
  return (...args: string[]) => cliOf(app)('schedule', ...args);
}

/** What a command printed. Throws with its standard error where it did not end well. */
export function json({ code, stdout, stderr }: Ended): Record<string, unknown> {
  if (code !== 0) throw new Error(`The command ended with code ${code}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** An id of a schedule that goes away with the app, if it is still there. */
export function idFor(app: App, name = 'schedule'): string {
  const id = `${name}-${randomUUID()}`;
  app.defer(async () => {
    if ((await app.schedules.find(id)) !== undefined) await app.schedules.remove(id);
  });
  return id;
}

/** A schedule as the Web UI makes it: a plain request with its own ideas of ids and policies. */
export async function createElsewhere(
  { client, taskQueue }: App,
  id: string,
  workflowType: string = WORKFLOWS.dispatch,
): Promise<void> {
  await client.schedule.create({
    scheduleId: id,
    spec: { calendars: [{ minute: 0, hour: 9, dayOfWeek: { start: 'MONDAY', end: 'FRIDAY' } }] },
    action: { type: 'startWorkflow', workflowType, taskQueue, workflowId: `by-hand-${id}` },
  });
}
