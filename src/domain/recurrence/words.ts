import { UserError } from '../../lib/errors.ts';
import { Misread, suggestions } from './misread.ts';
import type { StepUnit } from './cron.ts';
import { textOf, Tokens, tokensOf } from './tokens.ts';
import {
  clockText,
  countOf,
  DAY_NAMES,
  dayOf,
  DAYS_OF_MONTHS,
  listText,
  MONDAY_TO_FRIDAY,
  MONTH_NAMES,
  monthOf,
  ordinalOf,
  ordinalText,
  ordinalWord,
  singular,
  WEEKEND,
} from './vocabulary.ts';

/** A rule in words, as a cron; what no cron says is in fields of its own. */
export interface WordedRule {
  cron: string;
  /** Keeps only the n-th matching day of each month; -1 is the last. */
  nthDay?: number;
  /** Keeps only every n-th week or day; the caller says which one is the first. */
  step?: { every: number; unit: StepUnit };
}

/**
 * Reads a recurrence in English, in whatever order its days, times and months come:
 *
 *     every weekday at 09:00                    every 2 weeks on friday at 9:00
 *     last friday of the month at 16:00         1st and 15th of the month at 7am
 *     first weekday of the quarter at noon      every 2 hours from 8:00 to 18:00 on weekdays
 *
 * @throws UserError `invalid_recurrence`, which names the word that is not understood; its hint has a phrase that is.
 */
export function parseWords(text: string): WordedRule {
  const words = tokensOf(text.slice(0, LONGEST_TEXT));
  try {
    return readRule(words);
  } catch (error) {
    if (!(error instanceof Misread)) throw error;
    const near = suggestions(words, error, isReadable).map((phrase) => `"${phrase}"`);
    const note = error.repair.note === undefined ? '' : ` ${error.repair.note}`;
    const hint = `Write it like ${near.join(' or ')}.${note}`;
    throw UserError.input('invalid_recurrence', `"${text}" is no recurrence: ${error.message}`, { hint, cause: error });
  }
}

const LONGEST_TEXT = 400;

/** True for a phrase that `parseWords` reads. */
export function isReadable(text: string): boolean {
  try {
    readRule(tokensOf(text.slice(0, LONGEST_TEXT)));
    return true;
  } catch (error) {
    if (error instanceof Misread) return false;
    throw error;
  }
}

type Period = 'month' | 'quarter' | 'year';

interface TimeOfDay {
  hour: number;
  minute: number;
  /** "9" may be morning or evening. */
  bare: boolean;
  at: number;
}

/** What a phrase says, each with the place of its word. */
interface Said {
  times?: TimeOfDay[];
  partOfDay?: { name: string; at: number };
  interval?: { count: number; unit: 'minute' | 'hour'; at: number };
  /** Of each hour. */
  past?: { minute: number; at: number };
  range?: { from: TimeOfDay; to: TimeOfDay };
  everyDay?: { at: number };
  weekdays?: { days: number[]; named: boolean; at: number };
  nth?: { ns: number[]; of: number[]; group: boolean; at: number };
  dates?: { days: number[]; spelled: boolean; at: number };
  months?: { months: number[]; at: number };
  period?: { name: Period; at: number };
  /** "every second", which may count weeks or the days of a month, until the month is named. */
  unclear?: { n: number; at: number };
  /** "weekly" and "every month" do not say the day. */
  needs?: { name: Period | 'week' | 'dates'; at: number };
  step?: { every: number; unit: StepUnit; at: number };
  except?: { weekdays: number[]; dates: number[]; months: number[]; at: number; end: number };
}

function readRule(words: readonly string[]): WordedRule {
  const tokens = new Tokens(words);
  const said: Said = {};
  if (tokens.ended) throw new Misread(0, 'it is empty');
  while (!tokens.ended) readClause(tokens, said);
  return compose(said, tokens);
}

const EVERY = ['every', 'each', 'all'];
const EXCEPT = ['except', 'but', 'without', 'excluding', 'not'];
const TO = ['to', 'through', 'thru', 'until', 'till'];

function readClause(tokens: Tokens, said: Said): void {
  if (tokens.take(',')) return;
  const start = tokens.at;
  if (tokens.take('and')) throw unknown(tokens, tokens.ended ? start : tokens.at);
  if (tokens.take(...EXCEPT)) return readException(tokens, said, start);
  if (tokens.take('from', 'between')) return readFrom(tokens, said);
  if (tokens.take('at')) return readAt(tokens, said, start);
  const inside = tokens.take('in');
  if (inside && countOf(tokens.peek()) !== undefined)
    throw new Misread(start, `"${tokens.words[start]}" is not understood here`, { replace: ['every'] });
  if (!inside) tokens.take('on');
  tokens.take('the');
  const every = tokens.take(...EVERY);
  if (every) tokens.take('the');
  if (tokens.ended) throw new Misread(tokens.at - 1, `something is missing after "${tokens.peek(-1)}"`);
  if (inside && readPeriodName(tokens, said)) return;
  readDays(tokens, said, every);
}

/** "9:00", ":15", "minute 15", "15 minutes past every hour", after the word "at". */
function readAt(tokens: Tokens, said: Said, start: number): void {
  if (readPast(tokens, said)) return;
  if (tokens.ended) throw new Misread(start, 'something is missing after "at"', { replace: ['at 09:00'] });
  if (!isTime(tokens.peek()) && countOf(tokens.peek()) === undefined) throw unknown(tokens, tokens.at);
  readTimes(tokens, said);
}

/** Minutes of each hour. */
function readPast(tokens: Tokens, said: Said): boolean {
  const at = tokens.at;
  const [, colon] = /^:([0-5]\d)$/.exec(tokens.peek()) ?? [];
  if (colon !== undefined) {
    tokens.next();
    once(tokens, said, 'past', { minute: Number(colon), at });
    return true;
  }
  if (tokens.peek() === 'minute' && countOf(tokens.peek(1)) !== undefined) {
    tokens.next();
    once(tokens, said, 'past', { minute: minuteIn(tokens, tokens.next()), at });
    return true;
  }
  const minute = countOf(tokens.peek());
  const unit = tokens.peek(1);
  const past = minute !== undefined && (unit === 'past' || (singular(unit) === 'minute' && tokens.peek(2) === 'past'));
  if (!past) return false;
  tokens.at += unit === 'past' ? 2 : 3;
  once(tokens, said, 'past', { minute: minuteIn(tokens, String(minute)), at });
  const every = tokens.take('every', 'each');
  if (!every) tokens.take('the');
  if (!tokens.take('hour')) throw unknown(tokens, Math.min(tokens.at, tokens.words.length - 1));
  said.interval ??= { count: 1, unit: 'hour', at };
  return true;
}

