import { expect, test } from 'vitest';
import type { CrossContext } from '../../../src/cli/doctor/check.ts';
import { keepsFromDelivering, ok, stopped, warn } from '../../../src/cli/doctor/finding.ts';
import { dispatches } from '../../../src/cli/doctor/notifications.ts';

const HOUR_MS = 3_600_000;

interface World {
  /** When a run claimed last; undefined: none has. */
  hoursAgo?: number;
  tick?: 'running' | 'paused';
}

function contextOf({ hoursAgo, tick }: World): CrossContext {
  const at = hoursAgo === undefined ? undefined : new Date(Date.now() - hoursAgo * HOUR_MS);
  const found = tick === undefined ? undefined : { state: { paused: tick === 'paused' } };
  return {
    store: { milestones: { at: async () => at } },
    schedules: { look: async () => found, isManaged: () => true },
  } as unknown as CrossContext;
}

test.each<[string, World, boolean | undefined, RegExp]>([
  ['no run has claimed yet', { tick: 'running' }, undefined, /^$/],
  ['one has claimed lately', { hoursAgo: 2, tick: 'running' }, false, /claimed at/],
  ['none for hours, and tick runs', { hoursAgo: 4, tick: 'running' }, true, /runs list/],
  ['none for hours, and tick is paused', { hoursAgo: 4, tick: 'paused' }, true, /schedule unpause tick/],
  ['none for hours, and there is no tick', { hoursAgo: 4 }, false, /claimed at/],
])('the last claim of a schedule: %s', async (_, world, isBad, text) => {
  const found = await dispatches(contextOf(world));
  expect(found.map(keepsFromDelivering)).toEqual(isBad === undefined ? [] : [isBad]);
  expect(found.map((one) => `${one.detail} ${'advice' in one ? one.advice : ''}`).join()).toMatch(text);
});

test('a warning counts for a cron where something is not delivered meanwhile', () => {
  expect(keepsFromDelivering(stopped('workspace acme', 'is parked', 'Fix it'))).toBe(true);
  expect(keepsFromDelivering(warn('namespace', 'keeps runs for a day', 'Raise it'))).toBe(false);
  expect(keepsFromDelivering(ok('store', 'is there'))).toBe(false);
});
