import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Updateable } from 'kysely';
import type { Store } from '../../../src/store/open.ts';
import { type Pace, pacing } from '../../../src/store/pacing.ts';
import type { SlotRequest } from '../../../src/store/interleave-channels.ts';
import type { DeliveryRow } from '../../../src/store/schema.ts';
import { isMissing, rider, STORE_KINDS, temporaryStore } from '../../support/store.ts';

const PACE: Pace = { channelMs: 1_000, workspaceMs: 200, workspaceBurstMs: 1_800 };
const START = 1_800_000_000_000;

const traffic = fc.array(
  fc.record({
    workspaceId: fc.constantFrom('a', 'b'),
    channel: fc.constantFrom('one', 'two', 'three', 'four', 'five', 'six'),
    pauseMs: fc.integer({ min: 0, max: 700 }),
    callMs: fc.integer({ min: 0, max: 1_500 }),
  }),
  { minLength: 1, maxLength: 60 },
);

type Place = Omit<SlotRequest, 'from'>;

/** The gate of a store, and pending deliveries to try it with, whose lives go by a clock of the test's own. */
async function gateOf(store: Store) {
  const gate = pacing(store.db, PACE);
  await store.notifications.add([rider('any', 'any')]);
  await store.claims.claimDue({
    dispatchId: 'any',
    nominal: new Date(START),
    selection: { kind: 'notifications', ids: ['any'] },
  });
  const template = await store.db.selectFrom('deliveries').selectAll().executeTakeFirstOrThrow();
  let made = 0;
  const update = (id: string, values: Updateable<DeliveryRow>) =>
    store.db.updateTable('deliveries').set(values).where('id', '=', id).execute();
  /** A pending delivery, planned after those before it. */
  const delivery = async ({
    workspaceId: workspace_id,
    channel,
  }: Place): Promise<{ id: string; notBefore: string }> => {
    made += 1;
    const [id, notBefore] = [`d${made}`, new Date(START + made).toISOString()];
    const row = { ...template, id, occurrence: id, workspace_id, channel, not_before: notBefore };
    await store.db.insertInto('deliveries').values(row).execute();
    return { id, notBefore };
  };
  return {
    gate,
    delivery,
    /** The id of a new delivery that may be posted now; undefined where it may not. */
    pass: async (place: Place, at: number): Promise<string | undefined> => {
      const { id } = await delivery(place);
      return (await gate.pass(id, at)) ? id : undefined;
    },
    begin: (id: string, at: number) => update(id, { state: 'posting', posting_at: new Date(at).toISOString() }),
    end: (id: string, at: number) =>
      update(id, { state: 'delivered', message_ts: '1.1', finished_at: new Date(at).toISOString() }),
  };
}

