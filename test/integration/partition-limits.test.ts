import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { controlRun } from '../../src/runs/control.ts';
import { startApp } from '../support/app.ts';
import { liveChildren } from '../support/children.ts';
import { rider } from '../support/store.ts';
import { until } from '../support/until.ts';

/** Two partitions, which cannot share these evenly. */
const CONCURRENCY = 27;
const EACH = 13;
/** Long enough for the partitions to start as many children as they may. */
const SLOW_POST_MS = 4_000;

test('a partition never has more live children than its share of the limit, nor after the limit was raised', async () => {
  await using app = await startApp({ concurrency: CONCURRENCY });
  const schedule = randomUUID();
  await app.store.notifications.add(
    Array.from({ length: 501 }, (_, index) => rider(`${schedule}-${index}`, schedule, { channel: 'C0ACME' })),
  );
  const delay = { type: 'delay', ms: SLOW_POST_MS } as const;
  app.sandbox.sandbox.faults.add({ method: 'chat.postMessage', when: 'before', action: delay });
  const dispatchId = `run/${randomUUID()}`;
  const run = app.run({ selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() }, dispatchId);
  run.catch(() => undefined);

  const partitions = await until('two partitions', async () => {
    const children = await liveChildren(app.client, dispatchId);
    return children.length === 2 && children;
  });
  const most = partitions.map(() => 0);
  /** True when each partition has had `count` live children. */
  const haveHad = async (count: number) => {
    const live = await Promise.all(partitions.map(async (id) => (await liveChildren(app.client, id)).length));
    live.forEach((now, index) => (most[index] = Math.max(most[index] ?? 0, now)));
    return most.every((number) => number >= count);
  };
  await until('the children that may live', () => haveHad(EACH));
  // They end together, so for some rounds of children there is time to start too many.
  await until('two more rounds', async () => {
    await haveHad(EACH);
    return app.oracle().messages.length >= 2 * EACH * 2;
  });
  expect(most).toEqual([EACH, EACH]);

  await controlRun(app.client, dispatchId, { kind: 'set_concurrency', concurrency: 2 * CONCURRENCY });
  await until('the children that may live now', () => haveHad(CONCURRENCY));
  const messages = app.oracle().messages.length;
  await until('another round', async () => {
    await haveHad(CONCURRENCY);
    return app.oracle().messages.length >= messages + 2 * CONCURRENCY;
  });
  expect(most).toEqual([CONCURRENCY, CONCURRENCY]);
  await app.client.workflow.getHandle(dispatchId).cancel();
  await expect(run).rejects.toThrow();
});
