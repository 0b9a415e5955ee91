import { Command } from '@commander-js/extra-typings';
import { parseDuration } from '../../duration.ts';
import { UserError } from '../../errors.ts';
import { sendAt, untilBegun } from '../../send.ts';
import type { SendTime } from '../../schedules/send-time.ts';
import { withClient, withStore } from '../context.ts';
import { fanOut, tellEnd } from '../fan-out.ts';
import { cancelCommand, listCommand, rescheduleCommand } from './manage.ts';
import { sendTest } from './test.ts';
import { chosen, type Chosen, type WhatOptions } from './what.ts';
import { IN_OPTION, printSend, TIMEZONE_OPTION, timeAsked, type WhenOptions } from './when.ts';

const HELP = `
A report needs --account and --channel; it is sent once, without a notification that stays.
Asked for twice, the same at the same time is sent once; with --key, whatever the time.
A time that the clock skips is refused; of one that it shows twice the first is taken.
Names of commands are not sent: \`send list\` lists, so a notification called "list" is sent by \`run\`.`;

export function sendCommand() {
  return (
    new Command('send')
      .description('send a notification, or a report to a channel, once: now, or at a time')
      .argument('[notification]')
      .option('--at <time>', '"2026-12-01 09:00 Europe/Berlin", or 2026-12-01T09:00:00+01:00')
      .option(...IN_OPTION)
      .option(...TIMEZONE_OPTION)
      .option('--catchup-window <duration>', 'after an outage it still goes out if no later than this', '1 hour')
      .option('--report <name>', 'a report instead of a notification')
      .option('--account <id>', 'whose report')
      .option('--channel <id>', 'Slack channel id, such as C0123456789')
      .option('--channel-name <text>', 'for people: "#acme-reports"')
      .option('--workspace <id>', 'Slack workspace (default: "default", whose token is SLACK_BOT_TOKEN)')
      .option('--params <json>', "the report's parameters")
      .option('--name <text>', 'for people: what it is called in lists')
      .option('--key <text>', 'the same key again is the same: nothing is sent twice')
      .option('--test', 'send it now to the channel of --to, marked as a test; its next report is as if there was none')
      .option('--to <channel>', 'with --test: a channel id')
      .option('--wait', 'wait for the end also when there is a time to wait for')
      .option('--no-wait', 'return as soon as it has started')
      .option('--json', 'print JSON')
      .addHelpText('after', HELP)
      // Its subcommands have options of the same names.
      .enablePositionalOptions()
      .action(async (notification, options) => {
        if (options.test === true || options.to !== undefined) return sendTest(notification, options);
        return send({ notification, ...options });
      })
      .addCommand(listCommand())
      .addCommand(rescheduleCommand())
      .addCommand(cancelCommand())
  );
}

interface SendOptions extends WhatOptions, WhenOptions {
  catchupWindow: string;
  wait?: boolean;
  json?: boolean;
}

async function send(options: SendOptions): Promise<void> {
  const { key, json } = options;
  const catchUpMs = windowOf(options.catchupWindow);
  const what = await withStore(async (store, config) =>
    chosen(store, config, options, (timezone) => timeAsked(options, timezone)),
  );
  if (what.time !== undefined) return later(what, what.time, { ...options, catchUpMs });
  return fanOut(what.selection, { wait: options.wait !== false, json, idempotencyKey: what.key ?? key });
}

async function later(what: Chosen, time: SendTime, options: SendOptions & { catchUpMs: number }): Promise<void> {
  const { key: idempotencyKey, wait, json, catchUpMs } = options;
  await withClient(async (client, config) => {
    const asked = { selection: what.selection, at: time.at, note: time.note, idempotencyKey, catchUpMs };
    const planned = await sendAt(client, { ...asked, taskQueue: config.temporal.taskQueue }).catch(
      async (error: unknown) => {
        await what.undo();
        throw error;
      },
    );
    if (time.remark !== undefined) console.error(`note: ${time.remark}`);
    if (wait === true && json === true) return tellEnd(await untilBegun(client, planned.id), { json });
    printSend(planned, { json });
    if (wait === true) await tellEnd(await untilBegun(client, planned.id), { json });
  });
}

function windowOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new UserError('invalid_duration', `--catchup-window "${text}" is not a duration`, {
    hint: 'Write it like "30 minutes" or "2 hours".',
  });
}
