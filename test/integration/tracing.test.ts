import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { startApp, workflowBundle } from '../support/app.ts';
import { historyText } from '../support/history.ts';
import { addLeakyReport } from '../support/leaky-report.ts';
import { startWorkerProcess } from '../support/program.ts';
import { rider } from '../support/store.ts';
import { until } from '../support/until.ts';

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code?: number; message?: string };
}

/** A collector for OTLP over HTTP, in JSON as the exporter sends it. */
async function startCollector() {
  const spans: Span[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request);
    const json = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const { resourceSpans } = JSON.parse(json.toString()) as {
      resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
    };
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
    response.setHeader('content-type', 'application/json').end('{}');
  };
  const server = createServer((request, response) => void take(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    spans,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

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
  await addLeakyReport(app.folder, 'postgres://app:hunter2@db/crm refused');
  const schedule = randomUUID();
  await app.store.notifications.add([rider('leaky', schedule, { report: 'leaky', params: {} })]);
  {
    const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '200' };
    await using _ = await startWorkerProcess(app, [], variables);
    const run = { selection: { kind: 'due' as const, schedule }, nominalTime: '2026-11-23T08:00:00Z' };
    expect(await app.run(run, `run/${randomUUID()}`)).toMatchObject({ failed: 1 });
    await until('the run to be traced', () =>
      collector.spans.some(({ name }) => name === 'RunWorkflow:slackReportsDispatch'),
    );
  }
  const posting = collector.spans.find(({ name }) => name === 'RunActivity:slackReportsPostMessage');
  expect(posting?.status.message).toContain('postgres://app:***@db/crm refused');
  expect(JSON.stringify(collector.spans)).not.toContain('hunter2');
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
