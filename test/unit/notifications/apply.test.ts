import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { carryOut, planOf } from '../../../src/notifications/apply.ts';
import { reportsWith } from '../../../src/reports/registry.ts';
import type { Store } from '../../../src/store/open.ts';
import { SAMPLE_REPORT } from '../../support/sample.ts';
import { isMissing, nextDueOf, oneOff, onDemand, rider, STORE_KINDS, temporaryStore } from '../../support/store.ts';

const reports = reportsWith([SAMPLE_REPORT]);
const NOW = new Date('2026-11-23T08:00:00Z');
const row = (id: string, fields: object = {}) => ({
  id,
  account: 'acme',
  report: 'account-activity',
  channel: 'C0ACME',
  schedule: 's',
  ...fields,
});

const daily = (cron: string) => row('a', { schedule: undefined, cron, timezone: 'UTC' });

const plan = (store: Store, rows: readonly unknown[], scope?: string, now = NOW) =>
  planOf(store, { rows }, { scope, now, reports });

/** Plans and carries out, with `--prune`. */
async function applying(store: Store, rows: readonly unknown[], scope?: string, now = NOW) {
  const planned = await plan(store, rows, scope, now);
  return carryOut(store, planned, planned.extra, now);
}

const ids = async (store: Store) => (await store.notifications.list()).map(({ id }) => id);

