import { deliveryId, occurrenceOfInstant, occurrenceOfKey } from '../domain/occurrence.ts';
import type { Delivery } from '../domain/delivery.ts';
import { type NewNotification, timezoneOf } from '../domain/notification.ts';
import type { Selection } from '../domain/selection.ts';
import { UserError } from '../lib/errors.ts';
import { parseNotification } from '../notifications/input.ts';
import { checkKey, hashOf, keyInUse, type RunHandle, startRun } from '../runs/start.ts';
import { cancelSend, findSend, listSends, rescheduleSend, type Send, sendAt, untilSent } from '../scheduling/send.ts';
import { sendTime, type SendTime } from '../scheduling/send-time.ts';
import { channelResolver } from './channels.ts';
import type { Context } from './context.ts';
import { checkNotifications, checkWorkspace } from './known.ts';

/** A report that is sent without a notification. */
export interface ReportToSend {
  report: string;
  account: string;
  /** Slack's channel id. */
  channel: string;
  /** For people: "#acme-reports". */
  channelName?: string | undefined;
  /** Default: the workspace `default`, whose token is SLACK_BOT_TOKEN. */
  workspace?: string | undefined;
  /** The report's parameters, as an object or as JSON. */
  params?: unknown;
  /** Shown in lists. */
  name?: string | undefined;
}

/** A notification, by its id, or a report to a channel. */
export type SendWhat = { notification: string } | ReportToSend;

/** What is sent, and when. */
export interface Chosen {
  selection: Extract<Selection, { kind: 'notifications' }>;
  /** For people: "Acme weekly report → #acme-reports". */
  what: string;
  time: SendTime | undefined;
  key: string | undefined;
  /** To be added first, if a report is sent without a notification. */
  oneOff: NewNotification | undefined;
}

/** The time to send at, in the zone of the notification if the time names none; undefined: now. */
export type TimeIn = (timezone: string) => SendTime | undefined;

/** Notifications and reports, sent once. */
export function sendsOf(context: Context) {
  return {
    /**
     * Sends a notification or a report once, now, and returns the handle of its run. The same `key` sends once, at whatever time.
     * Throws a UserError: `unknown_notification`, `nothing_selected` if it is disabled, `invalid_notification` for a wrong
     * report, `invalid_key`, `key_in_use`.
     * @example await client.sends.now({ report: 'metric-digest', account: 'acme', channel: 'C0123456789', params });
     */
    async now(what: SendWhat, { key }: { key?: string | undefined } = {}): Promise<RunHandle> {
      return startNow(context, await choose(context, what, key, () => undefined));
    },

    /**
     * Sends a notification or a report once, at a time: a Date, to the second, or a text in the notification's own zone, such
     * as "2026-12-01 09:00" or "2026-12-01 09:00 Asia/Tokyo". Temporal keeps it, so your program may end. After an outage it
     * is still sent if at most `catchUpWindowMs` late, an hour by default. The same send at the same time is one; so is the same
     * `key`. Throws a UserError as `now` does, and `past_time`, `skipped_time`, `invalid_time`, `send_exists`.
     * @example const { id } = await client.sends.at({ notification: 'acme-trial-ends' }, '2026-12-01 09:00');
     */
    async at(
      what: SendWhat,
      at: Date | string,
      { key, note, catchUpWindowMs }: { key?: string; note?: string; catchUpWindowMs?: number } = {},
    ): Promise<Send> {
      const timeIn = (timezone: string): SendTime =>
        typeof at === 'string' ? sendTime(at, timezone, new Date()) : { at, note: '' };
      const chosen = await choose(context, what, key, timeIn);
      const time = chosen.time ?? timeIn('UTC');
      return startAt(context, chosen, { ...time, note: note ?? time.note }, catchUpWindowMs);
    },

    /**
     * Scheduled sends, by time: those still to come, and those of the last seven days. Eventually consistent.
     * @example (await client.sends.list()).filter(({ state }) => state === 'waiting')
     */
    async list(): Promise<Send[]> {
      return listSends(await context.temporal(), context.taskQueue);
    },

    /**
     * One scheduled send. Throws a UserError `unknown_send`.
     * @example (await client.sends.find(id)).state // 'waiting'
     */
    async find(id: string): Promise<Send> {
      return findSend(await context.temporal(), id);
    },

    /**
     * Moves a scheduled send to another time, to the second.
     * Throws a UserError: `unknown_send`, `already_sent`, `past_time`.
     * @example await client.sends.reschedule(id, { at: new Date('2026-12-02T09:00:00Z') });
     */
    async reschedule(id: string, when: { at: Date; note?: string }): Promise<Send> {
      return rescheduleSend(await context.temporal(), id, when);
    },

    /**
     * Cancels a scheduled send, and returns what it was. A notification that was made for it alone is removed.
     * Throws a UserError: `unknown_send`, `already_sent`.
     * @example await client.sends.cancel(id);
     */
    async cancel(id: string): Promise<Send> {
      const send = await cancelSend(await context.temporal(), id);
      await removeMadeFor(context, send);
      return send;
    },

    /**
     * Waits until the run of a scheduled send exists, and returns its handle for `runs.follow`.
     * Throws a UserError: `unknown_send` if it is cancelled meanwhile, `send_passed` if it was paused when its time came.
     * @example await client.runs.follow(await client.sends.untilSent(id));
     */
    async untilSent(id: string): Promise<RunHandle> {
      return untilSent(await context.temporal(), id);
    },
  };
}

