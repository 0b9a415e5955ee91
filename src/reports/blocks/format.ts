import { AsyncLocalStorage } from 'node:async_hooks';
import { lastDays, type LocalPeriod, localPeriod, type Period, periodSince } from './period.ts';
import { DEFAULT_LOCALE, type OurWords, ourWords, type Say } from './words.ts';

/** A number as reports have it; what is missing is shown as a dash. */
type Measured = number | bigint | null | undefined;

/** Which way is good: `up` for revenue, `down` for errors. */
export type Better = 'up' | 'down';

/** Numbers, amounts and times as the readers of a notification write them. Pure: the same input gives the same text. */
export interface Format {
  /** BCP 47: `de-DE`. */
  readonly locale: string;
  /** IANA: `Europe/Berlin`. */
  readonly timezone: string;
  /** With its thousands apart and two decimals at most; below one, three significant digits. Or with the `decimals` given. */
  readonly number: (value: Measured, decimals?: number) => string;
  /** Of a ratio: 0.125 is `12.5%`. */
  readonly percent: (ratio: Measured, decimals?: number) => string;
  /** `currency` is ISO 4217: `EUR`. Throws a RangeError where it is none. */
  readonly currency: (amount: Measured, currency: string, decimals?: number) => string;
  /**
   * The change from `before` to `now`: `▲ 12%`, `▼ 0.4%`, `unchanged`, or `new` where there was nothing before. Where the sign changes a
   * ratio says nothing: `▲ from -5`. With `better` it says whether that is good: `▼ 3% (worse)`. With `from`, the former value as
   * text, it names that instead of the ratio: `▲ from 7.1%`.
   */
  readonly change: (
    now: Measured,
    before: Measured,
    options?: { better?: Better | undefined; from?: string | undefined },
  ) => string;
  /** `Nov 23, 2026`, or with the parts that are asked for. */
  readonly date: (instant: Date, parts?: Intl.DateTimeFormatOptions) => string;
  /** `9:00 AM` */
  readonly time: (instant: Date) => string;
  /** `Nov 23, 9:00 AM` */
  readonly dateTime: (instant: Date) => string;
  /** `Nov 16 – 22, 2026` for whole days, and else with times: `Nov 16, 9:00 AM – Nov 23, 9:00 AM`. */
  readonly span: (period: Period) => string;
  /** `Anna, Ben, and Chen` */
  readonly list: (texts: readonly string[]) => string;
  /**
   * The last `count` whole days before an instant, from local midnight to local midnight.
   * @example format.lastDays(7, dueAt).days().map(({ date, from, to }) => …)
   */
  readonly lastDays: (count: number, before: Date) => LocalPeriod;
  /**
   * From the last report to this one: in whole days if they are on different ones, so that each day is in one report.
   * `days` before the first report, of which `since` is undefined.
   */
  readonly periodSince: (since: Date | undefined, until: Date, days: number) => LocalPeriod;
  /** From one instant to another, with its local days. */
  readonly period: (from: Date, to: Date) => LocalPeriod;
  /** Our own words in the language of the locale, such as `unchanged`; in English where they are not in it. */
  readonly words: Say<OurWords>;
  /** The same in another zone. */
  readonly in: (timezone: string) => Format;
}

/** Stands for what is missing; Slack refuses empty texts. */
export const MISSING = '–';

const DATE: Intl.DateTimeFormatOptions = { dateStyle: 'medium' };
const TIME: Intl.DateTimeFormatOptions = { timeStyle: 'short' };
const DAY: Intl.DateTimeFormatOptions = { month: 'short', day: 'numeric' };
const DAY_AND_TIME: Intl.DateTimeFormatOptions = { ...DAY, hour: 'numeric', minute: '2-digit' };

