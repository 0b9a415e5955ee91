const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

type Format = Intl.DateTimeFormatOptions;
const LONG: Format = { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' };
const PLAIN: Format = { year: 'numeric', month: 'long', day: 'numeric' };
const SHORT: Format = { year: 'numeric', month: 'short', day: 'numeric' };

const TOKENS: Readonly<Record<string, Format>> = {
  date: PLAIN,
  date_long: LONG,
  date_long_full: LONG,
  date_short: SHORT,
  date_slash: { year: 'numeric', month: '2-digit', day: '2-digit' },
  time: { timeStyle: 'short' },
  time_secs: { timeStyle: 'medium' },
};

/**
 * The text of `<!date^…>` (https://docs.slack.dev/messaging/formatting-message-text#date-formatting) in this machine's
 * zone. Undefined for a token that Slack does not have, where the fallback is shown.
 */
export function slackDate(epochSeconds: number, template: string, now = Date.now()): string | undefined {
  const date = new Date(epochSeconds * SECOND_MS);
  if (Number.isNaN(date.getTime())) return undefined;
  const parts = template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => tokenText(name, date, now) ?? whole);
  return /\{\w+\}/.test(parts) ? undefined : parts;
}

function tokenText(name: string, date: Date, now: number): string | undefined {
  if (name === 'date_num') return date.toLocaleDateString('sv');
  if (name === 'ago') return ago(date.getTime() - now);
  const pretty = name.endsWith('_pretty');
  const format = TOKENS[pretty ? name.slice(0, -'_pretty'.length) : name];
  if (format === undefined) return undefined;
  return (pretty ? nearDay(date, now) : undefined) ?? date.toLocaleString('en', format);
}

function nearDay(date: Date, now: number): string | undefined {
  const days = { today: 0, yesterday: -1, tomorrow: 1 };
  const near = Object.entries(days).find(
    ([, offset]) => new Date(now + offset * DAY_MS).toDateString() === date.toDateString(),
  );
  return near?.[0];
}

function ago(difference: number): string {
  const units = [
    ['day', DAY_MS],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', SECOND_MS],
  ] as const;
  const [unit, ms] = units.find(([, length]) => Math.abs(difference) >= length) ?? ['second', SECOND_MS];
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(Math.trunc(difference / ms), unit);
}
