import { describe, expect, test } from 'vitest';
import type { Dependencies } from '../../../src/activities/dependencies.ts';
import { recordOutcomeActivities } from '../../../src/activities/record-outcome.ts';
import type { OutcomeRequest } from '../../../src/contract/delivery.ts';
import type { Store } from '../../../src/store/open.ts';
import { rider, temporaryStore } from '../../support/store.ts';

const WHY = { code: 'gave_up', message: 'Given up' };
const MESSAGE = { text: 'hello', blocks: [] };

/** A pending report with a thread of two. */
async function pendingReport(store: Store): Promise<string> {
  await store.notifications.add([rider('acme', 'none')]);
  const nominal = new Date('2026-11-23T08:00:00Z');
  await store.claims.claimDue({
    dispatchId: 'run',
    nominal,
    selection: { kind: 'notifications', ids: ['acme'] },
  });
  const [report] = await store.deliveries.list({}, 1);
  const id = report?.id ?? '';
  await store.ledger.saveMessage(id, { ...MESSAGE, thread: [MESSAGE, MESSAGE] });
  return id;
}

function recorder(store: Store) {
  const activities = recordOutcomeActivities({ store } as Dependencies);
  return (request: OutcomeRequest) => activities.recordOutcome(request);
}

describe('the outcome of a delivery that cannot go on', () => {
  test.each([
    ['fails where Slack never saw it', false, false, 'failed'],
    ['is cancelled where it was called off', false, true, 'cancelled'],
    ['is unconfirmed where its post had begun', true, false, 'unconfirmed'],
    ['is unconfirmed where its post had begun, also when it was called off', true, true, 'unconfirmed'],
  ])('%s', async (_, hasBegun, cancelled, state) => {
    await using temporary = await temporaryStore();
    const { store } = temporary;
    const deliveryId = await pendingReport(store);
    if (hasBegun) await store.ledger.beginPosting(deliveryId);
    expect(await recorder(store)({ deliveryId, ...WHY, cancelled })).toEqual({ state, ...WHY });
    expect(await store.deliveries.thread(deliveryId)).toEqual([]);
  });

  test('ends what is open of the thread of a delivered report', async () => {
    await using temporary = await temporaryStore();
    const { store } = temporary;
    const deliveryId = await pendingReport(store);
    await store.ledger.markDelivered(deliveryId, (await store.ledger.beginPosting(deliveryId)) ?? 0, '1.1');
    const [first] = await store.deliveries.thread(deliveryId);
    await store.ledger.markDelivered(first?.id ?? '', (await store.ledger.beginPosting(first?.id ?? '')) ?? 0, '1.2');
    expect(await recorder(store)({ deliveryId, ...WHY, cancelled: true })).toMatchObject({ state: 'delivered' });
    expect(await store.deliveries.thread(deliveryId)).toMatchObject([{ state: 'delivered' }, { state: 'cancelled' }]);
    expect(await store.ledger.find(deliveryId)).toMatchObject({ error: { code: 'thread_incomplete' } });
  });

  test('is left to a person where the report is parked, and its thread waits with it', async () => {
    await using temporary = await temporaryStore();
    const { store } = temporary;
    const deliveryId = await pendingReport(store);
    await store.ledger.markParked(deliveryId, { code: 'is_archived', message: 'is_archived' });
    const before = await store.ledger.find(deliveryId);
    const outcome = await recorder(store)({ deliveryId, ...WHY, cancelled: false });
    expect(outcome).toEqual({ state: 'parked', code: 'is_archived', message: 'is_archived' });
    expect(await store.ledger.find(deliveryId)).toEqual(before);
    expect(await store.deliveries.thread(deliveryId)).toMatchObject([{ state: 'pending' }, { state: 'pending' }]);
  });
});
