import { clockText } from '../vocabulary.ts';
import { Misread } from './misread.ts';
import type { Said, TimeOfDay } from './said.ts';
import { PARTS } from './times-of-day.ts';
import { textOf, type Tokens } from './tokens.ts';

/** Minute and hour. */
export function clockIn(said: Said, tokens: Tokens): string {
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
  if (range === undefined) return `${unique(past?.minutes ?? [0]).join(',')} ${count === 1 ? '*' : `*/${count}`}`;
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

export function unique(values: readonly number[]): number[] {
  return [...new Set(values)].toSorted((a, b) => a - b);
}
