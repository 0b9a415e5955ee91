import { readTime, type TimeOfDay } from './times.ts';
import { Misread, type Tokens } from './tokens.ts';

/** A step that does not divide its field would not come at even distances: the day, or the hour, begins anew. */
const UNITS = {
  minute: { in: 60, name: 'an hour' },
  hour: { in: 24, name: 'a day' },
} as const;

/** "2 hours", "15 minutes from 8:00 to 18:00 on weekdays", after the word "every"; undefined where none comes next. */
export function readInterval(tokens: Tokens, readDaysOfWeek: () => string | undefined): { cron: string } | undefined {
  const [, digits] = /^(\d{1,4})$/.exec(tokens.peek() ?? '') ?? [];
  if (digits !== undefined) tokens.next();
  const unit = tokens.take('minute', 'minutes') ? 'minute' : tokens.take('hour', 'hours') ? 'hour' : undefined;
  if (unit === undefined) {
    if (digits === undefined) return undefined;
    throw new Misread(`every ${digits} of what?`, 'Minutes and hours can be counted: "every 2 hours".');
  }
  const step = checkStep(Number(digits ?? 1), unit);
  const between = readBetween(tokens);
  const days = tokens.take('on') ? (readDaysOfWeek() ?? '*') : '*';
  return { cron: `${fieldsOf(unit, step, between)} * * ${days}` };
}

function checkStep(step: number, unit: keyof typeof UNITS): number {
  const { in: whole, name } = UNITS[unit];
  if (step >= 1 && step < whole && whole % step === 0) return step;
  const even = Array.from({ length: whole - 1 }, (_, index) => index + 1).filter((one) => whole % one === 0);
  throw new Misread(`${step} ${unit}s do not divide ${name}`, `Take one of ${even.join(', ')} ${unit}s.`);
}

function readBetween(tokens: Tokens): { from: TimeOfDay; to: TimeOfDay } | undefined {
  if (!tokens.take('from', 'between')) return undefined;
  const from = readTime(tokens);
  tokens.take('to', 'until', 'and');
  const to = readTime(tokens);
  if (from === undefined || to === undefined) {
    throw new Misread('from when to when?', 'Write it like "every 2 hours from 8:00 to 18:00".');
  }
  if (to.hour < from.hour) throw new Misread('it would run over midnight', 'Take two notifications for that.');
  return { from, to };
}

/** Minute and hour. The last time is part of it. */
function fieldsOf(unit: keyof typeof UNITS, step: number, between?: { from: TimeOfDay; to: TimeOfDay }): string {
  if (unit === 'minute') {
    const minutes = step === 1 ? '*' : `*/${step}`;
    if (between === undefined) return `${minutes} *`;
    const { from, to } = between;
    if (from.minute !== 0 || to.minute !== 0) throw new Misread('minutes count from a full hour to a full hour');
    if (to.hour === from.hour) throw new Misread('it would never come', 'End it an hour later at least.');
    return `${minutes} ${from.hour}-${to.hour - 1}`;
  }
  const { from, to } = between ?? { from: { hour: 0, minute: 0 }, to: { hour: 23, minute: 59 } };
  const last = to.minute < from.minute ? to.hour - 1 : to.hour;
  if (last < from.hour) throw new Misread('it would never come', 'End it an hour later at least.');
  const hours = between === undefined ? '*' : `${from.hour}-${last}`;
  return `${from.minute} ${step === 1 ? hours : `${hours}/${step}`}`;
}
