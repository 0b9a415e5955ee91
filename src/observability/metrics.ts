import type { MetricMeter } from '@temporalio/common';
import { DELIVERY_STATES } from '../domain/delivery.ts';
import type { SlackCall } from '../slack/client.ts';
import { DESTINATION_ERRORS, PAYLOAD_ERRORS, RETRYABLE_ERRORS, WORKSPACE_ERRORS } from '../slack/errors.ts';
import { TOKEN_ERRORS } from '../slack/tokens.ts';
import type { Problem } from './health-server.ts';
import type { DeliveryMove } from '../store/ledger/moves.ts';

export type Metrics = ReturnType<typeof createMetrics>;

/** From a second to six hours, after which a delivery is given up. In seconds. */
const WAITS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600];
/** A report is given up after two minutes. In seconds. */
const LOADS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120];
/** A call to Slack ends after 15 s. In seconds. */
const CALLS = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 3, 5, 10, 15];

const LATE = 'slack_reports_late';
const SLOT_WAIT = 'slack_reports_slot_wait';
const SLACK_REQUEST = 'slack_reports_slack_request_duration';
const LOAD = 'slack_reports_load_duration';

/** For the exporter, which knows the names without their unit. */
export const BUCKETS = { [LATE]: WAITS, [SLOT_WAIT]: WAITS, [SLACK_REQUEST]: CALLS, [LOAD]: LOADS };

/** What a worker needs. */
const NEEDS: readonly Problem['what'][] = ['process', 'worker', 'temporal', 'store'];

/** Different values of one label; what comes after them is counted as `other`, so that no surprise floods Prometheus. */
const LABEL_VALUES_MAX = 100;

/** In these states a delivery has come to rest. */
const ENDS = DELIVERY_STATES.filter((state) => state !== 'pending' && state !== 'posting');

/** And of these a person has to look at it. */
const TROUBLES: ReadonlySet<string> = new Set(['failed', 'parked', 'unconfirmed']);

/**
 * What this process has seen of deliveries, for Prometheus. Labels are states, error codes and Slack's methods: never a
 * notification, an account, a channel or a workspace, which the ledger has.
 * The exporter adds `_total` to counters and `_seconds` to histograms.
 */
