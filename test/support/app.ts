import { WORKFLOWS } from '../../src/contract/names.ts';
import { randomUUID } from 'node:crypto';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { inject } from 'vitest';
import { type LimitsPatch, type RunningSandbox, startSandbox } from 'slack-sandbox';
import { bundleFor } from '../../src/codec/data-converter.ts';
import { readCodecKeys } from '../../src/codec/keys.ts';
import type { DispatchInput } from '../../src/contract/dispatch.ts';
import { reportsWith } from '../../src/reports/registry.ts';
import type { AnyReport } from '../../src/reports/define.ts';
import { connectClient } from '../../src/temporal/connect.ts';
import { schedules } from '../../src/schedule.ts';
import type { Store } from '../../src/store/open.ts';
import type { Pace } from '../../src/store/pacing.ts';
import type { Source } from '../../src/sources/define.ts';
import { loadConfig } from '../../src/config.ts';
import { createWorker } from '../../src/create-worker.ts';
import type { dispatch } from '../../src/workflows/dispatch.ts';
import { SAMPLE_REPORT, type SampleAccounts, sampleAccounts } from './sample.ts';
import { NO_LIMITS } from './sandbox.ts';
import { type StoreKind, temporaryStore } from './store.ts';

/** How long after a lost answer the channel is read, in milliseconds, unless a test says otherwise. */
const SETTLE_MS = 1_000;

export interface AppOptions {
  maxCachedWorkflows?: number;
  /** Of the sandbox; without them no test trips over a rate. */
  limits?: LimitsPatch;
  /** Where the ledger is; the embedded one when absent. */
  store?: StoreKind;
  /** How fast may be posted; without it as fast as can be. */
  pace?: Pace;
  /** The test starts a worker process of its own. */
  withoutWorker?: true;
  /** As SLACK_REPORTS_CODEC_KEYS: payloads are encrypted. */
  codecKeys?: string;
  /** Besides the built-in ones. */
  reports?: readonly { readonly name: string }[];
  /** Asked who is due, besides the store's own table. */
  sources?: readonly Source[];
  /** False: no small print under the reports. */
  footer?: false;
  /** Variables that token references of workspaces point to; those of this process when absent. */
  env?: Record<string, string>;
  /** A Temporal server of the test's own; without it the one that all tests share. */
  temporalAddress?: string;
  /** How long after a lost answer the channel is read, in milliseconds; it is read again after half of it. Default 1,000. */
  settleMs?: number;
  /** Deliveries of one run under way at once; 50 when absent. */
  concurrency?: number;
  /** Deliveries try a local activity first. */
  fastPath?: true;
}

export type App = Awaited<ReturnType<typeof startApp>>;

/**
 * The whole product in this process: a store in a folder of its own, a sandbox and a worker on a task queue of its own,
 * on the real Temporal server that all tests share.
 */
export async function startApp(options: AppOptions = {}) {
  const stack = new AsyncDisposableStack();
  const { store, databaseUrl, folder } = stack.use(await temporaryStore(options.store, options.pace));
  const accounts = stack.use(sampleAccounts(folder));
  addActivity(accounts);
  const sandbox = stack.use(await startSandbox({ port: 0, limits: options.limits ?? NO_LIMITS }));
  const taskQueue = `test-${randomUUID()}`;
  const address = addressOf(options);
  const config = loadConfig({ TEMPORAL_ADDRESS: address, SLACK_REPORTS_CODEC_KEYS: options.codecKeys });
  const client = stack.use(await connectClient(config));

  if (options.withoutWorker !== true) stack.use(await startWorker({ store, accounts, sandbox, taskQueue, options }));

  const all = schedules(client, taskQueue);
  return {
    store,
    accounts,
    sandbox,
    client,
    address,
    taskQueue,
    databaseUrl,
    folder,
    schedules: all,
    /** Starts a run and waits for its result. Its workflow id is one of a kind, unless the test names it. */
    run: (input: DispatchInput, workflowId = `test-run/${randomUUID()}`) =>
      client.workflow.execute<typeof dispatch>(WORKFLOWS.dispatch, { workflowId, taskQueue, args: [input] }),
    /** A schedule of ours that does not fire by itself, and goes away with the app. */
    async schedule(): Promise<string> {
      const id = `test-${randomUUID()}`;
      await all.create({ id, cron: '0 0 29 2 *', timezone: 'UTC' });
      stack.defer(() => all.remove(id));
      return id;
    },
    /** Ends with the app. */
    defer: (end: () => Promise<void>) => stack.defer(end),
    oracle: () => sandbox.sandbox.oracle.report(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function addressOf({ temporalAddress }: AppOptions): string {
  return temporalAddress ?? inject('temporalAddress');
}

interface WorkerParts {
  store: Store;
  accounts: SampleAccounts;
  sandbox: RunningSandbox;
  taskQueue: string;
  options: AppOptions;
}

async function startWorker({ store, accounts, sandbox, taskQueue, options }: WorkerParts): Promise<AsyncDisposable> {
  // Installs the runtime, which a connection would otherwise do with its defaults.
  const codecKeys = readCodecKeys(options.codecKeys);
  const bundled = workflowBundle(codecKeys !== undefined);
  const connection = await NativeConnection.connect({ address: addressOf(options) });
  const config = {
    temporal: { connection: { address: addressOf(options) }, namespace: 'default', taskQueue, codecKeys },
    slack: { apiUrl: `${sandbox.url}/api/`, sandboxUrl: sandbox.url, settleMs: options.settleMs ?? SETTLE_MS },
    concurrency: options.concurrency ?? 50,
    fastPath: options.fastPath ?? false,
    footer: options.footer ?? true,
    sample: accounts.sample,
  };
  const worker = await createWorker(config, {
    connection,
    store,
    reports: reportsWith([
      SAMPLE_REPORT,
      ...(options.reports ?? []).map((report) => ({ report: report as AnyReport, file: 'test' })),
    ]),
    sources: options.sources,
    env: options.env ?? process.env,
    workflowBundle: bundled,
    maxCachedWorkflows: options.maxCachedWorkflows,
  });
  const running = worker.run();
  return {
    [Symbol.asyncDispose]: async () => {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}

/** What reports of Acme tell about; nothing of it may enter a workflow's history. */
export const SECRET_SUBJECT = 'Zebra dashboard';

function addActivity(accounts: SampleAccounts): void {
  accounts.add('acme', 'Quagga Industries');
  // Yesterday: reports show whole days.
  const event = { occurredAt: new Date(Date.now() - 86_400_000), kind: 'report_viewed', subject: SECRET_SUBJECT };
  accounts.record('acme', event, event, event);
}

let isQuiet = false;

/** Made once for all tests; one with the codec on has a failure converter built in. */
export function workflowBundle(encrypted = false): { codePath: string } {
  if (!isQuiet) {
    Runtime.install({
      logger: new DefaultLogger('ERROR', () => {}),
      // Core warns when the tasks of a terminated workflow come back.
      telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
    });
    isQuiet = true;
  }
  return { codePath: bundleFor(inject('workflowBundle'), encrypted) };
}
