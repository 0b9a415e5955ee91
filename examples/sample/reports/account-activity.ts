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
  type Period,
  type ReportContext,
  ReportImpossible,
  section,
  type Sql,
  table,
  z,
} from 'slack-reports/reports';

const DAY_MS = 86_400_000;
/** How far back the first report of a notification looks, and the furthest any looks. */
const FIRST_PERIOD_DAYS = 7;
const LONGEST_PERIOD_DAYS = 92;
/** Slack's own charts have 20 points at most. https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block */
const CHART_POINTS_MAX = 20;

const params = z.strictObject({
  title: z.string().min(1).max(100).default('Account activity').describe('what the header says after the account'),
  days: z
    .number()
    .int()
    .min(1)
    .max(LONGEST_PERIOD_DAYS)
    .optional()
    .describe('how many days back to look; without it, since the last report'),
  top: z.number().int().min(1).max(20).default(5).describe('how many of the busiest items to list'),
  chart: z.boolean().default(false).describe('add a chart of activity by day'),
  picture: z.boolean().default(false).describe('draw that chart as a picture, which shows up to 92 days'),
  details: z.boolean().default(false).describe('list all items in the thread under the report'),
  csv: z.boolean().default(false).describe('attach the items as a CSV file in the thread'),
  link: z
    .url({ protocol: /^https?$/ })
    .max(3_000)
    .optional()
    .describe('where the button leads'),
});
type Params = z.output<typeof params>;

interface Activity {
  account: { name: string; timezone: string };
  /** ISO 8601. */
  period: { from: string; to: string };
  now: Totals;
  before: Totals;
  top: { subject: string; events: number }[];
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

  async load(report, { database }): Promise<Activity> {
    const { sql } = database('sample');
    const [account] = await sql<Activity['account']>`select name, timezone from accounts where id = ${report.account}`;
    if (account === undefined) throw new ReportImpossible(`Account "${report.account}" does not exist`);
    const period = periodOf(report);
    const before = { from: new Date(2 * period.from.getTime() - period.to.getTime()), to: period.from };
    const { top, chart: withChart, picture, details, csv: withCsv } = report.params;
    return {
      account,
      period: { from: period.from.toISOString(), to: period.to.toISOString() },
      now: await totals(sql, report.account, period),
      before: await totals(sql, report.account, before),
      top: await busiest(sql, report.account, period, top),
      days: withChart || picture ? await byDay(sql, report.account, period) : [],
      items: details || withCsv ? await byItem(sql, report.account, period) : [],
    };
  },

  render(
    activity,
    {
      account: id,
      params: { title, chart: withChart, picture, details, csv: withCsv, link: address },
      timezone,
      format: given,
    },
  ) {
    const { account, now, before, top, days, items } = activity;
    const format = given.in(timezone ?? account.timezone);
    const period = { from: new Date(activity.period.from), to: new Date(activity.period.to) };
    const span = spanOf(period, format);
    const events = count(now.events, 'event', format);
    return {
      text: `${account.name}: ${events}, ${format.change(now.events, before.events)} (${span})`,
      blocks: [
        header(`${account.name} · ${title}`),
        figures(
          [
            { label: 'Events', value: now.events, note: format.change(now.events, before.events) },
            ...now.kinds.slice(0, 3).map((one) => ({
              label: labelOf(one.kind),
              value: one.events,
              note: format.change(one.events, before.kinds.find(({ kind }) => kind === one.kind)?.events ?? 0),
            })),
          ],
          format,
        ),
        now.events === 0 && section(italic('Nothing happened in this time.')),
        (withChart || picture) && days.length > 1 && chartOf(days, period, { format, picture }),
        top.length > 0 &&
          table(
            ['Busiest', 'Events'],
            top.map((item) => [item.subject, item.events]),
            format,
          ),
        address !== undefined && section(link(`Open ${account.name}`, address)),
        context(`${span} · compared with the ${lengthOf(period, format)} before`),
      ],
      thread: [
        details && items.length > 0 && { text: `All items of ${account.name}`, blocks: [itemTable(items, format)] },
      ],
      files: [withCsv && { name: `${id}-activity.csv`, title: `Activity of ${account.name}`, content: itemCsv(items) }],
    };
  },
});

