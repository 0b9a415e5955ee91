import { Command } from '@commander-js/extra-typings';
import { durationText } from '../../../lib/duration.ts';
import type { Notification } from '../../../domain/notification.ts';
import type { NotificationChange } from '../../../notifications/input.ts';
import type { Occurrence } from '../../../domain/recurrence/recurrence.ts';
import { CATCH_UP_WINDOW_MS } from '../../../store/claims/claim-rows.ts';
import type { Today } from '../../../store/claims/recurrence-change.ts';
import { UserError } from '../../../lib/errors.ts';
import { occurrenceText, sentenceOf } from '../../../client/notification-text.ts';
import { printJson } from '../../output/output.ts';
import { EVERY_HELP, namingOptions, timesNamed, withLateness, withNotifications, withOwnTimes } from './options.ts';

/** Removes what a notification has. */
const NONE = 'none';
const MAY_BE_NONE = ['start', 'end', 'skip', 'catch_up', 'window', 'channel_name', 'owner', 'tags'] as const;

export function updateCommand() {
  const command = new Command('update')
    .description('change the named fields; what is due today is neither doubled nor lost')
    .argument('<id>')
    .option('--account <id>', 'whose report')
    .option('--report <name>', 'which report')
    .option('--channel <id>', 'Slack channel: id (C0123456789), #name, or a person (U0123456789)')
    .option('--name <text>', 'for people: "Acme weekly report"')
    .option('--params <json>', "the report's parameters, all of them")
    .option('--channel-name <text>', 'for people: "#acme-reports"')
    .option('--workspace <id>', 'Slack workspace')
    .option('--schedule <id>', 'ride this schedule, instead of being due as before')
    .option('--on-demand', 'send it only when asked for, instead of being due as before');
  return withLateness(withOwnTimes(command))
    .option('--owner <id>', 'who is told in Slack when it does not arrive: C0OPS, U0ANNA, or ops/C0OPS')
    .option('--tag <tag...>', 'words to choose it by; replaces all of them')
    .option('--window <duration>', 'spread: post it at some point within this time after it is due')
    .option('--enable', 'make it due again')
    .option('--disable', 'keep it, but never due')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `${EVERY_HELP}\n"none" removes a start, end, skip, catch-up, window, tag, owner or channel name.`,
    )
    .action(async (id, { json, channelName, onDemand, tag, enable, disable, ...fields }) => {
      if (enable === true && disable === true) throw invalid('--enable and --disable at once');
      const enabled = enable === true ? true : disable === true ? false : undefined;
      const named = timesNamed({ ...fields, channel_name: channelName, on_demand: onDemand, tags: tag, enabled });
      if (Object.values(named).every((value) => value === undefined)) throw invalid('Nothing to change is named');
      const { after, today } = await withNotifications((notifications) =>
        namingOptions(() => notifications.update(id, withoutNone(named))),
      );
      if (json === true) return printJson({ ...after, today });
      console.log(`Notification ${id} updated: ${sentenceOf(after)}`);
      const effect = today && todayText(after, today);
      if (effect !== undefined) console.log(effect);
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

/** What the change does to today's occurrence. */
function todayText(notification: Notification, today: Today): string | undefined {
  switch (today.kind) {
    case 'already-out': {
      const how = today.at === null ? `is ${today.state}` : `was ${today.state} at ${today.at}`;
      return `Today's occurrence, ${today.key}, ${how}: the new times start on the day after.`;
    }
    case 'overdue':
      return overdueText(notification, today.occurrence);
    case 'to-come':
      return `Today's occurrence is still to come, at ${occurrenceText(today.occurrence)}.`;
    case 'dropped': {
      const what = `Today's occurrence of ${occurrenceText(today.occurrence)} will not come: the new times have none today`;
      return `${what}. To send it now: slack-reports run --notification ${notification.id}`;
    }
    case 'from-now':
      return 'It is due several times a day: the new times apply from now on.';
    case 'none':
      return undefined;
  }
}

function overdueText({ id, due }: Notification, occurrence: Occurrence): string {
  const catchUpWindowS = due.kind === 'recurrence' ? due.catchUpWindowS : undefined;
  const windowMs = catchUpWindowS === undefined ? CATCH_UP_WINDOW_MS : catchUpWindowS * 1_000;
  const passed = `Today's occurrence was due at ${occurrenceText(occurrence)}, and has not gone out`;
  if (Date.now() - occurrence.at.getTime() <= windowMs) return `${passed}: the next run sends it, late.`;
  const why = `that is longer ago than its catch-up window of ${durationText(windowMs)}`;
  return `${passed}; ${why}, so the next run records it as missed. To send it now: slack-reports run --notification ${id}`;
}

function invalid(message: string): UserError {
  return UserError.input('invalid_notification', message, { hint: 'slack-reports notifications update --help' });
}
