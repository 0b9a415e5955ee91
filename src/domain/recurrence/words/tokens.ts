import { countOf, dayOf, isTime, monthOf, ordinalOf } from '../vocabulary.ts';

/** Spellings of one thing, before the text is cut into words. */
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/[\u2010-\u2015\u2212]/g, '-'],
  // The end of a description, which a date after the 28th has.
  [/,? in months that have (it|them)\b/g, ''],
  [/(?<![\d.:])(\d{1,2}(?::\d\d)?) ?([ap])\.?m\b\.?/g, '$1$2m'],
  [/ ?\bo['’]?clock\b/g, ''],
  [/\b(?:week|working|work|business) ?(days?)\b/g, 'week$1'],
  [/\beveryday\b/g, 'every day'],
  [/\b12 noon\b/g, 'noon'],
  [/(?<=^|\s)@\s*(?=\d|noon|mid)/g, 'at '],
  [/\b(?:apart|aside) from\b/g, 'except'],
  [/\bother than\b/g, 'except'],
  [/\bhalf-hourly\b/g, 'every 30 minutes'],
  [/\bhalf[- ]year\b/g, '6 months'],
  [/\b(month|quarter|year)[- ]end\b/g, 'end of the $1'],
  [/\bon the half hour\b/g, 'at :30'],
  [/\bquarter past(?= the hour| every hour|$)/g, '15 past'],
  [/\bhalf past(?= the hour| every hour|$)/g, '30 past'],
  [/\b(?:a )?half(?: an)? hour\b/g, '30 minutes'],
  [/\b(?:a )?quarter(?: of an)? hour\b/g, '15 minutes'],
  [/\b(?:second to last|next to last|second last|penultimate)\b/g, '#-2'],
  [/\b2nd (?:to )?last\b/g, '#-2'],
  [/\b(?:third|3rd) (?:to )?last\b/g, '#-3'],
  [/\bfourth to last\b/g, '#-4'],
  [/\bfifth to last\b/g, '#-5'],
  [/\bbi-weekly\b/g, 'biweekly'],
  [/[&+]/g, ' and '],
  [/,/g, ' , '],
];

/** The words of a text in lower case, with one spelling for each thing; a comma is a word, and "mon-fri" is three. */
export function tokensOf(text: string): string[] {
  const spaced = withoutFullStop(text.toLowerCase().replaceAll(/\s+/g, ' ').trim());
  const plain = SPELLINGS.reduce((all, [from, to]) => all.replaceAll(asGlobal(from), to), spaced);
  const words = plain.split(/\s+/).filter((word) => word !== '');
  const tokens = words.flatMap((word) => (word === '-' ? ['to'] : cut(word)));
  // "monday, and friday"
  return tokens.filter((word, index) => !(isAnd(word) && isAnd(tokens[index + 1] ?? '')));
}

function withoutFullStop(text: string): string {
  let end = text.length;
  while (end > 0 && '. '.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** Tokens as a text that gives the same tokens again. */
export function textOf(tokens: readonly string[]): string {
  return tokens
    .join(' ')
    .replaceAll(' ,', ',')
    .replaceAll('#-2', 'second to last')
    .replaceAll(/#-(\d)/g, '$1th to last');
}

const isAnd = (word: string): boolean => word === 'and' || word === ',';
const asGlobal = (pattern: RegExp): RegExp => (pattern.global ? pattern : new RegExp(pattern, 'g'));

/** "mon-fri", "9am-5pm", "1st-5th" and "mon/wed/fri" in their parts. */
function cut(word: string): string[] {
  if (ordinalOf(word) !== undefined || countOf(word) !== undefined) return [word];
  const days = word.split('/');
  if (days.length > 1 && days.every((day) => dayOf(day) !== undefined)) {
    return days.flatMap((day, index) => (index === 0 ? [day] : ['and', day]));
  }
  const [from = '', to = '', ...more] = word.split('-');
  return more.length === 0 && isEnd(from) && isEnd(to) ? [from, 'to', to] : [word];
}

function isEnd(word: string): boolean {
  return isTime(word) || [dayOf, monthOf, ordinalOf].some((read) => read(word) !== undefined);
}

/** Steps over words from left to right. */
export class Tokens {
  at = 0;
  readonly words: readonly string[];

  constructor(words: readonly string[]) {
    this.words = words;
  }

  get ended(): boolean {
    return this.at >= this.words.length;
  }

  /** The next word, or one further on; empty after the last. */
  peek(ahead = 0): string {
    return this.words[this.at + ahead] ?? '';
  }

  next(): string {
    this.at += 1;
    return this.words[this.at - 1] ?? '';
  }

  /** Steps over one of these words, if it comes next. */
  take(...expected: string[]): boolean {
    const found = !this.ended && expected.includes(this.peek());
    if (found) this.at += 1;
    return found;
  }

  /** Steps over "and" or a comma, and words that may follow it, if one that `isItem` knows comes then. */
  takeAnd(isItem: (word: string) => boolean, ...fillers: string[]): boolean {
    const back = this.at;
    if (this.take('and', ',')) while (this.take(...fillers));
    if (isItem(this.peek())) return true;
    this.at = back;
    return false;
  }
}
