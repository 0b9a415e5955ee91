import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Client } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { dataConverterOf } from '../../src/codec/data-converter.ts';
import { readCodecKeys } from '../../src/codec/keys.ts';
import { type Finding, keepsFromDelivering } from '../../src/cli/doctor/finding.ts';
import { examine } from '../../src/cli/doctor/index.ts';
import { DEFAULT_SCOPES } from 'slack-sandbox';
import { schedules } from '../../src/schedule.ts';
import { sendAt } from '../../src/scheduling/send.ts';
import { type App, startApp } from '../support/app.ts';
import { environment } from '../support/program.ts';
import { cliOf } from '../support/schedules.ts';
import { slackBehind } from '../support/slack-clock.ts';
import { oneOff, recurring, rider } from '../support/store.ts';
import { until } from '../support/until.ts';

async function doctor(app: App, variables: Record<string, string> = {}) {
  const { code, stdout, stderr } = await cliOf(app, variables)('doctor', '--json');
  expect(stderr).toBe('');
  const findings = JSON.parse(stdout) as Finding[];
  return { code, findings, of: (what: string) => findings.filter((finding) => finding.what.startsWith(what)) };
}

describe('doctor', () => {
  test('on a healthy dev server finds only what `setup` fixes', async () => {
    await using app = await startApp();
    const schedule = await app.schedule();
    await app.store.notifications.add([rider('a', schedule), rider('b', schedule, { channel: 'C0LEADERS' })]);
    await until('the pollers', async () => (await doctor(app)).of('worker').every(({ kind }) => kind === 'ok'));
    const { code, findings, of } = await doctor(app);
    expect(findings.filter(({ kind }) => kind !== 'ok').map(({ what }) => what)).toEqual([
      'namespace default',
      'search attributes',
    ]);
    expect(of('namespace')[0]).toMatchObject({ advice: 'Raise it: slack-reports setup --retention 30d' });
    expect(of('worker').map(({ what }) => what)).toEqual(['worker for runs', 'worker for reports and posts']);
    expect(of('worker')[0]?.detail).toContain(`task queue ${app.taskQueue}, seen`);
    expect(of('channels')[0]).toMatchObject({ kind: 'ok', detail: '2 checked: they exist, and the bot may post' });
    expect(code).toBe(0);
    const { stdout } = await cliOf(app)('doctor');
    expect(stdout).toMatch(
      /^ok {4}store: .*, its tables are up to date\nok {4}time zones: tz database .*\nok {4}temporal: .*, server 1\./,
    );
  });

  test('says what is wrong and how to fix it, a line each, and goes on', async () => {
    await using app = await startApp({ withoutWorker: true });
    const [paused, missing] = [await app.schedule(), `missing-${randomUUID()}`];
    await app.schedules.pause(paused, 'holidays');
    const doomed = oneOff('doomed');
    await app.store.notifications.add([
      rider('archived', paused, { channel: 'C0LEGACY', channelName: '#legacy-reports' }),
      rider('joinable', paused, { channel: 'C0NEWS' }),
      rider('private', paused, { channel: 'C0BOARD' }),
      rider('direct', paused, { channel: 'D0SOMEBODY' }),
      rider('lost', missing),
      rider('unknown', paused, { report: 'no-such-report' }),
      rider('unfit', paused, { params: { days: 0 } }),
      rider('off', missing, { enabled: false }),
      doomed,
    ]);
    await app.store.parking.park({ kind: 'notification', id: 'archived' }, { code: 'is_archived', message: '' });
    const asked = {
      selection: { kind: 'notifications' as const, ids: ['doomed'] },
      at: new Date('2096-12-01'),
      taskQueue: app.taskQueue,
    };
    const send = await sendAt(app.client, asked);
    app.defer(() => app.client.schedule.getHandle(`send/${send.id}`).delete());
    await app.store.notifications.remove('doomed');
    await until('the send in the list', async () => (await doctor(app)).of('send').length > 0);
    await fetch(`${app.sandbox.url}/_sandbox/tokens/xoxb-sandbox`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ scopes: DEFAULT_SCOPES.filter((scope) => !scope.startsWith('im:')) }),
    });

    const { code, of } = await doctor(app);
    expect(code).toBe(1);
    expect(of('worker for')).toMatchObject([
      { kind: 'fail', detail: `none polls task queue ${app.taskQueue}`, advice: 'Start one: npm run worker' },
      { kind: 'fail', detail: `none polls task queue ${app.taskQueue}` },
    ]);
    expect(of('report no-such-report')).toMatchObject([
      { kind: 'fail', detail: 'does not exist, but unknown needs it' },
    ]);
    expect(of('parameters of unfit')).toMatchObject([{ kind: 'fail', detail: expect.stringContaining('days') }]);
    expect(of(`schedule ${missing}`)).toMatchObject([
      { kind: 'fail', detail: 'does not exist, so 1 notifications are never due: lost' },
    ]);
    expect(of(`schedule ${paused}`)).toMatchObject([{ kind: 'warn', detail: expect.stringContaining('(holidays)') }]);
    expect(of('notification archived')).toMatchObject([
      { kind: 'warn', advice: expect.stringContaining('resume archived') },
    ]);
    expect(of('send')).toMatchObject([{ kind: 'fail', detail: 'its notification doomed was removed' }]);
    expect(of('channel ').map(({ kind, what, detail }) => `${kind} ${what}: ${detail}`)).toEqual([
      'fail channel #legacy-reports of archived: is archived',
      'fail channel #acme-reports of direct: channel_not_found',
      'fail channel #acme-reports of private: channel_not_found',
    ]);
    expect(of('workspace sandbox').map(({ kind, detail }) => `${kind} ${detail}`)).toEqual([
      'ok token sandbox is reports of Sandbox',
      'fail scope im:history is missing: a lost answer in a direct channel ends as unconfirmed instead of being looked up',
      'warn scope im:write is missing: no further person can become a destination (--channel U…)',
    ]);
    expect(of('blocks of')).toMatchObject([
      { kind: 'ok', detail: 'Slack takes every kind of block that reports have' },
    ]);
  });

  test('tells missing scopes, a revoked token, and a recurrence that no schedule looks for', async () => {
    await using app = await startApp({ withoutWorker: true });
    await app.store.notifications.add([recurring('own', { cron: '0 9 * * *', nextDueAt: '2096-01-01T09:00:00Z' })]);
    const patch = (body: object) =>
      fetch(`${app.sandbox.url}/_sandbox/tokens/xoxb-sandbox`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const others = await encryptedSchedule(app);
    await until('the others’ schedule in the list', async () =>
      (await app.schedules.list()).some(({ scheduleId }) => scheduleId === others),
    );
    expect((await doctor(app)).of('own recurrences')[0]).toMatchObject({
      kind: 'fail',
      detail: 'no schedule fires that claims them: own is never sent',
    });
    await app.schedule();
    await until('the schedule in the list', async () => (await doctor(app)).of('own recurrences')[0]?.kind === 'warn');
    expect((await patch({ scopes: ['channels:read'] })).status).toBe(200);
    const bare = await doctor(app);
    expect(
      bare.of('workspace').map(({ kind, detail }) => `${kind} ${detail.split(':').slice(0, 2).join(':')}`),
    ).toEqual([
      'ok token sandbox is reports of Sandbox',
      'fail scope chat:write is missing',
      'fail scope channels:history is missing',
      'warn scope channels:join is missing',
      'warn scope files:write is missing',
    ]);
    await patch({ state: 'revoked' });
    expect((await doctor(app)).of('workspace')).toMatchObject([{ kind: 'fail', detail: 'token_revoked' }]);
  });

  test('without a server or a store tells that, and the rest', async () => {
    await using app = await startApp({ withoutWorker: true });
    await app.store.notifications.add([rider('a', 's')]);
    const { code, of } = await doctor(app, { TEMPORAL_ADDRESS: '127.0.0.1:1' });
    expect(of('temporal')).toMatchObject([{ kind: 'fail', advice: expect.stringContaining('start-dev') }]);
    expect(of('channels')).toMatchObject([{ kind: 'ok' }]);
    expect(code).toBe(1);
    const nowhere = await doctor(app, { DATABASE_URL: 'sqlite:/proc/nowhere/store.db' });
    expect(nowhere.of('store')).toMatchObject([{ kind: 'fail' }]);
    expect(nowhere.of('temporal')).toMatchObject([{ kind: 'ok' }]);
  });

  test('compares the clock with that of Slack, and looks at no more channels than Slack allows', async () => {
    await using app = await startApp({ withoutWorker: true });
    const many = Array.from({ length: 41 }, (_, n) => rider(`n-${n}`, 's', { channel: `C0NONE${n}` }));
    await app.store.notifications.add([...many, rider('real', 's', { workspaceId: 'default' })]);
    const token = { SLACK_BOT_TOKEN: 'xoxb-sandbox' };
    const { of } = await doctor(app, { ...token, SLACK_API_URL: `${app.sandbox.url}/api/` });
    expect(of('clock')).toMatchObject([{ kind: 'ok' }]);
    expect(of('channels of sandbox').map(({ detail }) => detail)).toEqual([
      "40 of 41 were checked; the other 1 were not, to stay below Slack's 50 calls a minute",
    ]);
    expect(of('channel #acme-reports')).toHaveLength(40);

    await using late = await slackBehind(10 * 60_000);
    const answer = await doctor(app, { ...token, SLACK_API_URL: late.url });
    expect(answer.of('clock')).toMatchObject([
      {
        kind: 'fail',
        detail: expect.stringMatching(/^this machine's is (?:599|600|601) s ahead of that of Slack/),
        advice: expect.stringMatching(/^Synchronize the clock of this machine with NTP/),
      },
    ]);
    const order = answer.findings.map(({ what }) => what);
    expect(order.indexOf('clock')).toBeLessThan(order.indexOf('worker for runs'));
  });
});

