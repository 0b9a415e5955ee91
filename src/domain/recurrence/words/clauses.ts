import {
  ALL_DAYS,
  countOf,
  dayOf,
  isTime,
  isWeekday,
  monthOf,
  ordinalOf,
  singular,
  TO,
  unitOf,
} from '../vocabulary.ts';
import { checkDate, monthList, readMonths, readOf, readPeriodName, readWeekdays, weekdayList } from './days.ts';
import { inSeconds, readAdverb, readEveryFew, readEveryOther, readUnit } from './how-often.ts';
import { Misread } from './misread.ts';
import { timesPer, unknown } from './unknown-word.ts';
import { readOrdinals } from './ordinals.ts';
import { once, type Period, PERIODS, type Said } from './said.ts';
import { PARTS, readAt, readPast, readTime, readTimes } from './times-of-day.ts';
import type { Tokens } from './tokens.ts';

const EVERY = ['every', 'each', 'all'];

const EDGES = ['end', 'start', 'beginning'];
const EXCEPT = ['except', 'but', 'without', 'excluding', 'not'];

export function readClause(tokens: Tokens, said: Said): void {
  if (tokens.take(',')) return;
  const start = tokens.at;
  if (tokens.take('and')) throw unknown(tokens, tokens.ended ? start : tokens.at);
  if (tokens.take(...EXCEPT)) return readException(tokens, said, start);
  if (tokens.take('from', 'between')) return readFrom(tokens, said);
  if (tokens.take('at')) {
    const edge = tokens.peek() === 'the' ? 1 : 0;
    if (!EDGES.includes(tokens.peek(edge))) return readAt(tokens, said, start);
    tokens.at += edge;
    return readEdge(tokens, said);
  }
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

/** What may come after "every", "on" or nothing. */
function readDays(tokens: Tokens, said: Said, every: boolean): void {
  const at = tokens.at;
  const word = tokens.peek();
  if (readPast(tokens, said)) return;
  if (tokens.take('other', 'alternate')) return readEveryOther(tokens, said, at);
  if (tokens.take('once')) {
    if (!tokens.take('a', 'an', 'per', 'every', 'each')) throw unknown(tokens, at);
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
  if (EDGES.includes(word) && tokens.peek(1) === 'of') return readEdge(tokens, said);
  const unit = unitOf(word);
  if (unit === undefined) throw unknown(tokens, at);
  tokens.next();
  readUnit(tokens, said, { unit, every, at });
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
  if (next === 'times') throw timesPer(tokens.words, at, 2);
  const replace = [`${word}:00`, `at ${word}:00`, `${word} minutes`];
  throw new Misread(at, `"${word}" of what? Times are written like 9:00 or 9am`, { replace });
}

/** One that says of each period only the last or the first day: "end of the month". */
function readEdge(tokens: Tokens, said: Said): void {
  const at = tokens.at;
  const word = tokens.next();
  const of = tokens.peek(['the', 'a', 'every', 'each'].includes(tokens.peek(1)) ? 2 : 1);
  const unit = unitOf(of) ?? '';
  if (!PERIODS.has(unit as Period) && monthOf(of) === undefined) {
    const problem = `"${word}" of a ${unit || 'what'}?`;
    throw new Misread(at, problem, { suggest: ['every friday at 17:00', 'end of the month at 17:00'] });
  }
  once(tokens, said, 'nth', { ns: [word === 'end' ? -1 : 1], of: ALL_DAYS, group: true, at });
  readOf(tokens, said, false);
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
