import type { Generated } from 'kysely';

/**
 * Types that SQLite and Postgres share: ids are text, flags are 0 or 1, JSON is text, and an instant is text in
 * ISO 8601 UTC with milliseconds (`2026-11-23T08:00:00.000Z`), which sorts as time does.
 */
export interface Database {
  workspaces: WorkspaceRow;
  notifications: NotificationRow;
  deliveries: DeliveryRow;
  slack_pace: SlackPaceRow;
  schedule_checks: ScheduleCheckRow;
  accounts: AccountRow;
  account_activity: AccountActivityRow;
}

export interface WorkspaceRow {
  id: string;
  name: string;
  /** Where the token is, never the token: `env:SLACK_BOT_TOKEN`, `file:/run/secrets/slack`, or `sandbox`. */
  token_ref: string;
  created_at: string;
  /** Set while Slack refuses the workspace as a whole: nothing of it is posted until it is resumed. */
  parked_at: string | null;
  parked_code: string | null;
  parked_message: string | null;
}

export interface NotificationRow {
  id: string;
  name: string;
  account: string;
  report: string;
  /** JSON object, checked against the report's own schema when the notification is stored. */
  params: string;
  workspace_id: string;
  /** Slack's channel id; names change, ids do not. */
  channel: string;
  /** For people only. */
  channel_name: string | null;
  /** The schedule this notification rides; null when it has its own recurrence, or is sent only when asked for. */
  schedule_id: string | null;
  cron: string | null;
  timezone: string | null;
  /** Of the days that the cron matches in a month only the n-th, from the end where it is negative; null is all of them. */
  nth_day: number | null;
  /** Local dates of the first and the last day of the recurrence. */
  start_on: string | null;
  end_on: string | null;
  /** JSON array of local dates on which nothing goes out: `2026-12-25`, or `12-25` of every year. */
  skip: string;
  /** What becomes of a slot that the clock skips. */
  dst_gap: 'shift' | 'skip';
  /** How late a slot may still go out, in seconds; null is an hour. */
  catch_up_s: number | null;
  /** 1: of several slots that passed while nothing ran all go out, not only the newest. */
  catch_up_all: number;
  /** The newest pause: what is due from `paused_at` until `paused_until` (null: until further notice) is skipped. */
  paused_at: string | null;
  paused_until: string | null;
  pause_note: string | null;
  /** Its post is put somewhere within so many seconds after it is due; null takes the schedule's window. */
  window_s: number | null;
  /** The instant of the next local slot, also of one to skip; null for riders, and for a recurrence that has ended. */
  next_due_at: string | null;
  enabled: number;
  /** JSON array of words that runs are narrowed by. */
  tags: string;
  /** 1: made by `send` for one time only; taken away when it has been sent. */
  one_off: number;
  created_at: string;
  updated_at: string;
  /** Set while Slack refuses its channel: nothing of it is posted until it is resumed. */
  parked_at: string | null;
  parked_code: string | null;
  parked_message: string | null;
}

export const DELIVERY_STATES = [
  'pending',
  'posting',
  'delivered',
  'failed',
  'unconfirmed',
  'parked',
  'missed',
  'skipped',
  'cancelled',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Every legal move; the database refuses all others. `delivered`, `missed`, `skipped` and `cancelled` are final. */
export const LEGAL_MOVES: readonly (readonly [DeliveryState, DeliveryState])[] = [
  ['pending', 'posting'],
  ['pending', 'failed'],
  ['pending', 'parked'],
  ['pending', 'cancelled'],
  ['posting', 'pending'], // Slack surely did not take it
  ['posting', 'delivered'],
  ['posting', 'failed'],
  ['posting', 'parked'],
  ['posting', 'unconfirmed'],
  ['parked', 'pending'], // resumed
  ['parked', 'cancelled'],
  ['parked', 'missed'],
  ['failed', 'pending'], // driven again on purpose
];

/** The ledger: one row for each occurrence. What it needs of its notification is copied, so that it stays true. */
export interface DeliveryRow {
  id: string;
  notification_id: string;
  /** `2026-11-23T09:00[Europe/Berlin]` for an own recurrence, `2026-11-23T08:00:00Z` for a schedule or a run. */
  occurrence: string;
  name: string;
  account: string;
  report: string;
  params: string;
  workspace_id: string;
  channel: string;
  channel_name: string | null;
  /** Workflow id of the dispatch that claimed it. */
  run_id: string;
  due_at: string;
  /** Its place in the run, in the order of `not_before`; given when the whole run is claimed. */
  run_seq: number | null;
  /** The slot planned for its post: spread over the window, and as fast as Slack's limits allow. */
  not_before: string;
  state: DeliveryState;
  /** How often a post was begun. */
  attempts: Generated<number>;
  claimed_at: string;
  /** Set where it was claimed later than a few minutes after it was due: why, in a few words. */
  late_reason: string | null;
  posting_at: string | null;
  /** When the channel was first read without finding the message of an attempt whose answer was lost. */
  absent_at: string | null;
  finished_at: string | null;
  /** Slack's `ts` of the message. */
  message_ts: string | null;
  error_code: string | null;
  error_message: string | null;
  /**
   * JSON of `{ text, blocks }`, kept from rendering until the delivery has ended, so that a retry posts the very same.
   */
  message: string | null;
  /** Every step with its time, a JSON object a line. */
  log: string;
}

/** When the next message may be posted: to a channel, and in a workspace. */
interface SlackPaceRow {
  /** `workspace` or `workspace/channel`. */
  key: string;
  /** The first free slot of those that are planned, in milliseconds since 1970. */
  planned_until: number;
  /** Nothing may be posted before this, in milliseconds since 1970. */
  next_at: number;
}

/** How far the fires of a schedule have been compared with the runs that they should have started. */
export interface ScheduleCheckRow {
  schedule_id: string;
  /** Every fire up to this instant has its rows, or Temporal still sees to it. */
  checked_until: string;
  /** Temporal's own count of the fires it dropped, as it was then. */
  dropped: number;
  looked_at: string;
}

interface AccountRow {
  id: string;
  name: string;
  timezone: string;
}

export interface AccountActivityRow {
  account_id: string;
  occurred_at: string;
  /** What was done: `sign_in`, `report_viewed`, … */
  kind: string;
  /** What it was done with: a dashboard, an import, a user. */
  subject: string;
}
