import { DatabaseSync } from 'node:sqlite';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import type { dispatch } from '../../src/workflows/dispatch.ts';
import { followRun } from '../../src/runs/start.ts';
import { defineSource, type SourceNotification } from '../../src/sources/define.ts';
import { type App, startApp } from '../support/app.ts';
import { runCli } from '../support/program.ts';
import { cliOf } from '../support/schedules.ts';
import { temporaryFolder } from '../support/store.ts';

const customer = (id: number, more: Partial<SourceNotification> = {}): SourceNotification => ({
  id,
  account: 'acme',
  report: 'account-activity',
  params: { days: 7, skipEmpty: false },
  channel: 'C0ACME',
  workspace: 'sandbox',
  ...more,
});

async function fire(app: App, schedule: string) {
  const workflowId = await app.schedules.trigger(schedule);
  return followRun(app.client.workflow.getHandle<typeof dispatch>(workflowId), () => {});
}

test('a fire posts what the sources give; a bad row and a source that throws fail by themselves', async () => {
  const customers = defineSource({
    name: 'customers',
    async due({ cursor }) {
      if (cursor !== undefined) return { notifications: [customer(3)] };
      return { notifications: [customer(1), customer(2, { channel: '#general' })], next: 2 };
    },
  });
  const broken = defineSource({
    name: 'broken',
    async due() {
      throw new Error('the CRM is away');
    },
  });
  await using app = await startApp({ sources: [customers, broken] });
  const schedule = await app.schedule();
  const result = await fire(app, schedule);
  expect(result).toMatchObject({
    due: 4,
    delivered: 2,
    failed: 2,
    reasons: { 'failed: invalid_source_row': 1, 'failed: source_failed': 1 },
  });
  expect(app.oracle()).toMatchObject({ duplicates: [], hidden: 0 });
  expect(app.oracle().messages).toHaveLength(2);

  const cli = cliOf(app);
  const why = await cli('why', 'customers:1');
  expect(why).toMatchObject({ code: 0 });
  expect(why.stdout).toContain('It is due whenever source customers says so');
  expect(why.stdout).toContain('delivered');
  expect((await cli('why', 'customers:2')).stdout).toContain('channel: must be a channel id');
  expect((await cli('why', 'broken:source')).stdout).toContain('the CRM is away');
  const { stdout } = await cli('doctor', '--json');
  expect((JSON.parse(stdout) as Finding[]).find(({ what }) => what === 'source broken')).toMatchObject({
    detail: expect.stringContaining('the CRM is away'),
  });
  expect((await cli('preview', 'customers:1')).stdout).toContain('Slack would accept this message');
  // By id, as for our own: a test, a second delivery, a run by hand, and the failure that is tried again.
  expect(await cli('resend', 'customers:1')).toMatchObject({ code: 0 });
  expect(await cli('run', '--notification', 'customers:3', '--yes')).toMatchObject({ code: 0 });
  expect(await cli('send', 'customers:1', '--test', '--to', 'C0OPS')).toMatchObject({ code: 0 });
  expect((await cli('failures', 'list')).stdout).toContain('"customers:2" is not a notification');
  expect(
    app
      .oracle()
      .messages.map(({ channel }) => channel)
      .toSorted(),
  ).toEqual([...Array.from({ length: 4 }, () => 'C0ACME'), 'C0OPS']);
  expect(await cli('notifications', 'pause', 'customers:1')).toMatchObject({ code: 0 });
  expect(await cli('notifications', 'update', 'customers:1', '--name', 'x')).toMatchObject({ code: 2 });
});

test('`notifications list --source` shows what a source of a folder gives now, and what is wrong with it', async () => {
  await using folder = await temporaryFolder();
  const crm = join(folder.path, 'crm.db');
  const database = new DatabaseSync(crm);
  database.exec(`create table customers (id integer primary key, channel text);
    insert into customers values (1, 'C0ACME'), (2, 'general')`);
  database.close();
  await mkdir(join(folder.path, 'my-sources'));
  await writeFile(
    join(folder.path, 'my-sources', 'customers.sql'),
    `-- database: crm
-- after: 0
select id, 'acme' as account, 'weekly' as report, channel from customers where id > :after order by id limit 100`,
  );
  await writeFile(
    join(folder.path, 'my-sources', 'trials.ts'),
    `import { defineSource } from 'slack-reports/sources';
     export const trials = defineSource({ name: 'trials', due: async () => ({ notifications: [] }) });`,
  );
  const cli = (...args: string[]) =>
    runCli(args, { folder: folder.path, variables: { REPORTS_DB_CRM: `sqlite:${crm}` } });
  const listed = await cli('notifications', 'list', '--source', 'customers');
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  expect(listed.stdout).toMatch(/customers:1 +acme +weekly +C0ACME +at each fire/);
  expect(listed.stdout).toMatch(/customers:2 .*never: channel: must be a channel id/);
  expect((await cli('notifications', 'list', '--source', 'trials')).stdout).toContain('has nothing due');
  expect(await cli('notifications', 'list', '--source', 'customer')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean customers?'),
  });
});