describe.each(STORE_KINDS)('on %s', (kind) => {
  const on = test.skipIf(isMissing(kind));

  on('adds, changes and removes what differs; applied again it changes nothing', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    expect(await applying(store, [row('a'), row('b'), row('c')])).toEqual({
      added: ['a', 'b', 'c'],
      changed: [],
      removed: [],
    });
    const next = [row('a'), row('b', { channel: 'C0OTHER', tags: ['weekly'], params: { days: 3 } }), row('d')];
    const planned = await plan(store, next);
    expect(planned).toMatchObject({ added: [{ id: 'd' }], extra: ['c'], unchanged: 1 });
    expect(planned.changed.map(({ notification, differences }) => [notification.id, differences])).toEqual([
      [
        'b',
        [
          { setting: 'params', old: '{}', new: '{"days":3}' },
          { setting: 'channel', old: 'C0ACME', new: 'C0OTHER' },
          { setting: 'tags', old: 'none', new: 'weekly' },
        ],
      ],
    ]);
    expect(await ids(store), 'a plan changes nothing').toEqual(['a', 'b', 'c']);
    expect(await carryOut(store, planned, planned.extra, NOW)).toEqual({
      added: ['d'],
      changed: ['b'],
      removed: ['c'],
    });
    expect(await store.notifications.find('b')).toMatchObject({ channel: { id: 'C0OTHER' }, params: { days: 3 } });
    const before = await store.notifications.list();
    expect(await applying(store, next)).toEqual({ added: [], changed: [], removed: [] });
    expect(await store.notifications.list()).toEqual(before);
    expect(await carryOut(store, planned, planned.extra, NOW), 'an old plan').toMatchObject({ added: [], removed: [] });
  });

  on('files of different scopes do not prune each other, and none takes what another declares', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    await store.notifications.add([rider('by-hand', 's')]);
    await applying(store, [row('a'), row('b')], 'crm');
    await applying(store, [row('c')], 'ops');
    expect(await ids(store)).toEqual(['a', 'b', 'by-hand', 'c']);
    await applying(store, [row('a')], 'crm');
    expect(await ids(store)).toEqual(['a', 'by-hand', 'c']);
    await expect(plan(store, [row('a')], 'ops')).rejects.toMatchObject({
      code: 'invalid_notifications',
      exitCode: 2,
      message: expect.stringContaining('row 1: a: id "a" belongs to the scope "crm"') as string,
    });
    await applying(store, [], 'ops');
    expect(await ids(store)).toEqual(['a', 'by-hand']);
  });

  on('takes in a notification that no file declares, and says so', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    await store.notifications.add([rider('mine', 's', { name: 'mine', workspaceId: 'default', params: {} })]);
    const planned = await plan(store, [row('mine', { channel_name: '#acme-reports' })], 'crm');
    expect(planned.changed).toMatchObject([{ differences: [{ setting: 'scope', old: 'none', new: 'crm' }] }]);
    await carryOut(store, planned, [], NOW);
    expect((await store.notifications.find('mine'))?.scope).toBe('crm');
  });

  on('a change by hand keeps the scope, and the file puts it right', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    await applying(store, [row('a')]);
    await store.notifications.change('a', (before) => ({ ...before, name: 'By hand' }), NOW);
    expect(await plan(store, [row('a')])).toMatchObject({
      changed: [{ differences: [{ setting: 'name', old: 'By hand', new: 'a' }] }],
    });
    expect(await applying(store, [row('a')])).toMatchObject({ changed: ['a'] });
  });

  on('keeps a pause and a parked state', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    await applying(store, [row('a')]);
    await store.notifications.pause('a', { until: undefined, note: 'holidays' });
    await store.parking.park({ kind: 'notification', id: 'a' }, { code: 'is_archived', message: 'is_archived' });
    expect(await applying(store, [row('a', { name: 'New' })])).toMatchObject({ changed: ['a'] });
    expect(await store.notifications.find('a')).toMatchObject({
      name: 'New',
      pause: { note: 'holidays' },
      parked: { code: 'is_archived' },
    });
  });

  on('new times start by the rules of an update: what is due today is neither doubled nor lost', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    await applying(store, [daily('0 9 * * *')]);
    expect(nextDueOf(await store.notifications.find('a'))).toBe('2026-11-23T09:00:00.000Z');
    // At 09:30 the occurrence of 09:00 was claimed; the one of 11:00 today would be a second one.
    const nominal = new Date('2026-11-23T09:00:00Z');
    await store.claims.claimDue({ dispatchId: 'r', nominal, now: nominal, selection: { kind: 'due', schedule: null } });
    await applying(store, [daily('0 11 * * *')], undefined, new Date('2026-11-23T09:30:00Z'));
    expect(nextDueOf(await store.notifications.find('a'))).toBe('2026-11-24T11:00:00.000Z');
  });

  on('a removed notification leaves its pending deliveries, and its parked ones are cancelled', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    await applying(store, [row('a'), row('b')]);
    await store.claims.claimDue({ dispatchId: 'r', nominal: NOW, selection: { kind: 'due', schedule: 's' } });
    const [parked] = await store.deliveries.list({ notificationId: 'a' }, 1);
    const error = { code: 'is_archived', message: 'is_archived' };
    await store.ledger.park(parked?.id ?? '', { kind: 'notification', id: 'a' }, error);
    await applying(store, []);
    expect(await ids(store)).toEqual([]);
    expect(await store.deliveries.list({ notificationId: 'a' }, 1)).toMatchObject([
      { state: 'cancelled', error: { code: 'removed' }, channel: 'C0ACME' },
    ]);
    expect(await store.deliveries.list({ notificationId: 'b' }, 1)).toMatchObject([{ state: 'pending' }]);
  });

  on('replaces a row that cannot be read', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    await applying(store, [row('a')]);
    await store.db.updateTable('notifications').set({ params: '{' }).where('id', '=', 'a').execute();
    expect(await plan(store, [row('a')])).toMatchObject({ changed: [{ differences: [{ setting: 'stored row' }] }] });
    expect(await applying(store, [row('a')])).toMatchObject({ changed: ['a'] });
    expect(await store.notifications.unreadable()).toEqual([]);
  });

  on('a plan that another scope has overtaken changes nothing at all', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    const planned = await plan(store, [row('a'), row('z')], 'ops');
    await applying(store, [row('z')], 'crm');
    await expect(carryOut(store, planned, [], NOW)).rejects.toMatchObject({ code: 'scope_in_use' });
    expect(await ids(store)).toEqual(['z']);
  });

  on('applies 2,000 rows, more than fit in one statement', async () => {
    await using temporary = await temporaryStore(kind);
    const { store } = temporary;
    const rows = Array.from({ length: 2_000 }, (_, index) => row(`n-${index}`));
    expect((await applying(store, rows)).added).toHaveLength(2_000);
    const some = rows.slice(0, 1_500).map((one) => ({ ...one, locale: 'de-DE' }));
    const done = await applying(store, some);
    expect([done.added.length, done.changed.length, done.removed.length]).toEqual([0, 1_500, 500]);
    expect(await plan(store, some)).toMatchObject({ added: [], changed: [], extra: [], unchanged: 1_500 });
  });
});

