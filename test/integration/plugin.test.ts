import { randomUUID } from 'node:crypto';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { startSandbox } from 'slack-sandbox';
import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import { WORKFLOWS } from '../../src/contract/names.ts';
import { slackReports } from '../../src/plugin.ts';
import { defineReport } from '../../src/reports/define.ts';
import { defineSource } from '../../src/sources/index.ts';
import { openStore } from '../../src/store/open.ts';
import type { dispatch } from '../../src/workflows/dispatch.ts';
import { historyText } from '../support/history.ts';
import { NO_LIMITS } from '../support/sandbox.ts';
import { temporaryFolder } from '../support/store.ts';

const OURS = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));

const weekly = defineReport({
  name: 'weekly',
  description: 'Orders of a week',
  params: z.object({}),
  load: async ({ account }) => `${account} had 12 orders`,
  render: (text) => ({ text, blocks: [] }),
});

const customers = defineSource({
  name: 'customers',
  schedules: ['weekly'],
  due: async () => ({
    notifications: [{ id: 'acme', account: 'acme', report: 'weekly', channel: 'C0ACME', workspace: 'default' }],
  }),
});

/** An application with a workflow and an activity of its own, whose worker has the plugin. */
async function startApplication({ exportsOurs = true, bundled = false, store = '' } = {}) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const sandbox = stack.use(await startSandbox({ port: 0, limits: NO_LIMITS }));
  const databaseUrl = store === '' ? `sqlite:${join(folder.path, 'store.db')}` : store;
  const workflowsPath = join(folder.path, 'workflows.ts');
  await symlink(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder.path, 'node_modules'));
  const own = 'export async function greet(name: string): Promise<string> { return `Hello ${name}`; }\n';
  await writeFile(workflowsPath, exportsOurs ? `export * from ${JSON.stringify(OURS)};\n${own}` : own);
  const taskQueue = `app-${randomUUID()}`;
  const address = inject('temporalAddress');
  const connection = await NativeConnection.connect({ address });
  stack.defer(() => connection.close());
  const plugin = slackReports({
    store: databaseUrl,
    slack: { token: 'xoxb-sandbox' },
    reports: [weekly],
    sources: [customers],
    env: { SLACK_API_URL: sandbox.slackApiUrl, SLACK_CHANNEL_INTERVAL_MS: '0', SLACK_WORKSPACE_PER_MINUTE: '0' },
  });
  const worker = await Worker.create({
    connection,
    taskQueue,
    ...(bundled ? { workflowBundle: await bundleWorkflowCode({ workflowsPath }) } : { workflowsPath }),
    activities: { plus: async (a: number, b: number) => a + b },
    plugins: [plugin],
  });
  const clientConnection = await Connection.connect({ address });
  stack.defer(() => clientConnection.close());
  const client = new Client({ connection: clientConnection });
  const moved = stack.move();
  return { worker, client, taskQueue, sandbox, databaseUrl, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

type Application = Awaited<ReturnType<typeof startApplication>>;

async function deliver({ client, taskQueue }: Application) {
  return client.workflow.execute<typeof dispatch>(WORKFLOWS.dispatch, {
    workflowId: `run/${randomUUID()}`,
    taskQueue,
    args: [{ selection: { kind: 'due', schedule: 'weekly' }, nominalTime: '2026-11-23T08:00:00Z' }],
  });
}

test("an application's own worker delivers its reports to who is due by its own code, next to its own workflows", async () => {
  await using app = await startApplication();
  await app.worker.runUntil(async () => {
    const { client, taskQueue } = app;
    expect(await client.workflow.execute('greet', { workflowId: randomUUID(), taskQueue, args: ['Ada'] })).toBe(
      'Hello Ada',
    );
    expect(await deliver(app)).toMatchObject({ due: 1, delivered: 1 });
  });
  expect(app.sandbox.sandbox.store.messagesIn('C0ACME').map(({ text }) => text)).toEqual([
    expect.stringContaining('acme had 12 orders'),
  ]);
  await using store = await openStore(app.databaseUrl);
  const [row] = await store.deliveries.list({}, 2);
  expect(row).toMatchObject({ state: 'delivered', notificationId: 'customers:acme' });
  expect(await historyText(app.client, deliverWorkflowId(row!))).not.toContain('12 orders');
});

test.each([
  ['from its files', {}],
  ['from a bundle', { bundled: true }],
])('a worker whose workflows %s lack ours is not created, and the error says so', async (_, how) => {
  const starting = startApplication({ exportsOurs: false, ...how });
  await expect(starting).rejects.toMatchObject({ code: 'missing_workflows' });
});

test.skipIf(inject('postgresUrl') === undefined)(
  'its tables live in a schema of the Postgres of the application',
  async () => {
    const url = new URL(inject('postgresUrl') ?? '');
    const schema = `app_${randomUUID().replaceAll('-', '')}`;
    url.searchParams.set('schema', schema);
    await using app = await startApplication({ store: url.href });
    await app.worker.runUntil(async () => {
      expect(await deliver(app)).toMatchObject({ due: 1, delivered: 1 });
    });
    await using store = await openStore(url.href);
    const tables = await store.db.introspection.getTables({ withInternalKyselyTables: true });
    const ours = tables.filter((table) => table.schema === schema).map(({ name }) => name);
    expect(ours).toEqual(expect.arrayContaining(['deliveries', 'notifications', 'kysely_migration']));
    await store.db.schema.dropSchema(schema).cascade().execute();
  },
);
