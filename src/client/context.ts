import type { Client } from '@temporalio/client';
import { type Config, loadConfig } from '../config.ts';
import type { AnyReport } from '../reports/define.ts';
import type { Reports } from '../reports/registry.ts';
import type { Store } from '../store/open.ts';

/** What `slackReportsClient` takes; everything has a default. */
export interface ClientOptions {
  /** As DATABASE_URL: `sqlite:path/to/file.db` or `postgres://…`. Default: as configured. */
  store?: string | undefined;
  /** A client of yours on Temporal, which stays open. Default: one as configured, connected when it is first needed. */
  temporal?: Client | undefined;
  /** Where your workers of slack-reports poll. Default: SLACK_REPORTS_TASK_QUEUE, else `slack-reports`. */
  taskQueue?: string | undefined;
  /** Reports that notifications may have, next to the built-in ones. Default: those of SLACK_REPORTS_DIR. */
  reports?: readonly AnyReport[] | undefined;
  /** Where the rest is configured. Default: the environment of the process. */
  env?: NodeJS.ProcessEnv | undefined;
  /** Hears what went otherwise than expected, but stopped nothing. Default: a warning of the process. */
  onNote?: ((note: string) => void) | undefined;
}

/** What everything here works with. Nothing is opened, connected or loaded before it is needed. */
export interface Context extends AsyncDisposable {
  readonly config: Config;
  readonly taskQueue: string;
  /** True if the connection to Temporal is the caller's own. */
  readonly ownsTemporal: boolean;
  readonly store: () => Promise<Store>;
  readonly temporal: () => Promise<Client>;
  readonly reports: () => Promise<Reports>;
  readonly note: (text: string) => void;
}

/** What to do where the embedded store is not there yet: make it, fail, or work with an empty one in memory. */
export type MissingStore = 'create' | 'refuse' | 'empty';

export function contextOf(options: ClientOptions = {}, missingStore: MissingStore = 'create'): Context {
  const read = loadConfig(options.env);
  const taskQueue = options.taskQueue ?? read.temporal.taskQueue;
  const config = {
    ...read,
    databaseUrl: options.store ?? read.databaseUrl,
    temporal: { ...read.temporal, taskQueue },
  };
  const open: AsyncDisposable[] = [];
  // Loaded here, so that a command loads only what it uses.
  const store = once(async () => {
    const { IN_MEMORY, isStoreThere, openStore } = await import('../store/open.ts');
    const url = missingStore === 'empty' && !isStoreThere(config.databaseUrl) ? IN_MEMORY : config.databaseUrl;
    const opened = await openStore(url, undefined, { mustExist: missingStore === 'refuse' });
    open.push(opened);
    return opened;
  });
  const temporal = once(async () => {
    if (options.temporal !== undefined) return options.temporal;
    const { connectClient } = await import('../temporal/connect.ts');
    const client = await connectClient(config);
    open.push(client);
    return client;
  });
  const reports = once(async () => {
    const { loadReports, reportsWith } = await import('../reports/registry.ts');
    if (options.reports === undefined) return loadReports(config.reportsFolder, config.sample);
    return reportsWith(options.reports.map((report) => ({ report, file: undefined })));
  });
  return {
    config,
    taskQueue,
    ownsTemporal: options.temporal !== undefined,
    store,
    temporal,
    reports,
    note: options.onNote ?? warn,
    async [Symbol.asyncDispose]() {
      for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
    },
  };
}

/** Warns of it as the process does: on standard error, unless the program listens. */
export function warn(note: string): void {
  process.emitWarning(note, { code: 'SLACK_REPORTS' });
}

/** Does it at the first call; a failure is tried again at the next. */
function once<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () => {
    value ??= work().catch((error: unknown) => {
      value = undefined;
      throw error;
    });
    return value;
  };
}
