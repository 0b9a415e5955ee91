import { readFileSync } from 'node:fs';
import type { Command } from '@commander-js/extra-typings';
import { messageOf, UserError } from '../../errors.ts';

/** When a notification is due by itself, as options say it. */
export function withOwnTimes<Args extends unknown[], Options extends Record<string, unknown>>(
  command: Command<Args, Options>,
) {
  return command
    .option('--cron <expression>', 'a recurrence of its own: five fields')
    .option('--every <words>', 'the same in words: "weekday at 09:00", "last friday of the month at 16:00", see below')
    .option('--timezone <name>', 'IANA zone of its recurrence (default: UTC)')
    .option('--start <date>', 'the first local date: 2026-12-01')
    .option('--end <date>', 'the last local date')
    .option('--skip <date...>', 'local dates on which it is skipped: 2026-12-25, or 12-25 of every year')
    .option('--skip-file <path>', 'more of them, one in a line; what follows a "#" is for people')
    .option(
      '--dst-gap <what>',
      'a time that the clock skips: "shift" to the first minute after it, or "skip" (default: shift)',
    );
}

/** What becomes of what is late. */
export function withLateness<Args extends unknown[], Options extends Record<string, unknown>>(
  command: Command<Args, Options>,
) {
  return command
    .option('--catch-up <duration>', 'how late it may go out after an outage; later it is missed (default: 1 hour)')
    .option(
      '--missed <which>',
      'of several that passed in an outage: the "newest" goes out, or "all" (default: newest)',
    );
}

export const EVERY_HELP = `
--every: "weekday at 09:00", "day at 8:30", "monday and thursday at 17:00", "first monday at 8:30", "last friday of the month
at 16:00", "month on the 1st and 15th at 7am", "last day of the month at 18:00", "first weekday of the quarter at noon",
"2 hours", "15 minutes from 8:00 to 18:00 on weekdays".`;

interface OwnTimes {
  skip?: string[] | undefined;
  skipFile?: string | undefined;
  dstGap?: string | undefined;
  catchUp?: string | undefined;
}

/** From the names of options to those of an import's columns. */
export function timesNamed<Options extends OwnTimes>({ skip, skipFile, dstGap, catchUp, ...others }: Options) {
  const dates = skip === undefined && skipFile === undefined ? undefined : [...(skip ?? []), ...readDates(skipFile)];
  return { ...others, skip: dates, dst_gap: dstGap, catch_up: catchUp };
}

function readDates(file: string | undefined): string[] {
  if (file === undefined) return [];
  try {
    const lines = readFileSync(file, 'utf8').split(/\r?\n/);
    return lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '');
  } catch (error) {
    throw new UserError('unreadable_file', `Cannot read ${file}: ${messageOf(error)}`, {
      hint: 'It is a text with one date in a line, such as 2026-12-25.',
      cause: error,
    });
  }
}
