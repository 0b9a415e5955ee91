import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { liveParts, split, windowOfPart } from '../../src/workflows/shares.ts';

const limit = fc.integer({ min: 1, max: 500 });

describe('the limit of live children', () => {
  test('is never exceeded by the partitions together, also after it was changed', () => {
    fc.assert(
      fc.property(limit, limit, (atStart, now) => {
        const { parts } = split(atStart);
        expect(liveParts(now, parts) * windowOfPart(now, parts)).toBeLessThanOrEqual(now);
      }),
    );
  });

  test('leaves every live partition at least one child, and never starts more partitions than there are', () => {
    fc.assert(
      fc.property(limit, limit, (atStart, now) => {
        const { parts } = split(atStart);
        expect(windowOfPart(now, parts)).toBeGreaterThanOrEqual(1);
        expect(liveParts(now, parts)).toBeGreaterThanOrEqual(1);
        expect(liveParts(now, parts)).toBeLessThanOrEqual(parts);
      }),
    );
  });

  test('is used but for a rest that cannot be divided', () => {
    fc.assert(
      fc.property(limit, limit, (atStart, now) => {
        const { parts } = split(atStart);
        const used = liveParts(now, parts) * windowOfPart(now, parts);
        expect(now - used).toBeLessThan(parts);
      }),
    );
  });
});
