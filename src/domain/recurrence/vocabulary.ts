/** The words of recurrences: how people write days, months, numbers and times of day. All in lower case. */

export const DAY_NAMES = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
export const MONTH_NAMES =
  'january february march april may june july august september october november december'.split(' ');
const MONDAY_TO_FRIDAY = [1, 2, 3, 4, 5];
const WEEKEND = [6, 0];

/** The most days that a month has: January first. */
export const DAYS_OF_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const ONES = 'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen'.split(' ');
const COUNTS = new Map([
  ...ONES.map((word, index) => [word, index] as const),
  ['twenty', 20],
  ['thirty', 30],
  ['forty-five', 45],
]);

const UP_TO_TWENTIETH = (
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth ' +
  'sixteenth seventeenth eighteenth nineteenth twentieth'
).split(' ');
const ORDINALS = new Map([
  ...UP_TO_TWENTIETH.map((word, index) => [word, index + 1] as const),
  ...UP_TO_TWENTIETH.slice(0, 9).map((word, index) => [`twenty-${word}`, index + 21] as const),
  ['thirtieth', 30],
  ['thirty-first', 31],
  ['last', -1],
]);

/** "monday", "mondays", "mon", "tues": 0 is Sunday. */
export function dayOf(word: string): number | undefined {
  return indexOf(DAY_NAMES, singular(word));
}

/** "january", "jan", "sept": from 1. */
export function monthOf(word: string): number | undefined {
  const index = indexOf(MONTH_NAMES, word);
  return index === undefined ? undefined : index + 1;
}

/** "2", "two" */
export function countOf(word: string): number | undefined {
  return /^\d{1,4}$/.test(word) ? Number(word) : COUNTS.get(word);
}

/** "1st", "first", "twenty-first"; "last" is -1, and "#-2" the last but one. */
export function ordinalOf(word: string): { n: number; spelled: boolean } | undefined {
  const [, digits] = /^(\d{1,2})(?:st|nd|rd|th)$/.exec(word) ?? [];
  if (digits !== undefined) return { n: Number(digits), spelled: false };
  const n = ORDINALS.get(word) ?? (/^#-\d$/.test(word) ? Number(word.slice(1)) : undefined);
  return n === undefined ? undefined : { n, spelled: true };
}

/** "mondays" as "monday"; words that only look like a plural stay. */
export function singular(word: string): string {
  return word.length > 3 && word.endsWith('s') ? word.slice(0, -1) : word;
}

/** The first that begins with the word, which has three letters at least. */
function indexOf(names: readonly string[], word: string): number | undefined {
  const index = word.length < 3 ? -1 : names.findIndex((name) => name.startsWith(word));
  return index < 0 ? undefined : index;
}

/** "1st", "2nd", "23rd" */
export function ordinalText(n: number): string {
  const suffix = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${suffix}`;
}

/** "first" to "fifth", "last", "second to last"; digits where there is no shorter word. */
export function ordinalWord(n: number): string {
  if (n === -1) return 'last';
  if (n < 0) return `${ordinalWord(-n)} to last`;
  return UP_TO_TWENTIETH[n - 1] ?? ordinalText(n);
}

/** "a, b and c" */
export function listText(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** Hour and minute as "09:05". */
export function clockText(hour: number, minute: number): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/** What a misspelt word may have been. */
export const KNOWN_WORDS: readonly string[] = [
  DAY_NAMES,
  MONTH_NAMES,
  UP_TO_TWENTIETH.slice(0, 5),
  'mon tue wed thu fri sat sun last every each other day daily weekday weekdays workday weekend weekends'.split(' '),
  'hour hours hourly minute minutes week weeks weekly biweekly fortnightly month monthly quarter quarterly'.split(' '),
  'year yearly noon midnight morning evening except between from to at on of in and the'.split(' '),
].flat();

export const ALL_DAYS = [0, 1, 2, 3, 4, 5, 6];

const UNITS = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year', 'second', 'fortnight'];

const SHORT_UNITS = new Map([
  ['min', 'minute'],
  ['hr', 'hour'],
  ['hrs', 'hour'],
]);

export function unitOf(word: string): string | undefined {
  const one = singular(word);
  const unit = SHORT_UNITS.get(one) ?? SHORT_UNITS.get(word) ?? one;
  // A second is an ordinal.
  return UNITS.includes(unit) && word !== 'second' ? unit : undefined;
}

export function isUnit(word: string): boolean {
  return unitOf(word) !== undefined || groupOf(word) !== undefined;
}

/** Days of the week that a word stands for. */
export function groupOf(word: string): number[] | undefined {
  const one = singular(word);
  return one === 'weekday' ? MONDAY_TO_FRIDAY : one === 'weekend' ? WEEKEND : undefined;
}

export const isWeekday = (word: string): boolean => dayOf(word) !== undefined || groupOf(word) !== undefined;

export const TO = ['to', 'through', 'thru', 'until', 'till'];

/** Times of day with a name, and their hours. */
export const NAMED_TIMES = new Map([
  ['noon', 12],
  ['midday', 12],
  ['midnight', 0],
]);

/** "9:00", "9am", "noon"; no bare "9". */
export function isTime(word: string): boolean {
  return NAMED_TIMES.has(word) || /^\d{1,2}:\d\d(am|pm)?$|^\d{1,2}(am|pm)$/.test(word);
}
