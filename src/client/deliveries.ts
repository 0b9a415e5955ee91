import { deliveryId, originalOf } from '../domain/occurrence.ts';
import type { Delivery, DeliveryState, ReportPost } from '../domain/delivery.ts';
import {
  checkSelection,
  checkUnconfirmed,
  type FailedFilter,
  type HowRevived,
  type ParkedOwner,
  type RevivalSelection,
  type Selection,
  type UnconfirmedFilter,
} from '../domain/selection.ts';
import { definedOnly } from '../lib/defined.ts';
import { UserError } from '../lib/errors.ts';
import type { RunHandle } from '../runs/start.ts';
import type { Revivals } from '../store/claims/recovery.ts';
import type { DeliveryFilter } from '../store/ledger/delivery-list.ts';
import { droppedThread } from '../store/ledger/thread.ts';
import { batches } from '../store/notifications.ts';
import type { Store } from '../store/open.ts';
import type { Parked } from '../store/parking.ts';
import { adviceFor, adviceOn } from '../domain/advice.ts';
import type { Context } from './context.ts';
import { channelResolver } from './channels.ts';
import { findNotification } from './known.ts';
import { explain } from './why.ts';

/** States of deliveries that did not reach their channel, and need a person. */
const FAILURES = ['failed', 'parked', 'unconfirmed', 'missed'] as const;

/** A parked workspace or notification. */
export type ParkedRow = Parked & {
  /** Parked deliveries that wait for it. */
  waiting: number;
  advice: string;
};

/** How deliveries that have come to rest are sent after all. */
export type Revive = { [Part in keyof HowRevived]?: HowRevived[Part] | undefined };

