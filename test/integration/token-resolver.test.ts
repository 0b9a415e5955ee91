import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkflowNotFoundError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import { startApp } from '../support/app.ts';
import { historyText } from '../support/history.ts';
import { runCli, startWorkerProcess } from '../support/program.ts';
import { rider } from '../support/store.ts';
import { until } from '../support/until.ts';

const VAULT_SECRET = 'hvs.secret-of-the-vault';

/** A vault that is sealed until the file `opened` is there, and knows the sandbox's token as slack/alpha. */
const RESOLVER = `
  import { existsSync } from 'node:fs';
  export async function resolveToken(ref: string): Promise<string | undefined> {
    if (!existsSync('opened')) throw new Error('sealed, asked with ${VAULT_SECRET}');
    return { 'vault:slack/alpha': 'xoxb-sandbox' }[ref];
  }`;

test('a delivery waits for a vault that cannot be asked, and a workspace that it knows no token for is parked', async () => {
  await using app = await startApp({ withoutWorker: true });
  await writeFile(join(app.folder, 'resolver.ts'), RESOLVER);
  const variables = { SLACK_REPORTS_TOKEN_RESOLVER: './resolver.ts', SLACK_API_URL: app.sandbox.slackApiUrl };
  for (const id of ['alpha', 'beta']) {
    const { code, stderr } = await runCli(['workspaces', 'add', id, '--token', `vault:slack/${id}`], {
      folder: app.folder,
      variables: { ...variables, DATABASE_URL: app.databaseUrl },
    });
    expect(code, stderr).toBe(0);
  }
  const schedule = randomUUID();
  const [alpha, beta] = [randomUUID(), randomUUID()];
  await app.store.notifications.add([
    rider(alpha, schedule, { workspaceId: 'alpha' }),
    rider(beta, schedule, { workspaceId: 'beta', channel: 'C0OPS' }),
  ]);
  await using _ = await startWorkerProcess(app, [], variables);
  const nominalTime = new Date().toISOString();
  const run = app.run({ selection: { kind: 'due', schedule }, nominalTime });
  run.catch(() => undefined);

  const workflowId = await until('the delivery to be claimed', async () => {
    const [row] = await app.store.deliveries.list({ notificationId: alpha }, 1);
    return row && deliverWorkflowId({ notificationId: alpha, occurrence: row.occurrence });
  });
  const told = await until('the vault to be asked', async () => {
    // Claimed is not begun yet.
    const described = await app.client.workflow.getHandle(workflowId).describe().catch(absent);
    return described?.raw.pendingActivities?.[0]?.lastFailure?.message;
  });
  expect(told).toBe('The token resolver failed for vault:slack/alpha (Error)');
  expect(await app.store.deliveries.countByState({})).toEqual({ pending: 2 });

  await writeFile(join(app.folder, 'opened'), '');
  expect(await run).toMatchObject({ due: 2, delivered: 1, parked: 1 });
  const [parked] = await app.store.deliveries.list({ notificationId: beta }, 1);
  expect(parked).toMatchObject({ state: 'parked', error: { code: 'token_missing' } });
  expect(await historyText(app.client, workflowId)).not.toMatch(/hvs|xoxb/);
});

function absent(error: unknown): undefined {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}
