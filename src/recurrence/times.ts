import { Misread, type Tokens } from './tokens.ts';

export interface TimeOfDay {
  hour: number;
  minute: number;
}

/** "at 08:00 and 17:00" as minute and hours of a cron. */
export function readTimes(tokens: Tokens, unknown: () => Misread): string {
  tokens.take('at');
  const times: TimeOfDay[] = [];
  do {
    const time = readTime(tokens);
    if (time !== undefined) times.push(time);
    else if (times.length > 0) throw unknown();
  } while (times.length > 0 && tokens.take('and'));
  const [first] = times;
  if (first === undefined) {
    throw tokens.peek() === undefined ? new Misread('at what time?', 'Put it at the end, like "at 09:00".') : unknown();
  }
  if (times.some(({ minute }) => minute !== first.minute)) {
    throw new Misread('its times have different minutes', 'Make a notification for each of them.');
  }
  const hours = [...new Set(times.map(({ hour }) => hour))].toSorted((a, b) => a - b);
  return `${first.minute} ${hours.join(',')}`;
}

/** 09:00, 9:00, 9am, 9:30pm, noon, midnight; undefined where no time comes next. */
export function readTime(tokens: Tokens): TimeOfDay | undefined {
  if (tokens.take('noon')) return { hour: 12, minute: 0 };
  if (tokens.take('midnight')) return { hour: 0, minute: 0 };
  const word = tokens.peek() ?? '';
  const [, digits, minutes = '00', half] = /^(\d{1,2})(?::(\d\d))?(am|pm)?$/.exec(word) ?? [];
  if (digits === undefined) return undefined;
  tokens.next();
  if (half === undefined && !word.includes(':')) {
    throw new Misread(`is "${word}" a time?`, `Write ${word.padStart(2, '0')}:00, or ${word}am or ${word}pm.`);
  }
  const twelve = half !== undefined;
  const [hour, minute] = [Number(digits), Number(minutes)];
  if (minute > 59 || (twelve ? hour < 1 || hour > 12 : hour > 23)) throw new Misread(`there is no time "${word}"`);
  return { hour: twelve ? (hour % 12) + (half === 'pm' ? 12 : 0) : hour, minute };
}
