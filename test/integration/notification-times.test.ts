import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatFor } from '../../src/reports/blocks/format.ts';
import { startApp } from '../support/app.ts';
import { runCli } from '../support/program.ts';
import { sampleAccounts } from '../support/sample.ts';
import { recurring, temporaryStore } from '../support/store.ts';

const ADD = ['add', 'a', '--account', 'acme', '--report', 'delivery-digest', '--channel', 'C0ACME'];
const WEEKDAYS = { cron: '0 9 * * MON-FRI', timezone: 'Europe/Berlin', nextDueAt: '2099-12-24T08:00:00Z' };

/** The command line on a store of its own, with code and output in one text. */
async function commandLine() {
  const temporary = await temporaryStore();
  const { databaseUrl, folder } = temporary;
  // Notifications of the tests ask for its report.
  sampleAccounts(folder)[Symbol.dispose]();
  const cli = async (...args: string[]) => {
    const ended = await runCli(args, { folder, variables: { DATABASE_URL: databaseUrl } });
    return { ...ended, all: `${ended.code} ${ended.stdout}${ended.stderr}` };
  };
  return { ...temporary, cli, notifications: (...args: string[]) => cli('notifications', ...args) };
}

test('a recurrence in words is added, and foretold with its holidays and what the clock does', async () => {
  await using line = await commandLine();
  const { cli, notifications, folder } = line;
  await writeFile(join(folder, 'holidays.txt'), '# Bavaria\n12-25\n2099-12-24 # closed\n\n');
  const when = ['--every', 'every weekday at 09:00', '--timezone', 'Europe/Berlin'];
  expect((await notifications(...ADD, ...when, '--skip-file', 'holidays.txt', '--catch-up', '2 hours')).all).toMatch(
    /^0 Notification a added: Every weekday at 09:00, Europe\/Berlin; next \d{4}-\d\d-\d\d 09:00 Europe\/Berlin \(.*Z\)\n$/,
  );
  const asked = ['--after', '2099-12-23 12:00', '--count', '2'];
  const gap = ['--cron', '30 2 * * *', '--timezone', 'Europe/Berlin', '--after', '2099-03-28 12:00', '--count', '1'];
  const [next, why, changed, skips, nothing] = await Promise.all([
    notifications('next', 'a', ...asked),
    cli('why', 'a', '--at', '2099-12-24T08:00:00Z'),
    // As if it were updated so, and as one that is nowhere.
    notifications('next', 'a', '--every', 'first monday at 8:30', ...asked),
    notifications('next', ...gap, '--dst-gap', 'skip'),
    notifications('next'),
  ]);
  expect(next.stderr).toBe('Every weekday at 09:00, Europe/Berlin\n');
  expect(next.stdout.split('\n').slice(1, 5)).toEqual([
    expect.stringMatching(/^Thu 2099-12-24 09:00 .* – +skipped: holiday 2099-12-24/),
    expect.stringMatching(/^Fri 2099-12-25 09:00 .* – +skipped: holiday 2099-12-25/),
    expect.stringMatching(/^Mon 2099-12-28 09:00 +Europe\/Berlin +2099-12-28 08:00Z$/),
    expect.stringMatching(/^Tue 2099-12-29 /),
  ]);
  expect(why.stdout).toContain('skipped: holiday 2099-12-24');
  expect(changed.stderr).toContain('The first Monday of the month at 08:30, Europe/Berlin');
  expect(skips.stdout).toMatch(/03-29 02:30 .* – +skipped: .*\n.*03-30 02:30/);
  expect(nothing.all).toMatch(/^2 .*Nothing says when it is due/);
});

test('an update changes what is named and nothing else', async () => {
  await using line = await commandLine();
  const { store, notifications } = line;
  await store.notifications.add([recurring('a', { ...WEEKDAYS, catchUpWindowS: 7_200, skip: ['12-25'] })]);
  const updated = await notifications('update', 'a', '--every', 'last friday at 16:00', '--skip', 'none', '--json');
  expect(JSON.parse(updated.stdout)).toMatchObject({
    due: { cron: '0 16 * * FRI', nthDay: -1, skip: [], catchUpWindowS: 7_200 },
  });
  expect(await store.notifications.find('a')).toMatchObject({
    due: { timezone: 'Europe/Berlin' },
    channel: { id: 'C0ACME' },
  });
  const wrong = await Promise.all([
    notifications('update', 'a', '--timezone', 'Europe/Brelin'),
    notifications('update', 'a'),
    notifications('update', 'b', '--name', 'B'),
    notifications('update', 'a', '--workspace', 'nowhere'),
  ]);
  expect(wrong.map(({ all }) => all)).toEqual([
    expect.stringMatching(/^2 [^]*Did you mean Europe\/Berlin/),
    expect.stringMatching(/^2 .*Nothing to change is named/),
    expect.stringMatching(/^2 .*There is no notification "b"/),
    expect.stringMatching(/^2 .*There is no workspace "nowhere"/),
  ]);
  const rides = await notifications('update', 'a', '--schedule', 'weekdays', '--json');
  expect(JSON.parse(rides.stdout)).toMatchObject({
    due: { kind: 'schedule', scheduleId: 'weekdays', afterOutage: 'newest' },
  });
  expect((await notifications('next', 'a')).all).toMatch(/^2 .*rides the schedule weekdays[^]*schedule next weekdays/);
});