function minuteIn(tokens: Tokens, word: string): number {
  const minute = countOf(word) ?? 60;
  if (minute <= 59) return minute;
  throw new Misread(tokens.at - 1, `an hour has no minute "${word}"`, { replace: ['59'] });
}

/** "9:00 to 17:00", "monday to friday", "june to august", after the word "from" or "between". */
function readFrom(tokens: Tokens, said: Said): void {
  const word = tokens.peek();
  if (isTime(word) || countOf(word) !== undefined) {
    const from = readTime(tokens);
    if (!tokens.take(...TO, 'and')) {
      throw new Misread(tokens.at - 1, `"${word}" until when?`, { replace: [`${word} to 23:00`] });
    }
    if (!isTime(tokens.peek()) && countOf(tokens.peek()) === undefined) throw unknown(tokens, tokens.at);
    return once(tokens, said, 'range', { from, to: readTime(tokens) });
  }
  const isRange = TO.includes(tokens.peek(1)) && (dayOf(word) ?? monthOf(word)) !== undefined;
  if (!isRange) throw unknown(tokens, tokens.at);
  readDays(tokens, said, false);
}

const TIME = /^(\d{1,2})(?::(\d\d))?(am|pm)?$/;
const NAMED_TIMES = new Map([
  ['noon', 12],
  ['midday', 12],
  ['midnight', 0],
]);

function isTime(word: string): boolean {
  return NAMED_TIMES.has(word) || /^\d{1,2}:\d\d(am|pm)?$|^\d{1,2}(am|pm)$/.test(word);
}

/** "8:00 and 17:00" */
function readTimes(tokens: Tokens, said: Said): void {
  const times: TimeOfDay[] = [];
  const isItem = (word: string) => isTime(word) || (/^\d{1,2}$/.test(word) && !isUnit(tokens.peek(1)));
  do times.push(readTime(tokens));
  while (tokens.takeAnd(isItem, 'at'));
  // "9:00-17:00" after "every hour".
  if (times.length === 1 && TO.includes(tokens.peek()) && isTime(tokens.peek(1))) {
    tokens.next();
    return once(tokens, said, 'range', { from: times[0]!, to: readTime(tokens) });
  }
  once(tokens, said, 'times', times);
}

/** 09:00, 9:00, 9am, 9:30pm, noon, midnight; also 9, where it is plain which half of the day is meant. */
function readTime(tokens: Tokens): TimeOfDay {
  const at = tokens.at;
  const word = tokens.next();
  const named = NAMED_TIMES.get(word);
  if (named !== undefined) return { hour: named, minute: 0, bare: false, at };
  const [, digits = '', minutes = '00', half] = TIME.exec(word) ?? [];
  const [hour, minute] = [Number(digits === '' ? Number.NaN : digits), Number(minutes)];
  const twelve = half !== undefined;
  const refuse = (...replace: string[]) => new Misread(at, `there is no time "${word}"`, { replace });
  if (minute > 59) throw refuse(`${digits}:00${half ?? ''}`);
  if (twelve && hour > 12) throw refuse(`${hour}:${minutes}`);
  if (twelve && hour < 1) throw refuse(`12:${minutes}am`);
  if (Number.isNaN(hour)) throw refuse(word.replace(/^(\d\d)(\d\d)$/, '$1:$2'));
  if (hour > 23) throw refuse(hour === 24 ? `0:${minutes}` : '23:00');
  const bare = !twelve && !word.includes(':');
  return { hour: twelve ? (hour % 12) + (half === 'pm' ? 12 : 0) : hour, minute, bare, at };
}

/** Hours of the parts of a day. */
const PARTS = new Map<string, (hour: number) => boolean>([
  ['morning', (hour) => hour < 12],
  ['afternoon', (hour) => hour >= 12 && hour < 19],
  ['evening', (hour) => hour >= 16],
  ['night', (hour) => hour < 7 || hour >= 18],
]);

const UNITS = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year', 'second', 'fortnight'];
const SHORT_UNITS = new Map([
  ['min', 'minute'],
  ['hr', 'hour'],
  ['hrs', 'hour'],
]);

function unitOf(word: string): string | undefined {
  const one = singular(word);
  const unit = SHORT_UNITS.get(one) ?? SHORT_UNITS.get(word) ?? one;
  // A second is an ordinal.
  return UNITS.includes(unit) && word !== 'second' ? unit : undefined;
}

function isUnit(word: string): boolean {
  return unitOf(word) !== undefined || groupOf(word) !== undefined;
}

/** Days of the week that a word stands for. */
function groupOf(word: string): number[] | undefined {
  const one = singular(word);
  return one === 'weekday' ? MONDAY_TO_FRIDAY : one === 'weekend' ? WEEKEND : undefined;
}

const isWeekday = (word: string): boolean => dayOf(word) !== undefined || groupOf(word) !== undefined;

/** What may come after "every", "on" or nothing. */
function readDays(tokens: Tokens, said: Said, every: boolean): void {
  const at = tokens.at;
  const word = tokens.peek();
  if (readPast(tokens, said)) return;
  if (tokens.take('other', 'alternate')) return readEveryOther(tokens, said, at);
  if (tokens.take('once')) {
    if (!tokens.take('a', 'per', 'every', 'each')) throw unknown(tokens, at);
    return readDays(tokens, said, true);
  }
  if (readAdverb(tokens, said)) return;
  const ordinal = ordinalOf(word);
  if (ordinal !== undefined) return readOrdinals(tokens, said, every);
  if (countOf(word) !== undefined) return readCounted(tokens, said);
  if (isTime(word)) {
    if (every) throw new Misread(at, `on which days at "${word}"?`, { replace: [`day at ${word}`] });
    return readTimes(tokens, said);
  }
  if (isWeekday(word)) return readWeekdays(tokens, said);
  if (monthOf(word) !== undefined) return readMonths(tokens, said, every);
  if (PARTS.has(singular(word))) {
    tokens.next();
    if (every) once(tokens, said, 'everyDay', { at });
    return once(tokens, said, 'partOfDay', { name: singular(word), at });
  }
  if (['end', 'start', 'beginning'].includes(word) && tokens.peek(1) === 'of') return readEdge(tokens, said);
  const unit = unitOf(word);
  if (unit === undefined) throw unknown(tokens, at);
  tokens.next();
  readUnit(tokens, said, { unit, every, at });
}

