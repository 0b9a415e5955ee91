import { UserError } from '../../lib/errors.ts';
import { didYouMean } from '../../lib/similar.ts';
import { DAYS_OF_NTH } from './describe.ts';

/** What is wrong with the words, for the error about the whole. */
class Misread extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

type Tokens = ReturnType<typeof tokensOf>;

/** The words of a text in lower case; a comma is an "and". */
function tokensOf(text: string) {
  const words = text
    .toLowerCase()
    .replaceAll(/[,&]/g, ' and ')
    .split(/\s+/)
    .filter((word) => word !== '');
  const tokens = words.filter((word, index) => !(word === 'and' && words[index - 1] === 'and'));
  let at = 0;
  return {
    peek: (): string | undefined => tokens[at],
    next: (): string | undefined => tokens[at++],
    /** Steps over one of these words, if it comes next. */
    take(...expected: string[]): boolean {
      const found = expected.includes(tokens[at] ?? '');
      if (found) at += 1;
      return found;
    },
    /** Puts another word in the place of the next one; none where it is empty. */
    replace(word: string): void {
      tokens.splice(at, 1, ...(word === '' ? [] : [word]));
    },
  };
}

interface TimeOfDay {
  hour: number;
  minute: number;
}

/** "at 08:00 and 17:00" as minute and hours of a cron. */
function readTimes(tokens: Tokens, misread: () => Misread): string {
  tokens.take('at');
  const times: TimeOfDay[] = [];
  do {
    const time = readTime(tokens);
    if (time !== undefined) times.push(time);
    else if (times.length > 0) throw misread();
  } while (times.length > 0 && tokens.take('and'));
  const [first] = times;
  if (first === undefined) {
    throw tokens.peek() === undefined ? new Misread('at what time?', 'Put it at the end, like "at 09:00".') : misread();
  }
  if (times.some(({ minute }) => minute !== first.minute)) {
    throw new Misread('its times have different minutes', 'Make a notification for each of them.');
  }
  const hours = [...new Set(times.map(({ hour }) => hour))].toSorted((a, b) => a - b);
  return `${first.minute} ${hours.join(',')}`;
}

/** 09:00, 9:00, 9am, 9:30pm, noon, midnight; undefined where no time comes next. */
function readTime(tokens: Tokens): TimeOfDay | undefined {
  if (tokens.take('noon')) return { hour: 12, minute: 0 };
  if (tokens.take('midnight')) return { hour: 0, minute: 0 };
  const word = tokens.peek() ?? '';
  const [, digits, minutes = '00', half] = /^(\d{1,2})(?::(\d\d))?(am|pm)?$/.exec(word) ?? [];
  if (digits === undefined) return undefined;
  tokens.next();
  if (half === undefined && !word.includes(':')) {
    throw new Misread(`is "${word}" a time?`, `Write ${word.padStart(2, '0')}:00, or ${word}am or ${word}pm.`);
  }
  const twelve = half !== undefined;
  const [hour, minute] = [Number(digits), Number(minutes)];
  if (minute > 59 || (twelve ? hour < 1 || hour > 12 : hour > 23)) throw new Misread(`there is no time "${word}"`);
  return { hour: twelve ? (hour % 12) + (half === 'pm' ? 12 : 0) : hour, minute };
}

/** A step that does not divide its field would not be even: it starts again at each day or hour. */
const UNITS = {
  minute: { in: 60, name: 'an hour' },
  hour: { in: 24, name: 'a day' },
} as const;

/** "2 hours", "15 minutes from 8:00 to 18:00 on weekdays", after the word "every"; undefined where none comes next. */
function readInterval(tokens: Tokens, readDaysOfWeek: () => string | undefined): { cron: string } | undefined {
  const [, digits] = /^(\d{1,4})$/.exec(tokens.peek() ?? '') ?? [];
  if (digits !== undefined) tokens.next();
  const unit = tokens.take('minute', 'minutes') ? 'minute' : tokens.take('hour', 'hours') ? 'hour' : undefined;
  if (unit === undefined) {
    if (digits === undefined) return undefined;
    throw new Misread(`every ${digits} of what?`, 'Minutes and hours can be counted: "every 2 hours".');
  }
  const step = checkStep(Number(digits ?? 1), unit);
  const between = readBetween(tokens);
  const days = tokens.take('on') ? (readDaysOfWeek() ?? '*') : '*';
  return { cron: `${fieldsOf(unit, step, between)} * * ${days}` };
}

function checkStep(step: number, unit: keyof typeof UNITS): number {
  const { in: whole, name } = UNITS[unit];
  if (step >= 1 && step < whole && whole % step === 0) return step;
  const even = Array.from({ length: whole - 1 }, (_, index) => index + 1).filter((one) => whole % one === 0);
  throw new Misread(`${step} ${unit}s do not divide ${name}`, `Take one of ${even.join(', ')} ${unit}s.`);
}

