import { createHash } from 'node:crypto';

/** A rider's slot is the nominal time of its schedule, to the second as Temporal gives it: `2026-11-23T08:00:00Z`. */
export function occurrenceOfInstant(nominal: Date): string {
  return nominal.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** What was sent for a key is sent for it once, at whatever time. */
export function occurrenceOfKey(key: string): string {
  return `${KEY}${key}`;
}

const KEY = 'key:';

/** True if a key stands for it: it is an event of its own, that no later one replaces. */
export function isKeyed(occurrence: string): boolean {
  return occurrence.startsWith(KEY);
}

/** What SQL's `like` finds keyed occurrences by. */
export const LIKE_KEYED = `${KEY}%`;

/** An occurrence that is sent a second time: `2026-11-23T08:00:00Z~2026-11-24T10:00:00Z`. */
export function occurrenceOfResend(original: string, now: Date): string {
  return `${original}~${occurrenceOfInstant(now)}`;
}

const AGAIN = /~\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

export function isResend(occurrence: string): boolean {
  return AGAIN.test(occurrence);
}

/** The occurrence that was sent again; an occurrence that was not is its own. */
export function originalOf(occurrence: string): string {
  return occurrence.replace(AGAIN, '');
}

const TEST = 'test:';

/**
 * A test is an occurrence of its own, and never one of the notification's: `test:C0OPS:2026-11-23T08:00:00Z`, with the zone
 * behind it that the notification has: `[Europe/Berlin]`.
 */
export function occurrenceOfTest(channel: string, now: Date, timezone: string | null): string {
  return `${TEST}${channel}:${occurrenceOfInstant(now)}${timezone === null ? '' : `[${timezone}]`}`;
}

export function isTest(occurrence: string): boolean {
  return occurrence.startsWith(TEST);
}

/** What SQL's `like` finds tests by. */
export const LIKE_TEST = `${TEST}%`;

/**
 * The id of a delivery, which travels in the metadata of its Slack message. Derived from the occurrence alone, so the
 * same occurrence has the same id forever; opaque, because every member of the channel can read metadata
 * (https://docs.slack.dev/messaging/message-metadata).
 */
export function deliveryId(notificationId: string, occurrence: string): string {
  return createHash('sha256').update(`${notificationId}\n${occurrence}`).digest('hex').slice(0, 32);
}
