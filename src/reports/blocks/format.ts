/** A number as reports have it; what is missing is shown as a dash. */
type Measured = number | bigint | null | undefined;

/** Numbers, amounts and times as the readers of a notification write them. Pure: the same input gives the same text. */
export interface Format {
  /** BCP 47: `de-DE`. */
  readonly locale: string;
  /** IANA: `Europe/Berlin`. */
  readonly timezone: string;
  /** With its thousands apart and two decimals at the most; below one, three significant digits. */
  readonly number: (value: Measured) => string;
  /** Of a ratio: 0.125 is `12.5%`. */
  readonly percent: (ratio: Measured) => string;
  /** `currency` is ISO 4217: `EUR`. Throws a RangeError where it is none. */
  readonly currency: (amount: Measured, currency: string) => string;
  /** The change from `before` to `now`: `▲ 12%`, `▼ 3%`, `unchanged`, or `new` where there was nothing before. */
  readonly change: (now: Measured, before: Measured) => string;
  /** `Nov 23, 2026`, or with the parts that are asked for. */
  readonly date: (instant: Date, parts?: Intl.DateTimeFormatOptions) => string;
  /** `9:00 AM` */
  readonly time: (instant: Date) => string;
  /** `Nov 23, 9:00 AM` */
  readonly dateTime: (instant: Date) => string;
  /** The same in another zone. */
  readonly in: (timezone: string) => Format;
}

const DEFAULT_LOCALE = 'en-US';
/** Stands for what is missing; Slack refuses empty texts. */
export const MISSING = '–';

const DATE: Intl.DateTimeFormatOptions = { dateStyle: 'medium' };
const TIME: Intl.DateTimeFormatOptions = { timeStyle: 'short' };
const DAY: Intl.DateTimeFormatOptions = { month: 'short', day: 'numeric' };

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
  const percent = (ratio: Measured) => measured(ratio, { style: 'percent', maximumFractionDigits: 1 });
  return {
    locale,
    timezone,
    number: (value) => measured(value, digitsFor(value)),
    percent,
    currency: (amount, currency) => measured(amount, { style: 'currency', currency }),
    change: (now, before) => changeText(now, before, percent),
    date: (instant, parts = DATE) => at(instant, parts),
    time: (instant) => at(instant, TIME),
    dateTime: (instant) => (Number.isNaN(instant.getTime()) ? MISSING : `${at(instant, DAY)}, ${at(instant, TIME)}`),
    in: remembering((other: string) => formatFor(locale, other)),
  };
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

function digitsFor(value: Measured): Intl.NumberFormatOptions {
  const isSmall = typeof value === 'number' && Math.abs(value) < 1;
  return isSmall ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 2 };
}

function changeText(now: Measured, before: Measured, percent: (ratio: number) => string): string {
  const [current, former] = [Number(now ?? Number.NaN), Number(before ?? Number.NaN)];
  if (Number.isNaN(current) || Number.isNaN(former)) return MISSING;
  if (former === 0) return current === 0 ? 'unchanged' : 'new';
  const ratio = Math.round(((current - former) / Math.abs(former)) * 100) / 100;
  if (ratio === 0) return 'unchanged';
  return ratio > 0 ? `▲ ${percent(ratio)}` : `▼ ${percent(-ratio)}`;
}
