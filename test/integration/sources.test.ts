import { DatabaseSync } from 'node:sqlite';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import type { dispatch } from '../../src/workflows/dispatch.ts';
import { followRun } from '../../src/runs/start.ts';
import { defineSource, type SourceNotification } from '../../src/sources/define.ts';
import { type App, startApp } from '../support/app.ts';
import { runProgram } from '../support/program.ts';
import { cliOf } from '../support/schedules.ts';
import { temporaryFolder } from '../support/store.ts';

const customer = (id: number, more: Partial<SourceNotification> = {}): SourceNotification => ({
  id,
  account: 'acme',
  report: 'account-activity',
  params: { days: 7 },
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
    runProgram(['src/cli/main.ts', ...args], { folder: folder.path, variables: { REPORTS_DB_CRM: `sqlite:${crm}` } });
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
