import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import { freePort } from '../../src/lib/ports.ts';
import { type App, startApp } from '../support/app.ts';
import { historyText } from '../support/history.ts';
import { addLeakyReport } from '../support/leaky-report.ts';
import { metricsIn, scrape, sumOf } from '../support/metrics.ts';
import { runProgram, startWorkerProcess } from '../support/program.ts';
import { rider } from '../support/store.ts';
import { until } from '../support/until.ts';

/** What a report's own error may hold. */
const SECRETS = ['hunter2', 'xoxb-1234-abcd', 'eyJhbGciOiJIUzI1NiJ9'];
const LEAK =
  'postgres://app:hunter2@db/crm refused Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln and xoxb-1234-abcd';
const OCCURRENCE = '2026-11-23T08:00:00Z';
const RUN = `run/${randomUUID()}`;

/** One run that has a bit of everything, by a real worker process, looked at by all tests of this file. */
let app: App;
let worker: AsyncDisposable;
let before: Map<string, number>;
let after: Map<string, number>;
let page: string;
const lines: string[] = [];

beforeAll(async () => {
  app = await startApp({ withoutWorker: true });
  const schedule = randomUUID();
  await app.store.notifications.add([
    rider('fine', schedule),
    rider('archived', schedule, { channel: 'C0LEGACY' }),
    rider('limited', schedule, { channel: 'C0BLUEBIRD' }),
    rider('leaky', schedule, { channel: 'C0CEDAR', report: 'leaky', params: {} }),
  ]);
  const { faults } = app.sandbox.sandbox;
  const limit = { type: 'rate_limit', retryAfter: 1 } as const;
  faults.add({ method: 'chat.postMessage', channel: 'C0BLUEBIRD', when: 'before', times: 1, action: limit });
  await addLeakyReport(app.folder, LEAK);

  const address = `127.0.0.1:${await freePort()}`;
  worker = await startWorkerProcess(app, [], { METRICS_ADDRESS: address }, (line) => lines.push(line));
  before = await scrape(address);
  await app.run({ selection: { kind: 'due', schedule }, nominalTime: OCCURRENCE }, RUN);
  page = await (await fetch(`http://${address}/metrics`)).text();
  after = metricsIn(page);
  await until('the log to have all four', () => lines.filter((line) => line.includes('"Delivery ')).length === 4);
});

afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

describe('the metrics of a worker', () => {
  test('begin at zero, so that the first event is an increase', () => {
    expect(sumOf(before, 'slack_reports_due_total')).toBe(0);
    for (const state of ['delivered', 'failed', 'parked', 'unconfirmed', 'missed', 'cancelled']) {
      expect(before.get(`slack_reports_deliveries_total{state="${state}"}`), state).toBe(0);
    }
    expect(before.get('slack_reports_rate_limited_total{method="chat.postMessage"}')).toBe(0);
  });

  test('count how due deliveries ended, and why', () => {
    expect(sumOf(after, 'slack_reports_due_total')).toBe(4);
    expect(sumOf(after, 'slack_reports_deliveries_total', { state: 'delivered' })).toBe(2);
    expect(sumOf(after, 'slack_reports_deliveries_total')).toBe(4);
    const failures = 'slack_reports_failures_total';
    expect(sumOf(after, failures, { state: 'parked', class: 'channel', code: 'is_archived' })).toBe(1);
    expect(sumOf(after, failures, { state: 'failed', class: 'report', code: 'report_impossible' })).toBe(1);
    expect(sumOf(after, failures)).toBe(2);
    expect(sumOf(after, 'slack_reports_rate_limited_total')).toBe(1);
    expect(sumOf(after, 'slack_reports_retries_total', { code: 'ratelimited' })).toBe(1);
  });

  test('measure in seconds how late, how long the slot was waited for, and how long Slack took', () => {
    expect(sumOf(after, 'slack_reports_late_seconds_count')).toBe(2);
    const due = new Date(OCCURRENCE).getTime();
    expect(sumOf(after, 'slack_reports_late_seconds_sum') / 2).toBeCloseTo((Date.now() - due) / 1_000, -3);
    expect(sumOf(after, 'slack_reports_slot_wait_seconds_count')).toBe(3);
    const calls = 'slack_reports_slack_request_duration_seconds';
    expect(sumOf(after, `${calls}_count`, { method: 'chat.postMessage', status: '200' })).toBe(3);
    expect(sumOf(after, `${calls}_count`, { method: 'chat.postMessage', status: '429' })).toBe(1);
    expect(sumOf(after, `${calls}_bucket`, { le: '15', status: '200' })).toBe(3);
  });

  test('come with those of the SDK, and name no notification, account, channel or secret', () => {
    expect(sumOf(after, 'temporal_activity_schedule_to_start_latency_seconds_count')).toBeGreaterThan(0);
    const ours = page.split('\n').filter((line) => line.startsWith('slack_reports_'));
    expect(ours.join('\n')).not.toMatch(/"(fine|archived|limited|leaky)"|acme|C0|sandbox|xox/);
  });
});

