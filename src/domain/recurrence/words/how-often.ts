import { STEP_MAX, type StepUnit } from '../cron.ts';
import { countOf, dayOf, groupOf, unitOf } from '../vocabulary.ts';
import { namedMonths, readDayNumbers, readOf, readWeekdays } from './days.ts';
import { Misread } from './misread.ts';
import { unknown } from './unknown-word.ts';
import { once, type Said } from './said.ts';
import type { Tokens } from './tokens.ts';

/** "every hour", "day", "the hour". */
export function readUnit(
  tokens: Tokens,
  said: Said,
  { unit, every, at }: { unit: string; every: boolean; at: number },
): void {
  switch (unit) {
    case 'minute':
    case 'hour':
      // "every hour on the hour"
      if (unit === 'hour' && !every && said.interval?.unit === 'hour')
        return once(tokens, said, 'past', { minutes: [0], at });
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

export function readAdverb(tokens: Tokens, said: Said): boolean {
  const unit = ADVERBS.get(tokens.peek());
  if (unit === undefined) return false;
  const at = tokens.at;
  tokens.next();
  readUnit(tokens, said, { unit, every: true, at });
  return true;
}

/** "every other week", "every other friday". */
export function readEveryOther(tokens: Tokens, said: Said, at: number): void {
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

/** `every 3 days`, `every other week` */
export function readEveryFew(
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
        replace: unit === 'year' ? ['year'] : [namedMonths(count, unit)],
      });
    default:
      tokens.at -= 1;
      throw inSeconds(tokens);
  }
}

export function inSeconds(tokens: Tokens): Misread {
  return new Misread(tokens.at, `"${tokens.peek()}" are too short`, { suggest: ['every minute', 'every 5 minutes'] });
}

function readStep(tokens: Tokens, said: Said, step: { every: number; unit: StepUnit; at: number }): void {
  once(tokens, said, 'step', step);
  if (step.unit === 'week') once(tokens, said, 'needs', { name: 'week', at: step.at });
}
