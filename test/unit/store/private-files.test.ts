import { chmodSync, readdirSync, renameSync, rmSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backUp, stageBackup } from '../../../src/store/backup.ts';
import { openStore } from '../../../src/store/open.ts';
import { rider, temporaryFolder, temporaryStore } from '../../support/store.ts';

/** Everything in a folder that others can read or write. */
function open(folder: string): string[] {
  const names = ['.', ...readdirSync(folder, { recursive: true })].map(String);
  return names.filter((name) => (statSync(join(folder, name), { throwIfNoEntry: false })?.mode ?? 0) & 0o077);
}

test('the store, its log and its folder are for their owner alone, whatever the umask', async () => {
  await using folder = await temporaryFolder();
  const before = process.umask(0);
  try {
    await using store = await openStore(`sqlite:${join(folder.path, 'new/deep/store.db')}`);
    await store.workspaces.put({ id: 'acme', name: 'Acme', tokenRef: 'sandbox' });
    expect(readdirSync(join(folder.path, 'new/deep')).toSorted()).toEqual(['store.db', 'store.db-shm', 'store.db-wal']);
    expect(open(join(folder.path, 'new'))).toEqual([]);
  } finally {
    process.umask(before);
  }
});

test('a backup, what it is made from, and what a restore keeps are so from their first byte', async () => {
  await using temporary = await temporaryStore('sqlite');
  const { folder, databaseUrl, store } = temporary;
  const before = process.umask(0);
  const seen = new Set<string>();
  const watcher = watch(folder, () => open(folder).forEach((name) => seen.add(name)));
  try {
    chmodSync(folder, 0o700);
    await store.notifications.add([rider('acme', 's')]);
    const file = join(folder, 'backup.db');
    await backUp(databaseUrl, file);
    await store.close();
    // As a copy by other means would be.
    chmodSync(file, 0o644);
    renameSync(file, join(folder, 'readable.db'));
    using staged = await stageBackup(databaseUrl, join(folder, 'readable.db'));
    expect(open(folder)).toEqual(['readable.db']);
    await staged.restore();
    expect(open(folder)).toEqual(['readable.db']);
    expect([...seen].filter((name) => name !== 'readable.db' && name !== 'backup.db')).toEqual([]);
  } finally {
    watcher.close();
    process.umask(before);
  }
});

test('a store whose file was deleted or replaced answers nothing any more', async () => {
  await using temporary = await temporaryStore('sqlite');
  const { folder, databaseUrl, store } = temporary;
  await store.notifications.add([rider('acme', 's')]);
  rmSync(join(folder, 'store.db'));
  await expect(store.notifications.list()).rejects.toThrow(/not the one that was opened/);
  await expect(store.notifications.add([rider('lumen', 's')])).rejects.toThrow(/not the one that was opened/);
  await expect(store.probe()).rejects.toThrow(/not the one that was opened/);
  await using other = await openStore(databaseUrl);
  expect(await other.notifications.count()).toBe(0);
  await expect(store.notifications.list()).rejects.toThrow(/not the one that was opened/);
});

test('what only reads makes no store', async () => {
  await using folder = await temporaryFolder();
  const url = `sqlite:${join(folder.path, 'none/store.db')}`;
  await expect(openStore(url, undefined, { mustExist: true })).rejects.toMatchObject({ code: 'no_store', exitCode: 1 });
  expect(readdirSync(folder.path)).toEqual([]);
});
