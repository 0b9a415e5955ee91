import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { answersAtOnce } from '../support/child-answers.ts';
import { temporaryFolder } from '../support/store.ts';

test('five processes that open a new store at the same time make its tables once', async () => {
  await using folder = await temporaryFolder();
  const url = `sqlite:${join(folder.path, 'new/store.db')}`;
  const program = new URL('../support/open-process.ts', import.meta.url);
  const five = Array.from({ length: 5 }, () => [url]);
  expect(await answersAtOnce(program, five)).toEqual(five.map(() => ({ workspaces: 1 })));
});

test('opening a new store waits for another process that writes into it', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'store.db');
  const other = new DatabaseSync(file);
  other.exec('begin immediate; create table other (id)');
  const opening = openStore(`sqlite:${file}`);
  const first = await Promise.race([opening, sleep(200, 'waits')]);
  other.exec('rollback');
  other.close();
  expect(first).toBe('waits');
  await using store = await opening;
  expect(await store.workspaces.list()).toHaveLength(1);
});
