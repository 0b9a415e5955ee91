import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accountActivity } from '../../examples/sample/reports/account-activity.ts';
import { deliveryDigest } from '../../src/reports/built-in/delivery-digest.ts';
import { asTest, footer, lateLine, withClosing } from '../../src/reports/message-frame.ts';
import type { Due } from '../../src/domain/notification.ts';
import { LATE_REASONS } from '../../src/domain/still-due.ts';
import { formatFor } from '../../src/reports/blocks/format.ts';
import { OUR_WORDS } from '../../src/reports/blocks/our-words.ts';
import { DELIVERY_DIGEST_WORDS, HTTP_HEALTH_WORDS, METRIC_DIGEST_WORDS } from '../../src/reports/built-in/words.ts';
import { WORDS as SAMPLE_WORDS } from '../../examples/sample/reports/account-activity-words.ts';
import { httpHealth } from '../../src/reports/built-in/http-health.ts';
import { ReportImpossible, type ReportMessage, ReportSkipped } from '../../src/reports/message.ts';
import { metricDigest } from '../../src/reports/built-in/metric-digest.ts';
import { reportsWith } from '../../src/reports/registry.ts';
import type { Report, ReportInput } from '../../src/reports/define.ts';
import { messageProblems } from '../../src/slack/block-kit/block-problems.ts';
import { awkwardMany, awkwardNumber, awkwardText, awkwardValue } from '../support/awkward-data.ts';
import { dueBy } from '../support/due.ts';
import { RUNS } from '../support/runs.ts';
import { markupIn, mrkdwnIn } from '../support/slack-reading.ts';

/** Enough for all runs on a busy machine; on a quiet one they take a few seconds. */
const DEADLINE_MS = 600_000;

const instant = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
const amount = fc.oneof(awkwardNumber, fc.nat());
const count = fc.nat({ max: 1e9 });
const delivery = {
  account: awkwardText,
  dueAt: fc.date({ noInvalidDate: true }),
  timezone: fc.constantFrom(undefined, 'UTC', 'Asia/Kathmandu', 'America/St_Johns'),
  locale: fc.constantFrom(undefined, 'en-US', 'de-DE', 'ar-EG', 'hi-IN', 'fa-IR', 'ja-JP', 'fr-CH'),
};
const MENTIONS = { S0OPS: '!subteam^S0OPS', U0ANNA: '@U0ANNA', here: '!here', channel: '!channel' };
const mention = fc.constantFrom(undefined, ...(Object.keys(MENTIONS) as (keyof typeof MENTIONS)[]));

const period = fc
  .tuple(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), fc.nat({ max: 92 * 86_400_000 }))
  .map(([from, ms]) => ({ from: from.toISOString(), to: new Date(from.getTime() + ms).toISOString() }));

const row = fc.dictionary(
  fc.oneof(fc.constantFrom('orders', 'orders_before', 'rate', '__proto__'), name),
  fc.oneof(awkwardValue, amount),
  { maxKeys: 25 },
);
const totals = fc.record({
  events: amount,
  kinds: fc.array(fc.record({ kind: awkwardText, events: amount }), { maxLength: 5 }),
});
const STATES = ['delivered', 'failed', 'parked', 'unconfirmed', 'missed', 'skipped', 'cancelled', 'pending'];
/** What a probe says of its own. */
const PROBLEMS = ['no answer', 'no answer in time'];
const ended = fc.record({
  state: fc.constantFrom(...STATES),
  code: fc.option(awkwardText),
  deliveries: count,
});

