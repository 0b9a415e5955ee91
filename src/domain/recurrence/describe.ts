import cronstrue from 'cronstrue';
import type { Recurrence } from './recurrence.ts';

/** In English, e.g. "At 09:00, Monday through Friday, Europe/Berlin". */
export function describeRecurrence({ timezone, startOn, endOn, ...rule }: Recurrence): string {
  const from = startOn === undefined ? '' : `, from ${startOn}`;
  const until = endOn === undefined ? '' : `, until ${endOn}`;
  return `${describeRule(rule)}, ${timezone}${from}${until}`;
}

function describeRule({ cron, nthDay, fields }: Pick<Recurrence, 'cron' | 'nthDay' | 'fields'>): string {
  const [minute, hour, dayOfMonth, month, dayOfWeek] = cron.split(' ');
  const nth = nthDay ?? NTH_BY_DAYS[dayOfMonth ?? ''];
  const byDays = nthDay === undefined;
  if (nth === undefined || (byDays && fields.daysOfWeek.size !== 1)) return inEnglish(cron);
  const time = inEnglish(`${minute} ${hour} * ${month} *`);
  const [when = '', ...months] = time.split(', only ');
  const day = daysText([...fields.daysOfWeek], dayOfWeek ?? '');
  return `${when}, on the ${ordinal(nth)} ${day} of ${months.length === 0 ? 'the month' : monthsText(months)}`;
}

function inEnglish(cron: string): string {
  return cronstrue.toString(cron, { use24HourTimeFormat: true, logicalAndDayFields: true });
}

/** The days of a month on which a weekday comes for the n-th time: how a cron says "the second Tuesday". */
export const DAYS_OF_NTH: Record<number, string> = { 1: '1-7', 2: '8-14', 3: '15-21', 4: '22-28', 5: '29-31' };
const NTH_BY_DAYS = Object.fromEntries(Object.entries(DAYS_OF_NTH).map(([nth, days]) => [days, Number(nth)]));

const DAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const ORDINALS = ['', 'first', 'second', 'third', 'fourth', 'fifth'];

function ordinal(nth: number): string {
  if (nth === -1) return 'last';
  return nth < 0 ? `${ORDINALS[-nth] ?? `${-nth}th`} last` : (ORDINALS[nth] ?? `${nth}th`);
}

function daysText(days: readonly number[], field: string): string {
  const [only = 0] = days;
  if (days.length === 7) return 'day';
  if (days.length === 1) return DAY_NAMES[only] ?? field;
  return field === 'MON-FRI' ? 'weekday' : field === 'SAT,SUN' ? 'weekend day' : `of the days ${field}`;
}

function monthsText(months: readonly string[]): string {
  return months.join(', ').replace(/^in /, '');
}
