import { Command } from '@commander-js/extra-typings';
import { UserError } from '../../lib/errors.ts';
import { confirm, YES_OPTION } from '../output/confirm.ts';
import { withClient, withStore } from '../context.ts';
import { printJson } from '../output/output.ts';

export function cancelCommand() {
  return new Command('cancel')
    .description('cancel a run; posts already under way still finish')
    .argument('<run>', 'workflow id of the run')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .action(async (workflowId, { yes, json }) => {
      await withClient(async (client) => {
        const handle = client.workflow.getHandle(workflowId);
        const { status } = await handle.describe().catch((error: unknown) => {
          throw UserError.failure('unknown_run', `There is no run "${workflowId}"`, { cause: error });
        });
        if (status.name !== 'RUNNING') {
          throw UserError.failure('run_ended', `Run "${workflowId}" has already ended (${status.name.toLowerCase()})`);
        }
        await confirm(`Cancel ${workflowId}? It posts nothing more.`, yes);
        await handle.cancel();
        // It ends as cancelled, which throws.
        await handle.result().catch(() => undefined);
      });
      const counts = await withStore((store) => store.deliveries.countByState({ dispatchId: workflowId }));
      if (json === true) return printJson({ workflowId, ...counts });
      const parts = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
      console.log(`Run ${workflowId} cancelled: ${parts.join(', ') || 'nothing was claimed'}`);
    });
}
