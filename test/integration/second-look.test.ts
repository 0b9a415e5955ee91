import { randomUUID } from 'node:crypto';
import proto from '@temporalio/proto';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { liveChildren } from '../support/children.ts';
import { rider } from '../support/store.ts';
import { until } from '../support/until.ts';

const { PendingActivityState } = proto.temporal.api.enums.v1;

const SETTLE_MS = 6_000;
const SECOND_LOOK_MS = SETTLE_MS / 2;
/** Clocks and timers are this imprecise, in milliseconds. */
const PRECISION_MS = 50;

/**
 * History lags behind posts, so one look that doesn't find a message proves nothing. The workflow that waits for the second
 * look is terminated here, as if its worker and its timer were lost: the workflow that takes over knows about the first look only from the
 * ledger.
 */
test('the second look into a channel keeps its distance, although the one who looked first is gone', async () => {
  await using app = await startApp({ settleMs: SETTLE_MS });
  const schedule = randomUUID();
  await app.store.notifications.add([rider('a', schedule)]);
  const { faults } = app.sandbox.sandbox;
  faults.add({ method: 'chat.postMessage', when: 'before', times: 1, action: { type: 'drop' } });
  const looks: number[] = [];
  const look = faults.add({ method: 'conversations.history', when: 'before', action: { type: 'delay', ms: 0 } });
  using _ = every(5, () => {
    while (looks.length < look.calls) looks.push(Date.now());
  });

  const dispatchId = `run/${randomUUID()}`;
  const input = { selection: { kind: 'due' as const, schedule }, nominalTime: new Date().toISOString() };
  const first = app.run(input, dispatchId);
  first.catch(() => undefined);
  const [delivery] = await until('the delivery to start', async () => {
    const children = await liveChildren(app.client, dispatchId);
    return children.length > 0 && children;
  });
  const waits = async () => {
    const { raw } = await app.client.workflow.getHandle(delivery ?? '').describe();
    // Between two attempts it is scheduled.
    return raw.pendingActivities?.[0]?.state === PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED;
  };
  await until('the first look', () => looks.length === 1);
  await until('the wait for the second look', waits);
  await app.client.workflow.getHandle(delivery ?? '').terminate();
  await app.client.workflow.getHandle(dispatchId).terminate();

  expect(await app.run(input, dispatchId)).toMatchObject({ due: 1, delivered: 1 });
  expect(looks).toHaveLength(2);
  const [one = 0, two = 0] = looks;
  expect(two - one).toBeGreaterThanOrEqual(SECOND_LOOK_MS - PRECISION_MS);
  expect(Object.values(app.oracle().counts)).toEqual([1]);
});

function every(ms: number, look: () => void): Disposable {
  const timer = setInterval(look, ms);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