/** Starts its run now. */
export async function startNow(context: Context, chosen: Chosen): Promise<RunHandle> {
  const client = await context.temporal();
  const { taskQueue, note: onNote } = context;
  const { selection, key: idempotencyKey } = chosen;
  return withOneOff(context, chosen, () => startRun(client, { selection, taskQueue, idempotencyKey, onNote }));
}

/** Schedules its run. */
export async function startAt(
  context: Context,
  chosen: Chosen,
  { at, note }: Pick<SendTime, 'at' | 'note'>,
  catchUpWindowMs: number | undefined,
): Promise<Send> {
  const client = await context.temporal();
  const { selection, key: idempotencyKey, oneOff, what } = chosen;
  const { taskQueue } = context;
  return withOneOff(context, chosen, () =>
    sendAt(client, { selection, taskQueue, idempotencyKey, id: oneOff?.id, what, at, note, catchUpWindowMs }),
  );
}

/** Adds the notification made for this send before it starts, and removes it if it can't start. */
async function withOneOff<Result>(context: Context, { oneOff }: Chosen, start: () => Promise<Result>): Promise<Result> {
  if (oneOff === undefined) return start();
  const store = await context.store();
  const { existing } = await store.notifications.add([oneOff]);
  try {
    return await start();
  } catch (error) {
    if (existing.length === 0) await store.notifications.removeOneOff(oneOff.id);
    throw error;
  }
}

/** Removes the notification that was made for this send alone, unless another send needs it. */
async function removeMadeFor(context: Context, send: Send): Promise<void> {
  const others = (await listSends(await context.temporal(), context.taskQueue)).filter(({ id }) => id !== send.id);
  const wanted = new Set(others.flatMap(idsOf));
  const ids = idsOf(send).filter((id) => !wanted.has(id));
  const store = await context.store();
  await Promise.all(ids.map((id) => store.notifications.removeOneOff(id)));
}

function idsOf({ selection, state }: Send): readonly string[] {
  return state !== 'sent' && selection?.kind === 'notifications' ? selection.ids : [];
}

/** A notification, or one to be made for this time only. Changes nothing; throws a UserError for what cannot be sent. */
export async function choose(
  context: Context,
  what: SendWhat,
  key: string | undefined,
  timeIn: TimeIn,
): Promise<Chosen> {
  if (key !== undefined) checkKey(key);
  if (!('notification' in what)) return madeFor(context, what, key, timeIn('UTC'));
  const id = what.notification;
  const store = await context.store();
  await checkNotifications(store, [id]);
  const found = await store.notifications.find(id);
  if (found?.enabled === false) throw UserError.input('nothing_selected', `Notification "${id}" is disabled`);
  const time = timeIn((found && timezoneOf(found.due)) ?? 'UTC');
  const words = found === undefined ? id : wordsOf(found);
  return { selection: { kind: 'notifications', ids: [id] }, what: words, time, key, oneOff: undefined };
}

/** The same request makes the same notification, so asking twice sends once. */
async function madeFor(
  context: Context,
  { report, account, channel, channelName: channel_name, workspace, params, name }: ReportToSend,
  key: string | undefined,
  time: SendTime | undefined,
): Promise<Chosen> {
  const written = { account, report, channel, channel_name, workspace, params, name: name ?? `${report}, once` };
  const fields = await channelResolver(context)(written);
  const now = new Date();
  const id = `once-${hashOf(key ?? [fields, occurrenceOfInstant(time?.at ?? now)], 10)}`;
  const notification = parseNotification({ id, ...fields, on_demand: true }, now, await context.reports());
  const store = await context.store();
  await checkWorkspace(store, notification.workspaceId);
  // Sent now, its id alone identifies it; sent at a time, the time does.
  const ownKey = key ?? (time === undefined ? id : undefined);
  const occurrence = ownKey === undefined ? occurrenceOfInstant(time?.at ?? now) : occurrenceOfKey(ownKey);
  // If the ledger has the delivery, it needs no notification.
  const done = await store.ledger.find(deliveryId(id, occurrence));
  if (key !== undefined) checkSameReport(key, notification, done, await store.notifications.find(id));
  const isDone = done !== undefined;
  const oneOff = isDone ? undefined : { ...notification, due: { kind: 'once' as const } };
  return { selection: { kind: 'notifications', ids: [id] }, what: wordsOf(notification), time, key: ownKey, oneOff };
}

/** The notification made for a key has its id from the key alone, so it must be the same report to the same channel. */
function checkSameReport(
  key: string,
  asked: NewNotification,
  delivery: Delivery | undefined,
  waiting: NewNotification | undefined,
): void {
  const { account, report, params, workspaceId, channel } = asked;
  const wanted = JSON.stringify([account, report, params, workspaceId, channel.id]);
  for (const one of [delivery, waiting]) {
    if (one === undefined) continue;
    const to = typeof one.channel === 'string' ? one.channel : one.channel.id;
    if (JSON.stringify([one.account, one.report, one.params, one.workspaceId, to]) === wanted) continue;
    throw keyInUse(key, `the report ${one.report} of ${one.account} to ${to}`, undefined);
  }
}

function wordsOf({ name, channel }: NewNotification): string {
  return `${name} → ${channel.name ?? channel.id}`;
}
