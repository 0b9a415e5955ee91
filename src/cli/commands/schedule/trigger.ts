import { Command } from '@commander-js/extra-typings';
import { printJson } from '../../output/output.ts';
import { withSchedules } from './options.ts';

export function triggerCommand() {
  return new Command('trigger')
    .description('start a run of the schedule now, as an extra occurrence')
    .argument('<id>')
    .option('--json', 'print JSON')
    .action(async (id, { json }) => {
      const workflowId = await withSchedules((all) => all.trigger(id));
      if (json === true) printJson({ id, workflowId });
      else console.log(`Schedule ${id} triggered: ${workflowId}`);
    });
}
