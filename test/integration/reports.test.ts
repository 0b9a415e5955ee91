import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { defineReport } from '../../src/reports/define.ts';
import { skip } from '../../src/reports/message.ts';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import { z } from 'zod';
import { type App, startApp } from '../support/app.ts';
import { historyText } from '../support/history.ts';
import { runCli } from '../support/program.ts';
import { oneOff, recurring, rider } from '../support/store.ts';

const due = () => ({ nominalTime: new Date().toISOString() });

const quiet = defineReport({
  name: 'quiet',
  description: 'Has something to say when it is told to',
  params: z.strictObject({ says: z.string().optional(), at: z.enum(['load', 'render']).default('render') }),
  async load({ params: { says, at } }) {
    return says ?? (at === 'load' ? skip('No open orders') : undefined);
  },
  render: (says) => (says === undefined ? skip('Nothing to say') : { text: says, blocks: [] }),
});

function cli(app: App, ...args: string[]) {
  return runCli(args, { folder: app.folder, variables: { DATABASE_URL: app.databaseUrl } });
}

describe('a report with nothing to say', () => {
  test('of a notification that was made for one time removes it, as a post does', async () => {
    await using app = await startApp({ reports: [quiet] });
    const says = [{}, { says: 'Hello' }];
    await app.store.notifications.add(says.map((params, n) => oneOff(`once-${n}`, { report: 'quiet', params })));
    const selection = { kind: 'notifications', ids: ['once-0', 'once-1'] } as const;
    expect(await app.run({ selection, ...due() })).toMatchObject({ due: 2, delivered: 1, skipped: 1 });
    expect(await app.store.notifications.existing(['once-0', 'once-1'])).toEqual(new Set());
  });

  test('posts nothing, is recorded as skipped with its reason, and is no failure', async () => {
    await using app = await startApp({ reports: [quiet] });
    const schedule = randomUUID();
    await app.store.notifications.add([
      rider('silent', schedule, { report: 'quiet', params: {} }),
      rider('early', schedule, { report: 'quiet', params: { at: 'load' } }),
      rider('loud', schedule, { report: 'quiet', params: { says: 'Hello' } }),
    ]);
    const result = await app.run({ selection: { kind: 'due', schedule }, ...due() });
    expect(result).toMatchObject({ due: 3, delivered: 1, skipped: 2, failed: 0, failures: [] });
    expect(app.oracle().messages).toHaveLength(1);

    const [row] = await app.store.deliveries.list({ notificationId: 'silent' }, 1);
    expect(row).toMatchObject({ state: 'skipped', error: { message: 'Nothing to say' }, attempts: 0 });
    const [early] = await app.store.deliveries.list({ notificationId: 'early' }, 1);
    expect(early).toMatchObject({ state: 'skipped', error: { message: 'No open orders' } });
    const child = app.client.workflow.getHandle(
      deliverWorkflowId({ notificationId: 'silent', occurrence: row?.occurrence ?? '' }),
    );
    expect((await child.describe()).status.name).toBe('COMPLETED');
    expect(await historyText(app.client, child.workflowId)).not.toContain('Nothing to say');

    expect((await cli(app, 'why', 'silent')).stdout).toMatch(
      /SKIPPED\n.*pending .*\n.*skipped +skipped: Nothing to say/,
    );
    expect((await cli(app, 'failures', 'list')).stdout).toContain('Nothing has failed');
    expect((await cli(app, 'deliveries', 'list', '--state', 'skipped', '--json')).stdout).toContain('Nothing to say');
  });
});

describe('the end of a report', () => {
  test('says to its readers why they get it, and when', async () => {
    await using app = await startApp();
    const schedule = await app.schedule();
    const nextDueAt = new Date(Date.now() - 60_000).toISOString();
    await app.store.notifications.add([
      rider('weekly', schedule),
      recurring('daily', { cron: '* * * * *', timezone: 'Europe/Berlin', nextDueAt }, { channel: 'C0OPS' }),
    ]);
    await app.run({ selection: { kind: 'due', schedule }, ...due() });
    expect(lastLine(app, 'C0ACME')).toBe(
      `You get this each time the schedule ${schedule} runs, because “Report weekly” is set up for this channel.`,
    );
    expect(lastLine(app, 'C0OPS')).toBe(
      'You get this every minute (Europe/Berlin), because “Report daily” is set up for this channel.',
    );

    expect((await cli(app, 'preview', 'weekly')).stdout).toContain('because “Report weekly” is set up');
  });

  test('is left out where the settings say so', async () => {
    await using app = await startApp({ footer: false });
    const schedule = randomUUID();
    await app.store.notifications.add([rider('weekly', schedule)]);
    await app.run({ selection: { kind: 'due', schedule }, ...due() });
    expect(lastLine(app, 'C0ACME')).toContain('compared with');
  });
});

