import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import type { Dependencies } from '../../../src/activities/dependencies.ts';
import { postMessageActivities } from '../../../src/activities/post-message.ts';
import type { PostResult } from '../../../src/contract/delivery.ts';
import { channelHistory } from '../../../src/slack/history.ts';
import type { Store } from '../../../src/store/open.ts';
import { inActivity } from '../../support/activity-context.ts';
import { clientOf, sandboxFor } from '../../sandbox/support.ts';
import { rider, temporaryStore } from '../../support/store.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A report whose answer was lost so long ago. */
async function lostReport(store: Store, agoMs: number): Promise<string> {
  await store.notifications.add([rider('acme', 'none')]);
  const nominal = new Date(Date.now() - agoMs);
  const selection = { kind: 'notifications', ids: ['acme'] } as const;
  await store.claims.claimDue({ dispatchId: 'run', nominal, selection });
  const [report] = await store.deliveries.list({}, 1);
  const id = report?.id ?? '';
  await store.ledger.saveMessage(id, { text: 'Hello', blocks: [] });
  const nr = (await store.ledger.beginPosting(id)) ?? 0;
  await store.ledger.recordDoubt(id, nr, { code: 'http_503', message: 'HTTP 503', doubt: 'answer_lost' });
  const posting_at = nominal.toISOString();
  await store.db.updateTable('deliveries').set({ posting_at }).where('id', '=', id).execute();
  return id;
}

/** One attempt of the activity, which Temporal scheduled so long ago. */
async function attempt(store: Store, id: string, { scheduledMsAgo, fault }: { scheduledMsAgo: number; fault: object }) {
  await using slack = await sandboxFor();
  slack.sandbox.faults.add({ method: 'conversations.history', when: 'before', ...fault } as never);
  const dependencies = {
    store,
    slack: { of: async () => clientOf(slack) },
    settleMs: 1_000,
  } as unknown as Dependencies;
  const activities = postMessageActivities(dependencies, channelHistory());
  const info = { attempt: 2, scheduledTimestampMs: Date.now() - scheduledMsAgo };
  return await inActivity(info, async (): Promise<PostResult | ApplicationFailure> => {
    try {
      return await activities.postMessage({ deliveryId: id });
    } catch (error) {
      if (error instanceof ApplicationFailure) return error;
      throw error;
    }
  });
}

const OUTAGE = { action: { type: 'status', status: 503 } };
const LIMIT = { action: { type: 'rate_limit', retryAfter: 60 } };

describe('a channel that cannot be read', () => {
  test.each([
    ['a minute', MINUTE_MS, 30_000],
    ['40 minutes', 40 * MINUTE_MS, 4 * MINUTE_MS],
    ['five hours', 5 * HOUR_MS, 5 * MINUTE_MS],
  ])('because of an outage of %s is read again, less and less often', async (_, agoMs, delayMs) => {
    await using temporary = await temporaryStore();
    const { store } = temporary;
    const id = await lostReport(store, agoMs);
    const failure = await attempt(store, id, { scheduledMsAgo: agoMs, fault: OUTAGE });
    expect(failure).toMatchObject({ type: 'http_503', nonRetryable: false });
    const { nextRetryDelay } = failure as ApplicationFailure;
    expect(Math.abs(Number(nextRetryDelay) - delayMs)).toBeLessThan(2_000);
    expect(await store.ledger.find(id)).toMatchObject({ state: 'posting' });
  });

  test('for six hours leaves its delivery unconfirmed, with both causes', async () => {
    await using temporary = await temporaryStore();
    const { store } = temporary;
    const id = await lostReport(store, 6 * HOUR_MS);
    const failure = await attempt(store, id, { scheduledMsAgo: 6 * HOUR_MS - 3 * MINUTE_MS, fault: OUTAGE });
    expect(failure).toMatchObject({ type: 'http_503', nonRetryable: true });
    const message =
      'It may have been posted (http_503: HTTP 503), and the channel cannot be read (Slack answered with HTTP 503)';
    expect(await store.ledger.find(id)).toMatchObject({ state: 'unconfirmed', error: { code: 'http_503', message } });
  });

  test('because of a limit is read again when Slack says', async () => {
    await using temporary = await temporaryStore();
    const { store } = temporary;
    const id = await lostReport(store, HOUR_MS);
    const failure = await attempt(store, id, { scheduledMsAgo: HOUR_MS, fault: LIMIT });
    expect(failure).toMatchObject({ type: 'ratelimited', nonRetryable: false, nextRetryDelay: 60_000 });
  });

  test('because of a limit gets another six hours, since the time stands still meanwhile', async () => {
    await using temporary = await temporaryStore();
    const { store } = temporary;
    const id = await lostReport(store, 6 * HOUR_MS);
    const how = { scheduledMsAgo: 6 * HOUR_MS - 2 * MINUTE_MS, fault: LIMIT };
    expect(await attempt(store, id, how)).toMatchObject({ kind: 'waits', line: 'channel' });
    expect(await store.ledger.find(id)).toMatchObject({ state: 'posting' });
  });

  test('because of a limit is given up after a day', async () => {
    await using temporary = await temporaryStore();
    const { store } = temporary;
    const id = await lostReport(store, 24 * HOUR_MS);
    const how = { scheduledMsAgo: 6 * HOUR_MS - 2 * MINUTE_MS, fault: LIMIT };
    expect(await attempt(store, id, how)).toMatchObject({ type: 'ratelimited', nonRetryable: true });
    expect(await store.ledger.find(id)).toMatchObject({ state: 'unconfirmed' });
  });
});