/** A schedule of an application whose keys we do not have; it would be the next to fire. */
async function encryptedSchedule({ client: { connection }, defer }: App): Promise<string> {
  const keys = readCodecKeys(`theirs:${randomBytes(32).toString('base64')}`);
  const theirs = schedules(new Client({ connection, dataConverter: dataConverterOf(keys) }), `theirs-${randomUUID()}`);
  const id = `theirs-${randomUUID()}`;
  await theirs.create({ id, every: '1 hour' });
  defer(() => theirs.remove(id));
  return id;
}

interface Fault {
  /** The alert that names it, in ops/prometheus/alerts.yml. */
  alert: string;
  /** What `doctor` calls it. */
  finding: string;
  /** Settings with which it is there. */
  settings?: Record<string, string>;
  make?: (app: App, schedule: string) => Promise<unknown>;
  /** Undoes it. */
  fix?: (app: App, schedule: string) => Promise<unknown>;
}

const WORKSPACE = { kind: 'workspace', id: 'sandbox' } as const;
const NOTIFICATION = { kind: 'notification', id: 'a' } as const;

/** Every fault after which something is not delivered, with what names it to Prometheus and to a cron. */
const FAULTS: Record<string, Fault> = {
  'Temporal is down': {
    alert: 'SlackReportsNotReady',
    finding: 'temporal',
    settings: { TEMPORAL_ADDRESS: '127.0.0.1:1' },
  },
  'the store is gone': {
    alert: 'SlackReportsNotReady',
    finding: 'store',
    settings: { DATABASE_URL: 'sqlite:/nowhere/gone.db' },
  },
  'no worker runs': {
    alert: 'SlackReportsWorkerDown',
    finding: 'worker for runs',
    settings: { SLACK_REPORTS_TASK_QUEUE: `other-${randomUUID()}` },
  },
  'the schedule is paused': {
    alert: 'SlackReportsNothingDispatched',
    finding: 'schedule ',
    make: (app, schedule) => app.schedules.pause(schedule, 'by mistake'),
    fix: (app, schedule) => app.schedules.unpause(schedule),
  },
  'the schedule is deleted': {
    alert: 'SlackReportsNothingDispatched',
    finding: 'schedule ',
    make: ({ store }) => store.notifications.add([rider('lost', `gone-${randomUUID()}`)]),
    fix: ({ store }) => store.notifications.remove('lost'),
  },
  'the token is revoked': {
    alert: 'SlackReportsParked',
    finding: 'workspace sandbox',
    make: ({ store }) => store.parking.park(WORKSPACE, { code: 'token_revoked', message: '' }),
    fix: ({ store }) => store.parking.release(WORKSPACE.kind, WORKSPACE.id),
  },
  'a channel is archived': {
    alert: 'SlackReportsParked',
    finding: 'notification a',
    make: ({ store }) => store.parking.park(NOTIFICATION, { code: 'is_archived', message: '' }),
    fix: ({ store }) => store.parking.release(NOTIFICATION.kind, NOTIFICATION.id),
  },
  'a report is missing': {
    alert: 'SlackReportsFailures',
    finding: 'report no-such-report',
    make: ({ store }, schedule) => store.notifications.add([rider('unknown', schedule, { report: 'no-such-report' })]),
    fix: ({ store }) => store.notifications.remove('unknown'),
  },
  'a source cannot be read': {
    alert: 'SlackReportsFailures',
    finding: 'source customers',
    make: ({ store }, schedule_id) => {
      const failed = { failed_at: new Date().toISOString(), error: 'no connection', read_until: null };
      return store.db
        .insertInto('source_reads')
        .values({ source: 'customers', schedule_id, ...failed })
        .execute();
    },
    fix: ({ store }) => store.db.deleteFrom('source_reads').execute(),
  },
};

