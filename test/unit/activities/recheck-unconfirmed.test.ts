import { describe, expect, test } from 'vitest';
import { recheckUnconfirmed } from '../../../src/activities/recheck-unconfirmed.ts';
import { channelHistory } from '../../../src/slack/history.ts';
import { TokenError } from '../../../src/slack/tokens.ts';
import type { Store } from '../../../src/store/open.ts';
import { clientOf, sandboxFor } from '../../sandbox/support.ts';
import { inActivity } from '../../support/activity-context.ts';
import { type NotificationFields, oneOff, rider, temporaryStore } from '../../support/store.ts';

const AWAY = { code: 'http_503', message: 'Slack was away' };
const MESSAGE = { text: 'Hello', blocks: [] };
const SETTLE_MS = 100;

interface UnconfirmedOptions extends NotificationFields {
  isOneOff?: boolean;
  /** Why it ended. */
  error?: { code: string; message: string };
}

/** A report that ended as unconfirmed an hour ago, to be looked up now. */
async function addUnconfirmed(store: Store, id: string, options: UnconfirmedOptions = {}): Promise<string> {
  const { isOneOff = false, error = AWAY, ...fields } = options;
  await store.notifications.add([isOneOff ? oneOff(id, fields) : rider(id, 'none', fields)]);
  const selection = { kind: 'notifications', ids: [id] } as const;
  await store.claims.claimDue({ dispatchId: id, nominal: new Date(), selection });
  const [report] = await store.deliveries.list({ notificationId: id }, 1);
  const deliveryId = report?.id ?? '';
  await store.ledger.beginPosting(deliveryId);
  await store.ledger.markUnconfirmed(deliveryId, error);
  await makeDue(store, deliveryId);
  return deliveryId;
}

function ago(ms: number): string {
  return new Date(Date.now() - ms).toISOString();
}

async function makeDue(store: Store, id: string): Promise<void> {
  const times = { posting_at: ago(3_600_000), finished_at: ago(3_600_000), recheck_at: ago(1) };
  await store.db.updateTable('deliveries').set(times).where('id', '=', id).execute();
}

/** A Slack in which the workspace `tokenless` has no token. */
async function startSlack() {
  const slack = await sandboxFor();
  const { store } = slack.sandbox;
  const of = async ({ id }: { id: string }) => {
    if (id === 'tokenless') throw new TokenError('token_missing', 'There is no token');
    return clientOf(slack);
  };
  return {
    faults: slack.sandbox.faults,
    /** Puts the message of a delivery into its channel, about the time of its attempt. */
    put(deliveryId: string, { channel = 'C0ACME', threadTs }: { channel?: string; threadTs?: string } = {}) {
      const at = Date.now() - 3_600_000;
      const ts = store.nextTs(channel, at);
      const metadata = { event_type: 'test', event_payload: { delivery_id: deliveryId } };
      const message = { workspace: 'T0SANDBOX', channel, ts, at, text: 'Hello', hidden: false, metadata };
      store.record({ type: 'message', message: threadTs === undefined ? message : { ...message, threadTs } });
      return ts;
    },
    recheck: (ledgerStore: Store, patienceMs?: number) => {
      const dependencies = { store: ledgerStore, slack: { of } as never, settleMs: SETTLE_MS };
      return inActivity({}, () => recheckUnconfirmed(dependencies, channelHistory(), patienceMs));
    },
    [Symbol.asyncDispose]: () => slack.close(),
  };
}