describe.each(STORE_KINDS)('on %s, the gate before every post', (kind) => {
  it.skipIf(isMissing(kind))(
    'never lets two messages of one channel come within a second, whichever worker asks and when, and however long a post takes',
    async () => {
      await using use = await temporaryStore(kind);
      const { pass, begin, end } = await gateOf(use.store);
      let clock = START;
      await fc.assert(
        fc.asyncProperty(traffic, async (asks) => {
          clock += 3_600_000;
          const ended = new Map<string, number>();
          for (const { pauseMs, callMs, ...place } of asks) {
            clock += pauseMs;
            const key = `${place.workspaceId}/${place.channel}`;
            const id = await pass(place, clock);
            if (id === undefined) continue;
            expect(clock - (ended.get(key) ?? 0)).toBeGreaterThanOrEqual(PACE.channelMs);
            await begin(id, clock);
            await end(id, clock + callMs);
            ended.set(key, clock + callMs);
          }
        }),
        { numRuns: 40 },
      );
    },
  );

  it.skipIf(isMissing(kind))('lets a workspace have no more than its burst and its rate', async () => {
    await using use = await temporaryStore(kind);
    const test = await gateOf(use.store);
    let passed = 0;
    for (let ms = 0; ms < 10_000; ms += 20) {
      if ((await test.pass({ workspaceId: 'w', channel: `c${ms}` }, START + ms)) !== undefined) passed += 1;
    }
    expect(passed).toBeGreaterThanOrEqual(50);
    expect(passed).toBeLessThanOrEqual(60);
  });

  it.skipIf(isMissing(kind))('says how long to wait, and that is enough', async () => {
    await using use = await temporaryStore(kind);
    const test = await gateOf(use.store);
    const where = { workspaceId: 'w', channel: 'c' };
    expect(await test.pass(where, START)).toBeDefined();
    const { id, notBefore } = await test.delivery(where);
    expect(await test.gate.pass(id, START + 300)).toBe(false);
    const place = await test.gate.takePlace({ id, notBefore, ...where }, START + 300);
    expect(place).toEqual({ at: START + 1_000, line: 'channel' });
    expect(await test.gate.pass(id, place.at)).toBe(true);
  });

  it.skipIf(isMissing(kind))('counts the interval of a channel from the end of the post before', async () => {
    await using use = await temporaryStore(kind);
    const test = await gateOf(use.store);
    const place = { workspaceId: 'w', channel: 'c' };
    const id = (await test.pass(place, START)) ?? '';
    await test.begin(id, START);
    expect(await test.pass(place, START + 4_000), 'it has not ended').toBeUndefined();
    await test.end(id, START + 5_000);
    expect(await test.pass(place, START + 5_500)).toBeUndefined();
    const waiting = await test.delivery(place);
    expect(await test.gate.takePlace({ ...waiting, ...place }, START + 5_500)).toMatchObject({ at: START + 6_000 });
    expect(await test.pass({ ...place, channel: 'another' }, START + 5_500)).toBeDefined();
    expect(await test.gate.pass(waiting.id, START + 6_000)).toBe(true);
  });

  it.skipIf(isMissing(kind))('waits for a post of a killed worker as long as its calls may last', async () => {
    await using use = await temporaryStore(kind);
    const test = await gateOf(use.store);
    const place = { workspaceId: 'w', channel: 'c' };
    await test.begin((await test.pass(place, START)) ?? '', START);
    expect(await test.pass(place, START + 35_900)).toBeUndefined();
    expect(await test.pass(place, START + 36_100)).toBeDefined();
  });

  it.skipIf(isMissing(kind))(
    'is passed before a post begins: who has lost the slot meanwhile does not begin',
    async () => {
      await using use = await temporaryStore(kind);
      const test = await gateOf(use.store);
      const { ledger } = use.store;
      const place = { workspaceId: 'sandbox', channel: 'c' };
      const asleep = (await test.pass(place, START)) ?? '';
      const awake = (await test.pass(place, START + 1_000)) ?? '';
      expect(await ledger.beginPosting(asleep, { withSlot: true })).toBeUndefined();
      expect(await ledger.beginPosting(awake, { withSlot: true })).toBe(1);
    },
  );

  it.skipIf(isMissing(kind))('takes nothing from a workspace for what has to wait for its channel', async () => {
    await using use = await temporaryStore(kind);
    const test = await gateOf(use.store);
    expect(await test.pass({ workspaceId: 'w', channel: 'busy' }, START)).toBeDefined();
    for (let n = 0; n < 50; n += 1) {
      expect(await test.pass({ workspaceId: 'w', channel: 'busy' }, START + 10)).toBeUndefined();
    }
    expect(await test.pass({ workspaceId: 'w', channel: 'free' }, START + 20)).toBeDefined();
  });

  it.skipIf(isMissing(kind))(
    'gives no slot to what is not pending, so that no other delivery loses one to it',
    async () => {
      await using use = await temporaryStore(kind);
      const test = await gateOf(use.store);
      const place = { workspaceId: 'w', channel: 'c' };
      const { id } = await test.delivery(place);
      await test.begin(id, START);
      expect(await test.gate.pass(id, START)).toBe(false);
      expect(await test.pass(place, START)).toBeDefined();
    },
  );

  it.skipIf(isMissing(kind))(
    'lets those in a line pass in the order of the plan, however they ask and however long a post takes',
    async () => {
      await using use = await temporaryStore(kind);
      const { gate, delivery, pass, begin, end } = await gateOf(use.store);
      let clock = START;
      const arrivals = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 2 });
      const calls = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 7, maxLength: 7 });
      await fc.assert(
        fc.asyncProperty(arrivals, calls, async (arrived, callsMs) => {
          clock += 3_600_000;
          const where = { workspaceId: 'line', channel: 'busy' };
          const first = (await pass(where, clock)) ?? '';
          await begin(first, clock);
          const planned = [];
          for (let n = 0; n < 6; n += 1) planned.push({ ...where, ...(await delivery(where)) });
          const line = new Map<number, number>();
          for (const n of arrived) line.set(n, (await gate.takePlace(planned[n]!, clock)).at);
          await end(first, clock + (callsMs[6] ?? 0));
          const passed: number[] = [];
          while (line.size > 0) {
            const [[n, at] = [-1, 0]] = [...line].toSorted(([, one], [, other]) => one - other);
            clock = Math.max(clock, at);
            const asking = planned[n]!;
            if (!(await gate.pass(asking.id, clock))) {
              line.set(n, (await gate.takePlace(asking, clock)).at);
              continue;
            }
            passed.push(n);
            line.delete(n);
            await begin(asking.id, clock);
            await end(asking.id, clock + (callsMs[n] ?? 0));
          }
          expect(passed).toEqual(arrived.toSorted((one, other) => one - other));
          await use.store.db.deleteFrom('deliveries').where('workspace_id', '=', 'line').execute();
        }),
        { numRuns: 30 },
      );
    },
  );

  it.skipIf(isMissing(kind))('holds back the workspace that Slack asked to wait, and no other', async () => {
    await using use = await temporaryStore(kind);
    const test = await gateOf(use.store);
    await test.pass({ workspaceId: 'held', channel: 'c1' }, START);
    await test.gate.hold('held', 30_000, START);
    expect(await test.pass({ workspaceId: 'held', channel: 'c2' }, START + 29_000)).toBeUndefined();
    expect(await test.pass({ workspaceId: 'free', channel: 'c3' }, START + 29_000)).toBeDefined();
    expect(await test.pass({ workspaceId: 'held', channel: 'c4' }, START + 30_001)).toBeDefined();
  });
});

