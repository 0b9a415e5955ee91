import { type Generated, sql } from 'kysely';
import type { DeliveryState } from '../domain/delivery.ts';

/**
 * Types that SQLite and Postgres share: ids are text, flags are 0 or 1, JSON is text, and an instant is text in
 * ISO 8601 UTC with milliseconds (`2026-11-23T08:00:00.000Z`), which sorts as time does.
 */
export interface Database {
  workspaces: WorkspaceRow;
  notifications: NotificationRow;
  deliveries: DeliveryRow;
  delivery_files: DeliveryFileRow;
  slack_pace: SlackPaceRow;
  schedule_checks: ScheduleCheckRow;
  source_reads: SourceReadRow;
  backups: BackupRow;
  milestones: MilestoneRow;
  owners: OwnerRow;
  streaks: StreakRow;
  streak_members: StreakMemberRow;
}

/** Set while Slack refuses a workspace as a whole, or the channel of a notification: nothing is posted until it is resumed. */
export interface ParkedColumns {
  parked_at: string | null;
  parked_code: string | null;
  parked_message: string | null;
}

export interface WorkspaceRow extends ParkedColumns {
  id: string;
  name: string;
  /** Where the token is, never the token: `env:SLACK_BOT_TOKEN`, `file:/run/secrets/slack`, or `sandbox`. */
  token_ref: string;
  /** A hash of the token that Slack refused when it was parked; null where there was none. Means nothing while it is not parked. */
  parked_token: string | null;
  created_at: string;
}

export interface NotificationRow extends ParkedColumns {
  id: string;
  /** The channel that Slack refused: another one is not parked. Null where no channel was. */
  parked_channel: string | null;
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
  /** The schedule that it rides; null if it has its own recurrence, or is sent on demand. */
  schedule_id: string | null;
  cron: string | null;
  timezone: string | null;
  /** Keeps only the n-th matching day of each month, counted from the end if negative; null is all of them. */
  nth_day: number | null;
  /** Keeps only every n-th week or day, counted from the date of the anchor; null is all of them. */
  step_every: number | null;
  step_unit: 'day' | 'week' | null;
  step_anchor: string | null;
  /** Local dates of the first and the last day of the recurrence. */
  start_on: string | null;
  end_on: string | null;
  /** JSON array of local dates on which nothing goes out: `2026-12-25`, or `12-25` for every year. */
  skip: string;
  /** What happens to an occurrence that the clock skips. */
  dst_gap: 'shift' | 'skip';
  /** How late an occurrence may still go out, in seconds; null is an hour. */
  catch_up_window_s: number | null;
  /** 1: of several occurrences that passed in an outage all go out, not only the newest. */
  catch_up_all: number;
  /** The newest pause: what is due in [`paused_at`, `paused_until`) is skipped; null: until further notice. */
  paused_at: string | null;
  paused_until: string | null;
  pause_note: string | null;
  /** Its post is spread over this number of seconds after it is due; null takes the schedule's. */
  spread_window_s: number | null;
  /** BCP 47 tag for numbers and dates; null is en-US. */
  locale: string | null;
  /** The next occurrence, which may be a skipped one; null for riders, and when a recurrence has ended. */
  next_due_at: string | null;
  /** The local time of the next occurrence: `2026-11-23T09:00`. Newer rules of the zone move its instant, not this. */
  next_due_local: string | null;
  /** By which engine and tz database `next_due_at` was computed: `001/2026c`. Newer ones are greater. */
  due_by: string | null;
  enabled: number;
  /** JSON array of words to choose it by. */
  tags: string;
  /** 1: made by `send` for one time, and removed after it. */
  one_off: number;
  /** The source that gave it: the row is a copy of what it said last. Null: it is our own. */
  source: string | null;
  /** The scope of the file that declares it; null: no file does. */
  scope: string | null;
  /** Who is told when it does not arrive: `C0OPS`, or `ops/C0OPS`; null takes that of its account. */
  owner: string | null;
  created_at: string;
  updated_at: string;
}

/** Leaves out the posts of threads, which are rows of the same table. */
export const IS_REPORT = sql<boolean>`thread_nr = 0`;

/**
 * A report that still has something to post: its message, or posts of its thread. Must match the partial index's predicate
 * exactly, or the planner won't use it; and not by the bare column, or SQLite takes the index by state for it, and reads every
 * open delivery.
 */
export const IS_OPEN = sql<boolean>`(thread_nr = 0 and (coalesce(state, '') in ('pending', 'posting') or (coalesce(state, '') = 'delivered' and thread_posts_open > 0)))`;

/** A post that waits in a line for its slot. As for `IS_OPEN`, the index needs this very predicate. */
export const IS_IN_LINE = sql<boolean>`(coalesce(state, '') = 'pending' and place_at is not null)`;

/**
 * A report that did not reach its channel, of which no owner has heard yet. Has a partial index of its own, so that however it
 * came to that state, the next look finds it.
 */
export const IS_UNNOTICED = sql<boolean>`(thread_nr = 0 and noticed_at is null and coalesce(state, '') in ('failed', 'parked', 'unconfirmed', 'missed'))`;

/** A report that was found too late. Has a partial index of its own, so that a claim can count them. */
export const IS_MISSED = sql<boolean>`(thread_nr = 0 and coalesce(state, '') = 'missed')`;