function readBetween(tokens: Tokens): { from: TimeOfDay; to: TimeOfDay } | undefined {
  if (!tokens.take('from', 'between')) return undefined;
  const from = readTime(tokens);
  tokens.take('to', 'until', 'and');
  const to = readTime(tokens);
  if (from === undefined || to === undefined) {
    throw new Misread('from when to when?', 'Write it like "every 2 hours from 8:00 to 18:00".');
  }
  if (to.hour < from.hour) throw new Misread('it would run over midnight', 'Take two notifications for that.');
  return { from, to };
}

/** Minute and hour. The last time is part of it. */
function fieldsOf(unit: keyof typeof UNITS, step: number, between?: { from: TimeOfDay; to: TimeOfDay }): string {
  if (unit === 'minute') {
    const minutes = step === 1 ? '*' : `*/${step}`;
    if (between === undefined) return `${minutes} *`;
    const { from, to } = between;
    if (from.minute !== 0 || to.minute !== 0) throw new Misread('minutes count from a full hour to a full hour');
    if (to.hour === from.hour) throw new Misread('it would never come', 'End it an hour later at least.');
    return `${minutes} ${from.hour}-${to.hour - 1}`;
  }
  const { from, to } = between ?? { from: { hour: 0, minute: 0 }, to: { hour: 23, minute: 59 } };
  const last = to.minute < from.minute ? to.hour - 1 : to.hour;
  if (last < from.hour) throw new Misread('it would never come', 'End it an hour later at least.');
  const hours = between === undefined ? '*' : `${from.hour}-${last}`;
  return `${from.minute} ${step === 1 ? hours : `${hours}/${step}`}`;
}

/** A rule in words, as a cron; what no cron says is in `nthDay`. */
export interface WordedRule {
  cron: string;
  nthDay?: number;
}

/**
 * Reads a recurrence in English:
 *
 *     every weekday at 09:00                    every monday and thursday at 17:00
 *     last friday of the month at 16:00         every month on the 1st and 15th at 7am
 *     first weekday of the quarter at noon      every 2 hours from 8:00 to 18:00 on weekdays
 *
 * @throws UserError `invalid_recurrence`, with what was meant.
 */
export function parseWords(text: string): WordedRule {
  const tokens = tokensOf(text);
  try {
    return readRule(tokens);
  } catch (error) {
    if (!(error instanceof Misread)) throw error;
    throw UserError.input('invalid_recurrence', `"${text}" is no recurrence: ${error.message}`, {
      hint: error.hint ?? EXAMPLES,
      cause: error,
    });
  }
}

const EXAMPLES =
  'Write it like "every weekday at 09:00", "every monday and thursday at 17:00", "last friday of the month at 16:00", ' +
  '"every month on the 1st at 07:00" or "every 2 hours"; or give a --cron.';

interface Days {
  daysOfMonth?: string;
  months?: string;
  daysOfWeek?: string;
  nthDay?: number;
}

const DAY_NAMES = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTH_NAMES = 'january february march april may june july august september october november december'.split(' ');
const NTHS: Record<string, number> = { first: 1, second: 2, third: 3, fourth: 4, fifth: 5, last: -1 };
const GROUPS: Record<string, string> = { day: '*', weekday: 'MON-FRI', workday: 'MON-FRI', weekend: 'SAT,SUN' };
/** Which months begin and end a longer period. */
interface Months {
  first: string;
  last: string;
}
const EVERY_MONTH: Months = { first: '*', last: '*' };
const PERIODS: Record<string, Months> = {
  month: EVERY_MONTH,
  quarter: { first: '1,4,7,10', last: '3,6,9,12' },
  year: { first: '1', last: '12' },
};
/** Said before what it is made of. */
const ADVERBS: Record<string, string> = { daily: 'day', hourly: 'hour', weekly: '', monthly: 'month' };
const WORDS = [DAY_NAMES, MONTH_NAMES, ...[NTHS, GROUPS, PERIODS, ADVERBS].map((words) => Object.keys(words))]
  .flat()
  .concat('every hours minutes at on the of and from to between noon midnight'.split(' '));

/** The entry of a word that people type, which may be "constructor". */
function own<Value>(table: Record<string, Value>, word = ''): Value | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}

function readRule(tokens: Tokens): WordedRule {
  const adverb = own(ADVERBS, tokens.peek());
  if (adverb !== undefined) tokens.replace(adverb);
  else tokens.take('every', 'each');
  const interval = readInterval(tokens, () => readDays(tokens).daysOfWeek);
  const rule = interval ?? atTimes(readDays(tokens), tokens);
  if (tokens.peek() !== undefined) throw unknown(tokens);
  return rule;
}

