import {
  ALL_DAYS,
  countOf,
  DAY_NAMES,
  DAYS_OF_MONTHS,
  isWeekday,
  MONTH_NAMES,
  ordinalOf,
  ordinalText,
  singular,
} from '../vocabulary.ts';
import type { StepUnit } from '../cron.ts';
import { clockIn, unique } from './minute-and-hour.ts';
import { Misread } from './misread.ts';
import { DAY_CLAUSES, PERIODS, type Said, timeIn } from './said.ts';
import { textOf, type Tokens } from './tokens.ts';

/** A rule in words, as a cron; what no cron says is in fields of its own. */
export interface WordedRule {
  cron: string;
  /** Keeps only the n-th matching day of each month; -1 is the last. */
  nthDay?: number;
  /** Keeps only every n-th week or day; the caller says which one is the first. */
  step?: { every: number; unit: StepUnit };
}

export function compose(said: Said, tokens: Tokens): WordedRule {
  checkNeeds(said, tokens);
  const { nthDay, daysOfMonth, daysOfWeek, months } = daysIn(said, tokens);
  const cron = `${clockIn(said, tokens)} ${fieldOf(daysOfMonth, 31)} ${fieldOf(months, 12)} ${weekText(daysOfWeek)}`;
  const { step } = said;
  return {
    cron,
    ...(nthDay !== undefined && { nthDay }),
    ...(step !== undefined && { step: { every: step.every, unit: step.unit } }),
  };
}

/** What is said has to say the day, too. */
function checkNeeds(said: Said, { words }: Tokens): void {
  const { needs, step, unclear, interval } = said;
  const at = timeIn(said);
  const word = (place: number) => words[place] ?? '';
  const hasDays = DAY_CLAUSES.some((key) => said[key] !== undefined);
  if (step !== undefined) {
    const other =
      step.unit === 'day' ? (said.weekdays ?? said.nth ?? said.dates) : (said.nth ?? said.dates ?? said.everyDay);
    if (other !== undefined) {
      const suggest =
        step.unit === 'day' ? [`every ${step.every} days ${at}`] : [`every ${step.every} weeks on friday ${at}`];
      throw new Misread(other.at, `"${word(other.at)}" does not go with every ${step.every} ${step.unit}s`, {
        suggest,
      });
    }
  }
  if (unclear !== undefined) throw unclearOrdinal(said, words, unclear);
  if (needs !== undefined) {
    const problem = `on which day "${word(needs.at)}"?`;
    const lead = textOf(words.slice(0, needs.at + 1));
    if (needs.name === 'week' && said.weekdays === undefined) {
      const weeks = step === undefined ? 'every week' : `every ${step.every} weeks`;
      throw new Misread(needs.at, problem, { suggest: [`${weeks} on friday ${at}`] });
    }
    const dated = (said.dates ?? said.nth) !== undefined;
    const year = needs.name === 'year' && said.months === undefined && said.dates !== undefined;
    if (needs.name !== 'week' && (!dated || year)) {
      const suggest = needs.name === 'year' ? [`every year on january 1st ${at}`] : [`${lead} on the 1st ${at}`];
      throw new Misread(needs.at, problem, { suggest });
    }
  }
  if (!hasDays && interval === undefined && step === undefined) {
    const lonely = said.months ?? said.partOfDay ?? said.past ?? said.times?.[0] ?? said.except ?? said.range?.from;
    const place = lonely?.at ?? 0;
    const replace = [`every day at ${word(place)}`, `every day in ${word(place)}`, `every ${word(place)} at 9:00`];
    throw new Misread(place, `on which days "${word(place)}"?`, { replace, suggest: [`every day ${textOf(words)}`] });
  }
}

/** "every second friday" is every other one to some, and that of the month to others. */
function unclearOrdinal(said: Said, words: readonly string[], { n, at }: { n: number; at: number }): Misread {
  const [day, time] = [singular(words[at + 1] ?? 'friday'), timeIn(said)];
  const fortnight = isWeekday(day) ? [`every ${n} weeks on ${day === 'weekday' ? 'weekdays' : day} ${time}`] : [];
  return new Misread(at, `"${words[at]}" may count weeks, or the days of a month`, {
    suggest: [...fortnight, `${words[at]} ${day} of the month ${time}`],
  });
}

interface DaysIn {
  daysOfMonth: number[];
  months: number[];
  daysOfWeek: number[];
  nthDay?: number;
}

const ALL_DATES = Array.from({ length: 31 }, (_, index) => index + 1);

const ALL_MONTHS = MONTH_NAMES.map((_, index) => index + 1);

const DATES_IN_WEEK = 7;