/**
 * The ledger: a row for each occurrence, and one for each post of its thread. What a row needs of its notification is copied,
 * so that it stays true.
 */
export interface DeliveryRow {
  id: string;
  /** The report above a post of a thread; null for a report. */
  parent_id: string | null;
  /** 0 for a report; from 1 for the posts of its thread. */
  thread_nr: Generated<number>;
  notification_id: string;
  occurrence: string;
  name: string;
  account: string;
  report: string;
  /** JSON */
  params: string;
  workspace_id: string;
  channel: string;
  channel_name: string | null;
  /** Workflow id of the dispatch that claimed it; of a thread post, the one that rendered its report. */
  dispatch_id: string;
  due_at: string;
  /** Its place in the run, in the order of `not_before`; given when the whole run is claimed. Null: it has none yet. */
  dispatch_seq: number | null;
  /** The time planned for its post: spread over the window, and as fast as Slack's limits allow. */
  not_before: string;
  /** After this no post of it begins: it is missed then. Null: it is never too late. */
  post_until: string | null;
  /** 1: a person or a program asked for it, so a pause from before does not hold it back. */
  by_hand: Generated<number>;
  /** Its place in a line of posts that found no slot: when it is tried next. Null: it is in no line. */
  place_at: string | null;
  /** Which line that is. */
  place_in: 'channel' | 'workspace' | null;
  state: DeliveryState;
  claimed_at: string;
  late_reason: string | null;
  attempts: Generated<number>;
  posting_at: string | null;
  absent_at: string | null;
  finished_at: string | null;
  /** When an unconfirmed one is looked up again; null: it is not, or not any more. */
  recheck_at: string | null;
  message_ts: string | null;
  error_code: string | null;
  error_message: string | null;
  /** JSON of a `StoredMessage`. */
  message: string | null;
  /** When the message was made. Null: there is none, or Slack may have it, so that it must not change any more. */
  rendered_at: string | null;
  thread_posts: Generated<number>;
  thread_posts_open: Generated<number>;
  files: Generated<number>;
  /** When it was seen that an owner has to hear of it, or need not; null once it is tried again. */
  noticed_at: string | null;
  /** Every step with its time, a JSON object a line. */
  log: string;
}

/** A file of a delivery, private to the app until a post shows it: to upload it twice does no harm. */
interface DeliveryFileRow {
  delivery_id: string;
  /** From 0: what the blocks of a message call it. */
  nr: number;
  /** JSON of what it is and holds; null once no post needs it. */
  file: string | null;
  /** Slack's id of it; null until it is uploaded. */
  file_id: string | null;
  permalink: string | null;
  uploaded_at: string | null;
  /** Why it could not be uploaded so far. */
  error_code: string | null;
  error_message: string | null;
}

/** When the next message may be posted: to a channel, and in a workspace. */
interface SlackPaceRow {
  /** `workspace` or `workspace/channel`. */
  key: string;
  /** So much of the time from now on is taken by messages that are planned, in milliseconds since 1970. */
  planned_until: number;
  /** The next slot, in milliseconds since 1970; a workspace may be ahead of it by its burst. */
  next_at: number;
  /** Slack asked the workspace to wait until this time, in milliseconds since 1970; else 0. */
  held_until: Generated<number>;
  /** The delivery that took the channel's last slot; null for a workspace. */
  holder: string | null;
}

/** How far the fires of a schedule have been compared with the runs that they should have started. */
interface ScheduleCheckRow {
  schedule_id: string;
  /** Every fire up to this instant has its rows, or Temporal still sees to it. */
  checked_until: string;
  /** Temporal's own count of the fires it dropped, as it was then. */
  dropped: number;
  looked_at: string;
}

/** How far a source has been read for a schedule. */
interface SourceReadRow {
  source: string;
  schedule_id: string;
  /** The nominal time of the newest fire for which it was read completely; null: none yet. */
  read_until: string | null;
  /** When it could not be read, and why; null: the last reading was complete. */
  failed_at: string | null;
  error: string | null;
}

/** What a backup says of itself, and stays in the store that was restored from it. */
interface BackupRow {
  taken_at: string;
  /** Null in the file of the backup. */
  restored_at: string | null;
}

/** An instant that all workers share. */
interface MilestoneRow {
  name: string;
  at: string;
}

interface OwnerRow {
  account: string;
  owner: string;
}

/** Trouble of an owner that has one notice and one recovery, however many notifications are in it. */
export interface StreakRow {
  id: string;
  /** Where its owner is told. */
  workspace_id: string;
  channel: string;
  began_at: string;
  /** JSON array: what the owner was told of. */
  causes: string;
  /** What the newest notice says. */
  phase: 'trouble' | 'recovery';
  /** The delivery of that notice, and which try of it that is, from 1. */
  notice_id: string;
  tries: number;
  /** Notifications that have arrived again. */
  recovered: Generated<number>;
}

/** A notification that does not arrive. It is in one streak at a time. */
interface StreakMemberRow {
  notification_id: string;
  streak_id: string;
  /** Its newest delivery that failed: when that was, and when it was due. */
  failed_at: string;
  due_at: string;
}
