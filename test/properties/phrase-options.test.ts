import { Command } from '@commander-js/extra-typings';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { timesNamed, withOwnTimes } from '../../src/cli/commands/notifications/options.ts';
import { withTimes } from '../../src/cli/commands/schedule/options.ts';
import type { OwnRecurrence } from '../../src/domain/notification.ts';
import { UserError } from '../../src/lib/errors.ts';
import { parseTimes, timesShape } from '../../src/notifications/times.ts';
import { newSettings } from '../../src/scheduling/input.ts';
import { matched, expected, read, refused } from '../unit/domain/recurrence/phrases/phrases.ts';

const NOW = new Date('2026-11-23T08:00:00Z');
const DAY_MS = 86_400_000;
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

function refusalOf(act: () => unknown): UserError | undefined {
  try {
    act();
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
    const { step, ...wanted } = expected(outcome);
    let settings: ReturnType<typeof ofSchedule> | undefined;
    const refusal = refusalOf(() => {
      settings = ofSchedule(phrase);
    });
    const problem = wanted.nthDay === undefined ? undefined : expect.stringContaining('does not count the days');
    expect([phrase, refusal?.message]).toEqual([phrase, problem]);
    if (settings === undefined) continue;
    const { cron, every } = settings;
    if (step === undefined) {
      expect([phrase, ...cron.map((one) => matched({ cron: one }))]).toEqual([phrase, matched(wanted)]);
    } else {
      const length = step.every * (step.unit === 'week' ? 7 : 1) * DAY_MS;
      expect([phrase, cron, every[0]?.every]).toEqual([phrase, [], length]);
    }
  }
});

test('what is refused is refused by both commands, with a phrase that works', () => {
  for (const [phrase] of refused) {
    const [byNotification, bySchedule] = [ofNotification, ofSchedule].map((reader) => refusalOf(() => reader(phrase)));
    const hint = expect.stringContaining('Write it like "');
    expect([phrase, byNotification?.code, byNotification?.hint]).toEqual([phrase, 'invalid_recurrence', hint]);
    expect([phrase, bySchedule?.code, bySchedule?.message]).toEqual([phrase, 'invalid_schedule', hint]);
  }
});