/** "every hour", "day", "the hour". */
function readUnit(tokens: Tokens, said: Said, { unit, every, at }: { unit: string; every: boolean; at: number }): void {
  switch (unit) {
    case 'minute':
    case 'hour':
      // "every hour on the hour"
      if (unit === 'hour' && !every && said.interval?.unit === 'hour')
        return once(tokens, said, 'past', { minute: 0, at });
      return once(tokens, said, 'interval', { count: 1, unit, at });
    case 'day':
      if (!every && countOf(tokens.peek()) !== undefined) return readDayNumbers(tokens, said, at);
      once(tokens, said, 'everyDay', { at });
      return readOf(tokens, said, true);
    case 'week':
      return once(tokens, said, 'needs', { name: 'week', at });
    case 'fortnight':
      return readStep(tokens, said, { every: 2, unit: 'week', at });
    case 'month':
    case 'quarter':
    case 'year':
      once(tokens, said, 'period', { name: unit, at });
      return once(tokens, said, 'needs', { name: unit, at });
    default:
      throw unknown(tokens, at);
  }
}

/** One that says of each period only the last or the first day: "end of the month". */
function readEdge(tokens: Tokens, said: Said): void {
  const at = tokens.at;
  const word = tokens.next();
  const unit = unitOf(tokens.peek(1) === 'the' ? tokens.peek(2) : tokens.peek(1)) ?? '';
  if (!PERIODS.has(unit as Period)) {
    const problem = `"${word}" of a ${unit || 'what'}?`;
    throw new Misread(at, problem, { suggest: ['every friday at 17:00', 'end of the month at 17:00'] });
  }
  once(tokens, said, 'nth', { ns: [word === 'end' ? -1 : 1], of: ALL_DAYS, group: true, at });
  readOf(tokens, said, false);
}

const ADVERBS = new Map([
  ['daily', 'day'],
  ['hourly', 'hour'],
  ['weekly', 'week'],
  ['monthly', 'month'],
  ['quarterly', 'quarter'],
  ['yearly', 'year'],
  ['annually', 'year'],
  ['biweekly', 'fortnight'],
  ['fortnightly', 'fortnight'],
]);

function readAdverb(tokens: Tokens, said: Said): boolean {
  const unit = ADVERBS.get(tokens.peek());
  if (unit === undefined) return false;
  const at = tokens.at;
  tokens.next();
  readUnit(tokens, said, { unit, every: true, at });
  return true;
}

/** "every other week", "every other friday". */
function readEveryOther(tokens: Tokens, said: Said, at: number): void {
  const word = tokens.peek();
  const unit = unitOf(word);
  if (unit !== undefined) {
    tokens.next();
    return readEveryFew(tokens, said, { count: 2, unit, at });
  }
  if (dayOf(word) !== undefined) {
    readStep(tokens, said, { every: 2, unit: 'week', at });
    return readWeekdays(tokens, said);
  }
  if (groupOf(word) !== undefined)
    throw new Misread(at, `"other" does not go with "${word}"`, {
      length: 2,
      replace: ['other week on weekdays', `other week on ${word}`],
    });
  throw unknown(tokens, Math.min(tokens.at, tokens.words.length - 1));
}

/** "2 weeks", "15 minutes", "24 december". */
function readCounted(tokens: Tokens, said: Said): void {
  const at = tokens.at;
  const word = tokens.next();
  const count = countOf(word) ?? 0;
  const next = tokens.peek();
  if (monthOf(next) !== undefined) {
    checkDate(count, at, word);
    once(tokens, said, 'dates', { days: [count], spelled: false, at });
    return readMonths(tokens, said, false);
  }
  const unit = unitOf(next);
  if (unit !== undefined) {
    tokens.next();
    return readEveryFew(tokens, said, { count, unit, at });
  }
  if (next === 'second' || next === 'seconds' || next === 'sec') throw inSeconds(tokens);
  if (isWeekday(next)) throw new Misread(at, `"${word}" of them?`, { replace: ['2 weeks on'] });
  if (next === 'times') throw new Misread(tokens.at, '"times" is not understood here', { suggest: [TWO_TIMES] });
  const replace = [`${word}:00`, `at ${word}:00`, `${word} minutes`];
  throw new Misread(at, `"${word}" of what? Times are written like 9:00 or 9am`, { replace });
}

const TWO_TIMES = 'every day at 9:00 and 17:00';

function inSeconds(tokens: Tokens): Misread {
  return new Misread(tokens.at, `"${tokens.peek()}" are too short`, { suggest: ['every minute', 'every 5 minutes'] });
}

/** `every 3 days`, `every other week` */
function readEveryFew(
  tokens: Tokens,
  said: Said,
  { count, unit, at }: { count: number; unit: string; at: number },
): void {
  const word = tokens.words[at] ?? '';
  const length = tokens.at - at;
  switch (unit) {
    case 'minute':
    case 'hour':
      return once(tokens, said, 'interval', { count, unit, at });
    case 'day':
    case 'week': {
      const max = STEP_MAX[unit];
      if (count < 1 || count > max) {
        throw new Misread(at, `"${word}" ${unit}s: from 1 to ${max}`, { replace: [String(count < 1 ? 1 : max)] });
      }
      if (count > 1) return readStep(tokens, said, { every: count, unit, at });
      return readUnit(tokens, said, { unit, every: true, at });
    }
    case 'fortnight':
      return readStep(tokens, said, { every: count * 2, unit: 'week', at });
    case 'month':
    case 'quarter':
    case 'year':
      if (count === 1) return readUnit(tokens, said, { unit, every: true, at });
      throw new Misread(at, `"${word}" ${unit}s: which ones? Name the months`, {
        length,
        replace: [namedMonths(count, unit)],
      });
    default:
      tokens.at -= 1;
      throw inSeconds(tokens);
  }
}

/** An anchor decides which ones; a year has some 52 weeks and 365 days. */
export const STEP_MAX = { day: 365, week: 52 } as const;

