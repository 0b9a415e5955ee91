import { describe, expect, test } from 'vitest';
import type { Store } from '../../../../src/store/open.ts';
import { isMissing, nextDueOf, recurring, rider, STORE_KINDS, temporaryStore } from '../../../support/store.ts';

const NOMINAL = '2026-11-23T08:00:00Z';
const PACE = { channelMs: 1_000, workspaceMs: 200, workspaceBurstMs: 1_800 };

function claim(store: Store, dispatchId: string, onTurn?: () => void) {
  const nominal = new Date(NOMINAL);
  return store.claims.claimDue(
    { dispatchId, nominal, now: nominal, selection: { kind: 'due', schedule: 's' } },
    onTurn,
  );
}

const id = (n: number) => String(n).padStart(4, '0');
const channel = (n: number) => ({ channel: `C${n % 7}` });

/** Riders, and own recurrences of which some have passed twice. */
async function fill(store: Store, { riders, own }: { riders: number; own: number }): Promise<void> {
  await store.notifications.add([
    ...Array.from({ length: riders }, (_, n) => rider(`r${id(n)}`, 's', channel(n))),
    ...Array.from({ length: own }, (_, n) => {
      const nextDueAt = n % 3 === 0 ? '2026-11-23T07:00:00Z' : NOMINAL;
      return recurring(`o${id(n)}`, { cron: '0 * * * *', afterOutage: 'all', nextDueAt }, channel(n));
    }),
  ]);
}

/** The run's deliveries in the order of their numbers: which, and when. */
async function partitionOf(store: Store, dispatchId: string, due: number) {
  return store.claims.listPartition(dispatchId, { from: 0, to: due, size: 1, step: 1, offset: 0 });
}