/** Throws a RangeError for what is no locale or no zone. */
export function formatFor(locale = DEFAULT_LOCALE, timezone = 'UTC'): Format {
  const numberFormat = remembering(
    (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, { signDisplay: 'negative', ...options }),
  );
  const dateFormat = remembering(
    (parts: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { timeZone: timezone, ...parts }),
  );
  const at = (instant: Date, parts: Intl.DateTimeFormatOptions) =>
    Number.isNaN(instant.getTime()) ? MISSING : dateFormat(parts).format(instant);
  const measured = (value: Measured, options: Intl.NumberFormatOptions) =>
    unusual(value) ?? numberFormat(options).format(value ?? 0);
  const number = (value: Measured, decimals?: number) =>
    measured(value, decimals === undefined ? digitsFor(value) : equal(decimals));
  const date = (instant: Date, parts = DATE) => at(instant, parts);
  const gap = remembering(() => gapOf(dateFormat(DAY_AND_TIME)));
  const words = remembering(() => ourWords({ locale, number, date }));
  const between = (from: Date, to: Date) => localPeriod(timezone, from, to);
  const format: Format = {
    locale,
    timezone,
    number,
    percent: (ratio, decimals) =>
      measured(ratio, {
        style: 'percent',
        ...(decimals === undefined ? { maximumFractionDigits: 1 } : equal(decimals)),
      }),
    currency: (amount, currency, decimals) =>
      measured(amount, { style: 'currency', currency, ...(decimals !== undefined && equal(decimals)) }),
    change: (now, before, options = {}) => changeText(now, before, options, format),
    date,
    time: (instant) => at(instant, TIME),
    dateTime: (instant) => (Number.isNaN(instant.getTime()) ? MISSING : at(instant, DAY) + gap('') + at(instant, TIME)),
    span: ({ from, to }) =>
      between(from, to).isWholeDays && from < to
        ? dateFormat(DATE).formatRange(from, new Date(to.getTime() - 1))
        : dateFormat(DAY_AND_TIME).formatRange(from, to),
    list: (texts) => new Intl.ListFormat(locale).format(texts),
    lastDays: (count, before) => lastDays(timezone, count, before),
    periodSince: (since, until, days) =>
      since === undefined ? lastDays(timezone, days, until) : periodSince(timezone, since, until),
    period: between,
    words: (word, values) => words('')(word, values),
    in: remembering((other: string) => formatFor(locale, other)),
  };
  return format;
}

const reading = new AsyncLocalStorage<Format>();
const AMERICAN = formatFor();

/** Renders with a format that the block functions take where they are given none, so that a message is in one language. */
export function writtenWith<Made>(format: Format, make: () => Made): Made {
  return reading.run(format, make);
}

/** The format of the report that is being rendered; American English outside of one. */
export function currentFormat(): Format {
  return reading.getStore() ?? AMERICAN;
}

/** What takes some 50 µs to make is made once. */
export function remembering<Options, Made>(make: (options: Options) => Made): (options: Options) => Made {
  const made = new Map<string, Made>();
  return (options) => {
    const key = JSON.stringify(options);
    const one = made.get(key) ?? make(options);
    made.set(key, one);
    return one;
  };
}

/** What Intl would write in its own way: nothing measured, and the infinite. */
function unusual(value: Measured): string | undefined {
  if (value === null || value === undefined || Number.isNaN(value)) return MISSING;
  if (value === Infinity) return '∞';
  return value === -Infinity ? '-∞' : undefined;
}

/** What stands between a day and its time: ", " or, in Japanese, a space. */
function gapOf(dayAndTime: Intl.DateTimeFormat): string {
  const parts = dayAndTime.formatToParts(0);
  const before = parts[parts.findIndex(({ type }) => type === 'hour') - 1]?.value ?? '';
  return before.slice(before.trimEnd().replace(/[,،]$/, '').length) || ' ';
}

function digitsFor(value: Measured): Intl.NumberFormatOptions {
  const isSmall = typeof value === 'number' && Math.abs(value) < 1;
  return isSmall ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 2 };
}

function equal(decimals: number): Intl.NumberFormatOptions {
  return { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
}

/** Below this a change is not told by how much. */
const LEAST_RATIO = 0.001;
/** From this on a change has no decimals. */
const ROUND_RATIO = 0.1;

function changeText(
  now: Measured,
  before: Measured,
  { better, from }: { better?: Better | undefined; from?: string | undefined },
  format: Format,
): string {
  const [current, former] = [Number(now ?? Number.NaN), Number(before ?? Number.NaN)];
  if (Number.isNaN(current) || Number.isNaN(former)) return MISSING;
  if (current === former) return format.words('unchanged');
  if (former === 0 && current > 0) return format.words('new');
  const isUp = current > former;
  const arrow = isUp ? '▲' : '▼';
  const judged =
    better === undefined
      ? ''
      : format.words('aside', { text: format.words(isUp === (better === 'up') ? 'better' : 'worse') });
  const hasOtherSign = former === 0 || current * former < 0;
  const size =
    hasOtherSign || from !== undefined
      ? format.words('from', { before: from ?? format.number(before) })
      : ratioText(Math.abs((current - former) / former), current === 0, format);
  return size === MISSING ? MISSING : `${arrow} ${size}${judged}`;
}

function ratioText(ratio: number, isGone: boolean, { percent }: Format): string {
  if (ratio < LEAST_RATIO) return `<${percent(LEAST_RATIO)}`;
  // What is not all gone has not fallen by all of it.
  const shown = ratio < 1 && !isGone ? Math.min(ratio, 1 - LEAST_RATIO) : ratio;
  return shown < ROUND_RATIO || (shown > 0.99 && shown < 1) ? percent(shown) : percent(Math.round(shown * 100) / 100);
}
