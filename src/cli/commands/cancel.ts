import { Command } from '@commander-js/extra-typings';
import { checkUnderWay, runsOf } from '../../client/runs.ts';
import { confirm, YES_OPTION } from '../output/confirm.ts';
import { withContext } from '../context.ts';
import { printJson } from '../output/output.ts';

export function cancelCommand() {
  return new Command('cancel')
    .description('cancel a run; posts already under way still finish')
    .argument('<run>', 'workflow id of the run')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .action(async (workflowId, { yes, json }) => {
      const counts = await withContext(async (context) => {
        await checkUnderWay(await context.temporal(), workflowId);
        await confirm(`Cancel ${workflowId}? It posts nothing more.`, yes);
        return runsOf(context).cancel(workflowId);
      });
      if (json === true) return printJson({ workflowId, ...counts });
      const parts = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
      console.log(`Run ${workflowId} cancelled: ${parts.join(', ') || 'nothing was claimed'}`);
    });
}
