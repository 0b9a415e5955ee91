import { countOf, isWeekday, monthOf, ordinalOf, unitOf } from '../vocabulary.ts';
import { Misread } from './misread.ts';
import type { Tokens } from './tokens.ts';

/** Words of other things, with what may be meant. */
const OTHERS = new Map<string, readonly string[]>([
  ['or', ['and']],
  ['then', ['and']],
  ['next', ['every']],
  ['this', ['every']],
  ['any', ['every']],
  ['tomorrow', ['every day']],
  ['today', ['every day']],
  ['tonight', ['every day']],
  ['until', ['from 0:00 to']],
  ['m-f', ['monday to friday']],
  ['mwf', ['monday, wednesday and friday']],
  ['tu/th', ['tuesday and thursday']],
  ['@daily', ['daily at 9:00']],
  ['@weekly', ['weekly on monday at 9:00']],
  ['@monthly', ['monthly on the 1st at 9:00']],
  ['@hourly', ['hourly']],
  ['bimonthly', ['january, march, may, july, september and november']],
  ['semimonthly', ['1st and 15th of the month']],
  ['semi-monthly', ['1st and 15th of the month']],
  ['semiannually', ['january and july', '1st of january and july']],
  ['half-yearly', ['january and july', '1st of january and july']],
  ['biannually', ['january and july', '1st of january and july']],
  ['few', ['2']],
  ['both', ['']],
  ['either', ['']],
]);
const ONE_TIME = ['tomorrow', 'today', 'tonight', 'next', 'this', 'now'];
const ZONES = /^[a-z_]{3,}\/[a-z_/+-]{2,}$|^(utc|gmt|cet|cest|est|edt|cst|cdt|mst|mdt|pst|pdt|bst|ist|jst|zulu|z)$/;
const ENDS = ['until', 'till', 'starting', 'since', 'for'];

/** A word that does not belong where it stands, with what may be meant. */
export function unknown(tokens: Tokens, at: number): Misread {
  const { words } = tokens;
  const place = Math.min(at, words.length - 1);
  const word = words[place] ?? '';
  const problem = `"${word}" is not understood here`;
  const replace = OTHERS.get(word) ?? [];
  if (ZONES.test(word)) return new Misread(place, problem, { note: 'Give the zone by itself, with --timezone.' });
  if (ONE_TIME.includes(word))
    return new Misread(place, problem, { replace, note: 'For one time there is `send --at`.' });
  if (/^\d{4}-\d\d-\d\d$/.test(word) || ENDS.includes(word)) {
    return new Misread(place, problem, { replace, note: 'The first day is given by --start, the last by --end.' });
  }
  if (/^holidays?$/.test(word)) {
    const note = 'Single dates are left out by --skip.';
    return new Misread(place, problem, { suggest: ['every weekday at 9:00'], note });
  }
  if (isWeekday(word) || monthOf(word) !== undefined) {
    return new Misread(place, problem, { note: 'Days with times of their own are two recurrences.' });
  }
  if (word === 'twice') return timesPer(words, place, 1);
  if (word === 'half' && ['past', 'to'].includes(words[place + 1] ?? '')) return spokenTime(words, place);
  if (word === 'past' && words[place - 1] === 'quarter') return spokenTime(words, place - 1);
  if (word === 'to' && words[place - 1] === 'quarter') return spokenTime(words, place - 1);
  return new Misread(place, problem, { replace: [...replace, ...otherSpellings(word)] });
}

/** Times, counts and ranges as they are written elsewhere: "17h", "9.30am", "0900", "9:00:00", "15m", "9-17", "tue..fri". */
function otherSpellings(word: string): string[] {
  const spellings: [RegExp, (...parts: string[]) => string[]][] = [
    [/^(\d{1,2})h$/, (hour = '') => [`${hour}:00`, unitText(Number(hour), 'h')]],
    [/^(\d{1,2})[.h](\d\d)h?(am|pm)?$/, (hour = '', minute = '', half = '') => [`${hour}:${minute}${half}`]],
    [/^(\d{1,2})(\d\d)(am|pm)?$/, (hour = '', minute = '', half = '') => [`${hour}:${minute}${half}`]],
    [/^(\d{1,2}(?::\d\d)?)([ap])$/, (time = '', half = '') => [`${time}${half}m`]],
    [/^(\d{1,2}:\d\d):\d\d$/, (time = '') => [time]],
    [/^(\d+)(m|mins?|h|hrs?|d|w)$/, (amount = '', unit = '') => [unitText(Number(amount), unit.charAt(0))]],
    [/^(\d{1,2})-(\d{1,2})$/, (from = '', to = '') => [`${from}:00 to ${to}:00`]],
    [/^([a-z]+)\.\.+([a-z]+)$/, (from = '', to = '') => [`${from} to ${to}`]],
    [/^(-?\d+(?:\.\d+)?)$/, (count = '') => [String(Math.ceil(Math.abs(Number(count))))]],
  ];
  for (const [pattern, write] of spellings) {
    const found = pattern.exec(word);
    if (found !== null) return write(...found.slice(1));
  }
  return [];
}

const UNIT_LETTERS: Readonly<Record<string, string>> = { m: 'minute', h: 'hour', d: 'day', w: 'week' };

function unitText(amount: number, letter: string): string {
  return `${amount} ${UNIT_LETTERS[letter] ?? ''}${amount === 1 ? '' : 's'}`;
}

/** Phrases for several times a day, week, month or year that name no times. */
const SEVERAL: Readonly<Record<string, string>> = {
  hour: 'every 30 minutes',
  day: 'every day at 9:00 and 17:00',
  week: 'every monday and thursday at 9:00',
  month: '1st and 15th of the month at 9:00',
  quarter: '1st of january, april, july and october at 9:00',
  year: '1st of january and july at 9:00',
};
const ADVERB_UNITS: Readonly<Record<string, string>> = {
  hourly: 'hour',
  daily: 'day',
  weekly: 'week',
  monthly: 'month',
  quarterly: 'quarter',
  yearly: 'year',
  annually: 'year',
};

/** "twice a day", "three times a week": what else is said has to name the times. */
export function timesPer(words: readonly string[], at: number, count: number): Misread {
  const next = words[at + count] ?? '';
  const adverb = ADVERB_UNITS[next];
  const unit = adverb ?? unitOf(words[at + count + 1] ?? '') ?? 'day';
  const length = count + (adverb === undefined ? 2 : 1);
  const rest = words.length > at + length || at > 0;
  const problem = `"${words[at + count - 1]}" is not understood here`;
  return new Misread(at, problem, {
    length,
    // "twice a month on the 1st and 15th at 9:00"
    replace: rest ? ['', `every ${unit}`] : [],
    suggest: rest ? [] : [SEVERAL[unit] ?? SEVERAL['day'] ?? ''],
  });
}

/** "half past nine", "quarter to 9" */
function spokenTime(words: readonly string[], at: number): Misread {
  const hour = countOf(words[at + 2] ?? '') ?? ordinalOf(words[at + 2] ?? '')?.n ?? 9;
  const minutes = words[at] === 'half' ? 30 : 15;
  const [shown, minute] = words[at + 1] === 'to' ? [hour - 1, 60 - minutes] : [hour, minutes];
  const time = `${String((shown + 24) % 24).padStart(2, '0')}:${minute}`;
  const before = words[at - 1] === 'at' ? '' : 'at ';
  return new Misread(at, `"${words[at]}" is not understood here`, {
    length: 3,
    replace: [`${before}${time}`, ...(shown > 0 && shown < 12 ? [`${before}${shown + 12}:${minute}`] : [])],
  });
}
