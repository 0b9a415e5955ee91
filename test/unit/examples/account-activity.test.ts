import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accountActivity } from '../../../examples/sample/reports/account-activity.ts';
import { previewPage } from '../../../src/cli/preview/page.ts';
import { messageText } from '../../../src/cli/preview/terminal.ts';
import { ReportImpossible, type ReportMessage, ReportSkipped } from '../../../src/reports/message.ts';
import type { ReportInput } from '../../../src/reports/define.ts';
import { sourcesOf } from '../../../src/reports/sources/sources.ts';
import { blockProblems } from '../../../src/slack/block-kit/block-problems.ts';
import { anyCharacters } from '../../support/awkward-data.ts';
import { sampleAccounts } from '../../support/sample.ts';
import { temporaryStore } from '../../support/store.ts';

const DUE = new Date('2026-11-23T08:00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

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
    make(account: string, fields: Partial<ReportInput> = {}): Promise<ReportMessage> {
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

const plain = (text: string) => text.replaceAll(/[\u00A0\u2009\u202F]/g, ' ');
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
      wholeDays: fc.boolean(),
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
          params: { skipEmpty: false, ...given },
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

test('an account called <!channel> mentions no one in the text that phones show', async () => {
  await using accounts = await temporaryAccounts();
  accounts.add('evil', '<!channel> <https://evil.example|Acme>');
  expect((await accounts.make('evil', { params: { skipEmpty: false } })).text).not.toMatch(/[<>]/);
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
  expect(shown(await accounts.make('acme', { params: { chart: true, days: 25 } }))).toContain('Sun, 11/22');
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
  expect(plain(message.text)).toBe('Acme: 40 events, unchanged (Nov 16 – 22, 2026)');
  const fields = mrkdwnOf(message.blocks).map(plain);
  expect(fields).toEqual([
    'Events\n*40*  unchanged',
    'Reports viewed\n*30*  ▲ 50%',
    'Sign-ins\n*10*  ▼ 50%',
    'Nov 16 – 22, 2026 · compared with the 7 days before',
  ]);
  expect(shown(message)).toContain('"Revenue"');
  expect(shown(message)).toContain('"Churn"');
});

test('without a number of days it shows the time since the last report: whole days, or hours on one day', async () => {
  await using accounts = await temporaryAccounts();
  accounts.add('acme', 'Acme', [...events(3, HOUR_MS), ...events(5, 5 * DAY_MS), ...events(7, DAY_MS)]);
  const text = async (ago: number, params = {}) =>
    plain((await accounts.make('acme', { since: new Date(+DUE - ago), params })).text);
  // Due at 09:00 in Berlin.
  expect(await text(DAY_MS)).toBe('Acme: 7 events, new (Nov 22, 2026)');
  expect(await text(DAY_MS, { days: 7 })).toBe('Acme: 12 events, new (Nov 16 – 22, 2026)');
  expect(await text(2 * HOUR_MS)).toBe('Acme: 3 events, new (Nov 23, 7:00 – 9:00 AM, Europe/Berlin)');
  expect(await text(2 * DAY_MS, { wholeDays: false })).toBe(
    'Acme: 10 events, new (Nov 21, 9:00 AM – Nov 23, 9:00 AM, Europe/Berlin)',
  );
  expect((await accounts.make('acme')).text, 'the first report').toContain('12 events');
  const longAgo = new Date(DUE.getTime() - 400 * DAY_MS);
  expect(mrkdwnOf((await accounts.make('acme', { since: longAgo })).blocks).at(-1)).toContain('the 92 days before');
});

test('what happens at midnight belongs to the new day', async () => {
  await using accounts = await temporaryAccounts();
  const midnight = 9 * HOUR_MS;
  const dayBefore = midnight + DAY_MS;
  accounts.add('acme', 'Acme', [...events(1, midnight), ...events(2, dayBefore), ...events(4, dayBefore + 1)]);
  expect((await accounts.make('acme', { params: { days: 1 } })).text).toContain('2 events, ▼ 50%');
});

test('the bars are the days of the reader, also where the clock changes', async () => {
  await using accounts = await temporaryAccounts();
  accounts.add('acme', 'Acme');
  // Berlin puts its clock back on 25 October 2026: that day has 25 hours.
  for (const [at, count] of Object.entries({
    '2026-10-24T21:59:00Z': 1, // 24 October, 23:59
    '2026-10-24T22:00:00Z': 2, // 25 October, 00:00
    '2026-10-25T22:59:00Z': 4, // 25 October, 23:59
    '2026-10-25T23:00:00Z': 8, // 26 October, 00:00
    '2026-10-26T23:00:00Z': 16, // 27 October, 00:00: the next report
  })) {
    for (let nr = 0; nr < count; nr += 1) {
      accounts.record('acme', { occurredAt: new Date(at), kind: 'sign_in', subject: 'x' });
    }
  }
  const dueAt = new Date('2026-10-27T08:00:00Z');
  const message = await accounts.make('acme', { params: { days: 3, chart: true }, dueAt });
  expect(plain(message.text)).toBe('Acme: 15 events, new (Oct 24 – 26, 2026)');
  expect(message.blocks.find(({ type }) => type === 'data_visualization')).toMatchObject({
    chart: {
      series: [
        {
          data: [
            { label: 'Sat, 10/24', value: 1 },
            { label: 'Sun, 10/25', value: 6 },
            { label: 'Mon, 10/26', value: 8 },
          ],
        },
      ],
    },
  });
});

test('an account that did nothing has no report, unless one is asked for', async () => {
  await using accounts = await temporaryAccounts();
  accounts.add('idle', 'Idle');
  await expect(accounts.make('idle')).rejects.toThrow(ReportSkipped);
  const message = await accounts.make('idle', { params: { chart: true, skipEmpty: false } });
  expect(message.text).toContain('Idle: 0 events, unchanged');
  expect(shown(message)).toContain('Nothing happened in this time.');
  expect(blockProblems(message.blocks)).toEqual([]);
});

test('the whole message is in one language, English where it has no words', async () => {
  await using accounts = await temporaryAccounts();
  accounts.add('acme', 'Acme', events(7, DAY_MS));
  const made = Object.entries({
    'de-DE': ['Acme: 7 Ereignisse, neu (22.11.2026)', 'Anmeldungen', 'verglichen mit dem Tag davor'],
    'fr-FR': ['Acme : 7 événements, nouveau (22 nov. 2026)', 'Connexions', 'par rapport à la veille'],
    'es-ES': ['Acme: 7 eventos, nuevo (22 nov 2026)', 'Inicios de sesión', 'en comparación con el día anterior'],
    'ja-JP': ['Acme: 7 件のイベント、新規（2026/11/22）', 'サインイン', '前の 1 日間との比較'],
    'pt-BR': ['Acme: 7 events, new (Nov 22, 2026)', 'Sign-ins', 'compared with the day before'],
  });
  for (const [locale, [text, ...words]] of made) {
    const message = await accounts.make('acme', { params: { days: 1 }, locale });
    expect(plain(message.text)).toBe(text);
    for (const word of words) expect(shown(message)).toContain(word);
  }
});

test('the same data makes the same message, and the zone of the notification outweighs that of the account', async () => {
  await using accounts = await temporaryAccounts();
  accounts.add('acme', 'Acme', [...events(7, DAY_MS), ...events(1, 1_000)]);
  const params = { chart: true, link: 'https://example.com/acme' };
  const [first, second] = [await accounts.make('acme', { params }), await accounts.make('acme', { params })];
  expect(second).toEqual(first);
  expect(
    (await accounts.make('acme', { timezone: 'Asia/Tokyo', params: { days: 1, wholeDays: false } })).text,
  ).toContain('Asia/Tokyo');
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
  await expect(accounts.make('unknown')).rejects.toThrow(ReportImpossible);
  accounts.add('acme', 'Acme');
  await expect(accounts.make('acme', { params: { days: 'seven' } })).rejects.toMatchObject({
    name: 'ZodError',
  });
});
