import { describe, expect, test } from 'vitest';
import { lookAfter } from '../../../src/worker-store.ts';
import { nextDueOf, isMissing, recurring, STORE_KINDS, temporaryStore } from '../../support/store.ts';

const DAILY = { cron: '0 9 * * *', timezone: 'America/Vancouver' };
const NEWER = '999/2099z';

describe.each(STORE_KINDS)('on %s', (kind) => {
  describe.skipIf(isMissing(kind))('newer rules of time', () => {
    test('find the slot that older ones put later, and a claim sends it', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      // 09:00 in Vancouver is 16:00Z all the year by today's rules; older ones had 17:00Z.
      await store.notifications.add([recurring('moved', { ...DAILY, nextDueAt: '2027-01-12T17:00:00.000Z' })]);
      await addedLongAgo(store);
      expect(await store.timeRules.bringUpToDate(NEWER)).toEqual(['moved']);
      expect(nextDueOf(await store.notifications.find('moved'))).toBe('2027-01-12T16:00:00.000Z');
      const at = new Date('2027-01-12T16:30:00Z');
      const selection = { kind: 'due' as const, schedule: null };
      expect(await store.claims.claimDue({ dispatchId: 'd', nominal: at, now: at, selection })).toMatchObject({
        due: 1,
      });
      const rows = await store.deliveries.list({}, 10);
      expect(rows.map(({ occurrence }) => occurrence)).toEqual(['2027-01-12T09:00[America/Vancouver]']);
    });

    test('send nothing again that was claimed by the older ones', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([recurring('twice', { ...DAILY, nextDueAt: '2027-01-12T17:00:00.000Z' })]);
      await addedLongAgo(store);
      await store.timeRules.bringUpToDate(NEWER);
      const at = new Date('2027-01-12T16:00:00Z');
      const selection = { kind: 'due' as const, schedule: null };
      await store.claims.claimDue({ dispatchId: 'd', nominal: at, now: at, selection });
      // As an older worker would have stored it.
      await store.db
        .updateTable('notifications')
        .set({ next_due_at: '2027-01-12T17:00:00.000Z', due_by: '001/2020a' })
        .execute();
      await store.timeRules.bringUpToDate(NEWER);
      expect(nextDueOf(await store.notifications.find('twice'))).toBe('2027-01-13T16:00:00.000Z');
    });

    test('have the fires planned again, and only where they move something', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([recurring('moved', { ...DAILY, nextDueAt: '2099-01-12T17:00:00.000Z' })]);
      await addedLongAgo(store);
      await store.db.updateTable('notifications').set({ due_by: '001/2020a' }).execute();
      const heard: string[] = [];
      const hear = (message: string) => void heard.push(message);
      const upkeep = {
        log: { info: hear, warn: hear, error: hear },
        dueTimesMoved: async () => {
          const { due } = await store.dueTimes.needs(new Date('2099-01-12T12:00:00Z'));
          heard.push(new Date(due[0] ?? 0).toISOString());
        },
      };
      for (let starts = 0; starts < 2; starts += 1) (await lookAfter(store, upkeep))[Symbol.dispose]();
      expect(heard).toEqual(['Due times moved: their zones have newer rules', '2099-01-12T16:00:00.000Z']);
    });

    test('leave what newer ones computed', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([recurring('newer', { ...DAILY, nextDueAt: '2027-01-12T17:00:00.000Z' })]);
      await store.db.updateTable('notifications').set({ due_by: NEWER }).execute();
      expect(await store.timeRules.bringUpToDate()).toEqual([]);
      expect(nextDueOf(await store.notifications.find('newer'))).toBe('2027-01-12T17:00:00.000Z');
    });
  });
});

async function addedLongAgo({ db }: Awaited<ReturnType<typeof temporaryStore>>['store']): Promise<void> {
  await db.updateTable('notifications').set({ updated_at: '2026-01-01T00:00:00.000Z' }).execute();
}