/** What `load` may give, with parameters that the schema takes. The sample's report is held to the same. */
const CASES = {
  'account-activity': {
    report: accountActivity,
    examples: 'sample/reports',
    params: fc.record({
      title: name,
      chart: fc.boolean(),
      skipEmpty: fc.boolean(),
      link: fc.option(fc.webUrl(), { nil: undefined }),
    }),
    data: fc.record({
      account: fc.record({ name: awkwardText, timezone: fc.constant('Europe/Berlin') }),
      period,
      now: totals,
      before: totals,
      top: fc.array(fc.record({ subject: awkwardText, events: amount }), { maxLength: 20 }),
      days: fc.array(fc.record({ day: fc.constantFrom('2026-11-23', '2026-11-24', '1970-01-01'), events: amount })),
    }),
  },
  'metric-digest': {
    report: metricDigest,
    examples: 'reports',
    params: fc.record({
      title: name,
      query: fc.constant('q'),
      formats: fc.constantFrom({}, { rate: 'percent', orders: 'currency:EUR' }, { orders: 'currency:JPY' }),
      alerts: fc.constantFrom([], [{ column: 'orders', above: 0 }], [{ column: 'rate', below: 1, above: 2 }]),
      mention,
      compared: fc.option(name, { nil: undefined }),
      link: fc.option(fc.webUrl(), { nil: undefined }),
    }),
    data: fc.record({
      rows: fc.oneof(
        fc.array(row, { maxLength: 1 }),
        awkwardMany(fc.record({ orders: awkwardValue, rate: amount, ['x'.repeat(300)]: awkwardValue })),
      ),
      period: fc.option(period, { nil: undefined }),
    }),
  },
  'http-health': {
    report: httpHealth,
    examples: 'reports',
    params: fc.record({ title: name, urls: fc.constant(['https://example.com']), mention, onlyProblems: fc.boolean() }),
    data: fc.array(
      fc.record({
        target: fc.record({
          url: fc.webUrl({ withQueryParameters: true }),
          name: fc.option(name, { nil: undefined }),
          status: fc.constantFrom(undefined, 200, 404),
          maxMs: fc.constantFrom(undefined, 1, 60_000),
        }),
        status: fc.constantFrom(undefined, 200, 301, 404, 500),
        ms: count,
        problem: fc.option(fc.oneof(awkwardText, fc.constantFrom(...PROBLEMS)), { nil: undefined }),
      }),
      { maxLength: 50 },
    ),
  },
  'delivery-digest': {
    report: deliveryDigest,
    examples: 'reports',
    params: fc.record({ title: name, mention, onlyProblems: fc.boolean() }),
    data: fc.record({
      period,
      ended: awkwardMany(ended),
      open: awkwardMany(ended),
      late: count,
      latest: count,
      named: fc.array(
        fc.record({
          notification: awkwardText,
          channel: awkwardText,
          state: awkwardText,
          code: fc.option(awkwardText),
          due: instant,
        }),
        { maxLength: 20 },
      ),
    }),
  },
} satisfies Record<
  string,
  { report: unknown; examples: string; params: fc.Arbitrary<object>; data: fc.Arbitrary<unknown> }
>;

/** Undefined where the report says why there is no message. */
function rendered(report: Report, data: unknown, input: ReportInput): ReportMessage | undefined {
  try {
    return report.render(data, { ...input, params: report.params.parse(input.params) });
  } catch (error) {
    if (error instanceof ReportSkipped || isMissingColumn(error)) return undefined;
    throw error;
  }
}

function isMissingColumn(error: unknown): boolean {
  return error instanceof ReportImpossible && error.message.startsWith('alerts: the query has no column');
}

describe.each(Object.entries(CASES))('%s', (_, { report: typed, params, data }) => {
  const report = typed as unknown as Report;

  test(
    'whatever the data, Slack takes the message, and only the person who was named is mentioned',
    () => {
      fc.assert(
        fc.property(
          data as fc.Arbitrary<unknown>,
          params,
          fc.record(delivery),
          awkwardText,
          (given, chosen, facts, line) => {
            const message = rendered(report, given, { ...facts, since: undefined, params: chosen });
            if (message === undefined) return;
            const wanted: string[] =
              'mention' in chosen && chosen.mention !== undefined ? [MENTIONS[chosen.mention]] : [];
            const closed = withClosing(message, [line, line.repeat(3)]);
            expect(messageProblems(closed)).toEqual([]);
            const texts = [...closed.blocks.flatMap((block) => mrkdwnIn(block).map(({ text }) => text)), closed.text];
            // The link that the parameters ask for.
            const link = 'link' in chosen ? chosen.link : undefined;
            const address = link === undefined ? undefined : new URL(link).href.replaceAll('|', '%7C');
            const isWanted = (inside: string) =>
              wanted.includes(inside) ||
              (address !== undefined && inside.replaceAll('&amp;', '&').startsWith(`${address}|`));
            for (const text of texts) expect(markupIn(text).filter((inside) => !isWanted(inside))).toEqual([]);
          },
        ),
        { numRuns: RUNS },
      );
    },
    DEADLINE_MS,
  );
});

/** Stands for every text of a person: a word in no language. */
const NEUTRAL = 'zzq';
/** Texts in data that are ours: names of states, and what a probe says. */
const OURS = new Set<unknown>([...STATES, ...PROBLEMS]);
const INSTANT_OR_ZONE = /^[+-]?\d{4,6}-\d\d-\d\d|^[A-Z][a-z]+\/[A-Z]/;

