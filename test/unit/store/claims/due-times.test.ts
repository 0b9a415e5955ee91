import { describe, expect, test } from 'vitest';
import { isMissing, recurring, rider, STORE_KINDS, temporaryStore } from '../../../support/store.ts';

const NOMINAL = new Date('2099-11-23T08:00:00Z');

describe.each(STORE_KINDS)('on %s', (kind) => {
  describe.skipIf(isMissing(kind))('the due times', () => {
    test('have the first of each minute of the day, without what is disabled or rides a schedule', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const cron = '0 9 * * *';
      await store.notifications.add([
        recurring('overdue', { cron, nextDueAt: '2099-11-23T07:00:00Z' }),
        recurring('a', { cron, nextDueAt: '2099-11-23T09:00:00Z' }),
        recurring('b', { cron, nextDueAt: '2099-11-23T09:00:00Z' }),
        recurring('seconds', { cron, nextDueAt: '2099-11-23T09:00:59Z' }),
        recurring('next', { cron, nextDueAt: '2099-11-23T09:01:00Z' }),
        recurring('off', { cron, nextDueAt: '2099-11-23T10:00:00Z' }, { enabled: false }),
        recurring('tomorrow', { cron, nextDueAt: '2099-11-24T08:00:00Z' }),
        recurring('later', { cron, nextDueAt: '2099-11-24T08:00:01Z' }),
        rider('rider', 'weekdays'),
      ]);
      const { due } = await store.dueTimes.needs(NOMINAL);
      expect(due.map((at) => new Date(at).toISOString())).toEqual([
        '2099-11-23T07:00:00.000Z',
        '2099-11-23T09:00:00.000Z',
        '2099-11-23T09:01:00.000Z',
        '2099-11-24T08:00:00.000Z',
      ]);
    });

    test('have the earliest slot of an open delivery of any run; none where all have ended', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      expect(await store.dueTimes.needs(NOMINAL)).toEqual({ due: [], openSlot: undefined });
      await store.notifications.add([rider('a', 'early'), rider('b', 'late'), rider('c', 'late')]);
      for (const [schedule, nominal] of [
        ['late', '2099-11-23T09:00:00Z'],
        ['early', '2099-11-23T08:00:00Z'],
      ] as const) {
        const selection = { kind: 'due', schedule } as const;
        await store.claims.claimDue({ dispatchId: schedule, selection, nominal: new Date(nominal), now: NOMINAL });
      }
      expect(await store.dueTimes.needs(NOMINAL)).toEqual({ due: [], openSlot: Date.UTC(2099, 10, 23, 8) });
      await store.ledger.cancelPending('early', { code: 'cancelled', message: 'Called off' }, 10);
      expect(await store.dueTimes.needs(NOMINAL)).toEqual({ due: [], openSlot: Date.UTC(2099, 10, 23, 9) });
    });

    test('have each minute of a day once, however many are due in it', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const all = Array.from({ length: 4_320 }, (_, index) => {
        const at = new Date(NOMINAL.getTime() + (index % 1_440) * 60_000).toISOString();
        return recurring(`n-${index}`, { cron: '0 9 * * *', nextDueAt: at });
      });
      await store.notifications.add(all);
      expect((await store.dueTimes.needs(NOMINAL)).due).toHaveLength(1_440);
    });
  });
});
