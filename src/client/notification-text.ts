import { type Due, type Notification, type Pause, pausedAt, recurrenceOf, skipReason } from '../domain/notification.ts';
import { describeRecurrence } from '../domain/recurrence/describe.ts';
import { nextOccurrence, type Occurrence, type Recurrence } from '../domain/recurrence/recurrence.ts';

type Timed = Pick<Notification, 'due' | 'pause'>;

/** When it is due, in a few words. */
export function whenOf({ due, pause }: Timed): string {
  if (due.kind !== 'recurrence') return otherwiseDue(due);
  const recurrence = recurrenceOf(due);
  const times =
    due.nthDay === undefined && due.step === undefined ? `${due.cron} ${due.timezone}` : describeRecurrence(recurrence);
  return `${times}, next ${upcoming(recurrence, due.nextDueAt, pause)?.at.toISOString() ?? 'never'}`;
}

/** When it is due, in English, and its next time in its own zone. */
export function sentenceOf({ due, pause }: Timed): string {
  if (due.kind !== 'recurrence') return otherwiseDue(due);
  const recurrence = recurrenceOf(due);
  const next = upcoming(recurrence, due.nextDueAt, pause);
  return `${describeRecurrence(recurrence)}; next ${next === undefined ? 'never' : occurrenceText(next)}`;
}

function otherwiseDue(due: Exclude<Due, { kind: 'recurrence' }>): string {
  switch (due.kind) {
    case 'schedule':
      return `with ${due.scheduleId}`;
    case 'on-demand':
    case 'once':
      return 'only when asked for';
    case 'source':
      return `when source ${due.source} says so`;
  }
}

/** "2026-11-23 09:00 Europe/Berlin (2026-11-23T08:00:00.000Z)" */
export function occurrenceText({ local, timezone, at }: Occurrence): string {
  return `${local.replace('T', ' ')} ${timezone} (${at.toISOString()})`;
}

/** Skipped occurrences passed over on the way to one that goes out. */
const SKIPPED_MAX = 5_000;

/** The next occurrence that goes out; undefined if there is none, or a pause without an end hides it. */
function upcoming(rule: Recurrence, nextDueAt: string | undefined, pause: Pause | undefined): Occurrence | undefined {
  if (nextDueAt === undefined) return undefined;
  const after = afterPause(pause, new Date(Date.parse(nextDueAt) - 1));
  let next = after === undefined ? undefined : nextOccurrence(rule, after);
  for (let looks = 0; next !== undefined && skipReason(pause, next) !== undefined; looks += 1) {
    if (looks === SKIPPED_MAX) return undefined;
    next = nextOccurrence(rule, afterPause(pause, next.at) ?? next.at);
  }
  return next;
}

/** The same instant, or the end of the pause around it; undefined if that pause has no end. */
function afterPause(pause: Pause | undefined, at: Date): Date | undefined {
  if (pausedAt(pause, new Date(at.getTime() + 1)) === undefined) return at;
  return pause?.until === undefined ? undefined : new Date(Date.parse(pause.until) - 1);
}

/** Whether it goes out at all. */
export function stateOf({ enabled, pause }: Pick<Notification, 'enabled' | 'pause'>, now = new Date()): string {
  if (!enabled) return 'disabled';
  return pausedAt(pause, now)?.message ?? 'enabled';
}
