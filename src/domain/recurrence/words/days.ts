import {
  countOf,
  dayOf,
  groupOf,
  isUnit,
  isWeekday,
  listText,
  MONTH_NAMES,
  monthOf,
  ordinalOf,
  singular,
  TO,
} from '../vocabulary.ts';
import { Misread } from './misread.ts';
import { unknown } from './unknown-word.ts';
import { once, type Period, PERIODS, type Said } from './said.ts';
import type { Tokens } from './tokens.ts';

/** "monday and thursday", "monday to friday", "weekdays and saturday". */
export function readWeekdays(tokens: Tokens, said: Said): void {
  const at = tokens.at;
  const { days, named } = weekdayList(tokens);
  once(tokens, said, 'weekdays', { days, named, at });
}

export function weekdayList(tokens: Tokens): { days: number[]; named: boolean } {
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
export function readMonths(tokens: Tokens, said: Said, every: boolean): void {
  const at = tokens.at;
  once(tokens, said, 'months', { months: monthList(tokens), at });
  if (isDate(tokens)) readDateList(tokens, said);
  else if (every && said.dates === undefined) once(tokens, said, 'needs', { name: 'dates', at });
}

export function monthList(tokens: Tokens): number[] {
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

/** "day 1 and 15 of the month". */
export function readDayNumbers(tokens: Tokens, said: Said, at: number): void {
  const days: number[] = [];
  do {
    const word = tokens.next();
    checkDate(countOf(word) ?? 0, tokens.at - 1, word);
    days.push(countOf(word) ?? 0);
  } while (tokens.takeAnd((word) => countOf(word) !== undefined && !isUnit(tokens.peek(1))));
  once(tokens, said, 'dates', { days, spelled: true, at });
  readOf(tokens, said, false);
}

export function checkDate(day: number, at: number, word: string): void {
  if (day >= 1 && day <= 31) return;
  throw new Misread(at, `no month has a "${word}"`, { replace: [day < 1 ? '1st' : '28th'] });
}

/** "of the month", "of every quarter", "of january and july", where it comes next. */
export function readOf(tokens: Tokens, said: Said, ofDay: boolean): void {
  if (!tokens.take('of')) return;
  tokens.take('the', 'every', 'each', 'a');
  if (readPeriodName(tokens, said)) return;
  if (tokens.peek() === 'other' && PERIODS.has(tokens.peek(1) as Period)) {
    const replace = [namedMonths(2, tokens.peek(1))];
    throw new Misread(tokens.at, `"other" ${tokens.peek(1)}s: which ones? Name the months`, { length: 2, replace });
  }
  if (ofDay && tokens.take('week', 'year')) return;
  if (monthOf(tokens.peek()) === undefined) throw unknown(tokens, Math.min(tokens.at, tokens.words.length - 1));
  const at = tokens.at;
  once(tokens, said, 'months', { months: monthList(tokens), at });
}

export function readPeriodName(tokens: Tokens, said: Said): boolean {
  const at = tokens.at;
  const name = singular(tokens.peek()) as Period;
  if (!PERIODS.has(name)) return false;
  tokens.next();
  once(tokens, said, 'period', { name, at });
  return true;
}

/** "january, april, july and october" for every 3 months. */
export function namedMonths(count: number, unit: string): string {
  const months = unit === 'month' ? count : unit === 'quarter' ? 3 * count : 12;
  return listText(MONTH_NAMES.filter((_, index) => months > 0 && index % months === 0));
}
