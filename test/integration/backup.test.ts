import { WORKFLOWS } from '../../src/contract/names.ts';
import { randomUUID } from 'node:crypto';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stageBackup } from '../../src/store/backup.ts';
import { openStore } from '../../src/store/open.ts';
import type { dispatch } from '../../src/workflows/dispatch.ts';
import { startApp } from '../support/app.ts';
import { runCli, startWorkerProcess } from '../support/program.ts';
import { recurring, rider, temporaryFolder, temporaryStore } from '../support/store.ts';

function slackReports(folder: string, databaseUrl: string, ...args: string[]) {
  return runCli(args, { folder, variables: { DATABASE_URL: databaseUrl } });
}

describe('a backup', () => {
  test('is whole and of one moment while others write, and only its owner can read it', async () => {
    await using temporary = await temporaryStore();
    const { store, folder, databaseUrl } = temporary;
    const writing = { on: true };
    // Two rows in one transaction, again and again: a copy of one moment has an even number.
    const writer = (async () => {
      for (let n = 0; writing.on; n += 1) {
        await store.notifications.add([rider(`a-${n}`, 's'), rider(`b-${n}`, 's')]);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const { code, stdout, stderr } = await slackReports(folder, databaseUrl, 'backup', 'copy.db', '--json');
    writing.on = false;
    await writer;
    expect(code, stderr).toBe(0);
    const { notifications } = JSON.parse(stdout) as { notifications: number };
    expect(notifications).toBeGreaterThan(0);
    expect(notifications % 2).toBe(0);
    expect((await stat(join(folder, 'copy.db'))).mode & 0o777).toBe(0o600);
    using staged = await stageBackup(`sqlite:${join(folder, 'other/new.db')}`, join(folder, 'copy.db'));
    expect(staged.contents.notifications).toBe(notifications);
    expect((await readdir(folder)).filter((name) => name.includes('part'))).toEqual([]);
  });

  test('overwrites nothing unless it is told to, and needs an embedded store that is there', async () => {
    await using temporary = await temporaryStore();
    const { folder, databaseUrl } = temporary;
    await writeFile(join(folder, 'mine.txt'), 'mine');
    const refused = await slackReports(folder, databaseUrl, 'backup', 'mine.txt');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('mine.txt is there already') as unknown });
    expect(await slackReports(folder, databaseUrl, 'backup', 'mine.txt', '--force')).toMatchObject({ code: 0 });
    const postgres = await slackReports(folder, 'postgres://someone:secret@127.0.0.1:1/none', 'backup', 'x.db');
    expect(postgres).toMatchObject({ code: 2, stderr: expect.stringContaining('pg_dump') as unknown });
    const none = await slackReports(folder, 'sqlite:none.db', 'backup', 'x.db');
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no store at') as unknown });
    expect(await readdir(folder)).not.toContain('none.db');
  });
});

describe('restore', () => {
  test('refuses what is no backup, a store in use, and to go on unasked; then nothing has changed', async () => {
    await using temporary = await temporaryStore();
    const { folder, databaseUrl, store } = temporary;
    await slackReports(folder, databaseUrl, 'backup', 'good.db');
    await store.notifications.add([rider('later', 's')]);
    await writeFile(
      join(folder, 'bad.db'),
      'not a database, but long enough to be taken for one at first sight'.repeat(99),
    );
    const bad = await slackReports(folder, databaseUrl, 'restore', 'bad.db', '--yes');
    expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining('bad.db is not a valid backup') as unknown });
    const unasked = await slackReports(folder, databaseUrl, 'restore', 'good.db');
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('0 deliveries as of') as unknown });
    const inUse = await slackReports(folder, databaseUrl, 'restore', 'good.db', '--yes');
    expect(inUse).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Another process has the store .* open/) as unknown,
    });
    expect(await store.notifications.count()).toBe(1);
    expect((await readdir(folder)).filter((name) => /restoring|before/.test(name))).toEqual([]);
  });

  test('keeps the store as it was, and works where there is none', async () => {
    await using folder = await temporaryFolder();
    const url = `sqlite:${join(folder.path, 'store.db')}`;
    const first = await openStore(url);
    await first.close();
    await slackReports(folder.path, url, 'backup', 'good.db');
    const second = await openStore(url);
    await second.workspaces.put({ id: 'later', name: 'Later', tokenRef: 'env:LATER' });
    await second.close();
    const { stdout, code } = await slackReports(folder.path, url, 'restore', 'good.db', '--yes', '--json');
    expect(code).toBe(0);
    await using now = await openStore(url);
    await using before = await openStore(`sqlite:${(JSON.parse(stdout) as { kept: string }).kept}`);
    expect(await now.workspaces.find('later')).toBeUndefined();
    expect(await before.workspaces.find('later')).toBeDefined();
    expect(await slackReports(folder.path, 'sqlite:new/one.db', 'restore', 'good.db', '--yes')).toMatchObject({
      code: 0,
    });
  });

  test(
    'posts nothing again that was posted since the backup, and posts what was not',
    { timeout: 120_000 },
    async () => {
      await using app = await startApp({ withoutWorker: true });
      const { folder, databaseUrl, store, client, taskQueue } = app;
      const schedule = randomUUID();
      const now = Date.now();
      const slot = new Date(now - (now % 60_000));
      const nominal = new Date(now - 60_000);
      await store.notifications.add([
        rider('posted', schedule, { params: { days: 7, details: true, csv: true } }),
        rider('refused', schedule, { channel: 'C0CEDAR' }),
        recurring('slot', { cron: dailyAt(slot), nextDueAt: slot.toISOString() }),
      ]);
      const workflowId = `run/${randomUUID()}`;
      await store.claims.claimDue({
        dispatchId: workflowId,
        nominal,
        now: nominal,
        selection: { kind: 'due', schedule },
      });
      expect(await slackReports(folder, databaseUrl, 'backup', 'copy.db')).toMatchObject({ code: 0 });

      const start = (id: string, input: object) =>
        client.workflow.execute<typeof dispatch>(WORKFLOWS.dispatch, { workflowId: id, taskQueue, args: [input] });
      const dispatchBoth = async () => [
        await start(workflowId, { selection: { kind: 'due', schedule }, nominalTime: nominal.toISOString() }),
        await start(`tick/${randomUUID()}`, {
          selection: { kind: 'due', schedule: null },
          nominalTime: new Date(now).toISOString(),
        }),
      ];
      // Refused with its blocks and as plain text.
      const refusal = { type: 'error', error: 'msg_too_long' } as const;
      app.sandbox.sandbox.faults.add({
        channel: 'C0CEDAR',
        method: 'chat.postMessage',
        when: 'before',
        times: 2,
        action: refusal,
      });
      const first = await startWorkerProcess(app);
      expect(await dispatchBoth()).toMatchObject([{ delivered: 2, failed: 1 }, { delivered: 0 }]);
      await first.stop();
      await store.close();
      const { code, stderr } = await slackReports(folder, databaseUrl, 'restore', 'copy.db', '--yes');
      expect(code, stderr).toBe(0);

      await using _ = await startWorkerProcess(app);
      expect(await dispatchBoth()).toMatchObject([
        { due: 3, delivered: 3 },
        { due: 0, delivered: 0 },
      ]);
      const { messages } = app.oracle();
      expect(messages).toHaveLength(5);
      await using restored = await openStore(databaseUrl);
      const rows = await restored.db.selectFrom('deliveries').select('message_ts').execute();
      expect(new Set(rows.map((row) => row.message_ts))).toEqual(new Set(messages.map(({ ts }) => ts)));
    },
  );
});

/** So that no other slot of it comes while the test runs. */
function dailyAt(slot: Date): string {
  return `${slot.getUTCMinutes()} ${slot.getUTCHours()} * * *`;
}
