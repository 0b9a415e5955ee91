import { Command } from '@commander-js/extra-typings';
import { parseDuration } from '../../duration.ts';
import { UserError } from '../../errors.ts';
import { sendAt, untilSent } from '../../send.ts';
import { startRun } from '../../run.ts';
import { withClient, withStore } from '../context.ts';
import { tellEnd, tellStart } from '../fan-out.ts';
import { cancelCommand, listCommand, rescheduleCommand } from './manage.ts';
import { sendTest } from './test.ts';
import { chosen, type Chosen, type WhatOptions } from './what.ts';
import { IN_OPTION, printSend, TIMEZONE_OPTION, timeAsked, type WhenOptions } from './when.ts';

export function sendCommand() {
  const once = onceCommand();
  return new Command('send')
    .description('send a notification, or a report to a channel, once: now or at a time')
    .addHelpText('after', () => `\nWithout a command it is \`send once\`:\n\n${once.helpInformation()}${HELP}`)
    .addCommand(once, { isDefault: true })
    .addCommand(listCommand())
    .addCommand(rescheduleCommand())
    .addCommand(cancelCommand());
}

const HELP = `
A report needs --account and --channel; it is sent once, and no notification stays.
The same send at the same time is sent once, however often you ask; with --key, at any time.
A local time that the clock skips is refused; if a local time occurs twice, the first is used.`;

function onceCommand() {
  return new Command('once')
    .description('send a notification, or a report; "once" may be left out')
    .argument('[notification]')
    .option('--at <time>', '"2026-12-01 09:00 Europe/Berlin", or 2026-12-01T09:00:00+01:00')
    .option(...IN_OPTION)
    .option(...TIMEZONE_OPTION)
    .option('--catchup-window <duration>', 'after an outage, still send if at most this late', '1 hour')
    .option('--report <name>', 'a report instead of a notification')
    .option('--account <id>', 'whose report')
    .option('--channel <id>', 'Slack channel id, such as C0123456789')
    .option('--channel-name <text>', 'for people: "#acme-reports"')
    .option('--workspace <id>', 'Slack workspace (default: "default", whose token is SLACK_BOT_TOKEN)')
    .option('--params <json>', "the report's parameters")
    .option('--name <text>', 'for people: what it is called in lists')
    .option('--key <text>', 'an idempotency key: nothing is sent twice for it')
    .option('--test', 'send it now to the channel of --to, marked as a test; nothing else counts it')
    .option('--to <channel>', 'with --test: a channel id')
    .option('--wait', 'wait for the end, even of a send at a time')
    .option('--no-wait', 'return as soon as it has started')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (notification, options) => {
      if (options.test === true || options.to !== undefined) return sendTest(notification, options);
      return sendOnce({ notification, ...options });
    });
}

interface SendOptions extends WhatOptions, WhenOptions {
  catchupWindow: string;
  wait?: boolean;
  json?: boolean;
}

async function sendOnce(options: SendOptions): Promise<void> {
  const { wait, json } = options;
  const catchUpWindowMs = windowOf(options.catchupWindow);
  const what = await withStore(async (store, config) =>
    chosen(store, config, options, (timezone) => timeAsked(options, timezone)),
  );
  const { selection, time, key: idempotencyKey, oneOff } = what;
  await withClient(async (client, config) => {
    const { taskQueue } = config.temporal;
    const asked = { selection, taskQueue, idempotencyKey };
    if (time === undefined) {
      const run = await withOneOff(what, () => startRun(client, asked));
      return wait === false ? tellStart(run, { json }) : tellEnd(run, { json });
    }
    const { at, note, remark } = time;
    const send = await withOneOff(what, () =>
      sendAt(client, { ...asked, id: oneOff?.id, what: what.what, at, note, catchUpWindowMs }),
    );
    if (remark !== undefined) console.error(`note: ${remark}`);
    // One JSON document is what programs expect.
    if (wait !== true || json !== true) printSend(send, { json });
    if (wait === true) await tellEnd(await untilSent(client, send.id), { json });
  });
}

/** Adds the notification made for this send before it starts, and removes it if it can't start. */
async function withOneOff<Result>({ oneOff }: Chosen, start: () => Promise<Result>): Promise<Result> {
  if (oneOff === undefined) return start();
  const { existing } = await withStore((store) => store.notifications.add([oneOff]));
  try {
    return await start();
  } catch (error) {
    if (existing.length === 0) await withStore((store) => store.notifications.removeOneOff(oneOff.id));
    throw error;
  }
}

function windowOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new UserError('invalid_duration', `--catchup-window "${text}" is not a duration`, {
    hint: 'Write it like "30 minutes" or "2 hours".',
  });
}
