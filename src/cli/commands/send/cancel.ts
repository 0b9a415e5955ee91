import { Command } from '@commander-js/extra-typings';
import { sendsOf } from '../../../client/sends.ts';
import { confirm, YES_OPTION } from '../../output/confirm.ts';
import { withContext } from '../../context.ts';
import { printJson } from '../../output/output.ts';

export function cancelCommand() {
  return new Command('cancel')
    .description('cancel a scheduled send')
    .argument('<id>', 'from `send list`')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .action(async (id, { yes, json }) => {
      const cancelled = await withContext(async (context) => {
        const sends = sendsOf(context);
        const { what } = await sends.find(id);
        await confirm(`Cancel ${id} (${what})?`, yes);
        return sends.cancel(id);
      });
      if (json === true) printJson({ id, cancelled: true, what: cancelled.what });
      else console.log(`${id} cancelled`);
    });
}
