import { firstLocal, type Occurrence, parseRecurrence, type Recurrence, type Step } from './recurrence/recurrence.ts';

/** The workspace of a notification that names none. */
export const DEFAULT_WORKSPACE = 'default';

/**
 * What is sent, to which channel, and when it is due. Instants are text in ISO 8601 UTC with milliseconds
 * (`2026-11-23T08:00:00.000Z`): they sort as time does, and the store compares them.
 */
export interface Notification {
  id: string;
  name: string;
  account: string;
  report: string;
  /** Checked against the report's own schema when the notification is stored. */
  params: object;
  workspaceId: string;
  channel: Channel;
  due: Due;
  /** The newest pause; it may be over, or still to come. */
  pause?: Pause | undefined;
  /** Posts are spread over this many seconds after they are due; undefined takes the schedule's. */
  spreadWindowS?: number | undefined;
  /** BCP 47 tag for numbers and dates; undefined is en-US. */
  locale?: string | undefined;
  /** Who is told in Slack when it does not arrive: `C0OPS`, or `ops/C0OPS`; undefined takes that of its account. */
  owner?: string | undefined;
  /** Sorted words to choose it by. */
  tags: readonly string[];
  enabled: boolean;
  /** The scope of the file that declares it, of `notifications apply`; undefined if no file does. */
  scope?: string | undefined;
  /** Set while Slack refuses its channel: nothing is posted until it is resumed. */
  parked?: ParkedState | undefined;
  createdAt: string;
  updatedAt: string;
}

/** A notification as it is added: the store sets the rest. */
export type NewNotification = Omit<Notification, 'createdAt' | 'updatedAt' | 'parked'>;

interface Channel {
  /** Slack's channel id; names change, ids do not. */
  id: string;
  /** For people only. */
  name?: string | undefined;
}

/** When a notification is due. */
export type Due =
  /** Whenever the schedule fires. */
  | { kind: 'schedule'; scheduleId: string; afterOutage: AfterOutage }
  | OwnRecurrence
  /** Only when a run asks for it. */
  | { kind: 'on-demand' }
  /** Made by `send` for one time, and removed after it. */
  | { kind: 'once' }
  /** Whenever its source says so, of which it is a copy. */
  | { kind: 'source'; source: string; catchUpWindowS?: number | undefined };

/** Due at the times of a rule in its own time zone. */
export interface OwnRecurrence {
  kind: 'recurrence';
  /** Five fields. */
  cron: string;
  /** IANA name. */
  timezone: string;
  /** Keeps only the n-th matching day of each month, counted from the end if negative. */
  nthDay?: number | undefined;
  /** Keeps only every n-th week or day: fortnightly. */
  step?: Step | undefined;
  /** Local dates of the first and the last day. */
  startOn?: string | undefined;
  endOn?: string | undefined;
  /** Local dates on which nothing goes out: `2026-12-25`, or `12-25` for every year. */
  skip: readonly string[];
  /** What happens to an occurrence that the clock skips. */
  dstGap: 'shift' | 'skip';
  /** How late an occurrence may still go out, in seconds; undefined is an hour. */
  catchUpWindowS?: number | undefined;
  afterOutage: AfterOutage;
  /** The next occurrence, which may be a skipped one; undefined when the recurrence has ended. */
  nextDueAt?: string | undefined;
  /** Its local time, `2026-11-23T09:00`. When rules of the zone change, this stays, and `nextDueAt` is computed again. */
  nextLocal?: string | undefined;
}

/** When a recurrence is due next. */
export type NextDue = Pick<OwnRecurrence, 'nextDueAt' | 'nextLocal'>;

/** Which of several occurrences that passed in an outage goes out. */
type AfterOutage = 'newest' | 'all';

/** What is due in [from, until) is skipped; without `until`, everything from then on. */
export interface Pause {
  from: string;
  until?: string | undefined;
  /** For people: why. */
  note?: string | undefined;
}

export interface ParkedState {
  since: string;
  code: string;
  message: string;
}

/** Why nothing goes out, in the words of the ledger. */
export interface SkipReason {
  code: 'holiday' | 'dst_gap' | 'paused';
  message: string;
}

/** The rule of a notification's own recurrence; undefined if it is due in another way. */
export function recurrenceOf(due: OwnRecurrence): Recurrence;
export function recurrenceOf(due: Due): Recurrence | undefined;
export function recurrenceOf(due: Due): Recurrence | undefined {
  return due.kind === 'recurrence' ? parseRecurrence(due) : undefined;
}

export function nextDue(next: Occurrence | undefined): NextDue {
  return { nextDueAt: next?.at.toISOString(), nextLocal: next && firstLocal(next) };
}

/** The zone of its own recurrence. */
export function timezoneOf(due: Due): string | undefined {
  return due.kind === 'recurrence' ? due.timezone : undefined;
}

/** True if the two are due at different times. Dates to skip only change what happens at a time. */
export function hasOtherTimes(a: Due, b: Due): boolean {
  if (a.kind === 'recurrence' && b.kind === 'recurrence') {
    const keys = ['cron', 'timezone', 'nthDay', 'startOn', 'endOn', 'dstGap'] as const;
    return keys.some((key) => a[key] !== b[key]) || !sameStep(a.step, b.step);
  }
  if (a.kind === 'schedule' && b.kind === 'schedule') return a.scheduleId !== b.scheduleId;
  return a.kind !== b.kind;
}

function sameStep(a: Step | undefined, b: Step | undefined): boolean {
  return a?.every === b?.every && a?.unit === b?.unit && a?.anchorOn === b?.anchorOn;
}

/** Why nothing goes out at an occurrence; undefined if something does. */
export function skipReason(pause: Pause | undefined, occurrence: Occurrence): SkipReason | undefined {
  if (occurrence.skipped === 'date') {
    return { code: 'holiday', message: `holiday ${occurrence.local.slice(0, 10)}: a date to skip` };
  }
  if (occurrence.skipped === 'gap') {
    const times = timesText([occurrence.local, ...(occurrence.insteadOf ?? [])]);
    return {
      code: 'dst_gap',
      message: `dst_gap: the clock skips ${times}, and this notification leaves such times out`,
    };
  }
  return pausedAt(pause, occurrence.at);
}

/** Why nothing goes out at an instant; undefined if the notification is not paused then. */
export function pausedAt(pause: Pause | undefined, at: Date): SkipReason | undefined {
  if (pause === undefined) return undefined;
  const instant = at.toISOString();
  if (instant < pause.from || (pause.until !== undefined && instant >= pause.until)) return undefined;
  const until = pause.until === undefined ? 'until further notice' : `until ${pause.until}`;
  return { code: 'paused', message: `paused ${until}${pause.note === undefined ? '' : ` (${pause.note})`}` };
}

/** How a clock change moved an occurrence, if it did. */
export function clockRemark({ local, remark, insteadOf = [] }: Occurrence): string | undefined {
  if (remark === 'repeated') return `the clock shows ${timesText([local])} twice: this is the first`;
  if (remark === 'shifted') {
    return `the clock skips ${timesText([local, ...insteadOf])}: this is the first minute after it`;
  }
  return insteadOf.length === 0 ? undefined : `the clock skips ${timesText(insteadOf)}: replaced by this one`;
}

/** Times named in one line; more are counted. */
const NAMED_MAX = 3;

/** "02:00, 02:30" */
function timesText(locals: readonly string[]): string {
  const named = locals.slice(0, NAMED_MAX).map((local) => local.slice(local.indexOf('T') + 1));
  const more = locals.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
