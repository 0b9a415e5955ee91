import { readFileSync } from 'node:fs';
import type { Command } from '@commander-js/extra-typings';
import { notificationsOf } from '../../../client/notifications.ts';
import { messageOf, UserError } from '../../../lib/errors.ts';
import type { MissingStore } from '../../../client/context.ts';
import { withContext } from '../../context.ts';

/** Options for an own recurrence. */
export function withOwnTimes<Args extends unknown[], Options extends Record<string, unknown>>(
  command: Command<Args, Options>,
) {
  return command
    .option('--cron <expression>', 'its own recurrence: five fields')
    .option('--every <words>', 'the same in words: "weekday at 09:00", "last friday of the month at 16:00", see below')
    .option('--timezone <name>', 'IANA zone of its recurrence (default: UTC)')
    .option('--start <date>', 'the first local date: 2026-12-01')
    .option('--end <date>', 'the last local date')
    .option('--skip <date...>', 'local dates on which it is skipped: 2026-12-25, or 12-25 of every year')
    .option('--skip-file <path>', 'more dates to skip, one a line; "#" starts a comment')
    .option(
      '--dst-gap <what>',
      'a local time that the clock skips: "shift" to the first minute after it, or "skip" (default: shift)',
    );
}

/** Options for what is late. */
export function withLateness<Args extends unknown[], Options extends Record<string, unknown>>(
  command: Command<Args, Options>,
) {
  return command
    .option(
      '--catch-up <duration>',
      'after an outage, still send if at most this late; otherwise mark as missed (default: 1 hour)',
    )
    .option('--missed <which>', 'if several passed in an outage: send the "newest", or "all" (default: newest)');
}

export const EVERY_HELP = `
--every: "weekday at 09:00", "monday to thursday at 17:00", "every 2 weeks on friday at 9:00" (counted from --start, or from the
next one), "first and third monday at 8:30", "last friday of the month at 16:00", "1st and 15th of the month at 7am", "last
day of the month at 18:00", "first weekday of the quarter at noon", "every day except sunday at 9:30 pm", "2 hours",
"15 minutes from 8:00 to 17:45 on weekdays". What isn't understood is refused, with a phrase that is.`;

interface OwnTimes {
  skip?: string[] | undefined;
  skipFile?: string | undefined;
  dstGap?: string | undefined;
  catchUp?: string | undefined;
}

/** Renames options to the columns of an import. */
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
    throw UserError.input('unreadable_file', `Cannot read ${file}: ${messageOf(error)}`, {
      hint: 'Write one date a line, such as 2026-12-25.',
      cause: error,
    });
  }
}

/** Fields of a notification whose options are spelled in another way. */
const COLUMNS = [
  'id',
  'account',
  'report',
  'channel',
  'channel_name',
  'workspace',
  'schedule',
  'cron',
  'every',
  'nth_day',
  'step',
  'anchor',
].concat([
  'timezone',
  'start',
  'end',
  'skip',
  'dst_gap',
  'catch_up',
  'missed',
  'window',
  'locale',
  'owner',
  'tags',
  'params',
]);

/** Runs a command on notifications. */
export function withNotifications<Result>(
  work: (notifications: Notifications) => Promise<Result>,
  missingStore?: MissingStore,
): Promise<Result> {
  return withContext((context) => work(notificationsOf(context)), missingStore);
}

type Notifications = ReturnType<typeof notificationsOf>;

/** Names wrong fields as the options that give them: `--dst-gap` for `dst_gap`. */
export async function namingOptions<Result>(parse: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await parse();
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode !== 2) throw error;
    const { code, hint } = error;
    const message = error.message.replaceAll(/(^|; )([a-z_]+)(?=: )/g, (whole, before: string, column: string) =>
      COLUMNS.includes(column) ? `${before}--${column === 'tags' ? 'tag' : column.replaceAll('_', '-')}` : whole,
    );
    throw UserError.input(code, message, { hint, cause: error });
  }
}
