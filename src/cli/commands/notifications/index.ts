import { Command } from '@commander-js/extra-typings';
import { definedOnly } from '../../../lib/defined.ts';
import type { ImportResult } from '../../../notifications/import.ts';
import { NEW_STORE } from '../../context.ts';
import { applyCommand } from './apply.ts';
import { nextCommand } from './next.ts';
import { EVERY_HELP, namingOptions, timesNamed, withLateness, withNotifications, withOwnTimes } from './options.ts';
import { pauseCommand, unpauseCommand } from './pause.ts';
import { listSource } from './source.ts';
import { removeCommand } from './remove.ts';
import { updateCommand } from './update.ts';
import { sentenceOf, stateOf, whenOf } from '../../../client/notification-text.ts';
import { printJson, printRows } from '../../output/output.ts';

export function notificationsCommand() {
  const command = new Command('notifications').description('manage what is sent, to which channel, and when');

  command
    .command('list')
    .description('list the notifications')
    .option('--schedule <id>', 'only those that ride this schedule')
    .option('--account <id>', 'only those of this account')
    .option('--report <name>', 'only those with this report')
    .option('--tag <tag...>', 'only those with all of these tags')
    .option('--channel <id>', 'only those to this channel')
    .option('--workspace <id>', 'only those of this workspace')
    .option('--source <name>', 'what this source would give now; with --schedule, for that schedule')
    .option('--json', 'print JSON')
    .action(async ({ tag: tags, json, source, ...filter }) => {
      if (source !== undefined) return listSource(source, { ...filter, tags, json });
      const asked = definedOnly({ ...filter, tags });
      const { rows, unreadable } = await withNotifications(async (notifications) => ({
        rows: await notifications.list(asked),
        unreadable: await notifications.unreadable(asked),
      }));
      for (const { id, reason } of unreadable) console.error(`note: ${id} cannot be read, and is not sent: ${reason}`);
      if (json === true) return printJson(rows);
      printRows(
        rows,
        {
          NOTIFICATION: (row) => row.id,
          NAME: (row) => row.name,
          ACCOUNT: (row) => row.account,
          REPORT: (row) => row.report,
          CHANNEL: (row) => row.channel.name ?? row.channel.id,
          DUE: (row) => whenOf(row),
          OWNER: (row) => row.owner ?? '–',
          TAGS: (row) => row.tags.join(' '),
          STATE: (row) => stateOf(row),
        },
        { json, empty: 'No notifications. Add one: slack-reports notifications add --help' },
      );
    });

  const add = command
    .command('add')
    .description('add one notification')
    .argument('<id>', 'its name in workflow ids and commands: letters, digits, ".", "_", "-"')
    .requiredOption('--account <id>', 'whose report')
    .requiredOption('--report <name>', 'which report; `slack-reports report list` has them')
    .requiredOption('--channel <id>', 'Slack channel: id (C0123456789), #name, or a person (U0123456789)')
    .option('--name <text>', 'for people: "Acme weekly report" (default: the id)')
    .option('--params <json>', "the report's parameters", '{}')
    .option('--channel-name <text>', 'for people: "#acme-reports"')
    .option('--workspace <id>', 'Slack workspace (default: "default", whose token is SLACK_BOT_TOKEN)')
    .option('--schedule <id>', 'ride this schedule: due whenever it fires')
    .option('--on-demand', 'never due: sent only by `run`, `send` or a program');
  withLateness(withOwnTimes(add))
    .option('--locale <tag>', 'how to write numbers and dates: de-DE (default: en-US)')
    .option(
      '--owner <id>',
      'who is told in Slack when it does not arrive: C0OPS, U0ANNA, or ops/C0OPS of another workspace',
    )
    .option('--tag <tag...>', 'words to choose it by: `run --tag`')
    .option('--window <duration>', 'spread: post it at some point within this time after it is due')
    .option('--json', 'print JSON')
    .addHelpText('after', EVERY_HELP)
    .action(async (id, { json, channelName: channel_name, onDemand: on_demand, tag: tags, ...fields }) => {
      const notification = await withNotifications(
        (notifications) =>
          namingOptions(() => notifications.add({ id, ...timesNamed(fields), channel_name, on_demand, tags })),
        NEW_STORE,
      );
      if (json === true) printJson(notification);
      else console.log(`Notification ${id} added: ${sentenceOf(notification)}`);
    });

  command
    .command('import')
    .description('add the notifications of a file; wrong rows are listed, the others are added')
    .argument('<file>', '.csv with a header line, .json with an array, or .yaml')
    .option('--strict', 'add nothing if a row is wrong')
    .option('--json', 'print JSON')
    .addHelpText('after', IMPORT_HELP)
    .action(async (file, { strict = false, json }) => {
      const result = await withNotifications((notifications) => notifications.import(file, { strict }), NEW_STORE);
      if (json === true) printJson(result);
      else printImport(file, result, strict);
      if (result.problems.length > 0) process.exitCode = strict ? 2 : 1;
    });

  return command
    .addCommand(applyCommand())
    .addCommand(removeCommand())
    .addCommand(updateCommand())
    .addCommand(pauseCommand())
    .addCommand(unpauseCommand())
    .addCommand(nextCommand());
}

const IMPORT_HELP = `
Columns: id, account, report, channel; then one of schedule, cron, every (words: "weekday at 09:00") or on_demand (true); with
cron or every also timezone, start, end, skip (2026-12-25,12-26), dst_gap (shift or skip), catch_up, and with cron nth_day (-1:
only the last day of a month that the cron matches), or step (2 weeks) with its anchor (a date that counts); and optionally missed (newest or all), name, params (JSON), channel_name,
workspace, tags (weekly,emea), window, locale (de-DE), owner (C0OPS), enabled (true or false).
Exit code 0: all rows were added; 1: all but the wrong ones; 2: none.`;

function printImport(file: string, { added, unchanged, problems }: ImportResult, strict: boolean): void {
  for (const { line, id, message } of problems) {
    console.error(`${file}:${line}: ${id === undefined ? '' : `${id}: `}${message}`);
  }
  const parts = [`${added} added`];
  if (unchanged > 0) parts.push(`${unchanged} there already`);
  if (problems.length > 0) parts.push(`${problems.length} wrong`);
  console.log(`${parts.join(', ')}${strict && problems.length > 0 ? ' (--strict: nothing was added)' : ''}`);
}
