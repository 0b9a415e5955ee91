import { readFileSync } from 'node:fs';
import {
  type BundleOptions,
  Runtime,
  type Worker,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { SimplePlugin } from '@temporalio/plugin';
import { type Activities, activities } from './activities/index.ts';
import { type Config, loadConfig } from './config.ts';
import { WORKFLOWS } from './contract/names.ts';
import { activitySlots, dependenciesOf } from './create-worker.ts';
import { UserError } from './lib/errors.ts';
import { activityInterceptors } from './observability/delivery-log.ts';
import { watchVitals } from './observability/vitals.ts';
import { createMetrics } from './observability/metrics.ts';
import type { AnyReport } from './reports/define.ts';
import { reportsWith } from './reports/registry.ts';
import { planAgain } from './scheduling/follow-due.ts';
import { checkSources, type Source } from './sources/define.ts';
import { WORKFLOW_INTERCEPTORS } from './temporal/workflow-bundle.ts';
import { lookAfter, openWorkerStore } from './worker-store.ts';

/** What `slackReports` takes. */
export interface SlackReportsOptions {
  /**
   * Where the ledger is: `postgres://user:password@host/database?schema=slack_reports`, or `sqlite:path/to/file.db`. It
   * creates the tables. Default: DATABASE_URL.
   */
  store?: string | undefined;
  /** The bot token of the workspace `default`. Default: SLACK_BOT_TOKEN. */
  slack?: { token?: string | undefined } | undefined;
  /** Your reports, next to the built-in ones. */
  reports?: readonly AnyReport[] | undefined;
  /** Who is due, by your own code. */
  sources?: readonly Source[] | undefined;
  /** Where every other setting comes from (docs/settings.md). Default: the environment of the process. */
  env?: NodeJS.ProcessEnv | undefined;
}

/** The activities that are registered before the store is open. */
const NAMES = Object.keys({
  slackReportsCancelRest: true,
  slackReportsClaimDue: true,
  slackReportsListPartition: true,
  slackReportsPostMessage: true,
  slackReportsPostMessageAtOnce: true,
  slackReportsPruneLedger: true,
  slackReportsRecordOutcome: true,
  slackReportsTellOwners: true,
  slackReportsUploadFiles: true,
} satisfies Record<keyof Activities, true>) as (keyof Activities)[];

/**
 * Delivers reports in your Temporal worker: the plugin adds the activities, the workflow interceptors and the store.
 * Your workflow file exports our workflows next to yours. The store opens when the worker runs, and closes after it; shut-down,
 * metrics and logs are those of your worker.
 *
 * @example
 * // workflows.ts: export * from 'slack-reports/workflows';
 * const worker = await Worker.create({
 *   connection,
 *   taskQueue: 'app',
 *   workflowsPath,
 *   activities,
 *   plugins: [slackReports({ store: process.env.DATABASE_URL, reports: [weekly], sources: [customers] })],
 * });
 * await worker.run();
 *
 * @throws UserError `missing_workflows` when the worker is created and its workflow file does not export ours; `invalid_configuration`
 * for a wrong setting; `invalid_source` and `duplicate_source` for the sources; `store_unavailable` when the store cannot be opened.
 */
export function slackReports(options: SlackReportsOptions = {}): SlackReportsPlugin {
  return new SlackReportsPlugin(options);
}

/**
 * The plugin that `slackReports` returns; Temporal calls its methods.
 * @example const plugin: SlackReportsPlugin = slackReports({ reports: [weekly] });
 */
export class SlackReportsPlugin extends SimplePlugin {
  readonly #options: SlackReportsOptions;
  readonly #config: Config;
  readonly #env: NodeJS.ProcessEnv;
  readonly #activities: { resolve: (value: Activities) => void; reject: (reason: unknown) => void };
  #hidesNames = false;

  constructor(options: SlackReportsOptions) {
    const { promise, resolve, reject } = Promise.withResolvers<Activities>();
    // Awaited by each activity; it may fail before one comes.
    promise.catch(() => undefined);
    super({
      name: 'slack-reports',
      activities: lazily(promise),
      workerInterceptors: {
        activity: [activityInterceptors],
        workflowModules: WORKFLOW_INTERCEPTORS,
      },
    });
    const { store, slack = {}, env = process.env } = options;
    this.#options = options;
    checkSources(options.sources ?? []);
    this.#activities = { resolve, reject };
    this.#env = { ...env, ...(slack.token !== undefined && { SLACK_BOT_TOKEN: slack.token }) };
    this.#config = loadConfig({ ...this.#env, ...(store !== undefined && { DATABASE_URL: store }) });
  }

  override configureWorker(options: WorkerOptions): WorkerOptions {
    const configured = super.configureWorker(options);
    this.#hidesNames = (options.dataConverter?.payloadCodecs ?? []).length > 0;
    const { workflowBundle, tuner, maxConcurrentActivityTaskExecutions } = options;
    if (workflowBundle !== undefined && !exportsOurs(workflowBundle)) throw missingWorkflows();
    if (tuner !== undefined || maxConcurrentActivityTaskExecutions !== undefined) return configured;
    return { ...configured, maxConcurrentActivityTaskExecutions: activitySlots(this.#config.concurrency) };
  }

  override configureBundler(options: BundleOptions): BundleOptions {
    const configured = super.configureBundler(options);
    const { webpackConfigHook = (config) => config } = configured;
    return {
      ...configured,
      webpackConfigHook: (before) => {
        const config = webpackConfigHook(before);
        const look = {
          apply: ({ hooks }: Compiler) =>
            hooks.afterCompile.tap(this.name, ({ modules }) => {
              if (![...modules].some((module) => hasOurs(String(module.originalSource?.()?.source() ?? '')))) {
                throw missingWorkflows();
              }
            }),
        };
        return { ...config, plugins: [...(config.plugins ?? []), look] };
      },
    };
  }

  override async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    const config = this.#config;
    const metrics = createMetrics(Runtime.instance().metricMeter);
    const { logger } = Runtime.instance();
    await using store = await openWorkerStore(config, () => metrics);
    using _ = await lookAfter(store, { log: logger, dueTimesMoved: () => planAgain(worker, store) });
    const { reports = [], sources } = this.#options;
    const all = reportsWith(reports.map((report) => ({ report, file: undefined })));
    const surroundings = { store, reports: all, sources, env: this.#env, metrics };
    try {
      this.#activities.resolve(activities(await dependenciesOf(config, surroundings, this.#hidesNames)));
    } catch (error) {
      this.#activities.reject(error);
      throw error;
    }
    const vitals = await watchVitals({
      store,
      metrics,
      onError: (error) => logger.debug('The last dispatch is not known', { error }),
    });
    try {
      await next(worker);
    } finally {
      vitals[Symbol.dispose]();
    }
  }
}

/** As much of webpack's compiler as is used here; webpack is a dependency of the SDK's. */
interface Compiler {
  hooks: {
    afterCompile: {
      tap: (
        name: string,
        look: (compilation: {
          modules: Iterable<{ originalSource?: () => { source: () => string | Buffer } | null }>;
        }) => void,
      ) => void;
    };
  };
}

/** Activities that wait for those that the worker makes when it runs. */
function lazily(made: Promise<Activities>): Record<string, (request: never) => Promise<unknown>> {
  const waiting = NAMES.map((name) => {
    const run = async (request: never): Promise<unknown> => (await made)[name](request);
    return [name, run] as const;
  });
  return Object.fromEntries(waiting);
}

function missingWorkflows(): UserError {
  return UserError.input('missing_workflows', 'The workflows of slack-reports are not among those of this worker', {
    hint: "Add `export * from 'slack-reports/workflows';` to the file of `workflowsPath`, or bundle it again.",
  });
}

function exportsOurs(bundle: WorkflowBundleOption): boolean {
  return hasOurs('code' in bundle ? bundle.code : readFileSync(bundle.codePath, 'utf8'));
}

/** Its code exports our workflow types: as names, since as texts they are in our interceptors, too. */
function hasOurs(code: string): boolean {
  return Object.values(WORKFLOWS).every((type) => new RegExp(`[^'"\\w]${type}\\b[^'"]`).test(code));
}
