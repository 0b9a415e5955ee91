import { isZone, offsetAt } from './recurrence/recurrence.ts';

/** An upcoming fire of a schedule or a notification, or a time at which it does not fire. */
export interface Fire {
  /** When it fires; undefined if it does not. */
  at: Date | undefined;
  /** The nominal local time: `2026-11-23T09:00`. */
  local: string;
  /** IANA name. */
  timezone: string;
  /** How a clock change moved it, or why it does not fire. */
  remark?: string | undefined;
}

/** Marks the first fire after a clock change, unless it has a remark already. */
export function withClockChanges(fires: readonly Fire[]): Fire[] {
  let before: number | undefined;
  return fires.map((fire) => {
    if (fire.at === undefined || !isZone(fire.timezone)) return fire;
    const offset = offsetAt(fire.timezone, fire.at.getTime());
    const change = before === undefined || before === offset ? undefined : changeText(before, offset);
    before = offset;
    return { ...fire, remark: fire.remark ?? change };
  });
}

function changeText(before: number, after: number): string {
  return `clock put ${after > before ? 'forward' : 'back'}: UTC${offsetText(before)} before, UTC${offsetText(after)} now`;
}

/** Milliseconds as `+05:30`. */
function offsetText(offset: number): string {
  return `${offset < 0 ? '-' : '+'}${new Date(Math.abs(offset)).toISOString().slice(11, 16)}`;
}
