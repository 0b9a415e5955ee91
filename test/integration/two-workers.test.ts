import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import { type App, startApp } from '../support/app.ts';
import { startWorkerProcess } from '../support/program.ts';
import { NO_LIMITS } from '../support/sandbox.ts';
import { isMissing, rider } from '../support/store.ts';
import { until } from '../support/until.ts';

const CHANNELS = ['C0ACME', 'C0BLUEBIRD', 'C0CEDAR', 'C0DOCKSIDE', 'C0EVERLINE', 'C0FERNHILL'];
const DUE = 90;
/** Two a second in a channel; a message that comes sooner is hidden. */
const CHANNEL_MS = 500;
const LIMITS = { ...NO_LIMITS, channel: { perMinute: 60_000 / CHANNEL_MS, burst: 1 }, silentHide: true };

/** The worker processes that posted, by what Temporal noted of each post. */
async function postersOf({ store, client }: App): Promise<Set<string>> {
  const deliveries = await store.deliveries.list({}, DUE);
  const histories = await Promise.all(
    deliveries.map(({ notificationId, occurrence }) =>
      client.workflow.getHandle(deliverWorkflowId({ notificationId, occurrence })).fetchHistory(),
    ),
  );
  const events = histories.flatMap((history) => history.events ?? []);
  return new Set(events.flatMap((event) => event.activityTaskStartedEventAttributes?.identity ?? []));
}

test.skipIf(isMissing('postgres'))(
  'two workers on one Postgres and one task queue share the posts and the pace, and one takes over from the other',
  { timeout: 180_000 },
  async () => {
    await using app = await startApp({ store: 'postgres', withoutWorker: true, limits: LIMITS });
    const pace = { SLACK_CHANNEL_INTERVAL_MS: String(CHANNEL_MS), SLACK_WORKSPACE_PER_MINUTE: '6000' };
    // Next to a store in Postgres there is no file that would show the sample.
    const { reports, databaseUrl } = app.accounts.sample;
    const variables = { ...pace, REPORTS_DB_SAMPLE: databaseUrl };
    const start = () => startWorkerProcess(app, ['--reports', reports], variables);
    const workers = await Promise.all([start(), start()]);
    app.defer(async () => void (await Promise.all(workers.map((worker) => worker.stop()))));
    const schedule = randomUUID();
    const names = Array.from({ length: DUE }, (_, index) => String(index).padStart(3, '0'));
    await app.store.notifications.add(
      names.map((name, index) =>
        rider(`${schedule}-${name}`, schedule, { channel: CHANNELS[index % CHANNELS.length] ?? '' }),
      ),
    );

    const run = app.run({ selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() });
    run.catch(() => undefined);
    await until('a third to be posted', () => app.oracle().messages.length > DUE / 3, 60_000);
    await workers[0].stop();

    expect(await run).toMatchObject({ due: DUE, delivered: DUE, failures: [] });
    const { messages, duplicates, hidden, rateLimited } = app.oracle();
    expect({ messages: messages.length, duplicates, hidden, rateLimited }).toEqual({
      messages: DUE,
      duplicates: [],
      hidden: 0,
      rateLimited: 0,
    });
    expect(await app.store.deliveries.countByState({})).toEqual({ delivered: DUE });
    expect((await postersOf(app)).size, 'both have posted').toBe(2);
  },
);
