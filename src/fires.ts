import { clockOf, offsetAt } from './recurrence.ts';

/** One coming fire of a schedule or a notification, or a slot that does not fire. */
export interface Fire {
  /** When it comes; undefined where it does not. */
  at: Date | undefined;
  /** The nominal local time: `2026-11-23T09:00`. */
  local: string;
  /** IANA name. */
  timezone: string;
  /** What the clock makes of it, or why it does not come. */
  remark?: string | undefined;
}

/** The first fire after a change of the clock says so, unless it has a remark of its own. */
export function withClockChanges(fires: readonly Fire[]): Fire[] {
  let before: number | undefined;
  return fires.map((fire) => {
    const clock = clockOf(fire.timezone);
    if (fire.at === undefined || clock === undefined) return fire;
    const offset = offsetAt(clock, fire.at.getTime());
    const change = before === undefined || before === offset ? undefined : changeText(before, offset);
    before = offset;
    return { ...fire, remark: fire.remark ?? change };
  });
}

function changeText(before: number, after: number): string {
  return `clock put ${after > before ? 'forward' : 'back'}: UTC${offsetText(before)} before, UTC${offsetText(after)} now`;
}

/** `+05:30`, of milliseconds. */
function offsetText(offset: number): string {
  return `${offset < 0 ? '-' : '+'}${new Date(Math.abs(offset)).toISOString().slice(11, 16)}`;
}
