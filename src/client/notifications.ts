import type { Due, Notification } from '../domain/notification.ts';
import { timezoneOf } from '../domain/notification.ts';
import { parseTime } from '../domain/local-time.ts';
import type { NotificationFilter } from '../domain/selection.ts';
import { UserError } from '../lib/errors.ts';
import { type ApplyPlan, carryOut, type DeclaredRows, planOf } from '../notifications/apply.ts';
import type { Difference } from '../notifications/differences.ts';
import { importNotifications, type ImportResult } from '../notifications/import.ts';
import { changedNotification, type NotificationChange, parseNotification } from '../notifications/input.ts';
import type { Today } from '../store/claims/recurrence-change.ts';
import type { Applied } from '../store/notifications.ts';
import { channelResolver, namesAnother } from './channels.ts';
import type { Context } from './context.ts';
import { followDueAfter } from './follow-due.ts';
import { checkNotifications, checkWorkspace, findNotification, unknownNotification } from './known.ts';

/** A notification as it is written: by the columns of a file, such as `{ id, account, report, channel, cron, timezone }`. */
export type NotificationInput = NotificationChange & { id: string };

/** How declared notifications are applied. */
export interface ApplyOptions {
  /** Marks the notifications that these rows own: 1 to 50 letters, digits, ".", ":" or "-". Default: `default`. */
  scope?: string | undefined;
  /** Removes notifications of the scope that are not declared. */
  prune?: boolean | undefined;
  /** Changes nothing. */
  dryRun?: boolean | undefined;
}

/** What `notifications.apply` changed, or would change: ids, and the differences of each changed one. */
export interface ApplyResult {
  scope: string;
  added: string[];
  changed: { id: string; differences: Difference[] }[];
  removed: string[];
  /** Notifications of the scope that are not declared, and were not removed. */
  notDeclared: string[];
  unchanged: number;
  dryRun: boolean;
}