/** The ledger: a delivery for each occurrence, and how it ended. */
export function deliveriesOf(context: Context) {
  async function start(selection: Selection): Promise<RunHandle> {
    // Loaded here: looking at the ledger needs no client of Temporal.
    const { runsOf } = await import('./runs.ts');
    return runsOf(context).start({ selection });
  }

  async function would(selection: RevivalSelection): Promise<Revivals> {
    checkSelection(selection);
    return (await context.store()).claims.revivals(selection, new Date());
  }

  async function parkedSelection(owner: string | ParkedOwner, how: Revive): Promise<RevivalSelection> {
    const asked = typeof owner === 'string' ? { id: owner } : owner;
    const found = (await (await context.store()).parking.list())
      .filter(({ id, kind }) => id === asked.id && (!('kind' in asked) || kind === asked.kind))
      .toSorted((a) => (a.kind === 'workspace' ? -1 : 1));
    if (found[0] === undefined) {
      throw UserError.failure('not_parked', `"${asked.id}" is not parked`, {
        hint: 'See what is parked with `slack-reports parked list`.',
      });
    }
    return { kind: 'parked', owner: { kind: found[0].kind, id: asked.id }, ...definedOnly(how) };
  }

  return {
    /**
     * One delivery. Throws a UserError `unknown_delivery`.
     * @example (await client.deliveries.find('acme-weekly', '2026-11-23T09:00[Europe/Berlin]')).state
     */
    async find(notificationId: string, occurrence: string): Promise<ReportPost> {
      const found = await (await context.store()).ledger.find(deliveryId(notificationId, occurrence));
      if (found?.kind === 'report') return found;
      throw unknownDelivery(notificationId, occurrence);
    },

    /**
     * The newest deliveries that match every part of the filter, at most `limit`, 50 by default. Instants are ISO 8601 UTC.
     * @example await client.deliveries.list({ notificationId: 'acme-weekly', states: ['failed'] }, { limit: 10 });
     */
    async list(
      filter: DeliveryFilter = {},
      { limit = 50 }: { limit?: number | undefined } = {},
    ): Promise<ReportPost[]> {
      return (await context.store()).deliveries.list(filter, limit);
    },

    /**
     * How many deliveries that match are in each state; states without any are left out.
     * @example (await client.deliveries.count({ dispatchId: run.workflowId })).delivered ?? 0
     */
    async count(filter: DeliveryFilter = {}): Promise<Partial<Record<DeliveryState, number>>> {
      return (await context.store()).deliveries.countByState(filter);
    },

    /**
     * The newest deliveries that did not reach their channel (failed, parked, unconfirmed or missed), with what to do; at most
     * `limit`, 50 by default.
     * @example for (const one of await client.deliveries.failures()) console.log(one.notificationId, one.advice);
     */
    async failures(
      filter: Omit<DeliveryFilter, 'states'> = {},
      { limit = 50 }: { limit?: number | undefined } = {},
    ): Promise<(ReportPost & { advice: string })[]> {
      const found = await (await context.store()).deliveries.list({ ...filter, states: FAILURES }, limit);
      return found.map((one) => ({ ...one, advice: adviceOn(one.state, one.error?.code ?? one.state) }));
    },

    /**
     * What happened to a notification and why, with every step of its newest delivery; with `at`, of the three nearest to that
     * time, up to 12 hours away. `at` is a Date, or a text in the notification's own zone.
     * Throws a UserError `unknown_notification` if neither it nor a delivery of it exists.
     * @example const { due, deliveries } = await client.deliveries.why('acme-weekly', { at: '2026-11-23 09:00' });
     */
    async why(notificationId: string, { at }: { at?: Date | string | undefined } = {}): Promise<Explanation> {
      return explain(await context.store(), notificationId, at);
    },

    /**
     * Workspaces and notifications that Slack refuses, why, and how many deliveries wait for each.
     * @example for (const { id, advice } of await client.deliveries.parked()) console.log(id, advice);
     */
    async parked(): Promise<ParkedRow[]> {
      const store = await context.store();
      return Promise.all(
        (await store.parking.list()).map(async (parked) => {
          const filter =
            parked.kind === 'workspace'
              ? { workspaceId: parked.id, notificationParked: false as const }
              : { notificationId: parked.id };
          const { parked: waiting = 0 } = await store.deliveries.countByState({ ...filter, states: ['parked'] });
          return { ...parked, waiting, advice: adviceFor(parked.code) };
        }),
      );
    },

    /**
     * Starts a run that sends the parked deliveries of a workspace or notification; fix its token or channel first. They go to
     * the channel that the notification has now, with fresh data, and say that they are late. Those due longer ago than
     * `withinMs`, 24 hours by default, are recorded as missed, and so is all but the newest occurrence of a notification, unless
     * `allOccurrences`. An id alone means the workspace, if both kinds are parked under it.
     * Throws a UserError `not_parked`, and those of `runs.start`.
     * @example await client.runs.follow(await client.deliveries.resume('acme-weekly', { withinMs: 3_600_000 }));
     */
    async resume(owner: string | ParkedOwner, how: Revive = {}): Promise<RunHandle> {
      return start(await parkedSelection(owner, how));
    },

    /**
     * What `resume` would do: how many deliveries it would send, and how many become missed. Changes nothing.
     * Throws a UserError `not_parked`.
     * @example if ((await client.deliveries.wouldResume('acme-weekly')).sent <= 5) await client.deliveries.resume('acme-weekly');
     */
    async wouldResume(owner: string | ParkedOwner, how: Revive = {}): Promise<Revivals> {
      return would(await parkedSelection(owner, how));
    },

    /**
     * Starts a run that tries failed deliveries again; it never touches delivered or unconfirmed ones. They say that they are
     * late. Those due longer ago than `withinMs`, 24 hours by default, stay failed; of several occurrences of a notification the
     * newest is sent and the others are recorded as missed, unless `allOccurrences`.
     * Throws a UserError `invalid_selection` for a filter that names nothing, and those of `runs.start`.
     * @example await client.deliveries.redrive({ errorCode: 'load_failed' }, { withinMs: 3 * 3_600_000 });
     */
    async redrive(which: 'all' | FailedFilter, how: Revive = {}): Promise<RunHandle> {
      return start({ kind: 'failed', which, ...definedOnly(how) });
    },

    /**
     * What `redrive` would do: how many deliveries it would send, how many become missed, and how many stay failed since they are
     * too old. Changes nothing.
     * Throws a UserError `invalid_selection` for a filter that names nothing.
     * @example const { sent, left } = await client.deliveries.wouldRedrive('all');
     */
    async wouldRedrive(which: 'all' | FailedFilter, how: Revive = {}): Promise<Revivals> {
      return would({ kind: 'failed', which, ...definedOnly(how) });
    },

    /**
     * The newest deliveries of which Slack may or may not have the message, at most `limit`, 50 by default: reports, and posts
     * of threads.
     * @example for (const { id, channel, error } of await client.deliveries.unconfirmed()) console.log(id, channel, error?.message);
     */
    async unconfirmed(
      filter: UnconfirmedFilter = {},
      { limit = 50 }: { limit?: number | undefined } = {},
    ): Promise<Delivery[]> {
      return (await context.store()).deliveries.unconfirmed(filter, limit);
    },

    /**
     * Says of unconfirmed deliveries that they are in their channels: they become `delivered`, with the code `confirmed` and
     * without a `messageTs`. Returns how many there were. Needs no worker, and Slack is not called.
     * Throws a UserError `invalid_selection` for a filter that names nothing.
     * @example await client.deliveries.confirm({ channel: 'C0123456789' });
     */
    async confirm(which: 'all' | UnconfirmedFilter): Promise<number> {
      checkUnconfirmed(which);
      const store = await context.store();
      const { ids, ...filter } = which === 'all' ? {} : which;
      let confirmed = 0;
      for (const some of ids === undefined ? [undefined] : batches([...new Set(ids)])) {
        confirmed += await confirmEach(store, { ...filter, ids: some });
      }
      return confirmed;
    },

    /**
     * Starts a run that sends unconfirmed reports again that are not in their channels. Each channel is read first where that is
     * possible, so one that is there after all becomes `delivered`, and is not posted a second time. Leaves posts of threads.
     * Throws a UserError `invalid_selection` for a filter that names nothing, and those of `runs.start`.
     * @example await client.runs.follow(await client.deliveries.resendUnconfirmed({ dispatchId: 'run/2026-11-23T08:00:00Z' }));
     */
    async resendUnconfirmed(which: 'all' | UnconfirmedFilter): Promise<RunHandle> {
      return start({ kind: 'unconfirmed', which });
    },

    /**
     * Starts a run that posts one occurrence again, even if it was delivered; by default the newest of the notification.
     * Throws a UserError `unknown_delivery`, and those of `runs.start`.
     * @example await client.deliveries.resend('acme-weekly', { occurrence: '2026-11-23T09:00[Europe/Berlin]' });
     */
    async resend(notificationId: string, { occurrence }: { occurrence?: string | undefined } = {}): Promise<RunHandle> {
      const store = await context.store();
      const [row] = await store.deliveries.list({ notificationId, occurrence }, 1);
      if (row === undefined) throw unknownDelivery(notificationId, occurrence);
      // One of a resend would append another time, until a workflow id has more than its 255 characters.
      const original = originalOf(row.occurrence);
      const isKept = (await store.ledger.find(deliveryId(notificationId, original))) !== undefined;
      return start({ kind: 'delivery', notificationId, occurrence: isKept ? original : row.occurrence });
    },

    /**
     * Starts a run that sends a notification's report now to another channel of its workspace, marked as a test.
     * Throws a UserError `unknown_notification`, and those of `runs.start`.
     * @example await client.deliveries.test('acme-weekly', { channel: 'C0TESTING01' });
     */
    async test(notificationId: string, { channel }: { channel: string }): Promise<RunHandle> {
      const { workspaceId } = await findNotification(await context.store(), notificationId);
      const to = await channelResolver(context)({ channel }, workspaceId);
      return start({ kind: 'test', notificationId, channel: to.channel });
    },
  };
}

/** Confirmed in one go, before the next are read. */
const CONFIRMED_AT_ONCE = 100;

async function confirmEach(store: Store, filter: DeliveryFilter): Promise<number> {
  for (let confirmed = 0; ;) {
    const page = await store.deliveries.unconfirmed(filter, CONFIRMED_AT_ONCE);
    const before = confirmed;
    for (const delivery of page) {
      if (!(await store.ledger.markConfirmed(delivery.id, droppedThread(delivery)))) continue;
      confirmed += 1;
      // A notification that was made for one time has had it.
      if (delivery.kind === 'report') await store.notifications.removeOneOff(delivery.notificationId);
    }
    if (confirmed === before) return confirmed;
  }
}

/** What happened to a notification and why, as `deliveries.why` gives it. */
export type Explanation = Awaited<ReturnType<typeof explain>>;

function unknownDelivery(notificationId: string, occurrence: string | undefined): UserError {
  const which = occurrence === undefined ? 'no deliveries' : `no delivery for ${occurrence}`;
  return UserError.input('unknown_delivery', `Notification "${notificationId}" has ${which}`, {
    hint: `See \`slack-reports deliveries list --notification ${notificationId}\`.`,
  });
}
