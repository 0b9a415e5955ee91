import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { runProgram } from '../support/program.ts';
import { recurring, temporaryStore } from '../support/store.ts';

const ADD = ['add', 'a', '--account', 'acme', '--report', 'account-activity', '--channel', 'C0ACME'];

test('a recurrence in words is added, foretold, changed, paused and explained on the command line', async () => {
  await using temporary = await temporaryStore();
  const { store, databaseUrl, folder } = temporary;
  const cli = async (...args: string[]) => {
    const ended = await runProgram(['src/cli.ts', ...args], { folder, variables: { DATABASE_URL: databaseUrl } });
    return { ...ended, all: `${ended.code} ${ended.stdout}${ended.stderr}` };
  };
  const notifications = (...args: string[]) => cli('notifications', ...args);
  await writeFile(join(folder, 'holidays.txt'), '# Bavaria\n12-25\n2099-12-24 # closed\n\n');

  const when = ['--every', 'every weekday at 09:00', '--timezone', 'Europe/Berlin'];
  expect((await notifications(...ADD, ...when, '--skip-file', 'holidays.txt', '--catch-up', '2 hours')).all).toMatch(
    /^0 Notification a added: At 09:00, Monday through Friday, Europe\/Berlin; next \d{4}-\d\d-\d\d 09:00 Europe\/Berlin \(.*Z\)\n$/,
  );
  const asked = ['--after', '2099-12-23 12:00', '--count', '2'];
  const next = await notifications('next', 'a', ...asked);
  expect(next.stderr).toBe('At 09:00, Monday through Friday, Europe/Berlin\n');
  expect(next.stdout.split('\n').slice(1, 5)).toEqual([
    expect.stringMatching(/^Thu 2099-12-24 09:00 .* – +skipped: holiday 2099-12-24/),
    expect.stringMatching(/^Fri 2099-12-25 09:00 .* – +skipped: holiday 2099-12-25/),
    expect.stringMatching(/^Mon 2099-12-28 09:00 +Europe\/Berlin +2099-12-28 08:00Z$/),
    expect.stringMatching(/^Tue 2099-12-29 /),
  ]);
  expect((await cli('why', 'a', '--at', '2099-12-24T08:00:00Z')).stdout).toContain('skipped: holiday 2099-12-24');

  // As if it were updated so, and as one that is nowhere.
  const changed = await notifications('next', 'a', '--every', 'first monday at 8:30', ...asked);
  expect(changed.stderr).toContain('At 08:30, on the first Monday of the month, Europe/Berlin');
  const gap = ['--cron', '30 2 * * *', '--timezone', 'Europe/Berlin', '--after', '2099-03-28 12:00', '--count', '1'];
  expect((await notifications('next', ...gap)).stdout).toMatch(
    /03-29 02:30 .*01:00Z +the clock skips 02:30: this is the first minute/,
  );
  expect((await notifications('next', ...gap, '--dst-gap', 'skip')).stdout).toMatch(
    /03-29 02:30 .* – +skipped: .*\n.*03-30 02:30/,
  );
  expect((await notifications('next')).all).toMatch(/^2 .*Nothing says when it comes/);

  const updated = await notifications('update', 'a', '--every', 'last friday at 16:00', '--skip', 'none', '--json');
  expect(JSON.parse(updated.stdout)).toMatchObject({ cron: '0 16 * * FRI', nth_day: -1, skip: [], catch_up_s: 7_200 });
  expect(await store.notifications.find('a')).toMatchObject({ timezone: 'Europe/Berlin', channel: 'C0ACME' });
  expect((await notifications('update', 'a', '--timezone', 'Europe/Brelin')).all).toMatch(/^2 [^]*Europe\/Berlin/);
  expect((await notifications('update', 'a')).all).toMatch(/^2 .*Nothing to change is named/);
  expect((await notifications('update', 'b', '--name', 'B')).all).toMatch(/^2 .*There is no notification "b"/);
  expect((await notifications('update', 'a', '--workspace', 'nowhere')).all).toMatch(
    /^2 .*There is no workspace "nowhere"/,
  );

  expect((await notifications('pause', 'a', '--until', '2020-01-01')).all).toMatch(/^2 .*has passed/);
  expect((await notifications('pause', 'a', '--until', '2099-01-07', '--note', 'audit')).all).toBe(
    '0 Notification a is paused until 2099-01-06T23:00:00.000Z\n',
  );
  expect((await notifications('next', 'a', '--count', '1')).stderr).toContain(
    'note: it is paused until 2099-01-06T23:00:00.000Z (audit)',
  );
  expect((await notifications('list')).stdout).toContain('next 2099-01-30T15:00:00.000Z');
  expect((await notifications('unpause', 'a')).all).toBe('0 Notification a goes on\n');
  expect((await notifications('unpause', 'a')).all).toBe('0 Notification a is not paused\n');

  const rides = await notifications('update', 'a', '--schedule', 'weekdays', '--json');
  expect(JSON.parse(rides.stdout)).toMatchObject({
    schedule_id: 'weekdays',
    cron: null,
    timezone: null,
    catch_up_s: null,
  });
  expect((await notifications('next', 'a')).all).toMatch(/^2 .*rides the schedule weekdays[^]*schedule next weekdays/);
});

