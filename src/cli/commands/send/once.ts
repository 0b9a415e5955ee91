import { Command } from '@commander-js/extra-typings';
import { parseDuration } from '../../../lib/duration.ts';
import { UserError } from '../../../lib/errors.ts';
import { checkChannel } from '../../../notifications/input.ts';
import { namesAnother } from '../../../client/channels.ts';
import { deliveriesOf } from '../../../client/deliveries.ts';
import { choose, sendsOf, startAt, startNow } from '../../../client/sends.ts';
import { withContext } from '../../context.ts';
import { fanOut, tellEnd, tellStart } from '../../output/fan-out.ts';
import { whatOf, type WhatOptions } from './what.ts';
import { IN_OPTION, printSend, TIMEZONE_OPTION, timeAsked, type WhenOptions } from './when.ts';

export const ONCE_HELP = `
A report needs --account and --channel. It leaves no notification behind.
The same send at the same time is sent once. The same --key is sent once, at whatever time.
A local time that does not exist is refused; if it occurs twice, the first is used.`;

export function onceCommand() {
  return new Command('once')
    .description('send a notification or a report; the word "once" is optional')
    .argument('[notification]')
    .option('--at <time>', '"2026-12-01 09:00 Europe/Berlin", or 2026-12-01T09:00:00+01:00')
    .option(...IN_OPTION)
    .option(...TIMEZONE_OPTION)
    .option(
      '--catchup-window <duration>',
      'after an outage, still send if at most this late; otherwise mark as missed',
      '1 hour',
    )
    .option('--report <name>', 'send a report instead of a notification')
    .option('--account <id>', 'account the report is about')
    .option('--channel <id>', 'Slack channel: id (C0123456789), #name, or a person (U0123456789)')
    .option('--channel-name <text>', 'channel name to show: "#acme-reports"')
    .option('--workspace <id>', 'Slack workspace (default: "default", whose token is SLACK_BOT_TOKEN)')
    .option('--params <json>', "the report's parameters")
    .option('--name <text>', 'name to show in lists')
    .option('--key <text>', 'idempotency key: the same key sends once')
    .option('--test', 'send now to the channel of --to, marked as a test; affects no later report')
    .option('--to <channel>', 'channel for --test: id, #name, or a person (U0123456789)')
    .option('--wait', 'wait until it is sent, even with --at or --in')
    .option('--no-wait', 'return once it has started')
    .option('--json', 'print JSON')
    .addHelpText('after', ONCE_HELP)
    .action(async (notification, options) => {
      if (options.test === true || options.to !== undefined) return sendTest(notification, options);
      return sendOnce({ notification, ...options });
    });
}

interface SendOptions extends WhatOptions, WhenOptions {
  key?: string;
  catchupWindow: string;
  wait?: boolean;
  json?: boolean;
}

async function sendOnce(options: SendOptions): Promise<void> {
  const { wait, json } = options;
  const catchUpWindowMs = parseDuration(options.catchupWindow, {
    name: '--catchup-window',
    minMs: 1_000,
    example: '30 minutes',
  });
  const what = whatOf(options);
  await withContext(async (context) => {
    const chosen = await choose(context, what, options.key, (timezone) => timeAsked(options, timezone));
    const { time } = chosen;
    if (time === undefined) {
      const run = await startNow(context, chosen);
      return wait === false ? tellStart(run, { json }) : tellEnd(context, run, { json });
    }
    const send = await startAt(context, chosen, time, catchUpWindowMs);
    if (time.remark !== undefined) console.error(`note: ${time.remark}`);
    // One JSON document is what programs expect.
    if (wait !== true || json !== true) printSend(send, { json });
    if (wait === true) await tellEnd(context, await sendsOf(context).untilSent(send.id), { json });
  });
}

interface TestOptions {
  test?: boolean;
  to?: string;
  wait?: boolean;
  json?: boolean;
}

/** Sends a notification's report now to another channel, through the ledger as everything, as an occurrence of its own. */
async function sendTest(notification: string | undefined, options: TestOptions): Promise<void> {
  const { test, to, wait, json, ...others } = options;
  if (test !== true || to === undefined || notification === undefined) {
    throw UserError.input('invalid_options', 'A test is `send <notification> --test --to <channel>`', {
      hint: '`slack-reports preview <notification>` shows the message and posts nothing.',
    });
  }
  const more = Object.entries(others).filter(([option, value]) => value !== undefined && option !== 'catchupWindow');
  if (more.length > 0) {
    throw UserError.input('invalid_options', `--${more[0]?.[0]} does not belong to a test, which is sent now`);
  }
  const channel = namesAnother(to) ? to : checkChannel('--to', to);
  return fanOut((context) => deliveriesOf(context).test(notification, { channel }), { wait: wait !== false, json });
}