export function createMetrics(meter: MetricMeter) {
  const due = meter.createCounter('slack_reports_due', undefined, 'Deliveries that runs found due');
  const ended = meter.createCounter(
    'slack_reports_deliveries',
    undefined,
    'Deliveries that ended or were parked, by state',
  );
  const failures = meter.createCounter(
    'slack_reports_failures',
    undefined,
    'Deliveries that failed, were parked or are unconfirmed, by state, by what to fix, and by error code',
  );
  const retries = meter.createCounter(
    'slack_reports_retries',
    undefined,
    'Posts that certainly failed and are retried, by error code',
  );
  const degraded = meter.createCounter(
    'slack_reports_degraded',
    undefined,
    'Messages delivered as plain text, because Slack refused the blocks',
  );
  const limited = meter.createCounter(
    'slack_reports_rate_limited',
    undefined,
    "Slack's answers with status 429, by method",
  );
  const sourceFailures = meter.createCounter(
    'slack_reports_source_failures',
    undefined,
    'Failed reads of sources, by source',
  );
  const late = meter.createHistogram(LATE, 'float', 'seconds', 'Time from when a delivery was due to its post');
  const slotWait = meter.createHistogram(
    SLOT_WAIT,
    'float',
    'seconds',
    'Time from the claim of a delivery to its first post',
  );
  const slackCalls = meter.createHistogram(
    SLACK_REQUEST,
    'float',
    'seconds',
    'Calls to Slack, by method and HTTP status',
  );
  const loads = meter.createHistogram(LOAD, 'float', 'seconds', 'Time to load and render a report, by outcome');
  const lastDispatch = meter.createGauge(
    // The exporter adds the unit to histograms only.
    'slack_reports_last_dispatch_timestamp_seconds',
    'float',
    'seconds',
    'When a run of a schedule last claimed, on any worker of this store; before the first, when this worker started',
  );
  const ready = meter.createGauge(
    'slack_reports_ready',
    'int',
    undefined,
    '1 if this worker has what it needs, else 0; by what',
  );
  const code = bounded();
  const method = bounded();
  const sourceName = bounded();

  // A counter that begins at its first event has no increase for Prometheus, so an alert would miss that event.
  for (const counter of [due, degraded]) counter.add(0);
  for (const state of ENDS) ended.add(0, { state });
  limited.add(0, { method: method('chat.postMessage') });

  return {
    /** A run of a schedule has claimed. It is the newest of all workers that counts. */
    dispatched(at: Date): void {
      lastDispatch.set(at.getTime() / 1_000);
    },

    /** What keeps this worker from its work now. */
    isReady(troubles: readonly Problem['what'][]): void {
      for (const what of NEEDS) ready.set(troubles.includes(what) ? 0 : 1, { what });
    },

    /** A run has claimed what is due; and found some too late to be sent. */
    claimed(counts: { due: number; missed: number }): void {
      due.add(counts.due);
      ended.add(counts.missed, { state: 'missed' });
    },

    /** The sources there are, so that the first failure of one is an increase, too. */
    knowSources(names: readonly string[]): void {
      for (const source of names) sourceFailures.add(0, { source: sourceName(source) });
    },

    /** A claim went on without a source. */
    sourceFailed({ source }: { source: string }): void {
      sourceFailures.add(1, { source: sourceName(source) });
    },

    /** For the store: every move of a report that this process made. */
    moved({ state, error, dueAt, claimedAt, attempts, at }: DeliveryMove): void {
      if (state === 'posting') {
        if (attempts === 1) slotWait.record(secondsBetween(claimedAt, at));
        return;
      }
      const failed = { class: classOf(error?.code ?? ''), code: code(error?.code ?? 'none') };
      if (state === 'pending') {
        if (error !== undefined) retries.add(1, { code: failed.code });
        return;
      }
      ended.add(1, { state });
      if (TROUBLES.has(state)) failures.add(1, { state, ...failed });
      if (state !== 'delivered') return;
      late.record(secondsBetween(dueAt, at));
      if (error !== undefined) degraded.add(1);
    },

    /** A report was loaded and rendered, or that failed. */
    loaded(seconds: number, outcome: 'ok' | 'failed'): void {
      loads.record(seconds, { outcome });
    },

    /** For the Slack clients: every HTTP request. */
    called(call: SlackCall): void {
      slackCalls.record(call.seconds, { method: method(call.method), status: String(call.status ?? 'none') });
      if (call.status === 429) limited.add(1, { method: method(call.method) });
    },
  };
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1_000);
}

/** What has to be fixed. */
export function classOf(code: string): 'message' | 'channel' | 'workspace' | 'report' | 'slack' | 'other' {
  if (PAYLOAD_ERRORS.has(code)) return 'message';
  if (DESTINATION_ERRORS.has(code)) return 'channel';
  if (WORKSPACE_ERRORS.has(code) || TOKEN_CODES.has(code)) return 'workspace';
  if (REPORT_CODES.has(code)) return 'report';
  if (RETRYABLE_ERRORS.has(code) || SLACK_CODES.test(code)) return 'slack';
  return 'other';
}

/** What the loading of a report fails with: src/activities/load-report.ts. */
const REPORT_CODES = new Set([
  'unknown_report',
  'invalid_parameters',
  'message_refused',
  'report_impossible',
  'broken_report',
  'load_failed',
]);
const TOKEN_CODES: ReadonlySet<string> = new Set(TOKEN_ERRORS);
/** Slack or the way to it was away for too long; in capitals, codes of Node and undici. */
const SLACK_CODES = /^(gave_up|timeout|answer_lost|connection_lost|unreadable_answer|http_\d+|[A-Z][A-Z\d_]+)$/;

function bounded(): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.size < LABEL_VALUES_MAX) known.add(value);
    return known.has(value) ? value : 'other';
  };
}
