import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  concurrencyOfPartition,
  livePartitions,
  livePartitionsAt,
  PARTITION_SIZE,
  partitionAt,
  partitionCount,
  sizeOf,
  whole,
} from '../../../src/workflows/partitioning.ts';

const run = fc.record({ due: fc.integer({ min: 1, max: 20_000 }), concurrency: fc.integer({ min: 1, max: 500 }) });

/** The numbers of a partition's deliveries, as the store selects them. */
function members({ from, to, size, step, offset }: ReturnType<typeof partitionAt>): number[] {
  const found: number[] = [];
  for (let seq = from; seq < to; seq += 1) if (Math.floor(seq / size) % step === offset) found.push(seq);
  return found;
}

describe('the partitions of a large run', () => {
  it('hold every delivery exactly once', () => {
    fc.assert(
      fc.property(run, ({ due, concurrency }) => {
        const live = livePartitions(concurrency);
        const seen = new Uint8Array(due);
        for (let n = 0; n < partitionCount(due, live); n += 1) {
          for (const seq of members(partitionAt(n, due, live))) seen[seq] = (seen[seq] ?? 0) + 1;
        }
        expect(seen.every((times) => times === 1)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('have no more than a parent may start, and as many as they say', () => {
    fc.assert(
      fc.property(run, ({ due, concurrency }) => {
        const live = livePartitions(concurrency);
        for (let n = 0; n < partitionCount(due, live); n += 1) {
          const partition = partitionAt(n, due, live);
          expect(sizeOf(partition)).toBe(members(partition).length);
          expect(sizeOf(partition)).toBeLessThanOrEqual(PARTITION_SIZE);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('never have more live children together than are allowed, also where that is changed meanwhile', () => {
    const changed = fc.integer({ min: 1, max: 500 });
    fc.assert(
      fc.property(run, changed, ({ concurrency }, now) => {
        const live = livePartitions(concurrency);
        for (const allowed of [concurrency, now]) {
          const children = concurrencyOfPartition(allowed, live);
          expect(children).toBeGreaterThanOrEqual(1);
          expect(livePartitionsAt(allowed, live) * children).toBeLessThanOrEqual(allowed);
        }
      }),
    );
  });

  it('start with the earliest: those under way first are the first of the run', () => {
    const live = livePartitions(50);
    const first = Array.from({ length: live }, (_, n) => partitionAt(n, 20_000, live));
    expect(Math.max(...first.map(({ to }) => to))).toBe(live * PARTITION_SIZE);
  });

  it('are one for a small run', () => {
    expect(sizeOf(whole(500))).toBe(500);
    expect(sizeOf(whole(0))).toBe(0);
  });
});
