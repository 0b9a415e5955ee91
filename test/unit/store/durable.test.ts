import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { syncedLog } from '../../../src/store/durable.ts';
import { ledger } from '../../../src/store/ledger/ledger.ts';
import { onDemand, temporaryFolder, temporaryStore } from '../../support/store.ts';

test('a post is claimed only when its claim survives a power cut', async () => {
  await using temporary = await temporaryStore();
  const { store } = temporary;
  await store.notifications.add([onDemand('a')]);
  await store.claims.claimDue({ dispatchId: 'run', nominal: new Date(), selection: { kind: 'all' } });
  const [row] = await store.deliveries.list({}, 1);
  const steps: string[] = [];
  const disk = Promise.withResolvers<void>();
  const moves = ledger(store.db, undefined, async () => {
    steps.push((await store.ledger.find(row?.id ?? ''))?.state ?? 'none');
    await disk.promise;
    steps.push('on disk');
  });
  const claimed = moves.beginPosting(row?.id ?? '').then((attempt) => steps.push(`attempt ${attempt}`));
  await expect.poll(() => steps).toEqual(['posting']);
  disk.resolve();
  await claimed;
  expect(steps).toEqual(['posting', 'on disk', 'attempt 1']);
});

test('the log of an embedded store is synced once for all who wait, and after each of them', async () => {
  await using folder = await temporaryFolder();
  const makeDurable = syncedLog(join(folder.path, 'store.db'));
  await expect(makeDurable(), 'no log yet').resolves.toBeUndefined();
  await writeFile(join(folder.path, 'store.db-wal'), 'frames');
  const underWay = makeDurable();
  const waiting = [makeDurable(), makeDurable(), makeDurable()];
  expect(new Set(waiting).size).toBe(1);
  expect(waiting[0]).not.toBe(underWay);
  await Promise.all([underWay, ...waiting]);
  expect(makeDurable()).not.toBe(waiting[0]);
});

test('a log that cannot be synced fails the claim, and the next one tries again', async () => {
  await using folder = await temporaryFolder();
  const [file, log] = [join(folder.path, 'store.db'), join(folder.path, 'store.db-wal')];
  await mkdir(log);
  const makeDurable = syncedLog(file);
  const all = await Promise.allSettled([makeDurable(), makeDurable()]);
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await rmdir(log);
  await writeFile(log, 'frames');
  await expect(makeDurable()).resolves.toBeUndefined();
});