function readStep(tokens: Tokens, said: Said, step: { every: number; unit: StepUnit; at: number }): void {
  once(tokens, said, 'step', step);
  if (step.unit === 'week') once(tokens, said, 'needs', { name: 'week', at: step.at });
}

/** "january, april, july and october" for every 3 months. */
function namedMonths(count: number, unit: string): string {
  const months = unit === 'month' ? count : unit === 'quarter' ? 3 * count : 12;
  return listText(MONTH_NAMES.filter((_, index) => months > 0 && index % months === 0));
}

/** "monday and thursday", "monday to friday", "weekdays and saturday". */
function readWeekdays(tokens: Tokens, said: Said): void {
  const at = tokens.at;
  const { days, named } = weekdayList(tokens);
  once(tokens, said, 'weekdays', { days, named, at });
}

function weekdayList(tokens: Tokens): { days: number[]; named: boolean } {
  const days = new Set<number>();
  let named = false;
  do {
    const word = tokens.next();
    const [from, to] = [dayOf(word), TO.includes(tokens.peek()) ? dayOf(tokens.peek(1)) : undefined];
    if (from !== undefined && to !== undefined) {
      tokens.at += 2;
      for (let day = from; ; day = (day + 1) % 7) {
        days.add(day);
        if (day === to) break;
      }
    } else if (from === undefined) {
      for (const day of groupOf(word) ?? []) days.add(day);
    } else {
      named = true;
      days.add(from);
    }
  } while (tokens.takeAnd(isWeekday, 'on', 'every', 'each', 'the'));
  return { days: [...days], named };
}

/** "january and july", "june to august", with a day: "january 1st", "dec 24". */
function readMonths(tokens: Tokens, said: Said, every: boolean): void {
  const at = tokens.at;
  once(tokens, said, 'months', { months: monthList(tokens), at });
  if (isDate(tokens)) readDateList(tokens, said);
  else if (every && said.dates === undefined) once(tokens, said, 'needs', { name: 'dates', at });
}

function monthList(tokens: Tokens): number[] {
  const months = new Set<number>();
  do {
    const from = monthOf(tokens.next()) ?? 1;
    const to = TO.includes(tokens.peek()) ? monthOf(tokens.peek(1)) : undefined;
    if (to !== undefined) tokens.at += 2;
    for (let month = from; ; month = (month % 12) + 1) {
      months.add(month);
      if (month === (to ?? from)) break;
    }
  } while (tokens.takeAnd((word) => monthOf(word) !== undefined, 'of', 'in', 'the'));
  return [...months].toSorted((a, b) => a - b);
}

/** "24" or "24th", and no "24 hours" or "first monday". */
function isDate(tokens: Tokens): boolean {
  const [word, next] = [tokens.peek(), tokens.peek(1)];
  if (isUnit(next) || dayOf(next) !== undefined || next === 'past') return false;
  return /^\d{1,2}$/.test(word) || (ordinalOf(word)?.n ?? 0) > 0;
}

function readDateList(tokens: Tokens, said: Said): void {
  const at = tokens.at;
  const days: number[] = [];
  do {
    const word = tokens.next();
    const day = ordinalOf(word)?.n ?? countOf(word) ?? 0;
    checkDate(day, tokens.at - 1, word);
    days.push(day);
  } while (tokens.takeAnd(() => isDate(tokens), 'the'));
  once(tokens, said, 'dates', { days, spelled: false, at });
}

function checkDate(day: number, at: number, word: string): void {
  if (day >= 1 && day <= 31) return;
  throw new Misread(at, `no month has a "${word}"`, { replace: [day < 1 ? '1st' : '28th'] });
}

/** "day 1 and 15 of the month". */
function readDayNumbers(tokens: Tokens, said: Said, at: number): void {
  const days: number[] = [];
  do {
    const word = tokens.next();
    checkDate(countOf(word) ?? 0, tokens.at - 1, word);
    days.push(countOf(word) ?? 0);
  } while (tokens.takeAnd((word) => countOf(word) !== undefined && !isUnit(tokens.peek(1))));
  once(tokens, said, 'dates', { days, spelled: true, at });
  readOf(tokens, said, false);
}

/** "1st and 15th", "first and third monday", "last day of the month", and after "every" also "third day". */
function readOrdinals(tokens: Tokens, said: Said, every: boolean): void {
  const at = tokens.at;
  const ns: number[] = [];
  let spelled = false;
  do {
    const from = ordinalOf(tokens.next());
    const ahead = tokens.peek(1) === 'the' ? 2 : 1;
    const to = TO.includes(tokens.peek()) ? ordinalOf(tokens.peek(ahead)) : undefined;
    if (from === undefined) throw unknown(tokens, tokens.at - 1);
    if (to !== undefined) tokens.at += ahead + 1;
    if (ns.length > 0 && (from.n < 0 || (ns[0] ?? 0) < 0)) {
      const word = tokens.peek(-1);
      throw new Misread(tokens.at - 1, `"${word}" cannot be counted together with the others`);
    }
    spelled ||= from.spelled;
    for (let n = from.n; n <= (to?.n ?? from.n); n += 1) ns.push(n);
  } while (tokens.takeAnd((word) => ordinalOf(word) !== undefined, 'on', 'every', 'each', 'the'));
  const [n = 0] = ns;
  const counts = every && ns.length === 1 && n > 1;
  const next = tokens.peek();
  const unit = unitOf(next);
  if (counts && unit !== undefined && (unit !== 'day' || tokens.peek(1) !== 'of')) {
    tokens.next();
    return readEveryFew(tokens, said, { count: n, unit, at });
  }
  if (singular(next) === 'weekend') {
    const which = ordinalWord(n);
    const suggest = ['saturday', 'sunday'].map((day) => `${which} ${day} of the month at 9:00`);
    throw new Misread(tokens.at, `which day of the "${next}"?`, { replace: ['saturday'], suggest });
  }
  if (countOf(next) !== undefined && unitOf(tokens.peek(1)) === 'day') {
    const last = ordinalText(countOf(next) ?? 5);
    throw new Misread(tokens.at, `"${next}" days together need their dates`, {
      suggest: [`1st to ${last} of the month at 9:00`],
    });
  }
  if (dayOf(next) !== undefined || groupOf(next) !== undefined) return readNth(tokens, said, { ns, counts, at });
  if (unit === 'day') tokens.next();
  else if (unit !== undefined) throw unknown(tokens, tokens.at);
  if (n < 0) once(tokens, said, 'nth', { ns, of: ALL_DAYS, group: true, at });
  else {
    for (const day of ns) checkDate(day, at, tokens.words[at] ?? '');
    once(tokens, said, 'dates', { days: ns, spelled: spelled || unit === 'day', at });
  }
  if (monthOf(tokens.peek()) !== undefined) return readMonths(tokens, said, false);
  readOf(tokens, said, false);
}

