import { describe, expect, test } from 'vitest';
import { answersAtOnce } from '../support/child-answers.ts';
import { isMissing, recurring, rider, STORE_KINDS, temporaryStore } from '../support/store.ts';

const NOMINAL = '2026-11-23T08:00:00Z';

describe.each(STORE_KINDS)('on %s', (kind) => {
  test.skipIf(isMissing(kind))('processes that claim at the same time claim each notification once', async () => {
    await using temporary = await temporaryStore(kind);
    const { store, databaseUrl } = temporary;
    await store.notifications.add(Array.from({ length: 1_200 }, (_, index) => rider(`rider-${index}`, 's')));
    await store.notifications.add([recurring('own', { cron: '0 8 * * *', nextDueAt: NOMINAL })]);

    const program = new URL('../support/claim-process.ts', import.meta.url);
    const answers = await answersAtOnce(
      program,
      ['a', 'b', 'c'].map((run) => [databaseUrl, run, NOMINAL]),
    );
    const claimed = answers.map((answer) => (answer as { claimed: number }).claimed);
    expect(claimed.reduce((sum, one) => sum + one)).toBe(1_201);
    expect(await store.deliveries.list({}, 10_000)).toHaveLength(1_201);
  });
});
