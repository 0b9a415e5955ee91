import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Pace, pacing } from '../../src/store/pacing.ts';
import { isMissing, STORE_KINDS, temporaryStore } from '../support/store.ts';

const PACE: Pace = { channelMs: 1_000, workspaceMs: 200, workspaceBurstMs: 1_800 };
const START = 1_800_000_000_000;

const traffic = fc.array(
  fc.record({
    workspaceId: fc.constantFrom('a', 'b'),
    channel: fc.constantFrom('one', 'two', 'three', 'four', 'five', 'six'),
    pauseMs: fc.integer({ min: 0, max: 700 }),
  }),
  { minLength: 1, maxLength: 60 },
);

describe.each(STORE_KINDS)('on %s, the gate before every post', (kind) => {
  it.skipIf(isMissing(kind))(
    'never lets two messages of one channel pass within a second, whoever asks and when',
    async () => {
      await using use = await temporaryStore(kind);
      const gate = pacing(use.store.db, PACE);
      let clock = START;
      await fc.assert(
        fc.asyncProperty(traffic, async (asks) => {
          clock += 3_600_000;
          const passed = new Map<string, number>();
          for (const { pauseMs, ...slot } of asks) {
            clock += pauseMs;
            const key = `${slot.workspaceId}/${slot.channel}`;
            if ((await gate.pass(slot, clock)) > 0) continue;
            expect(clock - (passed.get(key) ?? 0)).toBeGreaterThanOrEqual(PACE.channelMs);
            passed.set(key, clock);
          }
        }),
        { numRuns: 60 },
      );
    },
  );

  it.skipIf(isMissing(kind))('lets a workspace have no more than its burst and its rate', async () => {
    await using use = await temporaryStore(kind);
    const gate = pacing(use.store.db, PACE);
    let passed = 0;
    for (let ms = 0; ms < 10_000; ms += 20) {
      if ((await gate.pass({ workspaceId: 'w', channel: `c${ms}` }, START + ms)) === 0) passed += 1;
    }
    expect(passed).toBeGreaterThanOrEqual(50);
    expect(passed).toBeLessThanOrEqual(60);
  });

  it.skipIf(isMissing(kind))('says how long to wait, and that is enough', async () => {
    await using use = await temporaryStore(kind);
    const gate = pacing(use.store.db, PACE);
    const slot = { workspaceId: 'w', channel: 'c' };
    expect(await gate.pass(slot, START)).toBe(0);
    const wait = await gate.pass(slot, START + 300);
    expect(wait).toBeGreaterThan(0);
    expect(await gate.pass(slot, START + 300 + wait)).toBe(0);
  });

  it.skipIf(isMissing(kind))('counts the interval of a channel from the end of the post before', async () => {
    await using use = await temporaryStore(kind);
    const gate = pacing(use.store.db, PACE);
    const slot = { workspaceId: 'w', channel: 'c' };
    await gate.pass(slot, START);
    await gate.posted(slot, START + 5_000);
    expect(await gate.pass(slot, START + 5_500)).toBe(500);
  });

  it.skipIf(isMissing(kind))('holds back the workspace that Slack asked to wait, and no other', async () => {
    await using use = await temporaryStore(kind);
    const gate = pacing(use.store.db, PACE);
    await gate.pass({ workspaceId: 'held', channel: 'c1' }, START);
    await gate.hold('held', START + 30_000);
    expect(await gate.pass({ workspaceId: 'held', channel: 'c2' }, START + 29_000)).toBeGreaterThan(0);
    expect(await gate.pass({ workspaceId: 'free', channel: 'c3' }, START + 29_000)).toBe(0);
    expect(await gate.pass({ workspaceId: 'held', channel: 'c4' }, START + 30_001)).toBe(0);
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
          );
          const last = new Map<string, number>();
          for (const [index, { workspaceId, channel, pauseMs }] of asks.entries()) {
            const key = `${workspaceId}/${channel}`;
            const at = times[index] ?? 0;
            expect(at).toBeGreaterThanOrEqual(from + pauseMs);
            expect(at - (last.get(key) ?? 0)).toBeGreaterThanOrEqual(PACE.channelMs);
            last.set(key, at);
          }
        }),
        { numRuns: 60 },
      );
    },
  );

  it.skipIf(isMissing(kind))('does not let a workspace with ten thousand messages delay one with three', async () => {
    await using use = await temporaryStore(kind);
    const plan = pacing(use.store.db, PACE);
    const many = Array.from({ length: 10_000 }, (_, n) => ({ workspaceId: 'big', channel: `c${n}`, from: START }));
    for (let page = 0; page < many.length; page += 500) await plan.plan(many.slice(page, page + 500));
    const few = await plan.plan(['x', 'y', 'z'].map((channel) => ({ workspaceId: 'small', channel, from: START })));
    expect(Math.max(...few) - START).toBeLessThan(1_000);
  });
});