const ALL_DAYS = [0, 1, 2, 3, 4, 5, 6];
/** Every month has five of each weekday at most, and 20 working days at least. */
const NTH_MAX = { day: 5, group: 20 };

function readNth(tokens: Tokens, said: Said, { ns, counts, at }: { ns: number[]; counts: boolean; at: number }): void {
  const word = tokens.next();
  const [day, group] = [dayOf(word), groupOf(word)];
  const of = group ?? [day ?? 0];
  const max = group === undefined ? NTH_MAX.day : NTH_MAX.group;
  const [n = 0] = ns;
  const first = tokens.words[at] ?? '';
  if (ns.some((one) => Math.abs(one) > max)) {
    throw new Misread(at, `there is no "${first}" ${word} of a month`, { replace: ['last'] });
  }
  if (group !== undefined && ns.length > 1) {
    throw new Misread(at, `"${first}" and others of the weekdays cannot be one recurrence`, {
      suggest: [`${first} weekday of the month at 9:00`],
    });
  }
  once(tokens, said, 'nth', { ns, of, group: group !== undefined, at });
  const before = said.period ?? said.months;
  readOf(tokens, said, false);
  if (counts && before === undefined && (said.period ?? said.months) === undefined) said.unclear = { n, at };
}

const PERIODS = new Map<Period, { first: number[]; last: number[] }>([
  ['month', { first: [], last: [] }],
  ['quarter', { first: [1, 4, 7, 10], last: [3, 6, 9, 12] }],
  ['year', { first: [1], last: [12] }],
]);

/** "of the month", "of every quarter", "of january and july", where it comes next. */
function readOf(tokens: Tokens, said: Said, ofDay: boolean): void {
  if (!tokens.take('of')) return;
  tokens.take('the', 'every', 'each', 'a');
  if (readPeriodName(tokens, said)) return;
  if (ofDay && tokens.take('week', 'year')) return;
  if (monthOf(tokens.peek()) === undefined) throw unknown(tokens, Math.min(tokens.at, tokens.words.length - 1));
  const at = tokens.at;
  once(tokens, said, 'months', { months: monthList(tokens), at });
}

function readPeriodName(tokens: Tokens, said: Said): boolean {
  const at = tokens.at;
  const name = singular(tokens.peek()) as Period;
  if (!PERIODS.has(name)) return false;
  tokens.next();
  once(tokens, said, 'period', { name, at });
  return true;
}

/** "sunday", "weekends", "the 1st", "august", after the word "except". */
function readException(tokens: Tokens, said: Said, start: number): void {
  tokens.take('on', 'in', 'for');
  tokens.take(...EVERY, 'the');
  const at = tokens.at;
  const word = tokens.peek();
  const none = { weekdays: [], dates: [], months: [] };
  if (isWeekday(word)) {
    const weekdays = weekdayList(tokens).days;
    return once(tokens, said, 'except', { ...none, weekdays, at, end: tokens.at });
  }
  if (monthOf(word) !== undefined && !isDateAhead(tokens)) {
    return once(tokens, said, 'except', { ...none, months: monthList(tokens), at, end: tokens.at });
  }
  const numeric =
    /^\d{1,2}(st|nd|rd|th)$/.test(word) && !isWeekday(tokens.peek(1)) && monthOf(tokens.peek(1)) === undefined;
  if (numeric) {
    const dates: number[] = [];
    do {
      const one = tokens.next();
      checkDate(ordinalOf(one)?.n ?? 0, tokens.at - 1, one);
      dates.push(ordinalOf(one)?.n ?? 0);
    } while (tokens.takeAnd((next) => /^\d{1,2}(st|nd|rd|th)$/.test(next), 'the'));
    once(tokens, said, 'except', { ...none, dates, at, end: tokens.at });
    return;
  }
  if (tokens.ended || tokens.peek() === 'at') throw new Misread(start, `"${tokens.words[start]}" what?`);
  const note = 'Single dates are left out by --skip.';
  throw new Misread(at, `"${word}" cannot be left out here`, { note });
}

function isDateAhead(tokens: Tokens): boolean {
  return /^\d{1,2}(st|nd|rd|th)?$/.test(tokens.peek(1));
}

/** Says something for the first time; what contradicts it later is refused at its own word. */
function once<Key extends keyof Said>(tokens: Tokens, said: Said, key: Key, value: Said[Key] & {}): void {
  const place = 'at' in value ? (value.at as number) : Array.isArray(value) ? (value[0]?.at ?? 0) : tokens.at - 1;
  if (said[key] !== undefined) {
    // "monday weekly", "every week on friday every 2 weeks": the second says nothing, or something else.
    throw new Misread(place, `"${tokens.words[place]}" says again what was said before`);
  }
  const rivals: (keyof Said)[] = DAY_CLAUSES.includes(key) ? DAY_CLAUSES.filter((other) => other !== key) : [];
  const rival = rivals.find((other) => said[other] !== undefined);
  said[key] = value;
  if (rival === undefined) return;
  const plainDay = [rival, key].includes('everyDay') && said.weekdays?.named === false;
  if (!plainDay) throw new Misread(place, `"${tokens.words[place]}" does not go with the days before it`);
}

const DAY_CLAUSES: (keyof Said)[] = ['everyDay', 'weekdays', 'nth', 'dates'];

function compose(said: Said, tokens: Tokens): WordedRule {
  checkNeeds(said, tokens);
  const { nthDay, daysOfMonth, daysOfWeek, months } = daysIn(said, tokens);
  const cron = `${clockIn(said, tokens)} ${fieldOf(daysOfMonth, 31)} ${fieldOf(months, 12)} ${weekText(daysOfWeek)}`;
  const { step } = said;
  return {
    cron,
    ...(nthDay !== undefined && { nthDay }),
    ...(step !== undefined && { step: { every: step.every, unit: step.unit } }),
  };
}

