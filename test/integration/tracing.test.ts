import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { startApp, workflowBundle } from '../support/app.ts';
import { startCollector } from '../support/collector.ts';
import { historyText } from '../support/history.ts';
import { startWorkerProcess } from '../support/program.ts';
import { SECRET_SHAPES } from '../support/secret-shapes.ts';
import { rider } from '../support/store.ts';
import { addTellingReport, batchesOfSecrets } from '../support/telling-report.ts';
import { until } from '../support/until.ts';

test('one trace leads from the run through the delivery to the call to Slack, and its history replays without tracing', async () => {
  await using collector = await startCollector();
  await using app = await startApp({ withoutWorker: true });
  const schedule = randomUUID();
  await app.store.notifications.add([rider('traced', schedule)]);
  const workflowId = `run/${randomUUID()}`;
  {
    const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '200' };
    await using _ = await startWorkerProcess(app, [], variables);
    expect(
      await app.run({ selection: { kind: 'due', schedule }, nominalTime: '2026-11-23T08:00:00Z' }, workflowId),
    ).toMatchObject({
      delivered: 1,
    });
    await until('the run to be traced', () =>
      collector.spans.some(({ name }) => name === 'RunWorkflow:slackReportsDispatch'),
    );
  }
  // What came before the call, from the call back to the beginning.
  const path: string[] = [];
  let span = collector.spans.find(({ name }) => name === 'Slack chat.postMessage');
  const call = span;
  while (span !== undefined) {
    path.push(span.name);
    const { parentSpanId } = span;
    span = collector.spans.find(({ spanId }) => spanId === parentSpanId);
  }
  expect(path).toEqual([
    'Slack chat.postMessage',
    'RunActivity:slackReportsPostMessage',
    'StartActivity:slackReportsPostMessage',
    'RunWorkflow:slackReportsDeliver',
    'StartChildWorkflow:slackReportsDeliver',
    'RunWorkflow:slackReportsDispatch',
  ]);
  expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(call?.attributes).toContainEqual({ key: 'rpc.method', value: { stringValue: 'chat.postMessage' } });
  expect(call?.attributes).toContainEqual({ key: 'http.response.status_code', value: { intValue: 200 } });
  expect(JSON.stringify(collector.spans)).not.toMatch(/xoxb-|Quagga|Zebra/);

  // Histories outlive a setting: each replays under the other.
  const child = 'deliver/traced/2026-11-23T08:00:00Z';
  expect(await historyText(app.client, child)).toContain('_tracer-data');
  for (const id of [workflowId, child]) {
    const history = await app.client.workflow.getHandle(id).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: workflowBundle() }, history, id);
  }
});

test('spans hold what identifies them, and of an error no secret', async () => {
  await using collector = await startCollector();
  await using app = await startApp({ withoutWorker: true });
  const batches = batchesOfSecrets('message');
  await addTellingReport(app.folder, batches, 'http://127.0.0.1:1');
  const schedule = randomUUID();
  const params = batches.map((_, batch) => ({ batch, way: 'impossible' }));
  await app.store.notifications.add(
    params.map((one) => rider(`telling-${one.batch}`, schedule, { report: 'telling', params: one })),
  );
  {
    const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '200' };
    await using _ = await startWorkerProcess(app, [], variables);
    const run = { selection: { kind: 'due' as const, schedule }, nominalTime: '2026-11-23T08:00:00Z' };
    expect(await app.run(run, `run/${randomUUID()}`)).toMatchObject({ failed: batches.length });
    await until('the run to be traced', () =>
      collector.spans.some(({ name }) => name === 'RunWorkflow:slackReportsDispatch'),
    );
  }
  const posting = collector.spans.filter(({ name }) => name === 'RunActivity:slackReportsPostMessage');
  const messages = posting.map(({ status }) => status.message).join('\n');
  expect(batches.flatMap(({ marks }) => marks).filter((mark) => !messages.includes(mark))).toEqual([]);
  const all = JSON.stringify(collector.spans);
  const leaks = SECRET_SHAPES.filter(({ secrets }) =>
    secrets.some((secret) => all.includes(JSON.stringify(secret).slice(1, -1))),
  );
  expect(leaks.map(({ name }) => name)).toEqual([]);
  const delivery = collector.spans.find(({ name }) => name === 'RunWorkflow:slackReportsDeliver');
  const identity = ['attempt', 'namespace', 'runId', 'taskQueue', 'workflowId', 'workflowType'];
  expect(delivery?.attributes.map(({ key }) => key).toSorted()).toEqual(identity);
});

test('a history that was written without tracing replays with it', async () => {
  await using app = await startApp();
  const schedule = randomUUID();
  await app.store.notifications.add([rider('plain', schedule), rider('refused', schedule, { channel: 'C0LEGACY' })]);
  const workflowId = `run/${randomUUID()}`;
  await app.run({ selection: { kind: 'due', schedule }, nominalTime: '2026-11-23T08:00:00Z' }, workflowId);
  const { startTracing } = await import('../../src/observability/tracing.ts');
  await using tracing = await startTracing();
  const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
  const ids = [workflowId, 'deliver/plain/2026-11-23T08:00:00Z', 'deliver/refused/2026-11-23T08:00:00Z'];
  const histories = await Promise.all(
    ids.map(async (id) => ({ workflowId: id, history: await app.client.workflow.getHandle(id).fetchHistory() })),
  );
  const replays = Worker.runReplayHistories({ workflowsPath, plugins: [tracing.plugin] }, histories);
  const results = new Map(await Array.fromAsync(replays, ({ workflowId: id, error }) => [id, error] as const));
  expect(results).toEqual(new Map(ids.map((id) => [id, undefined])));
});
