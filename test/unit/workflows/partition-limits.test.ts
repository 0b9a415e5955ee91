import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concurrencyOfPartition, livePartitions, livePartitionsAt } from '../../../src/workflows/partitioning.ts';

const limit = fc.integer({ min: 1, max: 500 });

describe('the limit of live children', () => {
  test('is never exceeded by the partitions together, also after it was changed', () => {
    fc.assert(
      fc.property(limit, limit, (atStart, now) => {
        const partitions = livePartitions(atStart);
        expect(livePartitionsAt(now, partitions) * concurrencyOfPartition(now, partitions)).toBeLessThanOrEqual(now);
      }),
    );
  });

  test('leaves every live partition at least one child, and never starts more partitions than there are', () => {
    fc.assert(
      fc.property(limit, limit, (atStart, now) => {
        const partitions = livePartitions(atStart);
        expect(concurrencyOfPartition(now, partitions)).toBeGreaterThanOrEqual(1);
        expect(livePartitionsAt(now, partitions)).toBeGreaterThanOrEqual(1);
        expect(livePartitionsAt(now, partitions)).toBeLessThanOrEqual(partitions);
      }),
    );
  });

  test('is used but for a rest that cannot be divided', () => {
    fc.assert(
      fc.property(limit, limit, (atStart, now) => {
        const partitions = livePartitions(atStart);
        const used = livePartitionsAt(now, partitions) * concurrencyOfPartition(now, partitions);
        expect(now - used).toBeLessThan(partitions);
      }),
    );
  });
});