/** What is said has to say the day, too. */
function checkNeeds(said: Said, { words }: Tokens): void {
  const { needs, step, unclear, interval } = said;
  const at = timeIn(said);
  const word = (place: number) => words[place] ?? '';
  const hasDays = DAY_CLAUSES.some((key) => said[key] !== undefined);
  if (step !== undefined) {
    const other =
      step.unit === 'day' ? (said.weekdays ?? said.nth ?? said.dates) : (said.nth ?? said.dates ?? said.everyDay);
    if (other !== undefined) {
      const suggest =
        step.unit === 'day' ? [`every ${step.every} days ${at}`] : [`every ${step.every} weeks on friday ${at}`];
      throw new Misread(other.at, `"${word(other.at)}" does not go with every ${step.every} ${step.unit}s`, {
        suggest,
      });
    }
  }
  if (unclear !== undefined) throw unclearOrdinal(said, words, unclear);
  if (needs !== undefined) {
    const problem = `on which day "${word(needs.at)}"?`;
    const lead = textOf(words.slice(0, needs.at + 1));
    if (needs.name === 'week' && said.weekdays === undefined) {
      const weeks = step === undefined ? 'every week' : `every ${step.every} weeks`;
      throw new Misread(needs.at, problem, { suggest: [`${weeks} on friday ${at}`] });
    }
    const dated = (said.dates ?? said.nth) !== undefined;
    const year = needs.name === 'year' && said.months === undefined && said.dates !== undefined;
    if (needs.name !== 'week' && (!dated || year)) {
      const suggest = needs.name === 'year' ? [`every year on january 1st ${at}`] : [`${lead} on the 1st ${at}`];
      throw new Misread(needs.at, problem, { suggest });
    }
  }
  if (!hasDays && interval === undefined && step === undefined) {
    const lonely = said.months ?? said.partOfDay ?? said.past ?? said.times?.[0] ?? said.except ?? said.range?.from;
    const place = lonely?.at ?? 0;
    const replace = [`every day at ${word(place)}`, `every day in ${word(place)}`, `every ${word(place)} at 9:00`];
    throw new Misread(place, `on which days "${word(place)}"?`, { replace, suggest: [`every day ${textOf(words)}`] });
  }
}

/** The times that are said, for a phrase that is suggested; nine o'clock if none are. */
function timeIn({ times }: Said): string {
  const [first] = times ?? [];
  return `at ${first === undefined ? '9:00' : clockText(first.hour, first.minute)}`;
}

/** "every second friday" is every other one to some, and that of the month to others. */
function unclearOrdinal(said: Said, words: readonly string[], { n, at }: { n: number; at: number }): Misread {
  const [day, time] = [singular(words[at + 1] ?? 'friday'), timeIn(said)];
  const fortnight = isWeekday(day) ? [`every ${n} weeks on ${day === 'weekday' ? 'weekdays' : day} ${time}`] : [];
  return new Misread(at, `"${words[at]}" may count weeks, or the days of a month`, {
    suggest: [...fortnight, `${words[at]} ${day} of the month ${time}`],
  });
}

interface DaysIn {
  daysOfMonth: number[];
  months: number[];
  daysOfWeek: number[];
  nthDay?: number;
}

const ALL_DATES = Array.from({ length: 31 }, (_, index) => index + 1);
const ALL_MONTHS = MONTH_NAMES.map((_, index) => index + 1);
const DATES_IN_WEEK = 7;

function daysIn(said: Said, tokens: Tokens): DaysIn {
  const { weekdays, nth, dates, period, except } = said;
  const isLast = (nth?.ns[0] ?? 1) < 0;
  const ofPeriod = PERIODS.get(period?.name ?? 'month')?.[isLast ? 'last' : 'first'] ?? [];
  const dated = dates ?? nth;
  if (period !== undefined && dated === undefined && said.needs === undefined && said.everyDay === undefined) {
    throw new Misread(period.at, `which day of the "${tokens.words[period.at]}"?`);
  }
  if (dates?.spelled === true && period === undefined && said.months === undefined) {
    const word = tokens.words[dates.at] ?? '';
    throw new Misread(dates.at, `"${word}" of what?`, { replace: [`${word} of the month`, '1st of the month'] });
  }
  const ofMonths = said.months?.months ?? (dated === undefined || ofPeriod.length === 0 ? ALL_MONTHS : ofPeriod);
  const months = without(ofMonths, except?.months ?? [], said, tokens);
  const rule: DaysIn = { daysOfMonth: ALL_DATES, months, daysOfWeek: weekdays?.days ?? ALL_DAYS };
  if (dates !== undefined) rule.daysOfMonth = dates.days;
  if (nth !== undefined) nthIn(nth, rule);
  checkDatesExist(said, rule, tokens);
  rule.daysOfMonth = without(rule.daysOfMonth, except?.dates ?? [], said, tokens);
  rule.daysOfWeek = without(rule.daysOfWeek, except?.weekdays ?? [], said, tokens);
  if (except !== undefined && nth !== undefined && except.months.length === 0) throw exceptOf(said, tokens);
  if (except !== undefined && dates !== undefined && except.weekdays.length > 0) throw exceptOf(said, tokens);
  return rule;
}

/** What a cron can say is a cron: the second Tuesday is a Tuesday from the 8th to the 14th. */
function nthIn({ ns, of, group }: Said['nth'] & {}, rule: DaysIn): void {
  const [n = 1] = ns;
  rule.daysOfWeek = of;
  if (of.length === ALL_DAYS.length && n > 0) rule.daysOfMonth = [n];
  else if (!group && n > 0) {
    rule.daysOfMonth = ns.flatMap((one) => ALL_DATES.slice((one - 1) * DATES_IN_WEEK, one * DATES_IN_WEEK));
  } else rule.nthDay = n;
}

/** A cron would leave out silently the months that have no such day. */
function checkDatesExist({ dates, months }: Said, rule: DaysIn, tokens: Tokens): void {
  if (dates === undefined || months === undefined) return;
  const day = Math.max(...dates.days);
  const short = rule.months.find((month) => (DAYS_OF_MONTHS[month - 1] ?? 31) < day);
  if (short === undefined) return;
  const [name, last] = [MONTH_NAMES[short - 1], DAYS_OF_MONTHS[short - 1]];
  const at = dates.at + dates.days.indexOf(day);
  const named = ordinalOf(tokens.words[at] ?? '') ?? countOf(tokens.words[at] ?? '');
  const place = named === undefined ? dates.at : at;
  const replace = [ordinalText(last ?? 28), String(last)];
  throw new Misread(place, `${name} has no "${tokens.words[place]}"`, { replace });
}

