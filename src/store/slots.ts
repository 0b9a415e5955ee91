import { parseRecurrence, type Recurrence, type Occurrence } from '../recurrence.ts';
import type { DeliveryError } from './delivery-log.ts';
import type { Notification } from './notifications.ts';

/** The columns that say when a notification is due by itself. */
export type RecurrenceColumns = Pick<
  Notification,
  'cron' | 'timezone' | 'nth_day' | 'start_on' | 'end_on' | 'skip' | 'dst_gap'
>;
export type PauseColumns = Pick<Notification, 'paused_at' | 'paused_until' | 'pause_note'>;

/** A notification's own recurrence; undefined where it rides a schedule, or is sent only when asked for. */
export function recurrenceOf(row: RecurrenceColumns): Recurrence | undefined {
  if (row.cron === null || row.timezone === null) return undefined;
  return parseRecurrence({
    cron: row.cron,
    timezone: row.timezone,
    nthDay: row.nth_day ?? undefined,
    startOn: row.start_on ?? undefined,
    endOn: row.end_on ?? undefined,
    skip: JSON.parse(row.skip) as string[],
    dstGap: row.dst_gap,
  });
}

/** Why nothing goes out at a slot, in the words of the ledger; undefined where something does. */
export function skipOf(row: PauseColumns, slot: Occurrence): DeliveryError | undefined {
  if (slot.skipped === 'date') {
    return { code: 'holiday', message: `holiday ${slot.local.slice(0, 10)}: a date to skip` };
  }
  if (slot.skipped === 'gap') {
    const times = timesText([slot.local, ...(slot.insteadOf ?? [])]);
    return { code: 'dst_gap', message: `dst_gap: the clock skips ${times}, and such slots are left out` };
  }
  return pauseOf(row, slot.at);
}

/** Why nothing goes out at an instant because the notification was, or will be, paused then. */
export function pauseOf({ paused_at, paused_until, pause_note }: PauseColumns, at: Date): DeliveryError | undefined {
  const instant = at.toISOString();
  if (paused_at === null || instant < paused_at || (paused_until !== null && instant >= paused_until)) return undefined;
  const until = paused_until === null ? 'until further notice' : `until ${paused_until}`;
  return { code: 'paused', message: `paused ${until}${pause_note === null ? '' : ` (${pause_note})`}` };
}

/** What the clock made of a slot; undefined on an ordinary day. */
export function clockRemark({ local, remark, insteadOf = [] }: Occurrence): string | undefined {
  if (remark === 'repeated') return `the clock shows ${timesText([local])} twice: this is the first`;
  if (remark === 'shifted') {
    return `the clock skips ${timesText([local, ...insteadOf])}: this is the first minute after it`;
  }
  return insteadOf.length === 0 ? undefined : `the clock skips ${timesText(insteadOf)}, for which this one stands`;
}

/** Times named in one line; more are counted. */
const NAMED_MOST = 3;

/** "02:00, 02:30" */
function timesText(locals: readonly string[]): string {
  const named = locals.slice(0, NAMED_MOST).map((local) => local.slice(local.indexOf('T') + 1));
  const more = locals.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