test('a pause has an end on the clock of its notification, and shows', async () => {
  await using line = await commandLine();
  const { store, notifications } = line;
  await store.notifications.add([recurring('a', { ...WEEKDAYS, nextDueAt: '2099-01-05T08:00:00Z' })]);
  expect((await notifications('pause', 'a', '--until', '2020-01-01')).all).toMatch(/^2 .*has passed/);
  expect((await notifications('pause', 'a', '--until', '2099-01-07', '--note', 'audit')).all).toBe(
    '0 Notification a is paused until 2099-01-06T23:00:00.000Z\n',
  );
  const [next, list] = await Promise.all([notifications('next', 'a', '--count', '1'), notifications('list')]);
  expect(next.stderr).toContain('note: it is paused until 2099-01-06T23:00:00.000Z (audit)');
  expect(list.stdout).toContain('next 2099-01-07T08:00:00.000Z');
  expect((await notifications('unpause', 'a')).all).toBe('0 Notification a is no longer paused\n');
  expect((await notifications('unpause', 'a')).all).toBe('0 Notification a is not paused\n');
});

test("an update says what happens to today's occurrence", async () => {
  await using line = await commandLine();
  const { cli, store, notifications } = line;
  const now = new Date();
  const [minute, hour] = [now.getUTCMinutes(), now.getUTCHours()];
  const today = now.toISOString().slice(0, 10);
  await store.notifications.add([
    recurring('a', { cron: `${minute} ${hour} * * *`, nextDueAt: `${now.toISOString().slice(0, 16)}Z` }),
  ]);
  await store.claims.claimDue({ dispatchId: 'run', nominal: now, selection: { kind: 'due', schedule: null } });
  const { stdout } = await notifications('update', 'a', '--cron', '59 23 * * *');
  expect(stdout).toContain(`Today's occurrence, ${today}T`);
  expect(stdout).toContain('is pending: the new times start on the day after.');

  // Occurrences that passed unclaimed have rows that no run wrote.
  const passed = new Date(now.getTime() - 2 * 3_600_000).toISOString();
  await store.notifications.add([recurring('b', { cron: `${minute} * * * *`, nextDueAt: passed })]);
  await notifications('update', 'b', '--cron', '59 23 * * *');
  const why = (await cli('why', 'b')).stdout;
  expect(why).toMatch(
    /MISSED\n.*Its times were changed before a run looked for it\n[^]* Written: by a change of its times at .*Z, not by a run$/m,
  );
  expect(why).not.toMatch(/Run:|Attempts/);
  expect((await cli('why', 'a')).stdout).toMatch(/ Run: .*run\n +Attempts and answers: .*deliver/);
});

test('what comes late says so: in its message, in the summary of its run, and in the ledger', async () => {
  await using app = await startApp();
  const due = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 20 * 60_000);
  const cron = `${due.getUTCMinutes()} ${due.getUTCHours()} * * *`;
  await app.store.notifications.add([
    recurring('late', { cron, nextDueAt: due.toISOString() }),
    recurring('missed', { cron, nextDueAt: due.toISOString(), catchUpWindowS: 600 }),
  ]);
  // As it was before it came due.
  await app.store.db.updateTable('notifications').set({ updated_at: '2020-01-01T00:00:00.000Z' }).execute();
  const result = await app.run({ selection: { kind: 'due', schedule: null } });
  expect(result).toMatchObject({ due: 1, delivered: 1, late: 1, missed: 1 });
  const [message] = app.sandbox.sandbox.store.allMessages();
  expect(JSON.stringify(message?.blocks?.[0])).toMatch(
    new RegExp(`"Due ${formatFor().time(due)}, posted [\\d:]+\\s[AP]M: nothing was running"`),
  );

  const variables = { DATABASE_URL: app.databaseUrl };
  const cli = (...args: string[]) => runCli(args, { folder: app.folder, variables });
  expect((await cli('deliveries', 'list')).stdout).toMatch(/late .* delivered, late/);
  expect((await cli('why', 'late')).stdout).toMatch(/DELIVERED, late[^]*2\d minutes late: nothing was running/);
  expect((await cli('failures', 'list')).stdout).toMatch(/missed .* missed .*2\d minutes after it was due/);
});
