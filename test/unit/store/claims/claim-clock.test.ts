import { describe, expect, test } from 'vitest';
import { isMissing, recurring, STORE_KINDS, temporaryStore } from '../../../support/store.ts';

const NOMINAL = new Date('2026-11-23T08:00:00Z');
/** What the clock of a worker says that is a minute behind the server's. */
const BEHIND = new Date(NOMINAL.getTime() - 60_000);

describe.each(STORE_KINDS)('on %s', (kind) => {
  describe.skipIf(isMissing(kind))("a worker whose clock is behind the server's", () => {
    test('claims what is due at the nominal time, although its own clock is not there yet', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([
        recurring('now', { cron: '0 8 * * *', nextDueAt: NOMINAL.toISOString() }),
        recurring('later', { cron: '1 8 * * *', nextDueAt: '2026-11-23T08:01:00Z' }),
      ]);
      const claim = {
        dispatchId: 'tick',
        nominal: NOMINAL,
        now: BEHIND,
        selection: { kind: 'due' as const, schedule: null },
      };
      expect(await store.claims.claimDue(claim)).toMatchObject({ due: 1 });
      const rows = await store.deliveries.list({}, 10);
      expect(rows.map((row) => [row.notificationId, row.state])).toEqual([['now', 'pending']]);
    });

    test('moves the recurrence on, so that no later run claims the same time again', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await store.notifications.add([recurring('now', { cron: '0 8 * * *', nextDueAt: NOMINAL.toISOString() })]);
      const claim = { nominal: NOMINAL, now: BEHIND, selection: { kind: 'due' as const, schedule: null } };
      expect(await store.claims.claimDue({ ...claim, dispatchId: 'first' })).toMatchObject({ due: 1 });
      expect(await store.claims.claimDue({ ...claim, dispatchId: 'second' })).toMatchObject({ due: 0 });
    });
  });
});
