import * as fc from 'fast-check';
import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { deliverWorkflowId, partitionWorkflowId, subjectOf } from '../../../src/contract/ids.ts';
import { summary } from '../../../src/workflows/summary.ts';
import { anyCharacters } from '../../support/awkward-data.ts';

/** `limit.userMetadataSummarySize` of the server. */
const LIMIT = 400;
/** What a payload says of itself: `encoding: json/plain`. */
const ENCODING = 30;

test('a summary fits what Temporal takes, whatever it is written in, and is cut between characters', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 400 }),
    fc.string({ unit: 'grapheme', maxLength: 400 }),
    anyCharacters(400),
  );
  fc.assert(
    fc.property(text, (whole) => {
      const short = summary(whole);
      const data = defaultPayloadConverter.toPayload(short).data;
      expect((data?.length ?? 0) + ENCODING).toBeLessThanOrEqual(LIMIT);
      if (short !== whole) expect(whole.startsWith(short.slice(0, -1)) && short.endsWith('…')).toBe(true);
      if (whole.isWellFormed()) expect(short.isWellFormed()).toBe(true);
    }),
  );
});

test('a short one stays as it is', () => {
  expect(summary('Acme "weekly" → #acme-reports 📈')).toBe('Acme "weekly" → #acme-reports 📈');
  expect(summary('漢'.repeat(130))).toBe(`${'漢'.repeat(80)}…`);
});

test('the id of a workflow says what it is about', () => {
  const occurrence = '2026-11-23T09:00[Europe/Berlin]';
  expect(subjectOf(deliverWorkflowId({ notificationId: 'acme', occurrence }))).toEqual({
    kind: 'delivery',
    notification: 'acme',
    occurrence,
  });
  expect(subjectOf('dispatch/weekday-2026-11-23T08:00:00Z')).toEqual({
    kind: 'run',
    run: 'dispatch/weekday-2026-11-23T08:00:00Z',
  });
  expect(subjectOf(partitionWorkflowId('run/key:4711', 2))).toEqual({ kind: 'run', run: 'run/key:4711' });
});
