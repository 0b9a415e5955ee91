import { describeRecurrence, nextOccurrence, type Occurrence } from '../recurrence.ts';
import type { Notification } from '../store/notifications.ts';
import { type PauseColumns, pauseOf, recurrenceOf, type RecurrenceColumns, skipOf } from '../store/slots.ts';

type Due = Pick<Notification, 'schedule_id' | 'next_due_at'> & RecurrenceColumns & PauseColumns;

/** When it is due, in a few words. */
export function whenOf(row: Due): string {
  if (row.schedule_id !== null) return `with ${row.schedule_id}`;
  const recurrence = recurrenceOf(row);
  if (recurrence === undefined) return 'only when asked for';
  const times = row.nth_day === null ? `${row.cron} ${row.timezone}` : describeRecurrence(recurrence);
  return `${times}, next ${nextOf(row)?.at.toISOString() ?? 'never'}`;
}

/** When it is due, in English, and when next on its own clock. */
export function sentenceOf(row: Due): string {
  const recurrence = recurrenceOf(row);
  if (recurrence === undefined) return whenOf(row);
  const next = nextOf(row);
  return `${describeRecurrence(recurrence)}; next ${next === undefined ? 'never' : slotText(next)}`;
}

/** "2026-11-23 09:00 Europe/Berlin (2026-11-23T08:00:00.000Z)" */
export function slotText({ local, timezone, at }: Occurrence): string {
  return `${local.replace('T', ' ')} ${timezone} (${at.toISOString()})`;
}

/** Slots looked through for one that goes out; a pause without an end has none. */
const SKIPPED_MOST = 5_000;

/** The next slot that goes out; undefined where there is none, or a pause hides it. */
function nextOf(row: Due): Occurrence | undefined {
  const recurrence = recurrenceOf(row);
  if (recurrence === undefined || row.next_due_at === null) return undefined;
  const after = afterPause(row, new Date(Date.parse(row.next_due_at) - 1));
  let slot = after === undefined ? undefined : nextOccurrence(recurrence, after);
  for (let looks = 0; slot !== undefined && skipOf(row, slot) !== undefined; looks += 1) {
    if (looks === SKIPPED_MOST) return undefined;
    slot = nextOccurrence(recurrence, afterPause(row, slot.at) ?? slot.at);
  }
  return slot;
}

/** The same instant, or the end of the pause that it lies in; undefined where the pause has none. */
function afterPause(row: PauseColumns, at: Date): Date | undefined {
  if (pauseOf(row, new Date(at.getTime() + 1)) === undefined) return at;
  return row.paused_until === null ? undefined : new Date(Date.parse(row.paused_until) - 1);
}

/** Whether it goes out at all. */
export function stateOf(row: Pick<Notification, 'enabled'> & PauseColumns, now = new Date()): string {
  if (row.enabled === 0) return 'disabled';
  return pauseOf(row, now)?.message ?? 'enabled';
}

/** With JSON where the store has text that holds JSON. */
export function forPrograms(row: Notification) {
  return {
    ...row,
    params: JSON.parse(row.params) as unknown,
    tags: tagsOf(row),
    skip: JSON.parse(row.skip) as unknown,
  };
}

export function tagsOf({ tags }: Pick<Notification, 'tags'>): string[] {
  return JSON.parse(tags) as string[];
}
