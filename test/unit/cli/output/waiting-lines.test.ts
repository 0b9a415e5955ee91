import { expect, test } from 'vitest';
import { sayWhatWaits } from '../../../../src/cli/output/waiting-lines.ts';
import type { Store } from '../../../../src/store/open.ts';
import { onDemand, temporaryStore } from '../../../support/store.ts';

/** Runs of a delivery each, claimed and not posted. */
async function claimed(store: Store, ids: readonly string[]): Promise<Map<string, string>> {
  await store.notifications.add(ids.map((id) => onDemand(id, { report: 'newcomer' })));
  const selection = { kind: 'notifications', ids: [...ids] } as const;
  await store.claims.claimDue({ dispatchId: 'run', nominal: new Date('2026-11-23T08:00:00Z'), selection });
  const rows = await store.deliveries.list({}, ids.length);
  return new Map(rows.map(({ notificationId, id }) => [notificationId, id]));
}

/** What is said until `lines` lines are there, or until as many looks have shown no more. */
async function heard(store: Store, run: string, lines: number): Promise<string[]> {
  const said: string[] = [];
  const ended = new AbortController();
  let looks = 0;
  const opened = async () => {
    looks += 1;
    if (said.length >= lines && looks > 3) ended.abort();
    return store;
  };
  await sayWhatWaits(opened, run, { say: (line) => said.push(line), signal: ended.signal, lookMs: 1 });
  return said;
}

test('a person who follows a run learns once that the worker does not know a report, and what to do', async () => {
  await using temporary = await temporaryStore();
  const { store } = temporary;
  const ids = await claimed(store, ['acme', 'beta']);
  const message = 'acme asks for the unknown report "newcomer"';
  await store.ledger.recordNotLoaded(ids.get('acme') ?? '', { code: 'unknown_report', message });
  expect(await heard(store, 'run', 1)).toEqual([
    expect.stringMatching(/^acme waits: acme asks for the unknown report "newcomer"\. To do: restart the worker/),
  ]);
});

test('a report that cannot be loaded is named, too; and nothing where all goes well, or of another run', async () => {
  await using temporary = await temporaryStore();
  const { store } = temporary;
  const ids = await claimed(store, ['acme']);
  expect(await heard(store, 'run', 0)).toEqual([]);
  const reason = { code: 'load_failed', message: 'Report newcomer: no route to the database' };
  await store.ledger.recordNotLoaded(ids.get('acme') ?? '', reason);
  expect(await heard(store, 'another', 0)).toEqual([]);
  expect(await heard(store, 'run', 1)).toEqual([
    expect.stringMatching(/no route to the database\. To do: fix the report's/),
  ]);
});

test('at most three deliveries of a run are named', async () => {
  await using temporary = await temporaryStore();
  const { store } = temporary;
  const ids = await claimed(store, ['a', 'b', 'c', 'd', 'e']);
  for (const id of ids.values()) await store.ledger.recordNotLoaded(id, { code: 'unknown_report', message: 'unknown' });
  expect(await heard(store, 'run', 9)).toHaveLength(3);
});
