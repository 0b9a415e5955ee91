import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import { startApp } from '../support/app.ts';
import { startWorkerProcess } from '../support/program.ts';
import { rider } from '../support/store.ts';
import { until } from '../support/until.ts';

test(
  'a delivery that waits for its slot on one version of the workers is delivered by the next one',
  { timeout: 120_000 },
  async () => {
    await using app = await startApp({ withoutWorker: true });
    const deploymentName = `test-${randomUUID()}`;
    const startVersion = async (buildId: string) => {
      const variables = { TEMPORAL_DEPLOYMENT_NAME: deploymentName, TEMPORAL_WORKER_BUILD_ID: buildId };
      const worker = await startWorkerProcess(app, [], variables);
      await makeCurrent(app.client, { deploymentName, buildId });
      return worker;
    };
    await using first = await startVersion('1');
    const schedule = randomUUID();
    await app.store.notifications.add([rider('waits', schedule)]);
    const nominalTime = new Date(Date.now() + 15_000).toISOString();
    const run = app.run({ selection: { kind: 'due', schedule }, nominalTime });
    run.catch(() => undefined);
    const row = await until('its claim', async () => (await app.store.deliveries.list({}, 1))[0]);

    await using _ = await startVersion('2');
    await first.stop();
    expect(await run).toMatchObject({ due: 1, delivered: 1 });
    const id = deliverWorkflowId({ notificationId: row.notificationId, occurrence: row.occurrence });
    // The run began on the first version; the delivery starts when its slot comes.
    expect(await buildIdsOf(app.client, id)).toEqual(['2']);
    expect(app.oracle().messages).toHaveLength(1);
  },
);

/** Task queues that a version has to be known to serve: one for workflows and one for activities. */
const TASK_QUEUES = 2;

/** What `temporal worker deployment set-current-version` does, once the server knows the version. */
async function makeCurrent(client: Client, deploymentVersion: { deploymentName: string; buildId: string }) {
  const { workflowService } = client;
  const namespace = 'default';
  await until('the server to know the version', async () => {
    const description = await workflowService
      .describeWorkerDeploymentVersion({ namespace, deploymentVersion })
      .catch(() => undefined);
    return description?.versionTaskQueues?.length === TASK_QUEUES;
  });
  await workflowService.setWorkerDeploymentCurrentVersion({ namespace, ...deploymentVersion });
}

/** Build ids of the workers that did the tasks of a workflow, each once. */
async function buildIdsOf(client: Client, workflowId: string): Promise<string[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const ids = events?.map((event) => event.workflowTaskCompletedEventAttributes?.deploymentVersion?.buildId);
  return [...new Set(ids?.filter((id) => typeof id === 'string'))];
}
