import { countOf, isTime, isUnit, NAMED_TIMES, singular, TO } from '../vocabulary.ts';
import { Misread } from './misread.ts';
import { unknown } from './unknown-word.ts';
import { once, type Said, type TimeOfDay } from './said.ts';
import type { Tokens } from './tokens.ts';

const TIME = /^(\d{1,2})(?::(\d\d))?(am|pm)?$/;

/** Hours of the parts of a day. */
export const PARTS = new Map<string, (hour: number) => boolean>([
  ['morning', (hour) => hour < 12],
  ['afternoon', (hour) => hour >= 12 && hour < 19],
  ['evening', (hour) => hour >= 16],
  ['night', (hour) => hour < 7 || hour >= 18],
]);

/** "9:00", ":15", "minute 15", "15 minutes past every hour", after the word "at". */
export function readAt(tokens: Tokens, said: Said, start: number): void {
  if (readPast(tokens, said)) return;
  if (tokens.ended) throw new Misread(start, 'something is missing after "at"', { replace: ['at 09:00'] });
  if (!isTime(tokens.peek()) && countOf(tokens.peek()) === undefined) throw unknown(tokens, tokens.at);
  readTimes(tokens, said);
}

/** "8:00 and 17:00" */
export function readTimes(tokens: Tokens, said: Said): void {
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
export function readTime(tokens: Tokens): TimeOfDay {
  const at = tokens.at;
  const word = tokens.next();
  const named = NAMED_TIMES.get(word);
  if (named !== undefined) return { hour: named, minute: 0, bare: false, at };
  const [, digits = '', minutes = '00', half] = TIME.exec(word) ?? [];
  const [hour, minute] = [Number(digits === '' ? Number.NaN : digits), Number(minutes)];
  const twelve = half !== undefined;
  const refuse = (...replace: string[]) => new Misread(at, `"${word}" is not a time`, { replace });
  if (minute > 59) throw refuse(`${digits}:00${half ?? ''}`);
  if (twelve && hour > 12) throw refuse(`${hour}:${minutes}`);
  if (twelve && hour < 1) throw refuse(`12:${minutes}am`);
  if (Number.isNaN(hour)) throw refuse(word.replace(/^(\d\d)(\d\d)$/, '$1:$2'));
  if (hour > 23) throw refuse(hour === 24 ? `0:${minutes}` : '23:00');
  const bare = !twelve && !word.includes(':');
  return { hour: twelve ? (hour % 12) + (half === 'pm' ? 12 : 0) : hour, minute, bare, at };
}

/** Minutes of each hour. */
export function readPast(tokens: Tokens, said: Said): boolean {
  const at = tokens.at;
  const minutes: number[] = [];
  if (isColon(tokens.peek())) {
    do minutes.push(Number(tokens.next().slice(1)));
    while (tokens.takeAnd(isColon, 'at'));
    once(tokens, said, 'past', { minutes, at });
    return true;
  }
  const named = tokens.peek() === 'minute' && countOf(tokens.peek(1)) !== undefined;
  if (named) tokens.next();
  if (countOf(tokens.peek()) === undefined) return false;
  const places: number[] = [];
  do places.push(tokens.at);
  while (tokens.next() !== '' && tokens.takeAnd((word) => countOf(word) !== undefined));
  if (!named && singular(tokens.peek()) === 'minute' && tokens.peek(1) === 'past') tokens.next();
  if (!named && !tokens.take('past')) {
    tokens.at = at;
    return false;
  }
  minutes.push(...places.map((place) => minuteAt(tokens.words, place)));
  once(tokens, said, 'past', { minutes, at });
  if (!named) readPastHour(tokens, said, at);
  return true;
}

const isColon = (word: string): boolean => /^:[0-5]\d$/.test(word);

/** "every hour" and "the hour" after "past"; "every hour at 15 minutes past" has named it before. */
function readPastHour(tokens: Tokens, said: Said, at: number): void {
  const every = tokens.take('every', 'each');
  if (!every) tokens.take('the');
  if (!tokens.take('hour') && (every || said.interval === undefined)) throw unknown(tokens, tokens.at);
  said.interval ??= { count: 1, unit: 'hour', at };
}

function minuteAt(words: readonly string[], at: number): number {
  const minute = countOf(words[at] ?? '') ?? 60;
  if (minute <= 59) return minute;
  throw new Misread(at, `an hour has no minute "${words[at]}"`, { replace: ['59'] });
}
