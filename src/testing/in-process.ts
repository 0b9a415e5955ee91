import { setTimeout as sleep } from 'node:timers/promises';
import { asyncLocalStorage, Context, type Info } from '@temporalio/activity';
import { ApplicationFailure, noopMetricMeter } from '@temporalio/common';
import type { Dependencies } from '../activities/dependencies.ts';
import { type Activities, activities as activitiesOf } from '../activities/index.ts';
import type { PostRequest } from '../contract/delivery.ts';
import { messageOf } from '../lib/errors.ts';
import { createMetrics } from '../observability/metrics.ts';
import { sourcesOf } from '../reports/sources/sources.ts';
import { slackClients } from '../slack/client.ts';
import type { Store } from '../store/open.ts';

/** Tries of one activity: more than any fault of a test needs. */
const ATTEMPTS_MAX = 10;
/** Between two tries, in milliseconds, where the activity names no time itself. */
const RETRY_MS = 50;

const SILENT = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

interface InProcess extends Pick<Dependencies, 'findReport' | 'settleMs'> {
  apiUrl: string;
  sandboxUrl: string;
  footer?: boolean;
}

/** The activities of a worker over this store, without a worker; tokens are looked up in the environment. */
export function activitiesInProcess(
  store: Store,
  { apiUrl, sandboxUrl, findReport, settleMs, footer = false }: InProcess,
): Activities {
  return activitiesOf({
    store,
    metrics: createMetrics(noopMetricMeter),
    slack: slackClients({ apiUrl, sandboxUrl }, process.env),
    sources: sourcesOf(store.db.withTables(), { storeUrl: store.url, env: process.env }),
    footer,
    findReport,
    hidesNames: false,
    notificationSources: [],
    concurrency: 1,
    fastPath: false,
    settleMs,
    owner: undefined,
    ledgerRetentionMs: undefined,
    sendHeartbeat: () => {},
  });
}

/** What the workflow `deliver` does, in this process and without a server: posts the report, its files first, and the thread. */
export async function deliverInProcess(activities: Activities, store: Store, deliveryId: string): Promise<void> {
  const post = (request: PostRequest) => retried((nr) => within(nr, () => activities.slackReportsPostMessage(request)));
  const isThere = await attempt(store, deliveryId, async () => {
    const result = await post({ deliveryId });
    if (result.kind !== 'has_files') return result.kind === 'posted';
    // A report without its picture is better than none.
    await within(1, () => activities.slackReportsUploadFiles({ deliveryId })).catch(() => undefined);
    return (await post({ deliveryId, afterUpload: true })).kind === 'posted';
  });
  if (!isThere) return;
  for (const { id } of await store.deliveries.thread(deliveryId)) {
    await attempt(store, id, async () => (await post({ deliveryId: id })).kind === 'posted');
  }
}

/** The ledger has the outcome of a post; where that failed otherwise, it gets it here. */
async function attempt(store: Store, id: string, work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof ApplicationFailure ? (error.type ?? 'failed') : 'failed';
    await store.ledger.markFailed(id, { code, message: messageOf(error) });
    return false;
  }
}

async function retried<Result>(work: (attempt: number) => Promise<Result>): Promise<Result> {
  for (let nr = 1; ; nr += 1) {
    try {
      return await work(nr);
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.nonRetryable === true || nr === ATTEMPTS_MAX) throw error;
      await sleep(typeof error.nextRetryDelay === 'number' ? error.nextRetryDelay : RETRY_MS);
    }
  }
}

function within<Result>(attemptNr: number, work: () => Promise<Result>): Promise<Result> {
  const begun = { scheduledTimestampMs: Date.now() };
  const info = { ...begun, attempt: attemptNr, isLocal: false, taskQueue: 'test', namespace: 'test' } as Info;
  const { signal } = new AbortController();
  const never = new Promise<never>(() => {});
  const context = new Context(info, never, signal, () => {}, undefined, SILENT, noopMetricMeter, {});
  return asyncLocalStorage.run(context, work);
}
