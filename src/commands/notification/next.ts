import { Command } from '@commander-js/extra-typings';
import { UserError } from '../../errors.ts';
import type { Fire } from '../../fires.ts';
import { parseTime } from '../../local-time.ts';
import { changedTimes } from '../../notification-input.ts';
import { describeRecurrence, nextSlot, type Recurrence } from '../../recurrence.ts';
import type { Notification } from '../../store/notifications.ts';
import { clockRemark, type PauseColumns, recurrenceOf, skipOf } from '../../store/slots.ts';
import { findNotification } from '../check-notifications.ts';
import { withStore } from '../context.ts';
import { countOf, FIRES_MAX, printFires } from '../fires.ts';
import { stateOf } from '../notification-text.ts';
import { EVERY_HELP, timesNamed, withOwnTimes } from './options.ts';

/** Slots that do not go out are shown, too, up to this many for each that does. */
const SILENT_MOST = 50;

export function nextCommand() {
  const command = new Command('next')
    .description('list when a notification comes, in local time and UTC; also before it is added or changed')
    .argument('[id]', 'one that exists; with --cron and the like, as if it were updated so');
  return withOwnTimes(command)
    .option('--count <n>', `how many, up to ${FIRES_MAX}`, '10')
    .option('--after <time>', 'those after this time, such as "2027-03-27", instead of now')
    .option('--json', 'print JSON')
    .addHelpText('after', EVERY_HELP)
    .action(async (id, { count: countText, after: afterText, json, ...fields }) => {
      const count = countOf(countText);
      const named = timesNamed(fields);
      const row = id === undefined ? undefined : await withStore((store) => findNotification(store, id));
      const recurrence = recurrenceOf(changedTimes(row, named, new Date()));
      if (recurrence === undefined) throw withoutTimes(row);
      const after = afterText === undefined ? new Date() : parseTime(afterText, recurrence.timezone);
      if (json !== true) console.error(describeRecurrence(recurrence));
      printFires(comingFires(recurrence, row ?? NEVER_PAUSED, { after, count }), { json });
      if (row !== undefined && stateOf(row) !== 'enabled') console.error(`note: it is ${stateOf(row)}`);
    });
}

const NEVER_PAUSED: PauseColumns = { paused_at: null, paused_until: null, pause_note: null };

/** The next `count` that go out, and those between them that do not. */
function comingFires(
  recurrence: Recurrence,
  pause: PauseColumns,
  { after, count }: { after: Date; count: number },
): Fire[] {
  const fires: Fire[] = [];
  let [coming, silent] = [0, 0];
  let slot = nextSlot(recurrence, after);
  while (slot !== undefined && coming < count && silent < count * SILENT_MOST) {
    const { at, local, timezone } = slot;
    const skipped = skipOf(pause, slot);
    if (skipped === undefined) coming += 1;
    else silent += 1;
    const remark = skipped === undefined ? clockRemark(slot) : `skipped: ${skipped.message}`;
    fires.push({ at: skipped === undefined ? at : undefined, local, timezone, remark });
    slot = nextSlot(recurrence, at);
  }
  return fires;
}

function withoutTimes(row: Notification | undefined): UserError {
  if (row === undefined) {
    return new UserError('invalid_notification', 'Nothing says when it comes', {
      hint: 'Name a notification, or give --cron "0 9 * * MON-FRI" or --every "weekday at 09:00".',
    });
  }
  const { id, schedule_id } = row;
  const what = schedule_id === null ? 'is sent only when asked for' : `rides the schedule ${schedule_id}`;
  return new UserError('invalid_notification', `Notification "${id}" ${what}`, {
    hint:
      schedule_id === null
        ? 'See what it would do with --cron or --every.'
        : `Ask \`slack-reports schedule next ${schedule_id}\`.`,
  });
}