/** What is sent, to which channel, and when. */
export function notificationsOf(context: Context) {
  const resolve = channelResolver(context);

  async function plan(declared: DeclaredRows, { scope }: Pick<ApplyOptions, 'scope'> = {}): Promise<ApplyPlan> {
    return planOf(await context.store(), declared, {
      scope,
      now: new Date(),
      reports: await context.reports(),
      resolve,
    });
  }

  async function carry(planned: ApplyPlan, removed: readonly string[]): Promise<Applied> {
    const done = await carryOut(await context.store(), planned, removed, new Date());
    if (done.added.length + done.changed.length > 0) await followDueAfter(context);
    return done;
  }

  return {
    /**
     * Adds a notification and returns it. Fields are named as the columns of a file; one of `schedule`, `cron`, `every` and
     * `on_demand` says when it is due. A `channel` that is `#name`, or a person (`U…`), is looked up in Slack now, and its id is
     * kept. Durations are texts with a unit, such as "20 minutes".
     * Throws a UserError: `invalid_notification` names each wrong field; `notification_exists`, `unknown_report`,
     * `unknown_workspace`.
     * @example
     * await client.notifications.add({
     *   id: 'acme-weekly', account: 'acme', report: 'metric-digest', channel: 'C0123456789',
     *   every: 'monday at 09:00', timezone: 'Europe/Berlin',
     * });
     */
    async add(fields: NotificationInput): Promise<Notification> {
      const store = await context.store();
      const parsed = parseNotification(await resolve(fields), new Date(), await context.reports());
      await checkWorkspace(store, parsed.workspaceId);
      const { existing } = await store.notifications.add([parsed]);
      if (existing.length > 0) {
        throw UserError.input('notification_exists', `Notification "${parsed.id}" exists already`);
      }
      const added = await findNotification(store, parsed.id);
      await followDueAfter(context, added);
      return added;
    },

    /**
     * Changes the named fields; null removes what a field has. Another way to be due replaces the previous one. `today` says
     * what becomes of today's occurrence if the times change: it is neither doubled nor lost.
     * Throws a UserError as `add` does, and `unknown_notification`.
     * @example await client.notifications.update('acme-weekly', { channel: 'C0987654321', window: '20 minutes' });
     */
    async update(
      id: string,
      fields: NotificationChange,
    ): Promise<{ before: Notification; after: Notification; today: Today | undefined }> {
      const store = await context.store();
      const reports = await context.reports();
      const now = new Date();
      if (typeof fields.workspace === 'string') await checkWorkspace(store, fields.workspace);
      const there = namesAnother(fields.channel) ? await findNotification(store, id) : undefined;
      const named = await resolve(fields, there?.workspaceId);
      const done = await store.notifications.change(
        id,
        (before) => changedNotification(before, named, now, reports),
        now,
      );
      if (done === undefined) throw await unknownNotification(store, id);
      await followDueAfter(context, done.after);
      return done;
    },

    /**
     * Skips what is due from now on, until a time or until `unpause`; the ledger records it as `skipped`. `until` is a Date, or
     * a text in the notification's own zone, such as "2027-01-07 12:00". Returns each pause.
     * Throws a UserError: `unknown_notification`, and then none is paused; `invalid_time` for a past time.
     * @example await client.notifications.pause(['acme-weekly'], { until: '2027-01-07', note: 'holidays' });
     */
    async pause(
      ids: readonly string[],
      { until, note }: { until?: Date | string | undefined; note?: string | undefined } = {},
    ): Promise<{ id: string; until: Date | undefined }[]> {
      const store = await context.store();
      await checkNotifications(store, ids);
      const found = await store.notifications.list({ ids });
      const pauses = found.map(({ id, due }) => ({ id, until: untilOf(until, due) }));
      for (const pause of pauses) await store.notifications.pause(pause.id, { until: pause.until, note });
      return pauses;
    },

    /**
     * Ends pauses. What was due in one stays skipped; `deliveries.resend` sends it. `unpaused` is false for one that was not
     * paused. Throws a UserError `unknown_notification`, and then changes none.
     * @example await client.notifications.unpause(['acme-weekly']); // [{ id: 'acme-weekly', unpaused: true }]
     */
    async unpause(ids: readonly string[]): Promise<{ id: string; unpaused: boolean }[]> {
      const store = await context.store();
      await checkNotifications(store, ids);
      const ended = [];
      for (const id of ids) ended.push({ id, unpaused: await store.notifications.unpause(id) });
      return ended;
    },

    /**
     * Removes notifications, all or none. Their deliveries stay in the ledger: pending ones go on with what the ledger has, and
     * parked ones are cancelled. Returns the ids of those that were there.
     * Throws a UserError `unknown_notification`.
     * @example await client.notifications.remove(['acme-weekly']);
     */
    async remove(ids: readonly string[]): Promise<string[]> {
      const store = await context.store();
      await checkNotifications(store, ids);
      return store.notifications.removeAll(ids);
    },

    /**
     * One notification. Throws a UserError `unknown_notification`, or `unreadable_notification` if its row cannot be read.
     * @example (await client.notifications.find('acme-weekly')).channel.id
     */
    async find(id: string): Promise<Notification> {
      return findNotification(await context.store(), id);
    },

    /**
     * The notifications that match every part of the filter, by id; all of them without one. Rows that cannot be read are left
     * out: `unreadable` names them.
     * @example await client.notifications.list({ account: 'acme', tags: ['weekly'] });
     */
    async list(filter: NotificationFilter = {}): Promise<Notification[]> {
      return (await context.store()).notifications.list(filter);
    },

    /**
     * Notifications whose row cannot be read, with the reason. They are not sent; remove and add them again.
     * @example for (const { id, reason } of await client.notifications.unreadable()) console.error(id, reason);
     */
    async unreadable(filter: NotificationFilter = {}): Promise<{ id: string; enabled: boolean; reason: string }[]> {
      return (await context.store()).notifications.unreadable(filter);
    },

    /**
     * Adds the notifications of a `.csv`, `.json` or `.yaml` file that are not there yet, and changes none. `problems` has the
     * wrong rows by line; with `strict` one of them keeps all out.
     * Throws a UserError if the file cannot be read.
     * @example await client.notifications.import('notifications.csv', { strict: true });
     */
    async import(file: string, { strict = false }: { strict?: boolean | undefined } = {}): Promise<ImportResult> {
      const reports = await context.reports();
      const imported = await importNotifications(await context.store(), file, {
        strict,
        now: new Date(),
        reports,
        resolve,
      });
      if (imported.added > 0) await followDueAfter(context);
      return imported;
    },

    /**
     * What `apply` would change, to look at it before `carryOut`. Changes nothing.
     * Throws a UserError `invalid_notifications` that names the wrong rows, up to 20 of them.
     * @example const { added, changed, extra } = await client.notifications.plan({ file: 'notifications.yaml' });
     */
    plan,

    /**
     * Makes a plan true, and removes those of its `extra` that are named; all in one transaction. What others have done
     * meanwhile is left alone. Returns the ids of what it changed. Pauses stay.
     * @example const plan = await client.notifications.plan({ rows }); await client.notifications.carryOut(plan, plan.extra);
     */
    carryOut: carry,

    /**
     * Makes the notifications of a scope what a file or rows declare, all of it or nothing. Applied again it changes nothing, and
     * several processes may apply at once. A notification without a scope comes into this one; one of another scope is an error.
     * 100,000 rows take some seconds.
     * Throws a UserError `invalid_notifications` for wrong rows, up to 20 of them by name; then nothing is changed.
     * @example
     * const rows = customers.map(({ id, channel }) =>
     *   ({ id, account: id, report: 'metric-digest', channel, every: 'weekday at 09:00', timezone: 'UTC' }));
     * await client.notifications.apply({ rows }, { scope: 'crm', prune: true });
     */
    async apply(
      declared: DeclaredRows,
      { scope, prune = false, dryRun = false }: ApplyOptions = {},
    ): Promise<ApplyResult> {
      const planned = await plan(declared, { scope });
      const removed = prune ? planned.extra : [];
      const done = dryRun ? plannedOf(planned, removed) : await carry(planned, removed);
      return resultOf(planned, done, dryRun);
    },
  };
}

