import { similar } from '../../../lib/similar.ts';
import { textOf, type Tokens } from './tokens.ts';
import { KNOWN_WORDS } from '../vocabulary.ts';

interface Repair {
  /** How many words are wrong, from `at` on. */
  length?: number;
  /** What may stand in their place. */
  replace?: readonly string[];
  /** Whole phrases that may be meant. */
  suggest?: readonly string[];
  /** What else to do. */
  note?: string;
}

/** What is wrong with a phrase, at which of its words, and what may be meant. */
export class Misread extends Error {
  readonly at: number;
  readonly repair: Repair;

  constructor(at: number, message: string, repair: Repair = {}) {
    super(message);
    this.at = at;
    this.repair = repair;
  }
}

/** Words left out to make a phrase readable. */
const LEFT_OUT_MAX = 7;
const SUGGESTED_MAX = 2;
const AT_NINE = ['at', '09:00'];

/** Phrases near to one that is refused, which `reads` understands; the nearest first. */
export function suggestions(
  words: readonly string[],
  { at, repair: { length = 1, replace = [], suggest = [] } }: Misread,
  reads: (phrase: string) => boolean,
): string[] {
  const inPlace = (some: readonly string[]) => textOf([...words.slice(0, at), ...some, ...words.slice(at + length)]);
  const candidates = [
    ...suggest,
    ...replace.map((text) => inPlace([text])),
    ...similar(words[at] ?? '', KNOWN_WORDS).map((word) => inPlace([word])),
    textOf([...words, ...AT_NINE]),
    ...shorter(words, at),
    'every weekday at 09:00',
  ];
  const found: string[] = [];
  for (const [index, phrase] of candidates.entries()) {
    if (found.length > 0 && index >= suggest.length + replace.length) break;
    if (!found.includes(phrase) && reads(phrase)) found.push(phrase);
    if (found.length === SUGGESTED_MAX) break;
  }
  return found;
}

/** The phrase without some words around the wrong one, the fewest first; with a time or a day where that is all that lacks. */
function shorter(words: readonly string[], at: number): string[] {
  const phrases: string[] = [];
  for (let length = 1; length <= LEFT_OUT_MAX; length += 1) {
    for (let from = Math.max(0, at - length + 1); from <= at; from += 1) {
      const left = [...words.slice(0, from), ...words.slice(from + length)];
      if (left.length === 0) continue;
      phrases.push(textOf(left), textOf([...left, ...AT_NINE]), textOf(['every', 'day', 'at', ...left]));
    }
  }
  return phrases;
}

export const TWO_TIMES = 'every day at 9:00 and 17:00';

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

export function unknown(tokens: Tokens, at: number): Misread {
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
