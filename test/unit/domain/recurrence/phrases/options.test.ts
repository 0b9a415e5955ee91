import { Command } from '@commander-js/extra-typings';
import { expect, test } from 'vitest';
import { timesNamed, withOwnTimes } from '../../../../../src/cli/commands/notifications/options.ts';
import { withTimes } from '../../../../../src/cli/commands/schedule/options.ts';
import type { OwnRecurrence } from '../../../../../src/domain/notification.ts';
import { UserError } from '../../../../../src/lib/errors.ts';
import { parseTimes, timesShape } from '../../../../../src/notifications/times.ts';
import { newSettings } from '../../../../../src/scheduling/input.ts';
import { z } from 'zod';
import { matched, expected, read, refused } from './phrases.ts';

const NOW = new Date('2026-11-23T08:00:00Z');
const ZONE = ['--timezone', 'UTC'];

/** As `notifications add` reads it. */
function ofNotification(phrase: string): OwnRecurrence | undefined {
  const command = withOwnTimes(new Command()).parse(['--every', phrase, ...ZONE], { from: 'user' });
  return parseTimes(z.object(timesShape).parse(timesNamed(command.opts())), NOW);
}

/** As `schedule create` reads it. */
function ofSchedule(phrase: string) {
  const args = ['--every', phrase, '--start', '2026-12-04', ...ZONE];
  return newSettings('a', withTimes(new Command()).parse(args, { from: 'user' }).opts());
}

function refusalOf(read: () => unknown): UserError | undefined {
  try {
    read();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  return undefined;
}

test('`notifications add --every` reads each phrase as it is meant', () => {
  for (const [phrase, outcome] of read) {
    const { cron = '', nthDay, step } = ofNotification(phrase) ?? {};
    const said = step && { every: step.every, unit: step.unit };
    expect({ phrase, ...matched({ cron, ...(nthDay && { nthDay }), ...(said && { step: said }) }) }).toEqual({
      phrase,
      ...matched(expected(outcome)),
    });
  }
});

test('`schedule create --every` reads each phrase as it is meant, or says that a schedule cannot do it', () => {
  for (const [phrase, outcome] of read) {
    const wanted = expected(outcome);
    const refusal = refusalOf(() => ofSchedule(phrase));
    if (wanted.nthDay !== undefined) {
      expect([phrase, refusal?.message]).toEqual([phrase, expect.stringContaining('does not count the days')]);
    } else {
      expect([phrase, refusal?.message]).toEqual([phrase, undefined]);
      const { cron, every } = ofSchedule(phrase);
      if (wanted.step === undefined)
        expect([phrase, ...cron.map((one) => matched({ cron: one }))]).toEqual([phrase, matched(wanted)]);
      else
        expect([phrase, cron, every[0]?.every]).toEqual([
          phrase,
          [],
          wanted.step.every * (wanted.step.unit === 'week' ? 7 : 1) * 86_400_000,
        ]);
    }
  }
});

test('what is refused is refused by both, with its hint; a schedule takes lengths of time besides', () => {
  const lengths: string[] = [];
  for (const [phrase] of refused) {
    const refusal = refusalOf(() => ofNotification(phrase));
    expect([phrase, refusal?.code, refusal?.hint]).toEqual([
      phrase,
      'invalid_recurrence',
      expect.stringContaining('Write it like "'),
    ]);
    const bySchedule = refusalOf(() => ofSchedule(phrase));
    if (bySchedule === undefined) lengths.push(phrase);
    else expect([phrase, bySchedule.code]).toEqual([phrase, 'invalid_schedule']);
  }
  expect(lengths).toEqual([]);
});