/** What a plan would change. */
export function plannedOf({ added, changed }: ApplyPlan, removed: readonly string[]): Applied {
  return {
    added: added.map(({ id }) => id),
    changed: changed.map(({ notification }) => notification.id),
    removed: [...removed],
  };
}

/** What applying came to; others may have done a part of the plan meanwhile. */
export function resultOf(plan: ApplyPlan, done: Applied, dryRun: boolean): ApplyResult {
  const [changed, removed] = [new Set(done.changed), new Set(done.removed)];
  return {
    scope: plan.scope,
    added: done.added,
    changed: plan.changed
      .filter(({ notification }) => changed.has(notification.id))
      .map(({ notification, differences }) => ({ id: notification.id, differences })),
    removed: done.removed,
    notDeclared: plan.extra.filter((id) => !removed.has(id)),
    unchanged: plan.unchanged + plan.added.length + plan.changed.length - done.added.length - done.changed.length,
    dryRun,
  };
}

function untilOf(until: Date | string | undefined, due: Due): Date | undefined {
  if (until === undefined) return undefined;
  const at = typeof until === 'string' ? parseTime(until, timezoneOf(due) ?? 'UTC') : until;
  if (at > new Date()) return at;
  const said = typeof until === 'string' ? until : until.toISOString();
  throw UserError.input('invalid_time', `--until "${said}" has passed (${at.toISOString()})`, {
    hint: 'Name a future time; a date alone means its first minute.',
  });
}