function periodOf({ dueAt, since, params: { days } }: ReportContext<Params>): Period {
  const furthest = new Date(dueAt.getTime() - LONGEST_PERIOD_DAYS * DAY_MS);
  const from = days === undefined && since !== undefined ? since : daysBefore(dueAt, days ?? FIRST_PERIOD_DAYS);
  return { from: from < furthest ? furthest : from, to: dueAt };
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

async function byDay(sql: Sql, account: string, { from, to }: Period): Promise<Activity['days']> {
  return sql`
    select substr(occurred_at, 1, 10) as day, count(*) as events from account_activity
    where account_id = ${account} and occurred_at >= ${from.toISOString()} and occurred_at < ${to.toISOString()}
    group by day order by day`;
}

async function byItem(sql: Sql, account: string, { from, to }: Period): Promise<Activity['items']> {
  return sql`
    select subject, kind, count(*) as events from account_activity
    where account_id = ${account} and occurred_at >= ${from.toISOString()} and occurred_at < ${to.toISOString()}
    group by subject, kind order by subject, events desc, kind`;
}

function itemTable(items: Activity['items'], format: Format) {
  return table(
    ['Item', 'What was done', 'Events'],
    items.map(({ subject, kind, events }) => [subject, labelOf(kind), events]),
    format,
  );
}

function itemCsv(items: Activity['items']) {
  return csv(
    ['item', 'kind', 'events'],
    items.map(({ subject, kind, events }) => [subject, kind, events]),
  );
}

/** One bar for each day to the end of the period, as many as a chart shows; a day without events is a zero. */
function chartOf(
  days: Activity['days'],
  { from, to }: Period,
  { format, picture }: { format: Format; picture: boolean },
) {
  const most = picture ? LONGEST_PERIOD_DAYS : CHART_POINTS_MAX;
  const events = new Map(days.map((row) => [row.day, row.events]));
  const utc = format.in('UTC');
  const label = picture
    ? ({ month: 'short', day: 'numeric' } as const)
    : ({ weekday: 'short', month: 'numeric', day: 'numeric' } as const);
  const first = Math.max(startOfDay(from), startOfDay(to) - (most - 1) * DAY_MS);
  const length = Math.min(Math.ceil((to.getTime() - first) / DAY_MS), most);
  const shown = Array.from({ length }, (_, index) => new Date(first + index * DAY_MS));
  return (picture ? chartImage : chart)({
    type: 'bar',
    title: 'Events by day',
    labels: shown.map((day) => utc.date(day, label)),
    series: [{ name: 'Events', values: shown.map((day) => events.get(day.toISOString().slice(0, 10)) ?? 0) }],
  });
}

function startOfDay(instant: Date): number {
  return Math.floor(instant.getTime() / DAY_MS) * DAY_MS;
}

/** `report_viewed` → `Report viewed`. */
function labelOf(kind: string): string {
  const words = kind.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function spanOf({ from, to }: Period, format: Format): string {
  return `${format.dateTime(from)} – ${format.dateTime(to)}, ${format.timezone}`;
}

function lengthOf({ from, to }: Period, format: Format): string {
  const minutes = Math.max(1, Math.round((to.getTime() - from.getTime()) / 60_000));
  if (minutes < 120) return count(minutes, 'minute', format);
  if (minutes < 2_880) return count(Math.round(minutes / 60), 'hour', format);
  return count(Math.round(minutes / 1_440), 'day', format);
}

function count(amount: number, noun: string, format: Format): string {
  return `${format.number(amount)} ${noun}${amount === 1 ? '' : 's'}`;
}