test("numbers and times are written as the notification's locale has them", async () => {
  await using app = await startApp();
  const add = (locale: string, id: string) => {
    const words = `notifications add ${id} --account acme --report account-activity --channel C0ACME --on-demand`;
    return cli(app, ...words.split(' '), '--workspace', 'sandbox', '--locale', locale);
  };
  expect(await add('german', 'wrong')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('locale: "german" is not a language tag such as "de-DE"'),
  });
  expect(await add('de-de', 'german')).toMatchObject({ code: 0, stderr: '' });
  await app.run({ selection: { kind: 'notifications', ids: ['german'] }, ...due() });
  const [message] = app.sandbox.sandbox.store.messagesIn('C0ACME');
  expect(message?.text).toMatch(/^Quagga Industries: 3 Ereignisse, neu \(.*\d\d\.\d{4}\)$/);
});

test('a metric digest reads its query from a file, and mentions whom it should', async () => {
  await using app = await startApp();
  const folder = join(app.folder, 'my-reports');
  await mkdir(folder);
  await writeFile(
    join(folder, 'views.sql'),
    `select count(*) as views, 0 as views_before from account_activity
     where account_id = :account and occurred_at >= :from and occurred_at < :to and kind = :kind`,
  );
  const params = {
    title: 'Views',
    query: 'views',
    database: 'sample',
    values: { kind: 'report_viewed' },
    alerts: [{ column: 'views', below: 10 }],
    mention: 'S0OPS',
  };
  const words = 'preview --report metric-digest --account acme --json'.split(' ');
  const shown = await cli(app, ...words, '--reports', folder, '--params', JSON.stringify(params));
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  const { message } = JSON.parse(shown.stdout) as { message: { text: string; blocks: unknown[] } };
  expect(message.text).toBe('Views: Views is 3, below 10');
  expect(JSON.stringify(message.blocks)).toContain('<!subteam^S0OPS>');
  expect(JSON.stringify(message.blocks)).toContain('*3*  new');
});

test('a delivery digest tells what arrived and what did not, of everybody or of one account', async () => {
  await using app = await startApp({ reports: [quiet] });
  const schedule = randomUUID();
  await app.store.notifications.add([
    rider('fine', schedule),
    rider('other', schedule, { account: 'unknown' }),
    rider('legacy', schedule, { channel: 'C0LEGACY', channelName: '#legacy' }),
    rider('silent', schedule, { report: 'quiet', params: {} }),
    rider('digest', randomUUID(), { report: 'delivery-digest', account: 'ops', params: {}, channel: 'C0OPS' }),
    rider('mine', randomUUID(), { report: 'delivery-digest', params: { onlyAccount: true }, channel: 'C0OPS' }),
  ]);
  await app.run({ selection: { kind: 'due', schedule }, ...due() });
  const nominalTime = new Date(Date.now() + 1_500).toISOString();
  const result = await app.run({ selection: { kind: 'notifications', ids: ['digest', 'mine'] }, nominalTime });
  expect(result).toMatchObject({ delivered: 2 });
  const texts = app.sandbox.sandbox.store.messagesIn('C0OPS').map(({ text }) => text);
  expect(texts.toSorted()).toEqual([
    'Deliveries: 1 delivered, 1 failed, 1 parked',
    'Deliveries: 1 delivered, 1 parked',
  ]);
  const blocks = JSON.stringify(app.sandbox.sandbox.store.messagesIn('C0OPS'));
  expect(blocks).toContain('*1 parked*: is_archived');
  expect(blocks).toContain('*1 failed*: report_impossible');
  expect(blocks).toContain('#legacy');
});

/** The last line of the last message in the channel. */
function lastLine(app: App, channel: string): string | undefined {
  const block = app.sandbox.sandbox.store.messagesIn(channel).at(-1)?.blocks?.at(-1) as
    | { elements?: { text: string }[] }
    | undefined;
  return block?.elements?.[0]?.text;
}
