import { similar } from '../../../lib/similar.ts';
import { textOf } from './tokens.ts';
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
/** Repairs of one phrase, one after the other, and phrases looked at for them. */
const REPAIRS_MAX = 4;
const LOOKED_AT_MAX = 60;
const AT_NINE = ['at', '09:00'];
const EVER_READABLE = 'every weekday at 09:00';

/** What is wrong with a phrase; undefined if it is read. */
type Read = (phrase: string) => { words: readonly string[]; misread: Misread } | undefined;

/** Phrases near to one that is refused, which `read` understands; the nearest first. */
export function suggestions(words: readonly string[], misread: Misread, read: Read): string[] {
  const direct = repairsOf(words, misread).filter((phrase) => read(phrase) === undefined);
  if (direct.length > 0) return [...new Set(direct)].slice(0, SUGGESTED_MAX);
  const isKnown = KNOWN_WORDS.includes(words[misread.at] ?? '');
  const slips = isKnown ? [] : slipsOf(words, misread);
  const shorter = [before(words, misread.at), ...leaving(words, misread.at)].filter((some) => some.length > 0);
  const candidates = [
    () => repaired([...repairsOf(words, misread), ...slips], read),
    () => repaired(atNine(words), read),
    ...shorter.map((some) => () => repaired([textOf(some), ...atNine(some)], read)),
  ];
  for (const candidate of candidates) {
    const found = candidate();
    if (found !== undefined) return [found];
  }
  return [EVER_READABLE];
}

/** With a time, where none is named. */
const atNine = (words: readonly string[]): string[] => (words.includes('at') ? [] : [textOf([...words, ...AT_NINE])]);

/** What the reader of the wrong word had to say about it. */
function repairsOf(words: readonly string[], { at, repair }: Misread): string[] {
  const { length = 1, replace = [], suggest = [] } = repair;
  return [
    ...suggest,
    ...replace.map((text) =>
      textOf([...words.slice(0, at), text, ...words.slice(at + length)].filter((word) => word !== '')),
    ),
  ];
}

/** Known words that are written much like the wrong one. */
function slipsOf(words: readonly string[], { at }: Misread): string[] {
  return similar(words[at] ?? '', KNOWN_WORDS).map((word) => textOf(words.with(at, word)));
}

/** The first of the phrases that is read after the fewest repairs: "evry monday at 9" has two. */
function repaired(phrases: readonly string[], read: Read): string | undefined {
  const looked = new Set<string>();
  for (let round = 0, next = phrases; round < REPAIRS_MAX && next.length > 0; round += 1) {
    const refused: { words: readonly string[]; misread: Misread }[] = [];
    for (const phrase of next) {
      if (looked.has(phrase) || looked.size === LOOKED_AT_MAX) continue;
      looked.add(phrase);
      const wrong = read(phrase);
      if (wrong === undefined) return phrase;
      refused.push(wrong);
    }
    next = refused.flatMap(({ words, misread }) => [...repairsOf(words, misread), ...slipsOf(words, misread)]);
  }
  return undefined;
}

/** Words that lead to another one. */
const LEADING = ['and', ',', 'on', 'at', 'the', 'in', 'from', 'every'];

/** The phrase up to the wrong word: "every monday at 9:00 until december". */
function before(words: readonly string[], at: number): readonly string[] {
  const last = words.slice(0, at).findLastIndex((word) => !LEADING.includes(word));
  return words.slice(0, last + 1);
}

/** The phrase without some words around the wrong one, the fewest first. */
function leaving(words: readonly string[], at: number): string[][] {
  const phrases: string[][] = [];
  for (let length = 1; length <= LEFT_OUT_MAX; length += 1) {
    for (let from = Math.max(0, at - length + 1); from <= at; from += 1) {
      phrases.push([...words.slice(0, from), ...words.slice(from + length)]);
    }
  }
  return phrases;
}
