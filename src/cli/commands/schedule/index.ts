import { Command } from '@commander-js/extra-typings';
import { applyCommand } from './apply.ts';
import { backfillCommand } from './backfill.ts';
import { createCommand } from './create.ts';
import { deleteCommand } from './delete.ts';
import { describeCommand } from './describe.ts';
import { listCommand } from './list.ts';
import { nextCommand } from './next.ts';
import { pauseCommand, unpauseCommand } from './pause.ts';
import { triggerCommand } from './trigger.ts';
import { updateCommand } from './update.ts';

export function scheduleCommand() {
  return new Command('schedule')
    .description('manage the Temporal schedules that start runs')
    .addCommand(applyCommand())
    .addCommand(createCommand())
    .addCommand(updateCommand())
    .addCommand(listCommand())
    .addCommand(describeCommand())
    .addCommand(nextCommand())
    .addCommand(pauseCommand())
    .addCommand(unpauseCommand())
    .addCommand(triggerCommand())
    .addCommand(backfillCommand())
    .addCommand(deleteCommand());
}