function atTimes({ daysOfMonth = '*', months = '*', daysOfWeek = '*', nthDay }: Days, tokens: Tokens): WordedRule {
  const cron = `${readTimes(tokens, () => unknown(tokens))} ${daysOfMonth} ${months} ${daysOfWeek}`;
  return nthDay === undefined ? { cron } : { cron, nthDay };
}

function readDays(tokens: Tokens): Days {
  tokens.take('on', 'the');
  tokens.take('the');
  if (tokens.peek() === 'month' || tokens.peek() === 'quarter' || tokens.peek() === 'year') return readOfPeriod(tokens);
  const nth = own(NTHS, tokens.peek());
  if (nth !== undefined) return readNth(tokens, nth);
  const dates = readDates(tokens);
  if (dates.length > 0) return { daysOfMonth: dates.join(','), months: readPeriod(tokens).first };
  const group = own(GROUPS, singular(tokens.peek()));
  if (group !== undefined) {
    tokens.next();
    return { daysOfWeek: group };
  }
  const days = readNames(tokens, DAY_NAMES);
  if (days.length === 0) throw unknown(tokens);
  return { daysOfWeek: days.map((day) => day.slice(0, 3).toUpperCase()).join(',') };
}

/** "month on the 1st", "quarter on the last day". */
function readOfPeriod(tokens: Tokens): Days {
  const { first, last } = own(PERIODS, tokens.next()) ?? EVERY_MONTH;
  if (!tokens.take('on')) throw new Misread('on which day?', 'Write it like "every month on the 1st at 07:00".');
  const days = readDays(tokens);
  if (days.daysOfMonth === undefined && days.nthDay === undefined)
    throw new Misread('which of these days of the month?', 'Write it like "every month on the first monday at 07:00".');
  if (days.months !== undefined && days.months !== '*') return days;
  return { ...days, months: (days.nthDay ?? 1) < 0 ? last : first };
}

/** "last friday of the month", "first day of the quarter", "second tuesday". */
function readNth(tokens: Tokens, nth: number): Days {
  tokens.next();
  const group = own(GROUPS, singular(tokens.peek()));
  const [day, ...more] = group === undefined ? readNames(tokens, DAY_NAMES) : [tokens.next()];
  if (day === undefined) throw unknown(tokens);
  if (more.length > 0) throw new Misread('one day is meant after first, second … or last', EXAMPLES);
  const { first, last } = readPeriod(tokens);
  const months = nth < 0 ? last : first;
  const daysOfWeek = group ?? day.slice(0, 3).toUpperCase();
  if (group === '*' && nth > 0) return { daysOfMonth: String(nth), months };
  // What a cron can say is a cron.
  if (group === undefined && nth > 0) return { daysOfMonth: DAYS_OF_NTH[nth] ?? '*', months, daysOfWeek };
  return { months, daysOfWeek, nthDay: nth };
}

/** "of the month", "of every quarter", "of january"; the month where nothing is said. */
function readPeriod(tokens: Tokens): Months {
  if (!tokens.take('of')) return EVERY_MONTH;
  tokens.take('the', 'every', 'each');
  const period = own(PERIODS, singular(tokens.peek()));
  if (period !== undefined) {
    tokens.next();
    return period;
  }
  const names = readNames(tokens, MONTH_NAMES).map((name) => MONTH_NAMES.indexOf(name) + 1);
  if (names.length === 0) throw unknown(tokens);
  return { first: names.join(','), last: names.join(',') };
}

/** "1st and 15th". */
function readDates(tokens: Tokens): number[] {
  const dates: number[] = [];
  for (;;) {
    const [, digits] = /^(\d{1,2})(?:st|nd|rd|th)$/.exec(tokens.peek() ?? '') ?? [];
    if (digits === undefined) return dates;
    const date = Number(digits);
    if (date < 1 || date > 31) throw new Misread(`there is no ${tokens.peek()} of a month`);
    dates.push(date);
    tokens.next();
    if (tokens.take('and')) tokens.take('the');
  }
}

/** Names in a list, in full, in the plural or by their first three letters. */
function readNames(tokens: Tokens, names: readonly string[]): string[] {
  const found: string[] = [];
  for (;;) {
    const word = singular(tokens.peek());
    const name = names.find((full) => full === word || (word.length >= 3 && full.startsWith(word)));
    if (name === undefined) return found;
    found.push(name);
    tokens.next();
    tokens.take('and');
  }
}

function singular(word = ''): string {
  return word.length > 3 ? word.replace(/s$/, '') : word;
}

function unknown(tokens: Tokens): Misread {
  const word = tokens.peek();
  if (word === undefined) return new Misread('something is missing at its end');
  if (word.includes('/')) return new Misread(`"${word}" does not belong here`, `Give the zone by itself: --timezone.`);
  if (word === 'other' || word === 'week')
    return new Misread(
      `"${word}" is not known`,
      'Every so many weeks cannot be said; say which in a month: "first monday".',
    );
  return new Misread(`"${word}" is not understood here`, didYouMean(word, WORDS));
}
