import { Command } from '@commander-js/extra-typings';
import { durationText } from '../../duration.ts';
import { changedNotification, type NotificationChange } from '../../notification-input.ts';
import { loadReports } from '../../reports/registry.ts';
import { CATCH_UP_MS } from '../../store/claim-rows.ts';
import type { Notification } from '../../store/notifications.ts';
import type { Today } from '../../store/recurrence-change.ts';
import { UserError } from '../../errors.ts';
import { checkWorkspace, unknownNotification } from '../check-notifications.ts';
import { withStore } from '../context.ts';
import { forPrograms, sentenceOf, slotText } from '../notification-text.ts';
import { printJson } from '../output.ts';
import { EVERY_HELP, timesNamed, withLateness, withOwnTimes } from './options.ts';

/** Takes away what a notification has. */
const NONE = 'none';
const MAY_BE_NONE = ['start', 'end', 'skip', 'catch_up', 'window', 'channel_name', 'tags'] as const;

export function updateCommand() {
  const command = new Command('update')
    .description('change what is named, and nothing else; what is due today neither comes twice nor gets lost')
    .argument('<id>')
    .option('--account <id>', 'whose report')
    .option('--report <name>', 'which report')
    .option('--channel <id>', 'Slack channel id, such as C0123456789')
    .option('--name <text>', 'for people: "Acme weekly report"')
    .option('--params <json>', "the report's parameters, all of them")
    .option('--channel-name <text>', 'for people: "#acme-reports"')
    .option('--workspace <id>', 'Slack workspace')
    .option('--schedule <id>', 'ride this schedule, instead of what made it due before')
    .option('--on-demand', 'sent only when asked for, instead of what made it due before');
  return withLateness(withOwnTimes(command))
    .option('--tag <tag...>', 'words to choose it by, all of them')
    .option('--window <duration>', 'spread: post it somewhere within this time after it is due')
    .option('--enable', 'let it be due again')
    .option('--disable', 'keep it, and let it never be due')
    .option('--json', 'print JSON')
    .addHelpText('after', `${EVERY_HELP}\n"none" takes away a start, end, skip, catch-up, window, tag or channel name.`)
    .action(async (id, { json, channelName, onDemand, tag, enable, disable, ...fields }) => {
      if (enable === true && disable === true) throw invalid('--enable and --disable at once');
      const enabled = enable === true ? true : disable === true ? false : undefined;
      const named = timesNamed({ ...fields, channel_name: channelName, on_demand: onDemand, tags: tag, enabled });
      if (Object.values(named).every((value) => value === undefined)) throw invalid('Nothing to change is named');
      const done = await withStore(async (store, config) => {
        const reports = await loadReports(config.reportsFolder, config.sample);
        const now = new Date();
        const change = withoutNone(named);
        if (fields.workspace !== undefined) await checkWorkspace(store, fields.workspace);
        const result = await store.notifications.change(
          id,
          (row) => changedNotification(row, change, now, reports),
          now,
        );
        if (result === undefined) throw await unknownNotification(store, id);
        return result;
      });
      const { after, today } = done;
      if (json === true) return printJson({ ...forPrograms(after), today });
      console.log(`Notification ${id} updated: ${sentenceOf(after)}`);
      const told = today && todayText(after, today);
      if (told !== undefined) console.log(told);
    });
}

function withoutNone(named: NotificationChange): NotificationChange {
  const change = { ...named };
  for (const column of MAY_BE_NONE) {
    const value = change[column];
    const isNone = value === NONE || (Array.isArray(value) && value.length === 1 && value[0] === NONE);
    if (isNone) change[column] = column === 'skip' || column === 'tags' ? [] : null;
  }
  return change;
}

/** What becomes of today's slot: a change of times must not leave anybody guessing. */
function todayText(row: Notification, today: Today): string | undefined {
  if (today.kind === 'gone_out') {
    const how = today.at === null ? `is ${today.state}` : `was ${today.state} at ${today.at}`;
    return `Today's slot, ${today.occurrence}, ${how}: the new times begin on the day after.`;
  }
  if (today.kind === 'passed') return passedText(row, today.slot.at, slotText(today.slot));
  if (today.kind === 'to_come') return `Today's slot is to come at ${slotText(today.slot)}.`;
  if (today.kind === 'dropped') {
    const what = `Today's slot of ${slotText(today.slot)} will not come: the new times have none today`;
    return `${what}. To send it now: slack-reports run --notification ${row.id}`;
  }
  return today.kind === 'from_now' ? 'It comes several times a day: the new times hold from now on.' : undefined;
}

function passedText({ id, catch_up_s }: Notification, at: Date, text: string): string {
  const windowMs = catch_up_s === null ? CATCH_UP_MS : catch_up_s * 1_000;
  const passed = `Today's slot would have been at ${text}, and has not gone out`;
  if (Date.now() - at.getTime() <= windowMs) return `${passed}: the next run takes it up, late.`;
  const why = `that is longer ago than its catch-up window of ${durationText(windowMs)}`;
  return `${passed}; ${why}, so the next run records it as missed. To send it now: slack-reports run --notification ${id}`;
}

function invalid(message: string): UserError {
  return new UserError('invalid_notification', message, { hint: 'slack-reports notifications update --help' });
}
