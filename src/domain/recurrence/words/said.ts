import type { StepUnit } from '../cron.ts';
import { clockText } from '../vocabulary.ts';
import { Misread } from './misread.ts';
import type { Tokens } from './tokens.ts';

export type Period = 'month' | 'quarter' | 'year';

export interface TimeOfDay {
  hour: number;
  minute: number;
  /** "9" may be morning or evening. */
  bare: boolean;
  at: number;
}

/** What a phrase says, each with the place of its word. */
export interface Said {
  times?: TimeOfDay[];
  partOfDay?: { name: string; at: number };
  interval?: { count: number; unit: 'minute' | 'hour'; at: number };
  /** Of each hour. */
  past?: { minutes: number[]; at: number };
  range?: { from: TimeOfDay; to: TimeOfDay };
  everyDay?: { at: number };
  weekdays?: { days: number[]; named: boolean; at: number };
  nth?: { ns: number[]; of: number[]; group: boolean; at: number };
  dates?: { days: number[]; spelled: boolean; at: number };
  months?: { months: number[]; at: number };
  period?: { name: Period; at: number };
  /** "every second", which may count weeks or the days of a month, until the month is named. */
  unclear?: { n: number; at: number };
  /** "weekly" and "every month" do not say the day. */
  needs?: { name: Period | 'week' | 'dates'; at: number };
  step?: { every: number; unit: StepUnit; at: number };
  except?: { weekdays: number[]; dates: number[]; months: number[]; at: number; end: number };
}

export const DAY_CLAUSES: (keyof Said)[] = ['everyDay', 'weekdays', 'nth', 'dates'];

/** Says something for the first time; what contradicts it later is refused at its own word. */
export function once<Key extends keyof Said>(tokens: Tokens, said: Said, key: Key, value: Said[Key] & {}): void {
  const place = 'at' in value ? (value.at as number) : Array.isArray(value) ? (value[0]?.at ?? 0) : tokens.at - 1;
  if (said[key] !== undefined) {
    // "monday weekly", "every week on friday every 2 weeks": the second says nothing, or something else.
    throw new Misread(place, `"${tokens.words[place]}" says again what was said before`);
  }
  const rivals: (keyof Said)[] = DAY_CLAUSES.includes(key) ? DAY_CLAUSES.filter((other) => other !== key) : [];
  const rival = rivals.find((other) => said[other] !== undefined);
  said[key] = value;
  if (rival === undefined) return;
  const plainDay = [rival, key].includes('everyDay') && said.weekdays?.named === false;
  if (!plainDay) throw new Misread(place, `"${tokens.words[place]}" does not go with the days before it`);
}

/** The times that are said, for a phrase that is suggested; nine o'clock if none are. */
export function timeIn({ times }: Said): string {
  const [first] = times ?? [];
  return `at ${first === undefined ? '9:00' : clockText(first.hour, first.minute)}`;
}

export const PERIODS = new Map<Period, { first: number[]; last: number[] }>([
  ['month', { first: [], last: [] }],
  ['quarter', { first: [1, 4, 7, 10], last: [3, 6, 9, 12] }],
  ['year', { first: [1], last: [12] }],
]);