function without(all: readonly number[], left: readonly number[], said: Said, tokens: Tokens): number[] {
  const rest = all.filter((one) => !left.includes(one));
  const unknownOnes = left.filter((one) => !all.includes(one));
  if (rest.length === 0 || unknownOnes.length > 0) throw exceptOf(said, tokens);
  return rest;
}

function exceptOf({ except }: Said, { words }: Tokens): Misread {
  const at = except?.at ?? 0;
  return new Misread(at, `"${words[at]}" cannot be left out of what is named`);
}

/** Minute and hour. */
function clockIn(said: Said, tokens: Tokens): string {
  const { times, interval, past, range, partOfDay } = said;
  const word = (at: number) => tokens.words[at] ?? '';
  if (interval !== undefined) {
    const [time] = times ?? [];
    if (time !== undefined) {
      const replace = time.minute === 0 ? [] : [`:${String(time.minute).padStart(2, '0')}`];
      throw new Misread(time.at, `"${word(time.at)}" does not go with an interval`, { replace });
    }
    if (partOfDay !== undefined) throw new Misread(partOfDay.at, `from when to when is "${word(partOfDay.at)}"?`);
    return intervalIn(interval, { past, range }, tokens.words);
  }
  if (range !== undefined) {
    const { to } = range;
    const replace = [`${word(to.at)} every hour`];
    throw new Misread(to.at, `how often until "${word(to.at)}"?`, { replace });
  }
  if (past !== undefined) {
    throw new Misread(past.at, `"${word(past.at)}" of which hour?`, { replace: [`${word(past.at)} every hour`] });
  }
  if (times === undefined) {
    if (partOfDay !== undefined) {
      const replace = [`${word(partOfDay.at)} at 9:00`, `${word(partOfDay.at)} at 18:00`];
      throw new Misread(partOfDay.at, `at what time in the "${word(partOfDay.at)}"?`, { replace });
    }
    throw new Misread(tokens.words.length - 1, 'at what time?', { suggest: [`${textOf(tokens.words)} at 9:00`] });
  }
  const clock = times.map((time) => hourIn(time, said, tokens));
  const [minutes, hours] = [unique(clock.map(({ minute }) => minute)), unique(clock.map(({ hour }) => hour))];
  if (minutes.length * hours.length > unique(clock.map(({ hour, minute }) => hour * 60 + minute)).length) {
    const odd = clock.find(({ minute }) => minute !== clock[0]?.minute) ?? clock[0]!;
    const note = 'Times with different minutes are two recurrences.';
    throw new Misread(odd.at, `"${word(odd.at)}" has other minutes than the time before it`, { note });
  }
  return `${minutes.join(',')} ${hours.join(',')}`;
}

/** "9" in the evening is 21:00. */
function hourIn(time: TimeOfDay, { partOfDay }: Said, { words }: Tokens): TimeOfDay {
  const word = words[time.at] ?? '';
  if (partOfDay === undefined) {
    if (!time.bare) return time;
    const replace = [`${word.padStart(2, '0')}:00`, ...(time.hour >= 1 && time.hour < 12 ? [`${word}pm`] : [])];
    const problem = time.hour > 12 ? `"${word}" needs its minutes` : `is "${word}" in the morning or in the evening?`;
    throw new Misread(time.at, problem, { replace });
  }
  const fits = PARTS.get(partOfDay.name) ?? (() => true);
  const hours = time.bare && time.hour <= 12 ? [time.hour % 12, (time.hour % 12) + 12] : [time.hour];
  const found = hours.filter(fits);
  // "2 at night" may be one of two.
  const [hour] = time.bare && partOfDay.name === 'night' ? found.filter((one) => one >= 18 || one < 5) : found;
  if (hour !== undefined) return { ...time, hour };
  const replace = [...PARTS].filter(([, has]) => has(time.hour)).map(([name]) => name);
  const suggest = replace.map((name) => textOf(words.with(partOfDay.at, name)));
  throw new Misread(time.at, `"${word}" is not in the ${partOfDay.name}`, { suggest });
}

const WHOLES = { minute: { in: 60, name: 'an hour' }, hour: { in: 24, name: 'a day' } } as const;

/** A step that does not divide its field would not be even: it starts again at each hour or day. */
function intervalIn(
  { count, unit, at }: Said['interval'] & {},
  { past, range }: { past: Said['past'] | undefined; range: Said['range'] | undefined },
  words: readonly string[],
): string {
  if (unit === 'minute' && count >= 60 && count % 60 === 0) {
    return intervalIn({ count: count / 60, unit: 'hour', at }, { past, range }, words);
  }
  const { in: whole, name } = WHOLES[unit];
  // From one hour to another, hours need not divide the day.
  const isEven = count >= 1 && count < whole && (whole % count === 0 || (unit === 'hour' && range !== undefined));
  if (!isEven) {
    const even = Array.from({ length: whole - 1 }, (_, index) => index + 1).filter((one) => whole % one === 0);
    const nearest = even.toSorted((a, b) => Math.abs(a - count) - Math.abs(b - count)).slice(0, 2);
    const suggest =
      count === whole && unit === 'hour'
        ? ['every day at 9:00']
        : count > whole
          ? unit === 'minute'
            ? ['every hour', 'every 2 hours']
            : ['every day at 9:00', 'every 2 days at 9:00']
          : nearest.map((one) => `every ${one === 1 ? unit : `${one} ${unit}s`}`);
    throw new Misread(at, `"${words[at]}" ${unit}s do not divide ${name}`, { suggest });
  }
  if (unit === 'minute') {
    if (past !== undefined) throw new Misread(past.at, `"${words[past.at]}" does not go with minutes`);
    return minutesIn(count, range, words);
  }
  if (range === undefined) return `${past?.minute ?? 0} ${count === 1 ? '*' : `*/${count}`}`;
  const { from, to } = range;
  if (past !== undefined) throw new Misread(past.at, `"${words[past.at]}" is said by the first time`);
  const last = lastOf(from, to, count * 60, words);
  return `${from.minute} ${fieldStep(from.hour, Math.floor(last / 60), count)}`;
}

