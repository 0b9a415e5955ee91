import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accountActivity } from '../../../examples/sample/reports/account-activity.ts';
import { previewPage } from '../../../src/cli/preview/page.ts';
import { messageText } from '../../../src/cli/preview/terminal.ts';
import { ReportImpossible, type ReportMessage } from '../../../src/reports/message.ts';
import type { ReportContext } from '../../../src/reports/define.ts';
import { sourcesOf } from '../../../src/reports/sources/sources.ts';
import { blockProblems } from '../../../src/slack/block-kit/block-problems.ts';
import { anyCharacters } from '../../support/awkward-data.ts';
import { sampleAccounts } from '../../support/sample.ts';
import { temporaryStore } from '../../support/store.ts';

const DUE = new Date('2026-11-23T08:00:00Z');
const DAY_MS = 86_400_000;

interface Event {
  /** Milliseconds before the report is due. */
  ago: number;
  kind: string;
  subject: string;
}

/** Accounts in a database of the test's own, and their reports. */
async function temporaryAccounts() {
  const stack = new AsyncDisposableStack();
  const { store, folder } = stack.use(await temporaryStore());
  const accounts = stack.use(sampleAccounts(folder));
  const sources = sourcesOf(store.db.withTables(), { storeUrl: store.url, env: {}, sample: accounts.sample });
  return {
    add(id: string, name: string, events: Event[] = []): void {
      accounts.add(id, name);
      accounts.record(id, ...events.map(({ ago, ...event }) => ({ ...event, occurredAt: new Date(+DUE - ago) })));
    },
    record: (account: string, ...given: Parameters<typeof accounts.record>[1][]) => accounts.record(account, ...given),
    make(account: string, fields: Partial<ReportContext<unknown>> = {}): Promise<ReportMessage> {
      const context = { account, params: {}, since: undefined, dueAt: DUE, timezone: undefined, ...fields };
      return accountActivity.make(context, sources);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Every text of the message that Slack reads as mrkdwn. */
function mrkdwnOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { type, text } = value as { type?: unknown; text?: unknown };
  if (type === 'mrkdwn') return [String(text)];
  return Object.values(value).flatMap(mrkdwnOf);
}

const shown = (message: ReportMessage) => JSON.stringify(message.blocks);
const events = (count: number, ago: number, kind = 'sign_in', subject = 'Revenue') =>
  Array.from({ length: count }, () => ({ ago, kind, subject }));

describe('whatever the data', () => {
  const text = fc.oneof(
    anyCharacters(400),
    fc.constantFrom('<!channel>', '<https://evil.example|here>', '&lt;', '', '   ', '🎉'.repeat(90), '|', '\n', '*_~`'),
  );
  const event = fc.record({ ago: fc.integer({ min: -DAY_MS, max: 100 * DAY_MS }), kind: text, subject: text });
  const params = fc.record(
    {
      title: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
      days: fc.integer({ min: 1, max: 92 }),
      top: fc.integer({ min: 1, max: 20 }),
      chart: fc.boolean(),
      details: fc.boolean(),
      csv: fc.boolean(),
      link: fc.webUrl(),
    },
    { requiredKeys: [] },
  );
  const since = fc.option(fc.integer({ min: 1, max: 200 * DAY_MS }), { nil: undefined });
  const data = fc.record({ name: text, events: fc.array(event, { maxLength: 30 }), params, since });

  test('Slack takes the blocks, and no data becomes a mention or a link', async () => {
    await using accounts = await temporaryAccounts();
    let made = 0;
    await fc.assert(
      fc.asyncProperty(data, async ({ name, events: happened, params: given, since: ago }) => {
        const account = `account-${(made += 1)}`;
        accounts.add(account, name, happened);
        const message = await accounts.make(account, {
          params: given,
          since: ago === undefined ? undefined : new Date(DUE.getTime() - ago),
        });
        expect(blockProblems(message.blocks)).toEqual([]);
        expect(message.text.trim()).not.toBe('');
        const own = `<${URL.parse(given.link ?? '')?.href.replaceAll('&', '&amp;')}|`;
        for (const mrkdwn of mrkdwnOf(message.blocks)) {
          // The link that was asked for, and nothing else.
          if (!mrkdwn.startsWith(own)) expect(mrkdwn).not.toMatch(/[<>]/);
        }
      }),
      { numRuns: 150 },
    );
  });
});

test('an account called <!channel> mentions nobody in the text that phones show', async () => {
  await using accounts = await temporaryAccounts();
  accounts.add('evil', '<!channel> <https://evil.example|Acme>');
  expect((await accounts.make('evil')).text).not.toMatch(/[<>]/);
});

test('a chart over months gives each day a label of its own', async () => {
  await using accounts = await temporaryAccounts();
  const dueAt = new Date('2026-03-03T00:00:00Z');
  accounts.add('acme', 'Acme');
  for (const day of ['2026-02-02T12:00:00.000Z', '2026-03-02T12:00:00.000Z']) {
    accounts.record('acme', { occurredAt: new Date(day), kind: 'sign_in', subject: 'x' });
  }
  const message = await accounts.make('acme', { params: { chart: true, days: 60 }, dueAt });
  expect(blockProblems(message.blocks)).toEqual([]);
});

test('a chart of more days than Slack shows has the newest', async () => {
  await using accounts = await temporaryAccounts();
  const daily = Array.from({ length: 25 }, (_, day) => ({ ago: day * DAY_MS + 1_000, kind: 'sign_in', subject: 'x' }));
  accounts.add('acme', 'Acme', daily);
  expect(shown(await accounts.make('acme', { params: { chart: true, days: 25 } }))).toContain('Mon, 11/23');
});

test('the figures are those of the period, with the change against the one before', async () => {
  await using accounts = await temporaryAccounts();
  accounts.add('acme', 'Acme', [
    ...events(30, 2 * DAY_MS, 'report_viewed'),
    ...events(10, 2 * DAY_MS, 'sign_in', 'Churn'),
    ...events(20, 10 * DAY_MS, 'report_viewed'),
    ...events(20, 10 * DAY_MS, 'sign_in'),
    ...events(500, 20 * DAY_MS),
    ...events(500, -DAY_MS),
  ]);
  const message = await accounts.make('acme', { params: { days: 7 } });
  expect(message.text).toBe('Acme: 40 events, unchanged (Nov 16, 9:00 AM – Nov 23, 9:00 AM, Europe/Berlin)');
  const fields = mrkdwnOf(message.blocks);
  expect(fields).toEqual([
    'Events\n*40*  unchanged',
    'Report viewed\n*30*  ▲ 50%',
    'Sign in\n*10*  ▼ 50%',
    'Nov 16, 9:00 AM – Nov 23, 9:00 AM, Europe/Berlin · compared with the 7 days before',
  ]);
  expect(shown(message)).toContain('"Revenue"');
  expect(shown(message)).toContain('"Churn"');
});

test('without a number of days it tells about the time since the last report', async () => {
  await using accounts = await temporaryAccounts();
  accounts.add('acme', 'Acme', [...events(3, 3_600_000), ...events(5, 5 * DAY_MS)]);
  const since = new Date(DUE.getTime() - DAY_MS);
  expect((await accounts.make('acme', { since })).text).toContain('3 events');
  expect((await accounts.make('acme', { since, params: { days: 7 } })).text).toContain('8 events');
  expect((await accounts.make('acme')).text, 'the first report').toContain('8 events');
  const longAgo = new Date(DUE.getTime() - 400 * DAY_MS);
  expect(mrkdwnOf((await accounts.make('acme', { since: longAgo })).blocks).at(-1)).toContain('the 92 days before');
});

test('an event at the end of the period belongs to the next report, and at its beginning to this one', async () => {
  await using accounts = await temporaryAccounts();
  accounts.add('acme', 'Acme', [...events(1, 0), ...events(2, DAY_MS), ...events(4, DAY_MS + 1)]);
  expect((await accounts.make('acme', { params: { days: 1 } })).text).toContain('2 events, ▼ 50%');
});

test('an account that did nothing has a report that says so', async () => {
  await using accounts = await temporaryAccounts();
  accounts.add('idle', 'Idle');
  const message = await accounts.make('idle', { params: { chart: true } });
  expect(message.text).toContain('Idle: 0 events, unchanged');
  expect(shown(message)).toContain('Nothing happened in this time.');
  expect(blockProblems(message.blocks)).toEqual([]);
});

test('the same data makes the same message, and the zone of the notification outweighs that of the account', async () => {
  await using accounts = await temporaryAccounts();
  accounts.add('acme', 'Acme', events(7, 1_000));
  const params = { chart: true, link: 'https://example.com/acme' };
  const [first, second] = [await accounts.make('acme', { params }), await accounts.make('acme', { params })];
  expect(second).toEqual(first);
  expect((await accounts.make('acme', { timezone: 'Asia/Tokyo' })).text).toContain('Nov 23, 5:00 PM, Asia/Tokyo');
});

test('what is asked for besides comes with it: a picture, all items in the thread, and the same as a file', async () => {
  await using accounts = await temporaryAccounts();
  accounts.add('acme', 'Acme', [...events(2, DAY_MS), ...events(3, 2 * DAY_MS, 'export', '=Churn')]);
  const asked = { picture: true, details: true, csv: true };
  const { thread = [], files = [], ...message } = await accounts.make('acme', { params: asked });
  expect(message.blocks.map(({ type }) => type)).toEqual(['header', 'section', 'picture', 'table', 'context']);
  expect(thread).toMatchObject([{ blocks: [{ type: 'table' }] }, { blocks: [], attached: [1] }]);
  expect(files).toMatchObject([
    { name: 'chart-1.png', chart: { title: 'Events by day' } },
    { name: 'acme-activity.csv', text: "item,kind,events\r\n'=Churn,export,3\r\nRevenue,sign_in,2\r\n" },
  ]);
  const preview = {
    report: 'account-activity',
    subject: 'acme',
    at: DUE,
    message: { thread, files, ...message },
    problems: [],
    cuts: [],
    remarks: [],
  };
  expect(messageText(preview.message)).toMatch(
    /\[picture\] Events by day[^]*Thread post 1[^]*\[file: acme-activity.csv\]/,
  );
  const page = await previewPage(preview);
  expect(page).toMatch(/<img src="data:image\/svg\+xml;base64,[^]*In its thread[^]*File: acme-activity.csv/);
});

test('an account that does not exist cannot have a report, and wrong parameters are refused', async () => {
  await using accounts = await temporaryAccounts();
  await expect(accounts.make('nobody')).rejects.toThrow(ReportImpossible);
  accounts.add('acme', 'Acme');
  await expect(accounts.make('acme', { params: { days: 'seven' } })).rejects.toMatchObject({
    name: 'ZodError',
  });
});