test('an update tells what becomes of the slot of today', async () => {
  await using temporary = await temporaryStore();
  const { store, databaseUrl, folder } = temporary;
  const now = new Date();
  const [minute, hour] = [now.getUTCMinutes(), now.getUTCHours()];
  const today = now.toISOString().slice(0, 10);
  await store.notifications.add([
    recurring('a', { cron: `${minute} ${hour} * * *`, nextDueAt: `${now.toISOString().slice(0, 16)}Z` }),
  ]);
  await store.claims.claimDue({ runId: 'run', nominal: now, selection: { schedule: null } });
  const { stdout } = await runProgram(['src/cli.ts', 'notifications', 'update', 'a', '--cron', '59 23 * * *'], {
    folder,
    variables: { DATABASE_URL: databaseUrl },
  });
  expect(stdout).toContain(`Today's slot, ${today}T`);
  expect(stdout).toContain('is pending: the new times begin on the day after.');
});

test('what comes late says so: in its message, in the summary of its run, and in the ledger', async () => {
  await using app = await startApp();
  const due = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 20 * 60_000);
  const cron = `${due.getUTCMinutes()} ${due.getUTCHours()} * * *`;
  await app.store.notifications.add([
    recurring('late', { cron, nextDueAt: due.toISOString() }),
    recurring('missed', { cron, nextDueAt: due.toISOString() }, { catch_up_s: 600 }),
  ]);
  // As it was before it came due.
  await app.store.db.updateTable('notifications').set({ updated_at: '2020-01-01T00:00:00.000Z' }).execute();
  const result = await app.run({ selection: { schedule: null } });
  expect(result).toMatchObject({ due: 1, delivered: 1, late: 1, missed: 1 });
  const [message] = app.sandbox.sandbox.store.allMessages();
  expect(JSON.stringify(message?.blocks?.[0])).toMatch(
    new RegExp(`"Due ${due.toISOString().slice(11, 16)}, posted \\d\\d:\\d\\d: nothing was running"`),
  );

  const variables = { DATABASE_URL: app.databaseUrl };
  const cli = (...args: string[]) => runProgram(['src/cli.ts', ...args], { folder: app.folder, variables });
  expect((await cli('deliveries', 'list')).stdout).toMatch(/late .* delivered, late/);
  expect((await cli('why', 'late')).stdout).toMatch(/DELIVERED, late[^]*2\d minutes late: nothing was running/);
  expect((await cli('failures', 'list')).stdout).toMatch(/missed .* missed .*2\d minutes after it was due/);
});
