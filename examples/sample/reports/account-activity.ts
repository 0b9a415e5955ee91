import {
  chart,
  chartImage,
  context,
  csv,
  defineReport,
  figures,
  type Format,
  header,
  italic,
  link,
  type LocalPeriod,
  type Period,
  type ReportContext,
  ReportImpossible,
  type Say,
  section,
  skip,
  type Sql,
  table,
  z,
} from 'slack-reports/reports';
import { WORDS } from './account-activity-words.ts';

const DAY_MS = 86_400_000;
/** How far back the first report of a notification looks, and the furthest any looks. */
const FIRST_PERIOD_DAYS = 7;
const LONGEST_PERIOD_DAYS = 92;
/** Slack's own charts have 20 points at most. https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block */
const CHART_POINTS_MAX = 20;

const params = z.strictObject({
  title: z.string().min(1).max(100).optional().describe('what the header says after the account'),
  days: z
    .number()
    .int()
    .min(1)
    .max(LONGEST_PERIOD_DAYS)
    .optional()
    .describe('how many days back to look; without it, since the last report'),
  wholeDays: z
    .boolean()
    .default(true)
    .describe("end at the last midnight of the account's zone; false: at the time it is due"),
  skipEmpty: z.boolean().default(true).describe('send nothing when nothing happened'),
  top: z.number().int().min(1).max(20).default(5).describe('how many of the busiest items to list'),
  chart: z.boolean().default(false).describe('add a chart of activity by day'),
  picture: z.boolean().default(false).describe('draw that chart as a picture, which shows up to 92 days'),
  details: z.boolean().default(false).describe('list all items in the thread under the report'),
  csv: z.boolean().default(false).describe('attach the items as a CSV file in the thread'),
  link: z
    .url({ protocol: /^https?$/ })
    .max(3_000)
    .optional()
    .describe('where the link leads'),
});
type Params = z.output<typeof params>;

interface Activity {
  account: { name: string; timezone: string };
  /** ISO 8601. */
  period: { from: string; to: string };
  now: Totals;
  before: Totals;
  top: { subject: string; events: number }[];
  /** The local days that have events. */
  days: { day: string; events: number }[];
  items: { subject: string; kind: string; events: number }[];
}

interface Totals {
  events: number;
  kinds: { kind: string; events: number }[];
}

/** What an account did since its last report, compared with the period of the same length before. */
export const accountActivity = defineReport({
  name: 'account-activity',
  description: 'What an account did since its last report, compared with the period before',
  params,

  words: WORDS,

  async load(report, { database }): Promise<Activity> {
    const { sql } = database('sample');
    const [account] = await sql<Activity['account']>`select name, timezone from accounts where id = ${report.account}`;
    if (account === undefined) throw new ReportImpossible(`Account "${report.account}" does not exist`);
    const period = periodOf(report.format.in(report.timezone ?? account.timezone), report);
    const { top, chart: withChart, picture, details, csv: withCsv } = report.params;
    return {
      account,
      period: { from: period.from.toISOString(), to: period.to.toISOString() },
      now: await totals(sql, report.account, period),
      before: await totals(sql, report.account, period.before()),
      top: await busiest(sql, report.account, period, top),
      days: withChart || picture ? await byDay(sql, report.account, period) : [],
      items: details || withCsv ? await byItem(sql, report.account, period) : [],
    };
  },

  render(activity, { account: id, params: given, timezone, format: readers, say }) {
    const { account, now, before, top, items } = activity;
    if (now.events === 0 && given.skipEmpty) return skip('Nothing happened');
    const format = readers.in(timezone ?? account.timezone);
    const period = format.period(new Date(activity.period.from), new Date(activity.period.to));
    const span = spanOf(period, format);
    const change = format.change(now.events, before.events);
    return {
      text: say('summary', { account: account.name, events: say('events', { count: now.events }), change, span }),
      blocks: [
        header(`${account.name} · ${given.title ?? say('title')}`),
        figures([
          { label: say('eventsHead'), value: now.events, note: change },
          ...now.kinds.slice(0, 3).map((one) => ({
            label: labelOf(one.kind, say),
            value: one.events,
            note: format.change(one.events, before.kinds.find(({ kind }) => kind === one.kind)?.events ?? 0),
          })),
        ]),
        now.events === 0 && section(italic(say('nothing'))),
        (given.chart || given.picture) && now.events > 0 && chartOf(activity.days, period, { format, say, ...given }),
        top.length > 0 &&
          table(
            [say('busiest'), say('eventsHead')],
            top.map((item) => [item.subject, item.events]),
          ),
        given.link !== undefined && section(link(say('open', { account: account.name }), given.link)),
        context(`${span} · ${lengthOf(period, say)}`),
      ],
      thread: [
        given.details &&
          items.length > 0 && {
            text: say('allItems', { account: account.name }),
            blocks: [itemTable(items, say)],
          },
      ],
      files: [
        given.csv && {
          name: `${id}-activity.csv`,
          title: say('activityOf', { account: account.name }),
          content: itemCsv(items),
        },
      ],
    };
  },
});

