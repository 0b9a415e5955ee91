import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli } from '../support/program.ts';
import { isMissing, STORE_KINDS, temporaryStore } from '../support/store.ts';

const HEADER = 'id,account,report,channel,cron,timezone';
const csv = (...rows: string[]) => [HEADER, ...rows].join('\n');
const row = (id: string, cron = '0 9 * * *') => `${id},acme,delivery-digest,C0ACME,${cron},UTC`;

async function applyIn(kind: 'sqlite' | 'postgres') {
  const stack = new AsyncDisposableStack();
  const { store, databaseUrl, folder } = stack.use(await temporaryStore(kind));
  // Without a Temporal server: the schedule `tick` of the tests' server belongs to other tests.
  const variables = { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: '127.0.0.1:1' };
  return {
    store,
    write: (name: string, content: string) => writeFile(join(folder, name), content),
    apply: (...args: string[]) => runCli(['notifications', 'apply', ...args], { folder, variables }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

describe.each(STORE_KINDS)('on %s', (kind) => {
  test.skipIf(isMissing(kind))('ten processes that apply one file at once leave one truth', async () => {
    await using all = await applyIn(kind);
    await all.write('before.csv', csv(row('changed', '0 5 * * *'), row('extra'), row('same')));
    expect((await all.apply('before.csv')).code).toBe(0);
    const fresh = Array.from({ length: 40 }, (_, index) => row(`fresh-${index}`));
    await all.write('after.csv', csv(...fresh, row('changed'), row('same')));
    const ended = await Promise.all(
      Array.from({ length: 10 }, () => all.apply('after.csv', '--prune', '--yes', '--json')),
    );
    const results = ended.map(({ code, stdout, stderr }) => {
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout) as { added: string[]; changed: { id: string }[]; removed: string[]; unchanged: number };
    });
    // The first one did all of it, and said so.
    const busy = results.filter(({ added }) => added.length > 0);
    expect(busy.map(({ added, changed, removed }) => [added.length, changed.length, removed.length])).toEqual([
      [40, 1, 1],
    ]);
    for (const one of results) expect(one.unchanged + one.added.length + one.changed.length).toBe(42);
    expect(await all.store.notifications.inScope('default')).toHaveLength(42);
    expect((await all.apply('after.csv', '--prune', '--yes')).stdout).toBe('Nothing to change, 42 unchanged\n');
  });
});

test('shows what changes, asks before it removes, and with --dry-run changes nothing', async () => {
  await using all = await applyIn('sqlite');
  await all.write('n.csv', csv(row('a'), row('b')));
  const dry = await all.apply('n.csv', '--dry-run');
  expect(dry.stdout).toMatch(
    /^\+ a: delivery-digest of acme → C0ACME, Every day at 09:00, UTC; next .*\n\+ b: [^]*2 added, 0 unchanged \(--dry-run: nothing was changed\)\n$/,
  );
  expect(await all.store.notifications.count()).toBe(0);
  expect((await all.apply('n.csv')).stdout).toContain('2 added, 0 unchanged\n');

  await all.write('n.csv', csv(row('a', '0 8 * * *')));
  const kept = await all.apply('n.csv', '--json');
  expect(JSON.parse(kept.stdout)).toEqual({
    scope: 'default',
    added: [],
    changed: [{ id: 'a', differences: [{ setting: 'cron', old: '0 9 * * *', new: '0 8 * * *' }] }],
    removed: [],
    notDeclared: ['b'],
    unchanged: 0,
    dryRun: false,
  });
  expect((await all.apply('n.csv')).stdout).toBe(
    'Not in the file, kept without --prune (scope default): b\nNothing to change, 1 unchanged\n',
  );
  const unasked = await all.apply('n.csv', '--prune');
  expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('Remove b? There is no terminal to ask') });
  expect(await all.store.notifications.count()).toBe(2);
  expect((await all.apply('n.csv', '--prune', '--yes')).stdout).toBe('- b\n1 removed, 1 unchanged\n');
});

test('one bad row refuses the file, by file and line, without a stack trace', async () => {
  await using all = await applyIn('sqlite');
  await all.write('n.csv', csv(row('a'), row('b').replace('C0ACME', 'general'), row('c', '61 * * * *')));
  const refused = await all.apply('n.csv');
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toMatch(
    /^error: Nothing was applied\n {2}n\.csv:3: b: channel: must be .*\n {2}n\.csv:4: c: .*61.*\n {2}Correct these rows/,
  );
  expect(JSON.parse((await all.apply('n.csv', '--json')).stderr)).toMatchObject({
    error: { code: 'invalid_notifications' },
  });
  expect(await all.store.notifications.count()).toBe(0);
  for (const [name, message] of [
    ['nope.csv', /^error: Cannot read nope\.csv: ENOENT/],
    ['n.txt', /^error: Cannot read n\.txt: only/],
  ] as const) {
    expect(await all.apply(name)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) as string });
  }
});
