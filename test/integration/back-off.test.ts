import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { occurrenceOfInstant } from '../../src/domain/occurrence.ts';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import { startApp } from '../support/app.ts';
import { startWorkerProcess } from '../support/program.ts';
import { rider } from '../support/store.ts';
import { until } from '../support/until.ts';

const LONGEST_S = 10;
/** By then Temporal's own doubling, from 2 s, would be beyond it. */
const TRIES = 4;

test('a delivery that has often found no slot is soon tried again all the same when the store was away', async () => {
  await using app = await startApp({ withoutWorker: true });
  const schedule = randomUUID();
  const [row, busy] = [rider(randomUUID(), schedule), rider(randomUUID(), 'none')];
  await app.store.notifications.add([row, busy]);
  // A post whose end is not known has the channel, and is asked for again each second.
  const selection = { kind: 'notifications', ids: [busy.id] } as const;
  await app.store.claims.claimDue({ dispatchId: 'another', nominal: new Date(), selection });
  const [other] = await app.store.deliveries.list({ notificationId: busy.id }, 1);
  await app.store.ledger.beginPosting(other?.id ?? '');
  const key = `${row.workspaceId}/${row.channel.id}`;
  const held = { key, planned_until: 0, next_at: 0, holder: other?.id ?? '' };
  await app.store.db.insertInto('slack_pace').values(held).execute();
  await using _ = await startWorkerProcess(app, [], { SLACK_CHANNEL_INTERVAL_MS: '1' });
  const nominalTime = new Date().toISOString();
  const run = app.run({ selection: { kind: 'due', schedule }, nominalTime });
  run.catch(() => undefined);

  const occurrence = occurrenceOfInstant(new Date(nominalTime));
  const delivery = app.client.workflow.getHandle(deliverWorkflowId({ notificationId: row.id, occurrence }));
  // Claimed it may not have been started yet.
  const post = async () => (await delivery.describe().catch(() => undefined))?.raw.pendingActivities?.[0];
  await until('the delivery', async () => (await app.store.deliveries.list({}, 2)).length === 2);
  await until('some tries', async () => ((await post())?.attempt ?? 0) > TRIES);
  await sql`alter table slack_pace rename to away`.execute(app.store.db);
  const interval = await until('a try after the store has failed', async () => {
    const { lastFailure, currentRetryInterval } = (await post()) ?? {};
    return lastFailure?.applicationFailureInfo?.type !== 'paced' && (currentRetryInterval ?? false);
  });
  expect(Number(interval.seconds)).toBeLessThanOrEqual(LONGEST_S);

  await sql`alter table away rename to slack_pace`.execute(app.store.db);
  await delivery.terminate();
  await run;
});
