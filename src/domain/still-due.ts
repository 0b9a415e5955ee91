import type { Delivery, DeliveryError, ReportPost } from './delivery.ts';
import { type Due, type Pause, pausedAt } from './notification.ts';
import { isKeyed, isResend, isTest } from './occurrence.ts';
import { isNotice } from './owner.ts';

/** What goes out later than this after its time is marked late, in milliseconds. */
export const LATE_AFTER_MS = 5 * 60_000;

/** A message that was rendered longer ago than this, in milliseconds, is rendered again before its post begins. */
const FRESH_MS = 2 * 60_000;

/** Why a delivery goes out late, as the ledger has it. Its message says the same in the language of its readers. */
export const LATE_REASONS = {
  nothingRan: 'nothing was running',
  caughtUp: 'caught up or backfilled',
  timesChanged: 'its times were changed after that',
  heldUp: 'it could not be posted earlier',
  failedFirst: 'it failed at first',
  unconfirmedFirst: 'it could not be confirmed at first',
} as const;

/** What is sent, and where. */
export type Subject = Pick<
  ReportPost,
  'name' | 'account' | 'report' | 'params' | 'workspaceId' | 'channel' | 'channelName'
>;

/** What a delivery has to know of its notification as it is now. */
export interface CurrentNotification {
  /** Another one after every change. */
  version: string;
  enabled: boolean;
  pause: Pause | undefined;
  /** Undefined where it cannot be read. */
  due: Due | undefined;
  locale: string | undefined;
  /** Undefined where it cannot be read. */
  subject: Subject | undefined;
}

/** Whether a delivery is still to be posted as it is. */
export type Verdict =
  | { kind: 'post' }
  /** It is no longer wanted, or too late. */
  | { kind: 'skipped' | 'missed'; why: DeliveryError }
  /** It is to be posted, but not as it is: its message is made again. `subject` is there where that has changed. */
  | { kind: 'outdated'; subject: Subject | undefined; why: DeliveryError };

const POST: Verdict = { kind: 'post' };

/**
 * Judges a delivery again, right before its post begins: minutes or hours may have passed since it was claimed. `afterUpload`:
 * its files were uploaded for the message that it has, which took its time.
 */
export function stillDue(
  delivery: Delivery,
  notification: CurrentNotification | undefined,
  now: Date,
  { afterUpload = false }: { afterUpload?: boolean } = {},
): Verdict {
  // A thread belongs under its report, wherever and whenever that was posted.
  if (delivery.kind === 'thread_post') return POST;
  const skipped = whySkipped(delivery, notification, now);
  if (skipped !== undefined) return { kind: 'skipped', why: skipped };
  const { postUntil } = delivery;
  if (postUntil !== undefined && now.toISOString() > postUntil) return { kind: 'missed', why: tooLate(delivery, now) };
  const { message, renderedAt } = delivery;
  // Slack may have it: whatever is posted again has to be the same.
  if (message !== undefined && renderedAt === undefined) return POST;
  const subject = changedSubject(delivery, notification);
  if (subject !== undefined) {
    const why = `Its notification was changed: it goes to ${placeOf(subject)} with what that says now`;
    return { kind: 'outdated', subject, why: { code: 'changed', message: why } };
  }
  if (message === undefined || renderedAt === undefined) return POST;
  const isOld = !afterUpload && now.getTime() - Date.parse(renderedAt) > FRESH_MS;
  if (!isOld && !isUnmarkedLate(delivery, now)) return POST;
  const why = { code: 'outdated', message: `Its message is of ${renderedAt}, so it is made again` };
  return { kind: 'outdated', subject: undefined, why };
}

/** It goes out late, and does not say so yet. */
export function isUnmarkedLate({ notBefore, lateReason }: Delivery, now: Date): boolean {
  return lateReason === undefined && now.getTime() - Date.parse(notBefore) > LATE_AFTER_MS;
}

function whySkipped(
  { notificationId, occurrence, byHand, dueAt }: Delivery,
  notification: CurrentNotification | undefined,
  now: Date,
): DeliveryError | undefined {
  // A test and a resend were asked for by name, whatever has become of the notification. A notice to an owner has none.
  if (isTest(occurrence) || isResend(occurrence) || isNotice(notificationId)) return undefined;
  if (notification === undefined) {
    return { code: 'removed', message: 'Its notification was removed before it was posted' };
  }
  if (!notification.enabled) {
    return { code: 'disabled', message: 'Its notification was disabled before it was posted' };
  }
  const { pause } = notification;
  // The person who asked for it knew about an older pause.
  if (byHand && pause !== undefined && pause.from <= dueAt) return undefined;
  return pausedAt(pause, now);
}

function tooLate({ dueAt }: Delivery, now: Date): DeliveryError {
  const minutes = Math.round((now.getTime() - Date.parse(dueAt)) / 60_000);
  const message = `Its post could not begin in time: it was due ${minutes} min before, later than its catch-up window allows`;
  return { code: 'too_late', message };
}

/** Undefined where its notification still says what the delivery has copied. */
function changedSubject(delivery: Delivery, notification: CurrentNotification | undefined): Subject | undefined {
  const { occurrence } = delivery;
  const now = notification?.subject;
  if (now === undefined || isTest(occurrence)) return undefined;
  const wanted = notification?.due?.kind === 'source' ? givenBySource(delivery, now) : now;
  return isSame(delivery, wanted) ? undefined : wanted;
}

/** What a source gives belongs to the occurrence, such as its month; only where it goes is the notification's own. */
function givenBySource(delivery: Delivery, { workspaceId, channel, channelName }: Subject): Subject {
  const { name, account, report, params } = delivery;
  // With a key, each occurrence may have a channel of its own, too.
  const place = isKeyed(delivery.occurrence) ? delivery : { workspaceId, channel, channelName };
  return {
    name,
    account,
    report,
    params,
    workspaceId: place.workspaceId,
    channel: place.channel,
    channelName: place.channelName,
  };
}

/** Names are for people, and change nothing that is sent. */
function isSame(a: Subject, b: Subject): boolean {
  return (
    a.account === b.account &&
    a.report === b.report &&
    a.workspaceId === b.workspaceId &&
    a.channel === b.channel &&
    JSON.stringify(a.params) === JSON.stringify(b.params)
  );
}

function placeOf({ channel, channelName }: Subject): string {
  return channelName ?? channel;
}
