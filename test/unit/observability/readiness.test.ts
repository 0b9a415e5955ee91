import { expect, test } from 'vitest';
import { readiness } from '../../../src/observability/readiness.ts';

type Surroundings = Parameters<ReturnType<typeof readiness>['begin']>[0];

test('who asks while a look is under way hears that the process was asked to end meanwhile', async () => {
  const ending = new AbortController();
  const probe = Promise.withResolvers<void>();
  const ready = readiness(ending.signal);
  const connection = {
    workflowService: { describeNamespace: async () => ({}) },
  } as unknown as Surroundings['connection'];
  const worker = { getState: () => 'RUNNING' as const };
  ready.begin({ worker, connection, namespace: 'default', store: { probe: () => probe.promise } });

  const looking = ready.problems();
  ending.abort();
  probe.resolve();

  expect(await looking).toEqual([{ what: 'process', message: expect.stringContaining('asked to end') as unknown }]);
});