function daysIn(said: Said, tokens: Tokens): DaysIn {
  const { weekdays, nth, dates, period, except } = said;
  const isLast = (nth?.ns[0] ?? 1) < 0;
  const ofPeriod = PERIODS.get(period?.name ?? 'month')?.[isLast ? 'last' : 'first'] ?? [];
  const dated = dates ?? nth;
  if (period !== undefined && dated === undefined && said.needs === undefined && said.everyDay === undefined) {
    throw new Misread(period.at, `which day of the "${tokens.words[period.at]}"?`);
  }
  if (dates?.spelled === true && period === undefined && said.months === undefined) {
    const word = tokens.words[dates.at] ?? '';
    throw new Misread(dates.at, `"${word}" of what?`, { replace: [`${word} of the month`, '1st of the month'] });
  }
  const ofMonths = said.months?.months ?? (dated === undefined || ofPeriod.length === 0 ? ALL_MONTHS : ofPeriod);
  const months = without(ofMonths, except?.months ?? [], said, tokens);
  const rule: DaysIn = { daysOfMonth: ALL_DATES, months, daysOfWeek: weekdays?.days ?? ALL_DAYS };
  if (dates !== undefined) rule.daysOfMonth = dates.days;
  if (nth !== undefined) nthIn(nth, rule);
  checkDatesExist(said, rule, tokens);
  rule.daysOfMonth = without(rule.daysOfMonth, except?.dates ?? [], said, tokens);
  rule.daysOfWeek = without(rule.daysOfWeek, except?.weekdays ?? [], said, tokens);
  if (except !== undefined && nth !== undefined && except.months.length === 0) throw exceptOf(said, tokens);
  if (except !== undefined && dates !== undefined && except.weekdays.length > 0) throw exceptOf(said, tokens);
  return rule;
}

/** What a cron can say is a cron: the second Tuesday is a Tuesday from the 8th to the 14th. */
function nthIn({ ns, of, group }: Said['nth'] & {}, rule: DaysIn): void {
  const [n = 1] = ns;
  rule.daysOfWeek = of;
  if (of.length === ALL_DAYS.length && n > 0) rule.daysOfMonth = [n];
  else if (!group && n > 0) {
    rule.daysOfMonth = ns.flatMap((one) => ALL_DATES.slice((one - 1) * DATES_IN_WEEK, one * DATES_IN_WEEK));
  } else rule.nthDay = n;
}

/** A cron would leave out silently the months that have no such day. */
function checkDatesExist({ dates, months }: Said, rule: DaysIn, tokens: Tokens): void {
  if (dates === undefined || months === undefined) return;
  const day = Math.max(...dates.days);
  const short = rule.months.find((month) => (DAYS_OF_MONTHS[month - 1] ?? 31) < day);
  if (short === undefined) return;
  const [name, last] = [MONTH_NAMES[short - 1], DAYS_OF_MONTHS[short - 1]];
  const at = dates.at + dates.days.indexOf(day);
  const named = ordinalOf(tokens.words[at] ?? '') ?? countOf(tokens.words[at] ?? '');
  const place = named === undefined ? dates.at : at;
  const replace = [ordinalText(last ?? 28), String(last)];
  throw new Misread(place, `${name} has no "${tokens.words[place]}"`, { replace });
}

function without(all: readonly number[], left: readonly number[], said: Said, tokens: Tokens): number[] {
  const rest = all.filter((one) => !left.includes(one));
  const unknownOnes = left.filter((one) => !all.includes(one));
  if (rest.length === 0 || unknownOnes.length > 0) throw exceptOf(said, tokens);
  return rest;
}

function exceptOf({ except }: Said, { words }: Tokens): Misread {
  const at = except?.at ?? 0;
  return new Misread(at, `"${words[at]}" cannot be left out of what is named`);
}

function fieldOf(values: readonly number[], all: number): string {
  const sorted = unique(values);
  if (sorted.length === all) return '*';
  const [first = 0, last = 0] = [sorted[0], sorted.at(-1)];
  return sorted.length > 2 && last - first === sorted.length - 1 ? `${first}-${last}` : sorted.join(',');
}

/** Of a day counted from Monday: `MON`. */
function dayField(day: number): string {
  return (DAY_NAMES[(day + 1) % 7] ?? '').slice(0, 3).toUpperCase();
}

/** `MON-FRI`, `MON,THU`, `SAT,SUN` */
function weekText(days: readonly number[]): string {
  const fromMonday = unique(days.map((day) => (day + 6) % 7));
  if (fromMonday.length === 7) return '*';
  const [first = 0, last = 0] = [fromMonday[0], fromMonday.at(-1)];
  const isRun = fromMonday.length > 2 && last - first === fromMonday.length - 1 && last < 6;
  return isRun ? `${dayField(first)}-${dayField(last)}` : fromMonday.map(dayField).join(',');
}