function neutral(value: unknown): unknown {
  if (typeof value === 'string') {
    if (/^https?:/.test(value)) return `https://${NEUTRAL}.example/${NEUTRAL}`;
    return OURS.has(value) || INSTANT_OR_ZONE.test(value) ? value : NEUTRAL;
  }
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(neutral);
  const entries = Object.entries(value).map(([key, one]) => [
    /^[a-z]{2,}(_before)?$/i.test(key) ? key : NEUTRAL,
    neutral(one),
  ]);
  return Object.fromEntries(entries);
}

/** Of a message: what is shown, without mentions, addresses, emoji and commands. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value.replaceAll(/<[^|>]*[|>]|:[a-z_]+:|`[^`]*`/g, ' ')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => (NAMES_OF_SLACK.has(key) ? [] : textsIn(one)));
}

const NAMES_OF_SLACK = new Set(['type', 'style', 'align', 'url', 'user_id', 'range']);

function wordsIn(texts: readonly string[]): Set<string> {
  return new Set(
    texts.flatMap(
      (text) =>
        text
          .replaceAll(/\{\w+\}/g, '')
          .toLowerCase()
          .match(/\p{L}+/gu) ?? [],
    ),
  );
}

const CATALOGUES = [OUR_WORDS, HTTP_HEALTH_WORDS, METRIC_DIGEST_WORDS, DELIVERY_DIGEST_WORDS, SAMPLE_WORDS];

const ownTimes = [
  '0 9 * * MON',
  '0 9 * * *',
  '0 9,17 * * MON-FRI',
  '0 9 1 * *',
  '0 9 15 * *',
  '*/15 * * * *',
  '0 * * * *',
  '0 9 * 1 MON',
].map((cron) => dueBy(cron));
const reason = fc.record({
  name: fc.constant(NEUTRAL),
  channel: fc.constantFrom('C0ACME', 'U0ANNA'),
  due: fc.constantFrom<(Due | undefined)[]>(
    ...ownTimes,
    { kind: 'schedule', scheduleId: NEUTRAL, afterOutage: 'newest' },
    { kind: 'source', source: NEUTRAL },
    { kind: 'on-demand' },
    { kind: 'once' },
    undefined,
  ),
  late: fc.constantFrom(...Object.values(LATE_REASONS)),
});

function weekdays(locale: string): Set<string> {
  const { date } = formatFor(locale);
  return wordsIn([1, 2, 3, 4, 5, 6, 7].map((day) => date(new Date(Date.UTC(2000, 0, day)), { weekday: 'short' })));
}

describe('a message is in one language', () => {
  const cases = ['de-DE', 'fr-FR', 'es-ES', 'ja-JP'].flatMap((locale) =>
    Object.entries(CASES).map(([named, made]) => ({ locale, named, ...made })),
  );
  test.each(cases)(
    '$named in $locale has no English word of ours',
    ({ locale, named, ...made }) => {
      const language = locale.slice(0, 2) as 'de';
      const [english, own] = (['en', language] as const).map((each) =>
        wordsIn(CATALOGUES.flatMap((all) => textsIn(all[each]))),
      );
      // Thursday is "Do." in German, and a column may be called orders_before.
      const allowed = new Set([...(own ?? []), ...weekdays(locale), 'before']);
      const foreign = english?.difference(allowed) ?? new Set();
      expect(foreign.size).toBeGreaterThan(100);
      const report = made.report as unknown as Report;
      const title = named === 'metric-digest' ? NEUTRAL : undefined;
      fc.assert(
        fc.property(
          made.data as fc.Arbitrary<object>,
          made.params,
          fc.record(delivery),
          reason,
          (given, chosen, facts, why) => {
            const params = { ...chosen, title, ...('compared' in chosen && { compared: NEUTRAL }) };
            const message = rendered(report, neutral(given), {
              ...facts,
              account: NEUTRAL,
              locale,
              since: undefined,
              params,
            });
            if (message === undefined) return;
            const format = report.format({ locale, timezone: 'Europe/Berlin' });
            const late = { dueAt: facts.dueAt, postedAt: new Date(0), timezone: undefined, reason: why.late };
            const whole = withClosing(asTest(report.name, NEUTRAL, message, format), [
              footer(why, format),
              lateLine(late, format),
            ]);
            expect([...wordsIn(textsIn(whole)).intersection(foreign)]).toEqual([]);
          },
        ),
        { numRuns: Math.ceil(RUNS / 25) },
      );
    },
    DEADLINE_MS,
  );
});

test('every built-in report is among them', () => {
  const { 'account-activity': _, ...builtIn } = CASES;
  expect(reportsWith([]).all.map(({ report }) => report.name)).toEqual(Object.keys(builtIn).toSorted());
});