describe('wrong rows', () => {
  test('keep all out, and each is named by its place, up to 20', async () => {
    await using temporary = await temporaryStore();
    const { store } = temporary;
    await store.notifications.add([oneOff('once-1'), onDemand('other')]);
    const wrong = [
      row('good'),
      row('a', { channel: 'general' }),
      row('good'),
      row('b', { workspace: 'nowhere' }),
      row('once-1'),
      null,
    ];
    await expect(plan(store, wrong)).rejects.toMatchObject({ code: 'invalid_notifications', exitCode: 2 });
    const error = await plan(store, wrong).catch((thrown: unknown) => thrown as Error);
    expect((error as Error).message.split('\n  ')).toEqual([
      'Nothing was applied',
      expect.stringMatching(/^row 2: a: channel: must be a channel id/),
      'row 3: good: id "good" is declared twice, first in row 1',
      'row 4: b: workspace: there is no "nowhere"',
      expect.stringMatching(/^row 6: .*expected object/),
      'row 5: once-1: id "once-1" was made for one send. Give it another id.',
    ]);
    const many = Array.from({ length: 60 }, (_, index) => row(`n-${index}`, { colour: 'red' }));
    const counted = await plan(store, many).catch((thrown: unknown) => thrown as Error);
    expect((counted as Error).message).toMatch(/row 20: n-19: [^]*\n {2}and 40 more$/);
    expect(await ids(store)).toEqual(['once-1', 'other']);
  });

  test.each(['', 'a b', '-', 'x'.repeat(51), 'ä'])('a scope "%s" is refused', async (scope) => {
    await using temporary = await temporaryStore();
    await expect(plan(temporary.store, [], scope)).rejects.toMatchObject({ code: 'invalid_scope', exitCode: 2 });
  });
});

async function planOfYaml(...lines: string[]) {
  await using temporary = await temporaryStore();
  const file = join(temporary.folder, 'n.yaml');
  await writeFile(file, lines.join('\n'));
  try {
    return await planOf(temporary.store, { file }, { now: NOW, reports });
  } catch (error) {
    (error as Error).message = (error as Error).message.replaceAll(file, 'n.yaml');
    throw error;
  }
}

describe('a YAML file', () => {
  test('has notifications by their ids, and can share fields by an anchor', async () => {
    const plain = await planOfYaml(
      'x-acme: &acme { account: acme, report: account-activity, channel: C0ACME }',
      'notifications:',
      '  weekly:',
      '    <<: *acme',
      '    every: monday at 09:00',
      '    timezone: Europe/Berlin',
      '    skip: [12-25, 2027-01-01]',
      '    params: { days: 3 }',
      '  asked: { <<: *acme, on_demand: true, tags: [b, a] }',
    );
    expect(plain.added).toMatchObject([
      { id: 'weekly', params: { days: 3 }, due: { cron: '0 9 * * MON', skip: ['12-25', '2027-01-01'] } },
      { id: 'asked', due: { kind: 'on-demand' }, tags: ['a', 'b'] },
    ]);
    expect((await planOfYaml('notifications: {}')).added).toEqual([]);
  });

  test('of the documentation is right', async () => {
    const page = readFileSync(new URL('../../../docs/notifications.md', import.meta.url), 'utf8');
    const [, yaml = ''] = /```yaml\n([^]*?)```/.exec(page) ?? [];
    expect((await planOfYaml(yaml)).added).toMatchObject([
      { id: 'acme-weekly', account: 'acme', due: { cron: '0 9 * * MON', skip: ['12-25', '2027-01-01'] } },
      { id: 'acme-monthly', tags: ['monthly'] },
    ]);
  });

  test('names a wrong notification by its line', async () => {
    await expect(
      planOfYaml('notifications:', '  a:', '    account: acme', '  b: {report: nope}', '  c:'),
    ).rejects.toMatchObject({
      code: 'invalid_notifications',
      message: expect.stringMatching(/n\.yaml:2: a: .*\n {2}n\.yaml:4: b: .*\n {2}n\.yaml:5: c: /) as string,
    });
  });

  test.each([
    ['is not YAML', ['notifications: {a: 1'], /line 1/],
    ['has nothing under its key', ['notifications:'], /needs a key `notifications`.*line 1/],
    ['has a list', ['- id: a'], /needs a key `notifications`/],
    ['is empty', [''], /needs a key `notifications`/],
    ['has another key', ['notifications: {}', 'schedules: {}'], /`schedules` is not known.*line 2/],
    ['has a field twice', ['notifications:', '  a: {account: x, account: y}'], /a has `account` twice \(line 2\)/],
    ['names an anchor that is not there', ['notifications:', '  a: *nope'], /nope.*line 2/],
    ['is too large', [`# ${'x'.repeat(4_000_001)}`], /YAML of more than 4 MB/],
  ])('that %s is one clear error', async (_, lines, message) => {
    await expect(planOfYaml(...lines)).rejects.toMatchObject({
      code: 'malformed_file',
      exitCode: 2,
      message: expect.stringMatching(message) as string,
    });
  });
});
