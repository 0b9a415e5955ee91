import { similar } from '../../lib/similar.ts';
import { textOf } from './tokens.ts';
import { KNOWN_WORDS } from './vocabulary.ts';

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