/** A random generator that gives the same numbers for the same seed (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The application's table, and edits of it as people make them. */
function customersTable(random: (below: number) => number) {
  const database = new DatabaseSync(':memory:');
  database.exec(
    `create table customers (id integer primary key autoincrement, name text, channel text, timezone text, active integer)`,
  );
  const insert = database.prepare(`insert into customers (name, channel, timezone, active) values (?, ?, ?, 1)`);
  const [channels, zones] = [
    ['C0ACME', 'C0LUMEN', 'C0OPS'],
    ['Europe/Berlin', 'Asia/Kolkata', 'America/New_York'],
  ];
  const add = () => Number(insert.run('New', channels[random(3)]!, zones[random(3)]!).lastInsertRowid);
  for (let n = 0; n < 20; n += 1) add();
  const changes = {
    name: (id: number) => database.prepare('update customers set name = ? where id = ?').run(`Name ${random(99)}`, id),
    channel: (id: number) =>
      database.prepare('update customers set channel = ? where id = ?').run(channels[random(3)]!, id),
    timezone: (id: number) =>
      database.prepare('update customers set timezone = ? where id = ?').run(zones[random(3)]!, id),
  };
  const presence = {
    active: (id: number) => database.prepare('update customers set active = 1 - active where id = ?').run(id),
    removed: (id: number) => database.prepare('delete from customers where id = ?').run(id),
  };
  const active = () =>
    database
      .prepare('select id from customers where active = 1')
      .all()
      .map(({ id }) => Number(id));
  return {
    page: (after: number, limit: number) =>
      database
        .prepare('select id, name, channel, timezone from customers where active = 1 and id > ? order by id limit ?')
        .all(after, limit) as unknown as { id: number; name: string; channel: string; timezone: string }[],
    active,
    /** Changes a row, and returns its id if that made it due or not due. */
    edit(): number | undefined {
      const ids = database
        .prepare('select id from customers')
        .all()
        .map(({ id }) => Number(id));
      const id = ids[random(ids.length)] ?? 0;
      switch (random(12)) {
        case 0:
          return add();
        case 1:
          // The table stays about as long as it is.
          if (ids.length > 15) presence.removed(id);
          return id;
        case 2:
          presence.active(id);
          return id;
        default:
          changes[(['name', 'channel', 'timezone'] as const)[random(3)]!](id);
          return undefined;
      }
    },
  };
}

test('1,000 random edits of the table of a source, made while its runs read it, lose and double nothing', async () => {
  const seed = Math.floor(Math.random() * 1e9);
  const random = randomFrom(seed);
  const table = customersTable(random);
  const edits = { count: 0 };
  const moved = new Set<number>();
  const editSome = (count: number) => {
    for (let n = 0; n < count; n += 1) {
      const id = table.edit();
      if (id !== undefined) moved.add(id);
      edits.count += 1;
    }
  };
  let failing = 0;
  const customers = defineSource({
    name: 'customers',
    async due({ cursor }) {
      editSome(10);
      // Some pages fail, and are asked for again after the edits.
      failing = random(8) === 0 && failing < 2 ? failing + 1 : 0;
      if (failing > 0) throw new Error('the connection was lost');
      const rows = table.page(Number(cursor ?? 0), 3);
      editSome(5);
      return {
        notifications: rows.map(({ id, ...more }) => customer(id, more)),
        next: rows.at(-1)?.id,
      };
    },
  });
  await using app = await startApp({ sources: [customers] });
  const sent = new Map<string, number>();
  let due = 0;
  for (let tick = 0; edits.count < 1_000; tick += 1) {
    moved.clear();
    const before = new Set(table.active());
    const nominal = new Date(Date.parse('2026-11-23T08:00:00Z') + tick * 60_000).toISOString();
    const result = await app.run({ selection: { kind: 'due', schedule: 'weekdays' }, nominalTime: nominal });
    const rows = await app.store.deliveries.list({ dueFrom: nominal, dueUntil: nominal }, 1_000);
    const delivered = new Set(rows.map(({ notificationId }) => notificationId));
    const where = `seed ${seed}, tick ${tick}`;
    expect(
      rows.filter(({ state }) => state !== 'delivered'),
      where,
    ).toEqual([]);
    expect(delivered.size, where).toBe(rows.length);
    for (const id of new Set([...before, ...table.active()])) {
      if (!moved.has(id)) expect(delivered.has(`customers:${id}`), `${where}: customers:${id} is lost`).toBe(true);
    }
    due += result.due;
    sent.set(nominal, rows.length);
  }
  expect([...sent.values()].reduce((sum, count) => sum + count, 0)).toBe(due);
  expect(app.oracle()).toMatchObject({ duplicates: [], hidden: 0 });
  expect(app.oracle().messages).toHaveLength(due);
});
