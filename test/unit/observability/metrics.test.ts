import type { MetricMeter, MetricTags } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { NOT_SENT_CODES } from '../../../src/slack/errors.ts';
import { TOKEN_ERRORS } from '../../../src/slack/tokens.ts';
import { DELIVERY_STATES } from '../../../src/domain/delivery.ts';
import { BUCKETS, createMetrics } from '../../../src/observability/metrics.ts';

/** What may tell samples of a metric apart: each of these has few values, for every user and however long it runs. */
const LABELS = ['state', 'class', 'code', 'method', 'status', 'source', 'outcome', 'what'];

/** Different values of one label: a hundred, and `other`. */
const VALUES_MAX = 101;

interface Recorded {
  name: string;
  kind: 'counter' | 'histogram' | 'gauge';
  unit: string | undefined;
  help: string | undefined;
  samples: MetricTags[];
}

/** A meter that keeps what it is given. */
function recorder() {
  const metrics: Recorded[] = [];
  function create(kind: Recorded['kind'], name: string, unit?: string, help?: string) {
    const samples: MetricTags[] = [];
    metrics.push({ name, kind, unit, help, samples });
    return (_: number, labels: MetricTags = {}) => void samples.push(labels);
  }
  const meter = {
    createCounter: (name: string, unit?: string, help?: string) => ({ add: create('counter', name, unit, help) }),
    createHistogram: (name: string, _: unknown, unit?: string, help?: string) => ({
      record: create('histogram', name, unit, help),
    }),
    createGauge: (name: string, _: unknown, unit?: string, help?: string) => ({
      set: create('gauge', name, unit, help),
    }),
  };
  return { meter: meter as unknown as MetricMeter, metrics };
}

function moveTo(state: (typeof DELIVERY_STATES)[number], code?: string) {
  const at = '2026-11-23T08:00:10.000Z';
  const error = code === undefined ? undefined : { code, message: 'Beluga weekly → #narwhal: refused' };
  return { state, error, at, dueAt: '2026-11-23T08:00:00.000Z', claimedAt: at, attempts: 1, dispatchId: 'run/narwhal' };
}

describe('our metrics', () => {
  test('are named, measured and described by the conventions of Prometheus', () => {
    const { meter, metrics } = recorder();
    createMetrics(meter);
    expect(metrics.length).toBeGreaterThan(5);
    for (const { name, kind, unit, help } of metrics) {
      // The exporter adds the unit, though not to a gauge, and `_total`.
      expect(name).toMatch(/^slack_reports_[a-z]+(_[a-z]+)*$/);
      const isInstant = kind === 'gauge' && name.endsWith('_timestamp_seconds');
      if (!isInstant) expect(name).not.toMatch(/_(total|seconds|ms|milliseconds|count|sum|bucket)$/);
      const isTime = kind === 'histogram' || isInstant;
      expect(unit, name).toBe(isTime ? 'seconds' : undefined);
      expect(help?.length, name).toBeGreaterThan(20);
    }
    const histograms = metrics.filter(({ kind }) => kind === 'histogram').map(({ name }) => name);
    expect(Object.keys(BUCKETS).toSorted()).toEqual(histograms.toSorted());
  });

  test('have none but labels of few values, whatever happens', () => {
    const { meter, metrics } = recorder();
    const ours = createMetrics(meter);
    ours.claimed({ due: 3, missed: 1 });
    ours.knowSources(['customers']);
    for (const troubles of [[], ['store'], ['temporal', 'worker']] as const) ours.isReady(troubles);
    for (const at of [0, 1_000]) ours.dispatched(new Date(at));
    for (let n = 0; n < 2 * VALUES_MAX; n += 1) {
      for (const state of DELIVERY_STATES) for (const code of [undefined, `code_${n}`]) ours.moved(moveTo(state, code));
      for (const outcome of ['ok', 'failed'] as const) ours.loaded(n, outcome);
      ours.sourceFailed({ source: `source-${n}` });
      for (const status of [undefined, 200, 429]) ours.called({ method: `method.${n}`, status, seconds: 1 });
    }
    for (const { name, samples } of metrics) {
      expect(samples.length, name).toBeGreaterThan(1);
      const used = new Set(samples.flatMap((labels) => Object.keys(labels)));
      expect([...used].filter((label) => !LABELS.includes(label))).toEqual([]);
      for (const label of used) {
        const values = new Set(samples.map((labels) => labels[label]));
        expect(values.size, `${label} of ${name}`).toBeLessThanOrEqual(VALUES_MAX);
      }
    }
  });
});

describe('a failure is counted by what has to be fixed', () => {
  test.each([
    ['workspace', [...TOKEN_ERRORS, 'token_revoked', 'missing_scope']],
    ['channel', ['is_archived', 'channel_not_found']],
    ['message', ['invalid_blocks', 'msg_too_long']],
    ['report', ['load_failed', 'unknown_report', 'report_impossible', 'broken_report']],
    ['slack', [...NOT_SENT_CODES, 'UND_ERR_SOCKET', 'ECONNRESET', 'http_503', 'timeout', 'gave_up', 'ratelimited']],
    ['other', ['a_code_of_tomorrow', 'failed']],
  ])('%s', (expected, codes) => {
    for (const code of codes) {
      const { meter, metrics } = recorder();
      createMetrics(meter).moved(moveTo('failed', code));
      const failures = metrics.find(({ name }) => name === 'slack_reports_failures');
      expect(failures?.samples).toEqual([{ state: 'failed', class: expected, code }]);
    }
  });
});
