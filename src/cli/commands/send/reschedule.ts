import { Command } from '@commander-js/extra-typings';
import { UserError } from '../../../lib/errors.ts';
import { sendsOf } from '../../../client/sends.ts';
import { withContext } from '../../context.ts';
import { IN_OPTION, printSend, timeAsked } from './when.ts';

export function rescheduleCommand() {
  return new Command('reschedule')
    .description('move a scheduled send to another time')
    .argument('<id>', 'from `send list`')
    .option('--at <time>', '"2026-12-01 09:00 Europe/Berlin", or 2026-12-01T09:00:00+01:00')
    .option(...IN_OPTION)
    .option('--timezone <name>', 'IANA time zone of --at (default: UTC)')
    .option('--json', 'print JSON')
    .action(async (id, { json, ...when }) => {
      const time = timeAsked(when, 'UTC');
      if (time === undefined) throw UserError.input('invalid_options', 'Say when: --at "2026-12-01 09:00", or --in');
      const moved = await withContext((context) => sendsOf(context).reschedule(id, { at: time.at, note: time.note }));
      if (time.remark !== undefined) console.error(`note: ${time.remark}`);
      printSend(moved, { json });
    });
}
