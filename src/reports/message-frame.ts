import { type Due, recurrenceOf } from '../domain/notification.ts';
import { LATE_REASONS } from '../domain/still-due.ts';
import { describeRule } from '../domain/recurrence/describe.ts';
import type { Recurrence } from '../domain/recurrence/recurrence.ts';
import { asMade, context, contextOf, type ReportBlock } from './blocks/blocks.ts';
import { CLOSING_TEXT_MAX, type ReportMessage, toMessage } from './message.ts';
import type { Format } from './blocks/format.ts';
import { languageOf } from './blocks/words.ts';
import { join, mrkdwn, Mrkdwn, type Text } from './blocks/text.ts';

/** Why a message was sent. */
export interface Reason {
  /** What people call the notification. */
  name: string;
  /** Slack's id: of a channel, or of a person. */
  channel: string;
  /** Undefined if the notification was removed meanwhile. */
  due: Due | undefined;
}

/**
 * "Why am I getting this?", in a line of small print, for its readers: "You get this every Monday at 09:00 (Europe/Berlin), because
 * “Acme weekly report” is set up for this channel."
 */
export function footer({ name, channel, due }: Reason, format: Format): Text {
  const { words } = format;
  const why = words(isPerson(channel) ? 'whyYou' : 'whyChannel', { name });
  switch (due?.kind) {
    case undefined:
      return words('getRemoved', { name });
    case 'schedule':
      return words('getScheduled', { schedule: due.scheduleId, why });
    case 'recurrence':
      return words('getRecurring', { when: whenInWords(recurrenceOf(due), format), why });
    case 'on-demand':
      return words('getAsked', { name });
    case 'once':
      return words('getOnce', { name });
    case 'source':
      return words('getSource', { source: due.source });
  }
}

/** A direct message (`D…`), or the person themselves. */
function isPerson(channel: string): boolean {
  return /^[UWD]/.test(channel);
}

/** "every Monday at 09:00 (Europe/Berlin)". In another language than English only what is usual; the rest is "regularly". */
function whenInWords({ fields, timezone }: Recurrence, format: Format): string {
  const { words, locale } = format;
  const clock = format.in('UTC');
  const timeText = (hour: number, minute: number) => clock.time(new Date(Date.UTC(2000, 0, 2, hour, minute)));
  if (languageOf(locale) === 'en') {
    const rule = describeRule(fields).replaceAll(CLOCK_TIME, (_, hour, minute) =>
      timeText(Number(hour), Number(minute)),
    );
    return `${rule.charAt(0).toLowerCase()}${rule.slice(1)} (${timezone})`;
  }
  const { minutes, hours, daysOfMonth, months, daysOfWeek, nthDay, step } = fields;
  const isEachDay = daysOfMonth.size === DAYS_OF_MONTH;
  const isPlain = nthDay === undefined && step === undefined && months.size === MONTHS;
  if (!isPlain || (!isEachDay && daysOfWeek.size < DAYS_OF_WEEK)) return words('regularly');
  const isAllDay = isEachDay && daysOfWeek.size === DAYS_OF_WEEK && hours.length === HOURS;
  const every = everyMinutes(minutes);
  if (isAllDay && every !== undefined) {
    return every === 60 ? words('everyHour') : words('everyMinutes', { count: every });
  }
  if (minutes.length * hours.length > TIMES_MAX) return words('regularly');
  const time = format.list(hours.flatMap((hour) => minutes.map((minute) => timeText(hour, minute))));
  const at = { time, zone: timezone };
  if (!isEachDay) {
    const dates = [...daysOfMonth].toSorted((a, b) => a - b);
    const [date = 1] = dates;
    // French writes the first of a month in another way, as if one were its plural form.
    return dates.length === 1 ? words('everyMonth', { ...at, date: String(date), count: date }) : words('regularly');
  }
  if (daysOfWeek.size === DAYS_OF_WEEK) return words('everyDay', at);
  const days = [...daysOfWeek].map((day) => (day + 6) % 7).toSorted((a, b) => a - b);
  if (days.join() === '0,1,2,3,4') return words('everyWeekday', at);
  // 3 January 2000 was a Monday.
  const names = days.map((day) => clock.date(new Date(Date.UTC(2000, 0, 3 + day)), { weekday: 'long' }));
  return words('everyDays', { ...at, days: format.list(names) });
}

const [DAYS_OF_MONTH, MONTHS, DAYS_OF_WEEK, HOURS] = [31, 12, 7, 24];
/** Times of day that are named one by one. */
const TIMES_MAX = 4;
/** In the words of a rule, which has the 24-hour clock. */
const CLOCK_TIME = /\b(\d\d):(\d\d)\b/g;

/** The even distance of minutes within an hour, from the full hour on; undefined if there is none. */
function everyMinutes(minutes: readonly number[]): number | undefined {
  const every = 60 / minutes.length;
  return minutes.every((minute, index) => minute === index * every) ? every : undefined;
}

/** The message with lines of small print under it, for which every message has room: at most two. */
export function withClosing(message: ReportMessage, lines: readonly Text[]): ReportMessage {
  if (lines.length === 0) return message;
  // Without blocks Slack shows the text; with the lines alone it would show nothing else.
  const blocks = message.blocks.length > 0 ? message.blocks : [paragraph(message.text)];
  return { ...message, blocks: [...blocks, ...lines.map(smallPrint)] };
}

function smallPrint(line: Text): ReportBlock {
  return contextOf(line, CLOSING_TEXT_MAX);
}

/** Of text that is escaped, and short enough for a section, already. */
function paragraph(text: string): ReportBlock {
  return asMade({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } });
}

/** What a delivery that was claimed late says above its report, in its zone: "Due 9:00 AM, posted 9:42 AM: nothing was running". */
export function lateLine(
  late: { dueAt: Date; postedAt: Date; timezone: string | undefined; reason: string },
  reader: Format,
): string {
  const { dueAt, postedAt, timezone, reason } = late;
  const format = reader.in(timezone ?? 'UTC');
  const { words } = format;
  const sameDay = format.date(dueAt) === format.date(postedAt);
  const zone = timezone === undefined ? ' UTC' : '';
  const written = (instant: Date) => (sameDay ? format.time(instant) : format.dateTime(instant)) + zone;
  return words('late', {
    due: written(dueAt),
    posted: written(postedAt),
    reason: reasonText(reason, format),
  });
}

function reasonText(reason: string, { words }: Format): string {
  const known = Object.entries(LATE_REASONS).find(([, text]) => text === reason);
  return known === undefined ? reason : words(known[0] as keyof typeof LATE_REASONS);
}

/** The same message, which says before all else that it is a test, on phones too. */
export function asTest(report: string, name: string, message: ReportMessage, { words }: Format): ReportMessage {
  const { text, blocks, ...more } = message;
  const test = words('test');
  const note = mrkdwn`:test_tube: ${words('testOf', { test, name })}`;
  // Its text is markup already.
  const draft = { text: join([`[${test}]`, new Mrkdwn(text)], ' '), blocks: [context(note), ...blocks] };
  return { ...more, ...toMessage(report, blocks.length === 0 ? { ...draft, blocks } : draft) };
}
