import { noopMetricMeter } from '@temporalio/common';
import { expect, test, vi } from 'vitest';
import type { Dependencies } from '../../../src/activities/dependencies.ts';
import { reportLoader } from '../../../src/activities/load-report.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { defineReport, header, z } from '../../../src/reports/index.ts';
import type { Store } from '../../../src/store/open.ts';
import { onDemand, temporaryStore } from '../../support/store.ts';

const known = defineReport({
  name: 'newcomer',
  description: 'Known to some workers only',
  params: z.looseObject({}),
  footer: false,
  load: async () => 'Hello',
  render: (text) => ({ text, blocks: [header(text)] }),
});

/** A delivery of the report `newcomer`, and an attempt to load it by a worker that knows it or not. */
async function delivery(store: Store) {
  await store.notifications.add([onDemand('acme', { report: 'newcomer' })]);
  const selection = { kind: 'notifications', ids: ['acme'] } as const;
  await store.claims.claimDue({ dispatchId: 'run', nominal: new Date('2026-11-23T08:00:00Z'), selection });
  const [row] = await store.deliveries.list({}, 1);
  const id = row?.id ?? '';
  let attempts = 0;
  const load = async (knows: boolean) => {
    attempts += 1;
    const work = await store.work.find(id);
    if (work === undefined) throw new Error('it is in the ledger');
    const findReport = () => (knows ? known : undefined);
    const metrics = createMetrics(noopMetricMeter);
    const loader = reportLoader({ store, metrics, findReport, footer: false } as Partial<Dependencies> as Dependencies);
    return loader.load(work, { isRetry: attempts > 1 });
  };
  return { id, load, now: () => store.ledger.find(id) };
}

test('a report that a worker does not know yet is left to others for five minutes, and then fails', async () => {
  await using temporary = await temporaryStore();
  const { load, now } = await delivery(temporary.store);
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    for (let tries = 0; tries < 20; tries += 1) {
      await expect(load(false)).rejects.toMatchObject({ type: 'unknown_report', nonRetryable: false });
      vi.setSystemTime(Date.now() + 15_000);
    }
    expect(await now()).toMatchObject({ state: 'pending', error: { code: 'unknown_report' } });
    expect((await now())?.log.filter(({ code }) => code === 'unknown_report')).toHaveLength(1);
    vi.setSystemTime(Date.now() + 1_000);
    await expect(load(false)).rejects.toMatchObject({ type: 'unknown_report', nonRetryable: true });
    expect(await now()).toMatchObject({ state: 'failed', error: { code: 'unknown_report' } });
  } finally {
    vi.useRealTimers();
  }
});

test('a report that another worker knows is loaded there, as often as any other', async () => {
  await using temporary = await temporaryStore();
  const { load, now } = await delivery(temporary.store);
  for (let tries = 0; tries < 8; tries += 1) await expect(load(false)).rejects.toThrow('another worker may know it');
  expect(await load(true)).toMatchObject({ kind: 'loaded' });
  expect(await now()).toMatchObject({ state: 'pending', message: { text: 'Hello' } });
});