/** https://prometheus.io/docs/practices/naming/ */
const SUFFIXES: Readonly<Record<string, RegExp>> = {
  counter: /_total$/,
  histogram: /_seconds$/,
  gauge: /(?<!_total)$/,
};

test('metrics keep to the conventions of Prometheus: help, unit and kind in the name, and few labels', () => {
  const families = [...page.matchAll(/^# TYPE (slack_reports_\w+) (\w+)$/gm)].map(([, name = '', type]) => ({
    name,
    type,
  }));
  expect(families.length).toBeGreaterThan(7);
  for (const { name, type } of families) {
    expect(page, name).toMatch(new RegExp(`^# HELP ${name} .{20}`, 'm'));
    expect(name).toMatch(SUFFIXES[type ?? ''] ?? 'a known type');
  }
  const ours = [...after.keys()].filter((sample) => sample.startsWith('slack_reports_'));
  const labels = new Set(ours.flatMap((sample) => [...sample.matchAll(/[{,](\w+)=/g)].map(([, label]) => label)));
  expect(labels).toEqual(new Set(['class', 'code', 'le', 'method', 'outcome', 'state', 'status', 'what']));
});

describe('what is kept as files', () => {
  test.each(['ops/grafana/slack-reports.json', 'ops/prometheus/alerts.yml'])(
    '%s asks for no metric and no label that a worker does not have',
    async (file) => {
      const text = (await readFile(new URL(`../../${file}`, import.meta.url), 'utf8')).replaceAll('\\"', '"');
      const asked = [...text.matchAll(/\b((?:slack_reports|temporal)_[a-z_]+)\b(?:\{([^}]*)\})?/g)];
      expect(asked.length).toBeGreaterThan(4);
      const samples = [...after.keys()];
      const isThere = ([, name, labels]: RegExpExecArray) => {
        const wanted = labels?.match(/\w+="[^"]*"/g) ?? [];
        return samples.some((one) => one.split('{')[0] === name && wanted.every((label) => one.includes(label)));
      };
      expect(asked.filter((match) => !isThere(match)).map(([selector]) => selector)).toEqual([]);
    },
  );

  test('the guide has every metric of ours', async () => {
    const guide = await readFile(new URL('../../docs/observability.md', import.meta.url), 'utf8');
    const ours = page.match(/^# TYPE (slack_reports_\w+)/gm)?.map((line) => line.split(' ').at(-1) ?? '') ?? [];
    expect(ours.length).toBeGreaterThan(8);
    expect(ours.filter((name) => !guide.includes(`| \`${name}\` |`))).toEqual([]);
  });
});

describe('the log of a worker', () => {
  test('is JSON, and every line of a delivery names its workflow, run, notification and occurrence', () => {
    const entries = lines.map((line) => JSON.parse(line) as { workflow?: string; notification?: string });
    const about = entries.filter(({ workflow }) => workflow?.startsWith('deliver/'));
    for (const notification of ['fine', 'archived', 'limited', 'leaky']) {
      const own = about.filter((entry) => entry.notification === notification);
      expect(own.length, notification).toBeGreaterThan(0);
      for (const entry of own) {
        const workflow = `deliver/${notification}/${OCCURRENCE}`;
        expect(entry).toMatchObject({ workflow, run: RUN, notification, occurrence: OCCURRENCE });
      }
    }
    expect(entries).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: 'Delivery parked', notification: 'archived', code: 'is_archived' }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: 'Slack asks to wait', notification: 'limited' }),
    );
  });

  test('says whether deliveries can be searched for', () => {
    expect(lines.join('\n')).toContain('Deliveries carry no search attributes: SlackReportsAccount, ');
  });
});

test('a secret in an error of a report is in no log, no history, no metric and not in the ledger', async () => {
  const workflow = `deliver/leaky/${OCCURRENCE}`;
  const [delivery] = await app.store.deliveries.list({ notificationId: 'leaky' }, 1);
  const places = {
    log: lines.join('\n'),
    history: (await historyText(app.client, workflow)) + (await historyText(app.client, RUN)),
    metrics: page,
    ledger: JSON.stringify(delivery),
  };
  expect(places.history).toContain('postgres://app:***@db/crm refused Bearer ***');
  expect(delivery?.error?.message).toContain('postgres://app:***@db/crm');
  for (const [place, text] of Object.entries(places)) {
    expect(
      SECRETS.filter((secret) => text.includes(secret)),
      place,
    ).toEqual([]);
  }
});

test('an address for metrics that is taken, or is none, is said in one line', async () => {
  const variables = { SLACK_REPORTS_TASK_QUEUE: randomUUID() };
  const taken = new URL(app.sandbox.url).host;
  const start = (METRICS_ADDRESS: string) =>
    runProgram(['src/worker.ts'], { folder: app.folder, variables: { ...variables, METRICS_ADDRESS } });
  expect(await start(taken)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(new RegExp(`^error: METRICS_ADDRESS ${taken} is taken by another program\n`)),
  });
  expect(await start('nowhere:99999')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('METRICS_ADDRESS must be a port, or host:port such as 127.0.0.1:9464'),
  });
});
