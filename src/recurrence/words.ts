import { UserError } from '../errors.ts';
import { didYouMean } from '../similar.ts';
import { DAYS_OF_NTH } from './describe.ts';
import { readInterval } from './intervals.ts';
import { readTimes } from './times.ts';
import { Misread, tokensOf, type Tokens } from './tokens.ts';

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
    throw new UserError('invalid_recurrence', `"${text}" is no recurrence: ${error.message}`, {
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

function readRule(tokens: Tokens): WordedRule {
  const adverb = ADVERBS[tokens.peek() ?? ''];
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
  const nth = NTHS[tokens.peek() ?? ''];
  if (nth !== undefined) return readNth(tokens, nth);
  const dates = readDates(tokens);
  if (dates.length > 0) return { daysOfMonth: dates.join(','), months: readPeriod(tokens).first };
  const group = GROUPS[singular(tokens.peek())];
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
  const { first, last } = PERIODS[tokens.next() ?? ''] ?? EVERY_MONTH;
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
  const group = GROUPS[singular(tokens.peek())];
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
  const period = PERIODS[singular(tokens.peek())];
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