describe.each(STORE_KINDS)('on %s', (kind) => {
  test.skipIf(isMissing(kind))('a claim killed at any page, and tried again, loses and doubles nothing', async () => {
    const amounts = { riders: 260, own: 130 };
    const due = 260 + 130 + Math.ceil(130 / 3);
    let pages = Infinity;
    for (let killedAt = 1; killedAt < pages; killedAt += 1) {
      await using temporary = await temporaryStore(kind, PACE);
      const { store } = temporary;
      await fill(store, amounts);
      let page = 0;
      const killed = claim(store, 'run', () => {
        page += 1;
        if (page === killedAt) throw new Error('killed');
      });
      const outcome = await killed.then(
        () => 'done',
        (error: unknown) => (error as Error).message,
      );
      if (outcome === 'done') pages = killedAt;
      expect(await claim(store, 'run')).toMatchObject({ due });
      const deliveries = await partitionOf(store, 'run', due);
      expect(deliveries).toHaveLength(due);
      expect(new Set(deliveries.map(({ notificationId, occurrence }) => `${notificationId} ${occurrence}`)).size).toBe(
        due,
      );
      const slots = deliveries.map(({ notBefore }) => Date.parse(notBefore));
      expect(slots).toEqual(slots.toSorted((a, b) => a - b));
      // Nothing is planned twice: the workspace's last slot comes as late as one for each allows.
      expect((slots.at(-1) ?? 0) - (slots[0] ?? 0)).toBeLessThan(due * PACE.workspaceMs + 15_000);
      expect(nextDueOf(await store.notifications.find('o0000'))).toBe('2026-11-23T09:00:00.000Z');
    }
    expect(pages).toBeGreaterThan(10);
  });

  test.skipIf(isMissing(kind))('a run that is claimed twice keeps its numbers', async () => {
    await using temporary = await temporaryStore(kind, PACE);
    const { store } = temporary;
    await fill(store, { riders: 300, own: 0 });
    const { due } = await claim(store, 'run');
    const before = await partitionOf(store, 'run', due);
    await claim(store, 'run');
    expect(await partitionOf(store, 'run', due)).toEqual(before);
  });

  test.skipIf(isMissing(kind))('others get their turn while it claims', async () => {
    await using temporary = await temporaryStore(kind, PACE);
    const { store } = temporary;
    await fill(store, { riders: 700, own: 300 });
    let answered = 0;
    const ended = new AbortController();
    const other = async (): Promise<void> => {
      while (!ended.signal.aborted) {
        // A timer is what a heartbeat needs.
        await new Promise((resolve) => setTimeout(resolve, 0));
        await store.deliveries.list({}, 1);
        answered += 1;
      }
    };
    const asking = other();
    await claim(store, 'run');
    ended.abort();
    await asking;
    expect(answered).toBeGreaterThan(15);
  });

  test.skipIf(isMissing(kind))('runs that claim at once share own recurrences, each once', async () => {
    await using temporary = await temporaryStore(kind, PACE);
    const { store } = temporary;
    await fill(store, { riders: 0, own: 600 });
    const found = await Promise.all(['a', 'b', 'c'].map((run) => claim(store, run)));
    expect(found.reduce((sum, { due }) => sum + due, 0)).toBe(800);
    expect((await store.deliveries.list({}, 1_000)).length).toBe(800);
  });

  test.skipIf(isMissing(kind))('of 45 stalled runs each is found, a page at a time', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    for (let n = 0; n < 45; n += 1) {
      await store.notifications.add([rider(`r${n}`, 's')]);
      await store.claims.claimDue({
        dispatchId: `run-${String(n).padStart(2, '0')}`,
        nominal: new Date(NOMINAL),
        selection: { kind: 'notifications', ids: [`r${n}`] },
      });
    }
    await store.db.updateTable('deliveries').set({ not_before: '2026-11-23T08:00:00.000Z' }).execute();
    const found: string[] = [];
    for (let after = ''; ;) {
      const page = await store.claims.stalledDispatches({ after, limit: 20 });
      found.push(...page);
      if (page.length < 20) break;
      after = page.at(-1) ?? '';
    }
    expect(found).toEqual(Array.from({ length: 45 }, (_, n) => `run-${String(n).padStart(2, '0')}`));
  });

  test.skipIf(isMissing(kind))('a take-over killed on the way is finished by the next', async () => {
    await using temporary = await temporaryStore(kind, PACE);
    const { store } = temporary;
    await fill(store, { riders: 600, own: 0 });
    await claim(store, 'ended');
    const nominal = new Date('2026-11-23T08:30:00Z');
    const request = { nominal, now: nominal, selection: { kind: 'due', schedule: 't' } as const, endedRuns: ['ended'] };
    let turns = 0;
    const killed = store.claims.claimDue({ ...request, dispatchId: 'next' }, () => {
      turns += 1;
      if (turns === 3) throw new Error('killed');
    });
    await expect(killed).rejects.toThrow('killed');
    expect(await store.deliveries.countByState({ dispatchId: 'ended' })).not.toEqual({});
    expect((await store.claims.claimDue({ ...request, dispatchId: 'next' })).due).toBe(600);
    expect(await store.deliveries.countByState({ dispatchId: 'ended' })).toEqual({});
  });
});

test.runIf(STORE_KINDS.includes('postgres') && !isMissing('postgres'))(
  'on postgres a claim does not wait for rows that another is claiming',
  async () => {
    await using temporary = await temporaryStore('postgres', PACE);
    const { store } = temporary;
    await fill(store, { riders: 0, own: 10 });
    await store.db.transaction().execute(async (trx) => {
      await trx.selectFrom('notifications').select('id').where('id', 'in', ['o0000', 'o0001']).forUpdate().execute();
      await claim(store, 'run');
      const claimed = await store.deliveries.list({}, 100);
      expect(new Set(claimed.map(({ notificationId }) => notificationId)).size).toBe(8);
    });
    // 0 has passed twice.
    expect((await claim(store, 'later')).due).toBe(3);
  },
);
