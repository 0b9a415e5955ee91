import { Command } from '@commander-js/extra-typings';
import type { Selection } from '../activities/dispatch.ts';
import { UserError } from '../errors.ts';
import { followRun, startRun } from '../run.ts';
import { withClient, withStore } from './context.ts';
import { printJson } from './output.ts';
import { formatSummary, progressBar } from './progress-bar.ts';

export function runCommand() {
  return new Command('run')
    .description('fan out now, without a schedule: every enabled notification, or those you choose')
    .option('--schedule <id>', 'only the notifications that ride this schedule')
    .option('--notification <id...>', 'only these notifications')
    .option('--no-wait', 'return as soon as the run has started')
    .option('--json', 'print JSON')
    .action(async (options) => {
      const selection = selectionOf(options);
      await checkKnown(selection);
      return withClient(async (client, config) => {
        const handle = await startRun(client, { taskQueue: config.temporal.taskQueue, selection });
        if (!options.wait) {
          if (options.json === true) printJson({ workflowId: handle.workflowId });
          else console.log(`Run started: ${handle.workflowId}`);
          return;
        }
        const bar = progressBar();
        const result = await followRun(handle, bar.draw).finally(bar.clear);
        if (options.json === true) printJson({ workflowId: handle.workflowId, ...result });
        else console.log(formatSummary(result));
        if (result.failed > 0) process.exitCode = 1;
      });
    });
}

function selectionOf({ schedule, notification }: { schedule?: string; notification?: string[] }): Selection {
  if (schedule !== undefined && notification !== undefined) {
    throw new UserError('invalid_selection', 'Give either --schedule or --notification, not both');
  }
  if (schedule !== undefined) return { schedule };
  return notification === undefined ? { all: true } : { notifications: notification };
}

async function checkKnown(selection: Selection): Promise<void> {
  if (!('notifications' in selection)) return;
  const known = await withStore((store) => store.notifications.existing(selection.notifications));
  const unknown = selection.notifications.filter((id) => !known.has(id));
  if (unknown.length === 0) return;
  throw new UserError('unknown_notification', `There is no notification "${unknown.join('", "')}"`, {
    hint: 'List them with `slack-reports notifications list`.',
  });
}
