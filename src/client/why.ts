import type { ReportPost } from '../domain/delivery.ts';
import { type Notification, pausedAt, recurrenceOf, skipReason, timezoneOf } from '../domain/notification.ts';
import { parseTime } from '../domain/local-time.ts';
import { describeRecurrence } from '../domain/recurrence/describe.ts';
import { nextOccurrence } from '../domain/recurrence/recurrence.ts';
import { deliverWorkflowId } from '../contract/ids.ts';
import type { Store } from '../store/open.ts';
import { changedAt } from '../store/claims/recurrence-change.ts';
import { adviceOn } from '../domain/advice.ts';
import { checkNotifications } from './known.ts';
import { occurrenceText, sentenceOf } from './notification-text.ts';

/** With a time, deliveries due at most this far from it; in milliseconds. */
const NEAR_MS = 12 * 3_600_000;
/** Deliveries shown with a time. */
const SHOWN = 3;

/** What happened to a notification: of its newest delivery, or of those nearest to a time. */
export async function explain(store: Store, id: string, asked: Date | string | undefined) {
  const notification = await store.notifications.find(id);
  const timezone = (notification && timezoneOf(notification.due)) ?? 'UTC';
  const at = typeof asked === 'string' ? parseTime(asked, timezone) : asked;
  const around = at === undefined ? {} : { dueFrom: shifted(at, -NEAR_MS), dueUntil: shifted(at, NEAR_MS) };
  const found = await store.deliveries.list({ notificationId: id, ...around }, at === undefined ? 1 : 100);
  if (notification === undefined && found.length === 0) {
    await checkNotifications(store, [id]);
  }
  const nearest =
    at === undefined ? found : found.toSorted((a, b) => distance(a, at) - distance(b, at)).slice(0, SHOWN);
  return {
    notification: id,
    at: at?.toISOString(),
    due: notification === undefined ? 'It was removed' : describeDue(notification, at),
    enabled: notification?.enabled === true,
    parked: notification && (await store.parking.reason(notification.workspaceId, id)),
    deliveries: await Promise.all(nearest.map((delivery) => describeDelivery(store, delivery))),
  };
}

function describeDue(notification: Notification, at: Date | undefined): string {
  const { due, pause, enabled } = notification;
  if (!enabled) return 'It is disabled, so it is never due';
  const paused = pausedAt(pause, at ?? new Date());
  const pauseText = paused === undefined ? '' : `; ${paused.message}`;
  switch (due.kind) {
    case 'schedule':
      return `It is due whenever schedule ${due.scheduleId} fires${pauseText}`;
    case 'on-demand':
    case 'once':
      return 'It is sent only when asked for';
    case 'source':
      return `It is due whenever source ${due.source} says so${pauseText}`;
    case 'recurrence': {
      if (at === undefined) return sentenceOf(notification) + pauseText;
      const recurrence = recurrenceOf(due);
      const next = nextOccurrence(recurrence, new Date(at.getTime() - 60_000));
      const skipped = next && skipReason(pause, next);
      const when = next === undefined ? 'never again' : occurrenceText(next);
      const what = skipped === undefined ? '' : `, skipped: ${skipped.message}`;
      return `${describeRecurrence(recurrence)}; first occurrence from that minute on: ${when}${what}`;
    }
  }
}

async function describeDelivery(store: Store, delivery: ReportPost) {
  const workflowId = deliverWorkflowId(delivery);
  const steps = delivery.log;
  const changed = changedAt(delivery.dispatchId);
  // A row that was written with its end never had a workflow.
  const isBornEnded = steps[0]?.state !== 'pending';
  const troubled = delivery.error !== undefined && delivery.state !== 'delivered';
  const thread = delivery.threadPosts === 0 ? [] : await store.deliveries.thread(delivery.id);
  return {
    occurrence: delivery.occurrence,
    dueAt: delivery.dueAt,
    channel: delivery.channelName ?? delivery.channel,
    state: delivery.state,
    late: delivery.lateReason,
    messageTs: delivery.messageTs,
    attempts: delivery.attempts,
    steps,
    thread: thread.map(({ threadNr, state, messageTs, log }) => ({ nr: threadNr, state, messageTs, steps: log })),
    advice: troubled ? adviceOn(delivery.state, delivery.error?.code ?? '') : undefined,
    /** Workflow id. */
    run: changed === undefined ? delivery.dispatchId : undefined,
    writtenBy: changed === undefined ? undefined : `a change of its times at ${changed}, not by a run`,
    /** Workflow id. */
    workflow: isBornEnded ? undefined : workflowId,
  };
}

function distance(delivery: ReportPost, at: Date): number {
  return Math.abs(new Date(delivery.dueAt).getTime() - at.getTime());
}

function shifted(instant: Date, ms: number): string {
  return new Date(instant.getTime() + ms).toISOString();
}