/** Whole days of the reader, unless asked otherwise. */
function periodOf(format: Format, { dueAt, since, params: { days, wholeDays } }: ReportContext<Params>): LocalPeriod {
  const longest = format.lastDays(LONGEST_PERIOD_DAYS, dueAt);
  if (wholeDays) {
    const period =
      days === undefined ? format.periodSince(since, dueAt, FIRST_PERIOD_DAYS) : format.lastDays(days, dueAt);
    return period.from < longest.from ? longest : period;
  }
  const from = days === undefined && since !== undefined ? since : daysBefore(dueAt, days ?? FIRST_PERIOD_DAYS);
  const furthest = daysBefore(dueAt, LONGEST_PERIOD_DAYS);
  return format.period(from < furthest ? furthest : from, dueAt);
}

function daysBefore(instant: Date, days: number): Date {
  return new Date(instant.getTime() - days * DAY_MS);
}

async function totals(sql: Sql, account: string, { from, to }: Period): Promise<Totals> {
  const kinds = await sql<Totals['kinds'][number]>`
    select kind, count(*) as events from account_activity
    where account_id = ${account} and occurred_at >= ${from.toISOString()} and occurred_at < ${to.toISOString()}
    group by kind order by events desc, kind`;
  return { kinds, events: kinds.reduce((sum, row) => sum + row.events, 0) };
}

async function busiest(sql: Sql, account: string, { from, to }: Period, limit: number): Promise<Activity['top']> {
  return sql`
    select subject, count(*) as events from account_activity
    where account_id = ${account} and occurred_at >= ${from.toISOString()} and occurred_at < ${to.toISOString()}
    group by subject order by events desc, subject limit ${limit}`;
}

/** By the days of the reader: each is from one instant to another, 23 or 25 hours long at a clock change. */
async function byDay(sql: Sql, account: string, period: LocalPeriod): Promise<Activity['days']> {
  return sql`
    select day.value ->> 'date' as day, count(*) as events
    from json_each(${JSON.stringify(period.days())}) as day
    join account_activity on account_id = ${account}
      and occurred_at >= day.value ->> 'from' and occurred_at < day.value ->> 'to'
    group by day order by day`;
}

async function byItem(sql: Sql, account: string, { from, to }: Period): Promise<Activity['items']> {
  return sql`
    select subject, kind, count(*) as events from account_activity
    where account_id = ${account} and occurred_at >= ${from.toISOString()} and occurred_at < ${to.toISOString()}
    group by subject, kind order by subject, events desc, kind`;
}

function itemTable(items: Activity['items'], say: Say<Sayings>) {
  return table(
    [say('item'), say('kind'), say('eventsHead')],
    items.map(({ subject, kind, events }) => [subject, labelOf(kind, say), events]),
  );
}

function itemCsv(items: Activity['items']) {
  return csv(
    ['item', 'kind', 'events'],
    items.map(({ subject, kind, events }) => [subject, kind, events]),
  );
}

/** One bar for each day of the period, as many as a chart shows; a day without events is a zero. */
function chartOf(
  days: Activity['days'],
  period: LocalPeriod,
  { format, say, picture }: { format: Format; say: Say<Sayings>; picture: boolean },
) {
  const most = picture ? LONGEST_PERIOD_DAYS : CHART_POINTS_MAX;
  const events = new Map(days.map((row) => [row.day, row.events]));
  const label = picture
    ? ({ month: 'short', day: 'numeric' } as const)
    : ({ weekday: 'short', month: 'numeric', day: 'numeric' } as const);
  const shown = period.days().slice(-most);
  if (shown.length < 2) return undefined;
  return (picture ? chartImage : chart)({
    type: 'bar',
    title: say('eventsByDay'),
    labels: shown.map(({ from }) => format.date(from, label)),
    series: [{ name: say('eventsHead'), values: shown.map(({ date }) => events.get(date) ?? 0) }],
  });
}

type Sayings = (typeof WORDS)['en'];

/** `report_viewed` → `Report viewed`, or as the words of the report have it. */
function labelOf(kind: string, say: Say<Sayings>): string {
  if (KINDS.has(kind)) return say(kind as keyof Sayings);
  const words = kind.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Those of the sample, which have words. */
const KINDS: ReadonlySet<string> = new Set(['report_viewed', 'sign_in', 'export', 'comment', 'data_imported']);

/** Whole days need no zone: they are the reader's. */
function spanOf(period: LocalPeriod, format: Format): string {
  return period.isWholeDays ? format.span(period) : `${format.span(period)}, ${format.timezone}`;
}

function lengthOf(period: LocalPeriod, say: Say<Sayings>): string {
  return period.isWholeDays ? say('comparedDays', { count: period.days().length }) : say('comparedTime');
}
