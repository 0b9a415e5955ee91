import { readFileSync } from 'node:fs';
import { parseRecurrence } from '../../../../../src/domain/recurrence/recurrence.ts';
import type { WordedRule } from '../../../../../src/domain/recurrence/words.ts';

const phrases = readFileSync(new URL('phrases.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split(' => ') as [phrase: string, outcome: string]);
export const refused = phrases.filter(([, outcome]) => outcome.startsWith('!'));
export const read = phrases.filter(([, outcome]) => !outcome.startsWith('!'));

/** What a rule matches, however it is written. */
export function matched({ cron, nthDay, step }: WordedRule) {
  const { fields } = parseRecurrence({ cron, nthDay, timezone: 'UTC' });
  return { ...fields, step };
}

export function expected(outcome: string): WordedRule {
  const [cron = '', more = ''] = outcome.split('; ');
  const [, nth] = /^nth (-?\d+)$/.exec(more) ?? [];
  const [, every, unit] = /^every (\d+) (day|week)s$/.exec(more) ?? [];
  return {
    cron,
    ...(nth !== undefined && { nthDay: Number(nth) }),
    ...(every !== undefined && { step: { every: Number(every), unit: unit as 'day' | 'week' } }),
  };
}