/** From a full hour to the last time within an hour. */
function minutesIn(step: number, range: Said['range'] | undefined, words: readonly string[]): string {
  const minutes = step === 1 ? '*' : `*/${step}`;
  if (range === undefined) return `${minutes} *`;
  const { from, to } = range;
  if (from.minute !== 0) {
    const replace = [clockText(from.hour, 0)];
    throw new Misread(from.at, `"${words[from.at]}": minutes count from a full hour`, { replace });
  }
  const last = lastOf(from, to, step, words);
  const whole = Math.floor((last - (60 - step)) / 60);
  if (last % 60 !== 60 - step) {
    const until = (whole < from.hour ? from.hour : whole) * 60 + 60 - step;
    const replace = [clockText(Math.floor(until / 60), until % 60)];
    const problem = `"${words[to.at]}" is included, and then the hour would not be full`;
    throw new Misread(to.at, problem, { replace });
  }
  return `${minutes} ${fieldStep(from.hour, Math.floor(last / 60), 1)}`;
}

/** The end, in minutes of the day: both ends are included, so it has to be one of the times. */
function lastOf(from: TimeOfDay, to: TimeOfDay, step: number, words: readonly string[]): number {
  for (const time of [from, to]) {
    if (time.bare) {
      const word = words[time.at] ?? '';
      throw new Misread(time.at, `is "${word}" in the morning or in the evening?`, {
        replace: [`${word}:00`, `${word}pm`],
      });
    }
  }
  const [first, last] = [from.hour * 60 + from.minute, to.hour * 60 + to.minute];
  if (last <= first) {
    const replace = [clockText(23, from.minute), clockText(22, from.minute), clockText(23, 60 - step)];
    throw new Misread(to.at, `"${words[to.at]}" is not after the first time, and midnight is an end`, { replace });
  }
  const odd = (last - first) % step;
  if (odd === 0) return last;
  const before = last - odd;
  const replace = [before, before + step].filter((minute) => minute > first && minute < 24 * 60);
  throw new Misread(to.at, `"${words[to.at]}" is included, but it is no multiple of the interval`, {
    replace: replace.map((minute) => clockText(Math.floor(minute / 60), minute % 60)),
  });
}

function fieldStep(first: number, last: number, step: number): string {
  if (first === last) return String(first);
  return `${first}-${last}${step === 1 ? '' : `/${step}`}`;
}

function unique(values: readonly number[]): number[] {
  return [...new Set(values)].toSorted((a, b) => a - b);
}

function fieldOf(values: readonly number[], all: number): string {
  const sorted = unique(values);
  if (sorted.length === all) return '*';
  const [first = 0, last = 0] = [sorted[0], sorted.at(-1)];
  return sorted.length > 2 && last - first === sorted.length - 1 ? `${first}-${last}` : sorted.join(',');
}

/** Of a day counted from Monday: `MON`. */
function dayField(day: number): string {
  return (DAY_NAMES[(day + 1) % 7] ?? '').slice(0, 3).toUpperCase();
}

/** `MON-FRI`, `MON,THU`, `SAT,SUN` */
function weekText(days: readonly number[]): string {
  const fromMonday = unique(days.map((day) => (day + 6) % 7));
  if (fromMonday.length === 7) return '*';
  const [first = 0, last = 0] = [fromMonday[0], fromMonday.at(-1)];
  const isRun = fromMonday.length > 2 && last - first === fromMonday.length - 1 && last < 6;
  return isRun ? `${dayField(first)}-${dayField(last)}` : fromMonday.map(dayField).join(',');
}

/** Words of other things, with what may be meant. */
const OTHERS = new Map<string, readonly string[]>([
  ['or', ['and']],
  ['next', ['every']],
  ['this', ['every']],
  ['any', ['every']],
  ['tomorrow', ['every day']],
  ['today', ['every day']],
  ['tonight', ['every day']],
  ['until', ['from 0:00 to']],
  ['@daily', ['daily at 9:00']],
  ['@weekly', ['weekly on monday at 9:00']],
  ['@monthly', ['monthly on the 1st at 9:00']],
  ['@hourly', ['hourly']],
  ['bimonthly', ['january, march, may, july, september and november']],
  ['few', ['2']],
]);
const ONE_TIME = ['tomorrow', 'today', 'tonight', 'next', 'this'];
const ZONES = /\/|^(utc|gmt|cet|cest|est|edt|cst|cdt|mst|mdt|pst|pdt|bst|ist|jst|zulu|z)$/;

function unknown(tokens: Tokens, at: number): Misread {
  const word = tokens.words[at] ?? tokens.words.at(-1) ?? '';
  const place = Math.min(at, tokens.words.length - 1);
  const problem = `"${word}" is not understood here`;
  if (ZONES.test(word)) return new Misread(place, problem, { note: 'Give the zone by itself, with --timezone.' });
  if (ONE_TIME.includes(word)) {
    return new Misread(place, problem, { replace: OTHERS.get(word) ?? [], note: 'For one time there is `send --at`.' });
  }
  if (/^\d{4}-\d\d-\d\d$/.test(word) || word === 'starting') {
    return new Misread(place, problem, { note: 'The first day is given by --start, the last by --end.' });
  }
  if (word === 'twice') {
    return new Misread(place, problem, {
      length: 2,
      replace: ['every'],
      suggest: tokens.peek(2) === 'day' ? [TWO_TIMES] : [],
    });
  }
  const [, hour, minute] = /^(\d{1,2})[.h](\d\d)?h?$/.exec(word) ?? /^(\d\d)(\d\d)$/.exec(word) ?? [];
  const [, amount, letter] = /^(\d+)\s*(m|min|mins|h|hr|hrs|d|w)$/.exec(word) ?? [];
  const units = { m: 'minutes', h: 'hours', d: 'days', w: 'weeks' };
  return new Misread(place, problem, {
    replace: [
      ...(OTHERS.get(word) ?? []),
      ...(hour === undefined ? [] : [`${hour}:${minute ?? '00'}`]),
      ...(amount === undefined ? [] : [`${amount} ${units[letter![0] as keyof typeof units]}`]),
      ...(/^\d{1,2}:\d\d:\d\d$/.test(word) ? [word.slice(0, -3)] : []),
      ...(/^-?\d+(\.\d+)?$/.test(word) ? [String(Math.ceil(Math.abs(Number(word))))] : []),
    ],
  });
}
