import {
  ALL_DAYS,
  countOf,
  dayOf,
  groupOf,
  monthOf,
  ordinalOf,
  ordinalText,
  ordinalWord,
  singular,
  TO,
  unitOf,
} from '../vocabulary.ts';
import { checkDate, readMonths, readOf } from './days.ts';
import { readEveryFew } from './how-often.ts';
import { Misread } from './misread.ts';
import { unknown } from './unknown-word.ts';
import { once, type Said } from './said.ts';
import type { Tokens } from './tokens.ts';

/** Every month has five of each weekday at most, and 20 working days at least. */
const NTH_MAX = { day: 5, group: 20 };

/** "1st and 15th", "first and third monday", "last day of the month", and after "every" also "third day". */
export function readOrdinals(tokens: Tokens, said: Said, every: boolean): void {
  const at = tokens.at;
  const ns: number[] = [];
  let spelled = false;
  do {
    const from = ordinalOf(tokens.next());
    const ahead = tokens.peek(1) === 'the' ? 2 : 1;
    const to = TO.includes(tokens.peek()) ? ordinalOf(tokens.peek(ahead)) : undefined;
    if (from === undefined) throw unknown(tokens, tokens.at - 1);
    if (to !== undefined) tokens.at += ahead + 1;
    if (ns.length > 0 && (from.n < 0 || (ns[0] ?? 0) < 0)) {
      const word = tokens.peek(-1);
      throw new Misread(tokens.at - 1, `"${word}" cannot be counted together with the others`);
    }
    spelled ||= from.spelled;
    for (let n = from.n; n <= (to?.n ?? from.n); n += 1) ns.push(n);
  } while (tokens.takeAnd((word) => ordinalOf(word) !== undefined, 'on', 'every', 'each', 'the'));
  const [n = 0] = ns;
  const counts = every && ns.length === 1 && n > 1;
  const next = tokens.peek();
  const unit = unitOf(next);
  if (counts && unit !== undefined && (unit !== 'day' || tokens.peek(1) !== 'of')) {
    tokens.next();
    return readEveryFew(tokens, said, { count: n, unit, at });
  }
  if (singular(next) === 'weekend') {
    const which = ordinalWord(n);
    const suggest = ['saturday', 'sunday'].map((day) => `${which} ${day} of the month at 9:00`);
    throw new Misread(tokens.at, `which day of the "${next}"?`, { replace: ['saturday'], suggest });
  }
  if (countOf(next) !== undefined && unitOf(tokens.peek(1)) === 'day') {
    const last = ordinalText(countOf(next) ?? 5);
    throw new Misread(tokens.at, `"${next}" days together need their dates`, {
      suggest: [`1st to ${last} of the month at 9:00`],
    });
  }
  if (dayOf(next) !== undefined || groupOf(next) !== undefined) return readNth(tokens, said, { ns, counts, at });
  if (unit === 'day') tokens.next();
  else if (unit !== undefined) throw unknown(tokens, tokens.at);
  if (n < 0) once(tokens, said, 'nth', { ns, of: ALL_DAYS, group: true, at });
  else {
    for (const day of ns) checkDate(day, at, tokens.words[at] ?? '');
    once(tokens, said, 'dates', { days: ns, spelled: spelled || unit === 'day', at });
  }
  if (monthOf(tokens.peek()) !== undefined) return readMonths(tokens, said, false);
  readOf(tokens, said, false);
}

function readNth(tokens: Tokens, said: Said, { ns, counts, at }: { ns: number[]; counts: boolean; at: number }): void {
  const word = tokens.next();
  const [day, group] = [dayOf(word), groupOf(word)];
  const of = group ?? [day ?? 0];
  const max = group === undefined ? NTH_MAX.day : NTH_MAX.group;
  const [n = 0] = ns;
  const first = tokens.words[at] ?? '';
  if (ns.some((one) => Math.abs(one) > max)) {
    throw new Misread(at, `there is no "${first}" ${word} of a month`, { replace: ['last'] });
  }
  if (group !== undefined && ns.length > 1) {
    throw new Misread(at, `"${first}" and others of the weekdays cannot be one recurrence`, {
      suggest: [`${first} weekday of the month at 9:00`],
    });
  }
  once(tokens, said, 'nth', { ns, of, group: group !== undefined, at });
  const before = said.period ?? said.months;
  readOf(tokens, said, false);
  if (counts && before === undefined && (said.period ?? said.months) === undefined) said.unclear = { n, at };
}