test('a cron with `doctor --exit-code` is told of every fault that stops deliveries, and each has an alert', async () => {
  const rules = await readFile(new URL('../../ops/prometheus/alerts.yml', import.meta.url), 'utf8');
  await using app = await startApp();
  const schedule = await app.schedule();
  await app.store.notifications.add([rider('a', schedule)]);
  const settings = {
    DATABASE_URL: app.databaseUrl,
    SLACK_REPORTS_TASK_QUEUE: app.taskQueue,
    SLACK_SANDBOX_URL: app.sandbox.url,
  };
  /** What the exit code counts. In this process: a process for each look takes most of the time. */
  const bad = async (more: Record<string, string> = {}): Promise<string[]> => {
    const found: Finding[] = [];
    for await (const finding of examine(environment(app.folder, { ...settings, ...more }))) found.push(finding);
    return found.filter(keepsFromDelivering).map(({ what }) => what);
  };
  await until('the pollers', async () => (await bad()).length === 0);
  const well = await cliOf(app)('doctor', '--exit-code');
  expect({ code: well.code, ok: /^ok/m.test(well.stdout) }, well.stdout).toEqual({ code: 0, ok: false });
  for (const [fault, { alert, finding, settings: more, make, fix }] of Object.entries(FAULTS)) {
    expect(await bad(), `before ${fault}`).toEqual([]);
    await make?.(app, schedule);
    const found = await bad(more);
    expect(found.length, fault).toBeGreaterThan(0);
    expect(
      found.every((what) => more !== undefined || what.startsWith(finding)),
      `${fault}: ${found.join()}`,
    ).toBe(true);
    expect(
      found.some((what) => what.startsWith(finding)),
      `${fault}: ${found.join()}`,
    ).toBe(true);
    if (fault === 'a channel is archived') expect((await cliOf(app)('doctor', '--exit-code')).code).toBe(1);
    await fix?.(app, schedule);
    expect(rules, fault).toContain(`alert: ${alert}\n`);
  }
});