describe.each(STORE_KINDS)('on %s, the plan of a claim', (kind) => {
  it.skipIf(isMissing(kind))(
    'keeps a second between the messages of a channel and puts none before its time',
    async () => {
      await using use = await temporaryStore(kind);
      const plan = pacing(use.store.db, PACE);
      let from = START;
      await fc.assert(
        fc.asyncProperty(traffic, async (asks) => {
          from += 3_600_000;
          const times = await plan.plan(
            asks.map(({ workspaceId, channel, pauseMs }) => ({ workspaceId, channel, from: from + pauseMs })),
            from,
          );
          const ofChannels = new Map<string, number[]>();
          for (const [index, { workspaceId, channel, pauseMs }] of asks.entries()) {
            const at = times[index] ?? 0;
            expect(at).toBeGreaterThanOrEqual(from + pauseMs);
            const key = `${workspaceId}/${channel}`;
            ofChannels.set(
              key,
              [...(ofChannels.get(key) ?? []), at].toSorted((one, other) => one - other),
            );
          }
          for (const ats of ofChannels.values()) {
            for (const [index, at] of ats.entries())
              expect(at - (ats[index - 1] ?? 0)).toBeGreaterThanOrEqual(PACE.channelMs);
          }
        }),
        { numRuns: 60 },
      );
    },
  );

  it.skipIf(isMissing(kind))(
    'takes into account how long posts took, since a channel counts from their ends',
    async () => {
      await using use = await temporaryStore(kind);
      const test = await gateOf(use.store);
      const place = { workspaceId: 'w', channel: 'c' };
      const distance = async (from: number) => {
        const [first = 0, second = 0] = await test.gate.plan(
          [place, place].map((one) => ({ ...one, from })),
          from,
        );
        return second - first;
      };
      expect(await distance(START)).toBeLessThan(1_100);
      for (let n = 0; n < 5; n += 1) {
        const { id } = await test.delivery({ ...place, channel: `c${n}` });
        await test.begin(id, START);
        await test.end(id, START + 300);
      }
      expect(await distance(START + 60_000)).toBeGreaterThanOrEqual(1_300);
    },
  );

  it.skipIf(isMissing(kind))('does not let a workspace with ten thousand messages delay one with three', async () => {
    await using use = await temporaryStore(kind);
    const plan = pacing(use.store.db, PACE);
    const many = Array.from({ length: 10_000 }, (_, n) => ({ workspaceId: 'big', channel: `c${n}`, from: START }));
    await plan.plan(many, START);
    const few = await plan.plan(
      ['x', 'y', 'z'].map((channel) => ({ workspaceId: 'small', channel, from: START })),
      START,
    );
    expect(Math.max(...few) - START).toBeLessThan(1_000);
  });

  it.skipIf(isMissing(kind))(
    'lets a channel with many begin at once, wherever its messages are in the list',
    async () => {
      await using use = await temporaryStore(kind);
      const plan = pacing(use.store.db, PACE);
      const others = Array.from({ length: 240 }, (_, n) => ({ workspaceId: 'w', channel: `c${n % 60}`, from: START }));
      const busy = Array.from({ length: 60 }, () => ({ workspaceId: 'w', channel: 'busy', from: START }));
      const times = await plan.plan([...others, ...busy], START);
      const least = Math.max((busy.length - 1) * PACE.channelMs, (times.length - 1) * PACE.workspaceMs);
      expect(Math.max(...times) - START).toBeLessThan(least * 1.05);
    },
  );

  it.skipIf(isMissing(kind))(
    'puts what is spread over a window where it belongs, in whatever order it comes',
    async () => {
      await using use = await temporaryStore(kind);
      const plan = pacing(use.store.db, PACE);
      const spread = Array.from({ length: 100 }, (_, n) => ({
        workspaceId: 'w',
        channel: `c${n}`,
        from: START + ((n * 37) % 100) * 1_000,
      }));
      expect(await plan.plan(spread, START)).toEqual(spread.map(({ from }) => from));
    },
  );

  it.skipIf(isMissing(kind))('leaves the time before a window to those that are due in it', async () => {
    await using use = await temporaryStore(kind);
    const plan = pacing(use.store.db, PACE);
    const [hour, minute] = [3_600_000, 60_000];
    await plan.plan([{ workspaceId: 'w', channel: 'c', from: START + hour }], START);
    const [soon = 0] = await plan.plan([{ workspaceId: 'w', channel: 'c', from: START + minute }], START + minute);
    expect(soon - START - minute).toBeLessThan(2_000);
  });

  it.skipIf(isMissing(kind))('goes on where the plan before ended', async () => {
    await using use = await temporaryStore(kind);
    const plan = pacing(use.store.db, PACE);
    const busy = (count: number) =>
      Array.from({ length: count }, () => ({ workspaceId: 'w', channel: 'c', from: START }));
    const first = await plan.plan(busy(5), START);
    const second = await plan.plan(busy(5), START);
    expect(Math.min(...second) - Math.max(...first)).toBeGreaterThanOrEqual(PACE.channelMs);
  });
});
