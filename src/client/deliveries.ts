import { deliveryId } from '../domain/occurrence.ts';
import type { DeliveryState, ReportPost } from '../domain/delivery.ts';
import type { FailedFilter, ParkedOwner, Selection } from '../domain/selection.ts';
import { UserError } from '../lib/errors.ts';
import type { RunHandle } from '../runs/start.ts';
import type { DeliveryFilter } from '../store/ledger/delivery-list.ts';
import type { Parked } from '../store/parking.ts';
import { adviceFor } from './advice.ts';
import type { Context } from './context.ts';
import { channelResolver } from './channels.ts';
import { findNotification } from './known.ts';
import { explain } from './why.ts';

/** States of deliveries that did not reach their channel, and need a person. */
const FAILURES = ['failed', 'parked', 'unconfirmed', 'missed'] as const;

/** Deliveries later than this are recorded as missed when they are resumed, in milliseconds. */
const RESUME_WITHIN_MS = 24 * 3_600_000;

/** A parked workspace or notification. */
export type ParkedRow = Parked & {
  /** Parked deliveries that wait for it. */
  waiting: number;
  advice: string;
};

/** The ledger: a delivery for each occurrence, and what became of it. */
export function deliveriesOf(context: Context) {
  async function start(selection: Selection): Promise<RunHandle> {
    // Loaded here: looking at the ledger needs no client of Temporal.
    const { runsOf } = await import('./runs.ts');
    return runsOf(context).start({ selection });
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
     * What became of a notification and why, with every step of its newest delivery; with `at`, of the three nearest to that
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
     * Starts a run that sends the parked deliveries of a workspace or notification; fix its token or channel first. Those due
     * longer ago than `withinMs`, 24 hours by default, are recorded as missed. An id alone means the workspace, if both kinds are
     * parked under it.
     * Throws a UserError `not_parked`, and those of `runs.start`.
     * @example await client.runs.follow(await client.deliveries.resume('acme-weekly', { withinMs: 3_600_000 }));
     */
    async resume(
      owner: string | ParkedOwner,
      { withinMs = RESUME_WITHIN_MS }: { withinMs?: number | undefined } = {},
    ): Promise<RunHandle> {
      const asked = typeof owner === 'string' ? { id: owner } : owner;
      const found = (await (await context.store()).parking.list())
        .filter(({ id, kind }) => id === asked.id && (!('kind' in asked) || kind === asked.kind))
        .toSorted((a) => (a.kind === 'workspace' ? -1 : 1));
      if (found[0] === undefined) {
        throw UserError.failure('not_parked', `"${asked.id}" is not parked`, {
          hint: 'See what is parked with `slack-reports parked list`.',
        });
      }
      return start({ kind: 'parked', owner: { kind: found[0].kind, id: asked.id }, withinMs });
    },

    /**
     * Starts a run that tries failed deliveries again; it never touches delivered or unconfirmed ones.
     * Throws a UserError `invalid_selection` for a filter that names nothing, and those of `runs.start`.
     * @example await client.deliveries.redrive({ errorCode: 'load_failed' });
     */
    async redrive(which: 'all' | FailedFilter): Promise<RunHandle> {
      return start({ kind: 'failed', which });
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

export type Explanation = Awaited<ReturnType<typeof explain>>;

/**
 * The occurrence that was sent again: a resend appends its time, and one of a resend would append another, until a workflow
 * id has more than its 255 characters.
 */
function originalOf(occurrence: string): string {
  return occurrence.split('~', 1)[0] ?? occurrence;
}

function unknownDelivery(notificationId: string, occurrence: string | undefined): UserError {
  const which = occurrence === undefined ? 'no deliveries' : `no delivery for ${occurrence}`;
  return UserError.input('unknown_delivery', `Notification "${notificationId}" has ${which}`, {
    hint: `See \`slack-reports deliveries list --notification ${notificationId}\`.`,
  });
}

function adviceOn(state: string, code: string): string {
  return state === 'unconfirmed' ? 'look in the channel; if it is not there, `resend` it' : adviceFor(code);
}
