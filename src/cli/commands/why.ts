import { Command } from '@commander-js/extra-typings';
import type { Config } from '../../config.ts';
import type { LogEntry, ReportPost } from '../../domain/delivery.ts';
import { type Notification, pausedAt, recurrenceOf, skipReason, timezoneOf } from '../../domain/notification.ts';
import { parseTime } from '../../domain/local-time.ts';
import { describeRecurrence } from '../../domain/recurrence/describe.ts';
import { nextOccurrence } from '../../domain/recurrence/recurrence.ts';
import { webUiOf } from '../../dev/web-ui.ts';
import type { Store } from '../../store/open.ts';
import type { Parked } from '../../store/parking.ts';
import { changedAt } from '../../store/claims/recurrence-change.ts';
import { deliverWorkflowId } from '../../contract/ids.ts';
import { adviceFor } from '../../client/advice.ts';
import { checkNotifications } from '../../client/known.ts';
import { withStore } from '../context.ts';
import { occurrenceText, sentenceOf } from '../../client/notification-text.ts';
import { colourState, printJson } from '../output/output.ts';

/** With a time, deliveries due at most this far from it; in milliseconds. */
const NEAR_MS = 12 * 3_600_000;
/** Deliveries shown with `--at`. */
const SHOWN = 3;

export function whyCommand() {
  return new Command('why')
    .description('explain what became of a notification, on one screen')
    .argument('<notification>')
    .option(
      '--at <time>',
      'about when it should have arrived: "2026-11-23 09:00" in its zone, or ISO 8601 (default: its newest delivery)',
    )
    .option('--json', 'print JSON')
    .action(async (id, { at, json }) => {
      await withStore(async (store, config) => {
        const answer = await explain(store, config, id, at);
        if (json === true) printJson(answer);
        else console.log(formatAnswer(answer));
      });
    });
}

type Answer = Awaited<ReturnType<typeof explain>>;

async function explain(store: Store, config: Config, id: string, atText: string | undefined) {
  const notification = await store.notifications.find(id);
  const timezone = (notification && timezoneOf(notification.due)) ?? 'UTC';
  const at = atText === undefined ? undefined : parseTime(atText, timezone);
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
    deliveries: await Promise.all(nearest.map((delivery) => describeDelivery(store, delivery, config))),
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

async function describeDelivery(store: Store, delivery: ReportPost, config: Config) {
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
    advice: troubled ? adviceFor(delivery.error?.code ?? '') : undefined,
    run: changed === undefined ? linkTo(config, delivery.dispatchId) : undefined,
    writtenBy: changed === undefined ? undefined : `a change of its times at ${changed}, not by a run`,
    workflow: isBornEnded ? undefined : linkTo(config, workflowId),
  };
}

/** A page of the Web UI, or the workflow id where no Web UI is known. */
function linkTo(config: Config, workflowId: string): string {
  const webUi = webUiOf(config);
  if (webUi === undefined) return workflowId;
  return `${webUi}/namespaces/${config.temporal.namespace}/workflows/${encodeURIComponent(workflowId)}`;
}

function formatAnswer({ notification, due, parked, deliveries }: Answer): string {
  const lines = [notification, `  Due:     ${due}`];
  if (parked !== undefined) lines.push(`  Parked:  ${formatParked(parked)}`);
  if (deliveries.length === 0)
    lines.push('  Ledger:  nothing was due: no schedule fired for it, and no run selected it');
  for (const delivery of deliveries) {
    const ts = delivery.messageTs === undefined ? '' : `, Slack ts ${delivery.messageTs}`;
    lines.push(
      '',
      `  ${delivery.occurrence} → ${delivery.channel}: ${colourState(delivery.state, delivery.state.toUpperCase())}${delivery.late === undefined ? '' : ', late'}${ts}`,
    );
    lines.push(...delivery.steps.map((step) => `    ${stepText(step)}`));
    for (const { nr, state, steps } of delivery.thread) {
      lines.push(`    Thread post ${nr}: ${state}`, ...steps.map((step) => `      ${stepText(step)}`));
    }
    if (delivery.advice !== undefined) lines.push(`    To do:   ${delivery.advice}`);
    if (delivery.writtenBy !== undefined) lines.push(`    Written: by ${delivery.writtenBy}`);
    if (delivery.run !== undefined) lines.push(`    Run:     ${delivery.run}`);
    if (delivery.workflow !== undefined) lines.push(`    Attempts and answers: ${delivery.workflow}`);
  }
  return lines.join('\n');
}

function stepText({ at, state, code, message }: LogEntry): string {
  return `${at}  ${state.padEnd(11)} ${reasonOf(code, message)}`.trimEnd();
}

function reasonOf(code = '', message = code): string {
  return code === '' || message.startsWith(code) ? message : `${code}: ${message}`;
}

function formatParked({ kind, id, since, message }: Parked): string {
  return `the ${kind} ${id} waits since ${since} (${message}); fix it, then: slack-reports resume ${id}`;
}

function distance(delivery: ReportPost, at: Date): number {
  return Math.abs(new Date(delivery.dueAt).getTime() - at.getTime());
}

function shifted(instant: Date, ms: number): string {
  return new Date(instant.getTime() + ms).toISOString();
}
