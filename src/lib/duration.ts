import { UserError } from './errors.ts';

/**
 * Units of one length only: a day is 24 hours. A month and a year have no length of their own, and `M` may mean either minutes
 * or months. (The usual packages, such as `ms`, take a bare number for milliseconds and count 365.25 days for a year.)
 */
const UNITS = [
  { name: 'week', ms: 604_800_000, short: ['w'] },
  { name: 'day', ms: 86_400_000, short: ['d'] },
  { name: 'hour', ms: 3_600_000, short: ['h', 'hr', 'hrs'] },
  { name: 'minute', ms: 60_000, short: ['m', 'min', 'mins'] },
  { name: 'second', ms: 1_000, short: ['s', 'sec', 'secs'] },
] as const;

const UNITS_HINT = 'Units are seconds, minutes, hours, days and weeks.';
const NO_LENGTH = /^(mo|mth|month|quarter|y|yr|year)s?$/i;

/** Ten years: nothing here is longer, and a longer one is a slip. */
const LONGEST_MS = 3_650 * 86_400_000;

const LONGEST_TEXT = 100;

export interface DurationLimits {
  /** What the user calls it, such as `--in`; left out where the error is shown next to its name. */
  name?: string;
  /** The shortest, in milliseconds. */
  minMs: number;
  /** The longest, in milliseconds; ten years by default. */
  maxMs?: number;
  /** One that works here: "2 hours". */
  example: string;
}

/**
 * Reads "10 minutes", "2h", "1 hour 30 minutes" or "1.5 days" as milliseconds, in whole seconds.
 * @throws UserError `invalid_duration`: also for a bare number, since 30 may be seconds or days.
 */
export function parseDuration(text: string, { name, minMs, maxMs = LONGEST_MS, example }: DurationLimits): number {
  const said = `${name === undefined ? '' : `${name}: `}"${text}"`;
  const refuse = (problem: string, hint = `Write it like "${example}". ${UNITS_HINT}`): never => {
    throw UserError.input('invalid_duration', `${said} ${problem}`, { hint });
  };
  const trimmed = text.trim();
  if (trimmed.length > LONGEST_TEXT) refuse('is not a duration');
  if (/^\d+(\.\d+)?$/.test(trimmed)) refuse('has no unit');
  if (!/^(\d+(\.\d+)?\s*[a-z]+((\s*,)?\s+and\s+|\s*,\s*|\s*))+$/i.test(trimmed) || /(,|\band)$/i.test(trimmed)) {
    refuse('is not a duration');
  }
  let ms = 0;
  let smallest = -1;
  for (const [, amount = '', , word = ''] of trimmed.matchAll(/(?<![\d.])(\d+(\.\d+)?)\s*([a-z]+)/gi)) {
    if (NO_LENGTH.test(word))
      refuse(`is in ${word}: months and years have different lengths`, `Count days: "30 days".`);
    if (word === 'M') refuse('may be minutes or months', 'Write "min" for minutes.');
    const at = UNITS.findIndex((unit) => isUnit(unit, word.toLowerCase()));
    const unit = UNITS[at];
    if (unit === undefined) return refuse(`has an unknown unit, "${word}"`);
    if (at <= smallest) refuse(`is not a duration: its units do not get smaller`);
    smallest = at;
    ms += Number(amount) * unit.ms;
  }
  const rounded = Math.round(ms);
  if (rounded % 1_000 !== 0 || Math.abs(ms - rounded) > 1e-3) refuse('is not a whole number of seconds');
  if (rounded < minMs || rounded > maxMs) refuse(`is not a duration ${rangeText(minMs, maxMs)}`);
  return rounded;
}

function isUnit({ name, short }: (typeof UNITS)[number], word: string): boolean {
  return word === name || word === `${name}s` || (short as readonly string[]).includes(word);
}

function rangeText(minMs: number, maxMs: number): string {
  if (maxMs < LONGEST_MS) return `from ${durationText(minMs)} to ${durationText(maxMs)}`;
  return `of at least ${durationText(minMs)} and at most ${durationText(maxMs)}`;
}

/** Milliseconds in the largest unit that holds them whole: "90 minutes", "2 days". `parseDuration` reads it again. */
export function durationText(ms: number): string {
  const units = UNITS.filter(({ name }) => name !== 'week');
  const { name, ms: size } = units.find((unit) => ms !== 0 && ms % unit.ms === 0) ?? { name: 'second', ms: 1_000 };
  return `${ms / size} ${name}${ms === size ? '' : 's'}`;
}
