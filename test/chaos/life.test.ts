import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { randomFrom } from '../../chaos/random.ts';
import type { Child } from '../../src/dev/child-process.ts';
import { type App, startApp } from '../support/app.ts';
import { healthProbe } from '../support/health.ts';
import { startWorkerProcess } from '../support/program.ts';
import { rider } from '../support/store.ts';
import { until } from '../support/until.ts';

const DELIVERIES = 150;
const ENDS = 6;
const CHANNELS = ['C0ACME', 'C0BLUEBIRD', 'C0CEDAR', 'C0DOCKSIDE', 'C0EVERLINE', 'C0FERNHILL'];

test(
  'two workers, killed and asked to end at any moment of a run, lose and double nothing, and say truly when they are ready',
  { timeout: 180_000 },
  async () => {
    await using app = await startApp({ withoutWorker: true });
    const schedule = randomUUID();
    await app.store.notifications.add(
      Array.from({ length: DELIVERIES }, (_, n) => rider(`n-${n}`, schedule, { channel: CHANNELS[n % 6] ?? 'C0ACME' })),
    );
    app.sandbox.sandbox.faults.add({ method: 'chat.postMessage', when: 'after', action: { type: 'delay', ms: 300 } });
    const random = randomFrom(11);
    const moments = Array.from({ length: ENDS }, (_, n) => ({
      afterAccepted: random.int(2, DELIVERIES - 20),
      signal: n % 2 === 0 ? ('SIGKILL' as const) : ('SIGTERM' as const),
      slot: random.int(0, 1),
    })).toSorted((a, b) => a.afterAccepted - b.afterAccepted);

    const slots = [await supervised(app), await supervised(app)];
    const run = app.run({ selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() });
    run.catch(() => undefined);
    const ends: Promise<void>[] = [];
    for (const { afterAccepted, signal, slot } of moments) {
      await until(`${afterAccepted} messages`, () => app.oracle().messages.length >= afterAccepted, 60_000);
      // Both may be away for a while; one that is not back yet is ended when it is.
      ends.push(slots[slot]?.end(signal) ?? Promise.reject(new Error('no such slot')));
    }
    await Promise.all(ends);
    expect(await run).toMatchObject({ due: DELIVERIES, delivered: DELIVERIES });
    for (const slot of slots) await slot.close();

    expect(app.oracle().messages).toHaveLength(DELIVERIES);
    expect(new Set(app.oracle().messages.map(({ deliveryId }) => deliveryId)).size).toBe(DELIVERIES);
    expect(await app.store.deliveries.countByState({})).toEqual({ delivered: DELIVERIES });
    expect(slots.flatMap(({ lies }) => lies)).toEqual([]);
    const ended = slots.flatMap((slot) => slot.ended);
    expect(ended).toHaveLength(ENDS);
    expect(ended.filter(({ accepted }) => accepted < DELIVERIES).length, 'ends in the middle of it').toBeGreaterThan(2);
  },
);

/** A worker process that is followed by another when it ends, and asked all the time whether it is ready. */
async function supervised(app: App) {
  const health = await healthProbe();
  const start = () => startWorkerProcess(app, [], { HEALTH_ADDRESS: health.address });
  const lies: string[] = [];
  const ended: { signal: NodeJS.Signals; accepted: number }[] = [];
  let queue = Promise.resolve();
  let worker: Child = await start();
  await health.untilReady(worker);

  return {
    lies,
    ended,
    end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
      queue = queue.then(() => endAndFollow(signal));
      return queue;
    },
    close: () => worker.stop(),
  };

  async function endAndFollow(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    ended.push({ signal, accepted: app.oracle().messages.length });
    await health.untilReady(worker);
    process.kill(worker.pid, signal);
    // From its first word that it is not ready to its end it never says otherwise.
    await until('the worker to be unready', async () => (await readyNow()) !== true);
    const over = { value: false };
    const exited = worker.exited.finally(() => (over.value = true));
    while (!over.value) {
      if ((await readyNow()) === true) lies.push(`ready after ${signal}`);
      await sleep(20);
    }
    const { code } = await exited;
    if (signal === 'SIGTERM' && code !== 0) lies.push(`ended with ${code}: ${worker.lastLines()}`);
    worker = await start();
    await health.untilReady(worker);
  }

  /** Undefined if no process listens. */
  async function readyNow(): Promise<boolean | undefined> {
    return health.ready().then(
      ({ ready }) => ready,
      () => undefined,
    );
  }
}