describe('an unconfirmed delivery that is looked up again', () => {
  test('is delivered where it is in its channel, and a notification made for one time is removed', async () => {
    await using temporary = await temporaryStore();
    await using slack = await startSlack();
    const { store } = temporary;
    const id = await addUnconfirmed(store, 'once', { isOneOff: true });
    const ts = slack.put(id);
    await slack.recheck(store);
    expect(await store.ledger.find(id)).toMatchObject({ state: 'delivered', messageTs: ts, error: undefined });
    expect(await store.notifications.find('once')).toBeUndefined();
  });

  test.each([
    ['failed', AWAY, 'failed'],
    ['cancelled where its run was cancelled', { code: 'cancelled', message: 'Cancelled' }, 'cancelled'],
  ])('is %s where it is absent twice, and is never posted', async (_, error, state) => {
    await using temporary = await temporaryStore();
    await using slack = await startSlack();
    const { store } = temporary;
    const id = await addUnconfirmed(store, 'absent', { error });
    await slack.recheck(store);
    expect(await store.ledger.find(id)).toMatchObject({ state: 'unconfirmed' });
    const absent_at = ago(SETTLE_MS);
    await store.db.updateTable('deliveries').set({ absent_at, recheck_at: absent_at }).where('id', '=', id).execute();
    await slack.recheck(store);
    expect(await store.ledger.find(id)).toMatchObject({ state, error: { code: 'not_in_history' }, attempts: 1 });
  });

  test('stays so while its channel cannot be read, and holds up no other', async () => {
    await using temporary = await temporaryStore();
    await using slack = await startSlack();
    const { store } = temporary;
    await store.workspaces.put({ id: 'tokenless', name: 'Tokenless', tokenRef: 'env:NO_SUCH_TOKEN' });
    const tokenless = await addUnconfirmed(store, 'tokenless', { workspaceId: 'tokenless' });
    const archived = await addUnconfirmed(store, 'refused', { channel: 'C0NOWHERE' });
    const there = await addUnconfirmed(store, 'there');
    slack.put(there);
    await slack.recheck(store);
    expect(await store.ledger.find(there)).toMatchObject({ state: 'delivered' });
    for (const id of [tokenless, archived]) {
      expect(await store.ledger.find(id)).toMatchObject({ state: 'unconfirmed', error: AWAY, absentAt: undefined });
    }
    expect(
      await store.ledger.takeRechecks(new Date(Date.now() + 2 * 3_600_000), 10),
      'they have a next time',
    ).toHaveLength(2);
  });

  test('keeps its run waiting no longer than its patience where Slack hangs', async () => {
    await using temporary = await temporaryStore();
    await using slack = await startSlack();
    const { store } = temporary;
    const id = await addUnconfirmed(store, 'hangs');
    slack.faults.add({ method: 'conversations.history', when: 'before', action: { type: 'hang' } });
    const began = performance.now();
    await slack.recheck(store, 200);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await store.ledger.find(id)).toMatchObject({ state: 'unconfirmed' });
  });

  test('is found in its thread if it is a post of one, and then its report is complete', async () => {
    await using temporary = await temporaryStore();
    await using slack = await startSlack();
    const { store } = temporary;
    await store.notifications.add([rider('thread', 'none')]);
    const selection = { kind: 'notifications', ids: ['thread'] } as const;
    await store.claims.claimDue({ dispatchId: 'thread', nominal: new Date(), selection });
    const [report] = await store.deliveries.list({}, 1);
    const reportId = report?.id ?? '';
    const threadTs = slack.put(reportId);
    await store.ledger.saveMessage(reportId, { ...MESSAGE, thread: [MESSAGE] });
    await store.ledger.markDelivered(reportId, (await store.ledger.beginPosting(reportId)) ?? 0, threadTs);
    const postId = `${reportId}.1`;
    await store.ledger.beginPosting(postId);
    await store.ledger.markUnconfirmed(postId, AWAY);
    await makeDue(store, postId);
    expect(await store.ledger.find(reportId)).toMatchObject({ error: { code: 'thread_incomplete' } });
    const ts = slack.put(postId, { threadTs });
    await slack.recheck(store);
    expect(await store.ledger.find(postId)).toMatchObject({ state: 'delivered', messageTs: ts });
    expect(await store.ledger.find(reportId)).toMatchObject({ state: 'delivered', error: undefined });
  });
});
