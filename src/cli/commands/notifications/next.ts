import { Command } from '@commander-js/extra-typings';
import { clockRemark, type Notification, type Pause, recurrenceOf, skipReason } from '../../../domain/notification.ts';
import { UserError } from '../../../lib/errors.ts';
import type { Fire } from '../../../domain/fires.ts';
import { parseTime } from '../../../domain/local-time.ts';
import { changedTimes } from '../../../notifications/input.ts';
import { describeRecurrence } from '../../../domain/recurrence/describe.ts';
import { nextOccurrence, type Recurrence } from '../../../domain/recurrence/recurrence.ts';
import { findNotification } from '../../../client/known.ts';
import { withStore } from '../../context.ts';
import { countOf, FIRES_MAX, printFires } from '../../output/fires.ts';
import { stateOf } from '../../../client/notification-text.ts';
import { EVERY_HELP, namingOptions, timesNamed, withOwnTimes } from './options.ts';

/** Skipped occurrences are listed, too, up to this many for each that goes out. */
const SILENT_MAX = 50;

export function nextCommand() {
  const command = new Command('next')
    .description('list when a notification is due, in local time and UTC; also before you add or change it')
    .argument('[id]', 'an existing notification; with --cron and the like, as if updated');
  return withOwnTimes(command)
    .option('--count <n>', `how many, up to ${FIRES_MAX}`, '10')
    .option('--after <time>', 'those after this time, such as "2027-03-27", instead of now')
    .option('--json', 'print JSON')
    .addHelpText('after', EVERY_HELP)
    .action(async (id, { count: countText, after: afterText, json, ...fields }) => {
      const count = countOf(countText);
      const named = timesNamed(fields);
      const notification = id === undefined ? undefined : await withStore((store) => findNotification(store, id));
      const due = await namingOptions(() => changedTimes(notification?.due, named, new Date()));
      if (due === undefined) throw withoutTimes(notification);
      const recurrence = recurrenceOf(due);
      const after = afterText === undefined ? new Date() : parseTime(afterText, recurrence.timezone);
      if (json !== true) console.error(describeRecurrence(recurrence));
      printFires(upcomingFires(recurrence, notification?.pause, { after, count }), { json });
      if (notification === undefined || stateOf(notification) === 'enabled') return;
      console.error(`note: it is ${stateOf(notification)}`);
    });
}

/** The next `count` that go out, and those between them that are skipped. */
function upcomingFires(
  recurrence: Recurrence,
  pause: Pause | undefined,
  { after, count }: { after: Date; count: number },
): Fire[] {
  const fires: Fire[] = [];
  let [sent, silent] = [0, 0];
  let next = nextOccurrence(recurrence, after);
  while (next !== undefined && sent < count && silent < count * SILENT_MAX) {
    const { at, local, timezone } = next;
    const skipped = skipReason(pause, next);
    if (skipped === undefined) sent += 1;
    else silent += 1;
    const remark = skipped === undefined ? clockRemark(next) : `skipped: ${skipped.message}`;
    fires.push({ at: skipped === undefined ? at : undefined, local, timezone, remark });
    next = nextOccurrence(recurrence, at);
  }
  return fires;
}

function withoutTimes(notification: Notification | undefined): UserError {
  if (notification === undefined) {
    return UserError.input('invalid_notification', 'Nothing says when it is due', {
      hint: 'Name a notification, or give --cron "0 9 * * MON-FRI" or --every "weekday at 09:00".',
    });
  }
  const { id, due } = notification;
  if (due.kind === 'schedule') {
    return UserError.input('invalid_notification', `Notification "${id}" rides the schedule ${due.scheduleId}`, {
      hint: `See \`slack-reports schedule next ${due.scheduleId}\`.`,
    });
  }
  return UserError.input('invalid_notification', `Notification "${id}" is sent only when asked for`, {
    hint: 'See what it would do with --cron or --every.',
  });
}
