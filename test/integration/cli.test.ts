import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { describe, expect, test } from 'vitest';
import { commandsFor } from '../../src/cli/commands/index.ts';
import { startApp } from '../support/app.ts';
import { type Ended, runCli, runProgram } from '../support/program.ts';
import { cliOf } from '../support/schedules.ts';
import { recurring, rider, temporaryFolder } from '../support/store.ts';
import { nextSecond } from '../support/until.ts';

function cli(folder: string, args: string[]): Promise<Ended> {
  return runCli(args, { folder });
}

/** In a process of its own, which loads what it needs. */
function cliProcess(folder: string, args: string[], variables: Record<string, string>): Promise<Ended> {
  return runProgram(['src/cli/main.ts', ...args], { folder, variables });
}

const json = ({ stdout }: Ended) => JSON.parse(stdout) as Record<string, unknown>;

/** A command with all below it. */
function withAllBelow(command: CommandUnknownOpts): CommandUnknownOpts[] {
  return [command, ...command.commands.flatMap(withAllBelow)];
}

function pathOf(command: CommandUnknownOpts): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

describe('help', () => {
  test('is everywhere, and names every command', async () => {
    const program: CommandUnknownOpts = new Command('slack-reports').description('as in cli.ts');
    for (const command of await commandsFor(undefined, program)) program.addCommand(command);
    const all = withAllBelow(program);
    for (const command of all) {
      const help = command.helpInformation();
      expect(help).toMatch(new RegExp(`^Usage: ${pathOf(command)}.*\\n\\n[a-z].{9,}`, 'i'));
      for (const below of command.commands) expect(help).toMatch(new RegExp(`\\n {2}${below.name()}[ \\n]`));
    }
    expect(all.map(pathOf)).toEqual(
      expect.arrayContaining(
        ['start', 'run', 'schedule create', 'notifications import', 'deliveries list', 'why', 'resume'].map(
          (path) => `slack-reports ${path}`,
        ),
      ),
    );
    expect(all.length).toBeGreaterThan(50);
  });

  test('is printed, of all or of the one that is asked about', async () => {
    const whole = await cli('/', ['--help']);
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    expect(whole.stdout).toMatch(
      /^Usage: slack-reports .*\n\nScheduled(.*\n)*Commands:\n {2}start(.*\n)* {2}completion/,
    );
    for (const args of [
      ['schedule', 'create', '--help'],
      ['help', 'schedule'],
    ]) {
      const path = args.filter((word) => !word.includes('help')).join(' ');
      const one = await cli('/', args);
      expect(one).toMatchObject({ code: 0, stderr: '' });
      expect(one.stdout).toMatch(new RegExp(`^Usage: slack-reports ${path} `));
    }
  });

  test('loads of all commands the one that is asked for, wherever an option stands', async () => {
    const program = new Command('slack-reports');
    expect((await commandsFor('schedule', program)).map((command) => command.name())).toEqual(['schedule']);
    expect((await commandsFor('toString', program)).length).toBeGreaterThan(20);
    await using folder = await temporaryFolder();
    const listed = await cli(folder.path, ['--reports', folder.path, 'report', 'list']);
    expect(listed).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('delivery-digest') });
  });

  test('and all that is loaded for it do without the native library of workers', async () => {
    const variables = refusing('@temporalio/worker');
    expect(await cliProcess('/', ['--help'], variables)).toMatchObject({ code: 0, stderr: '' });
    const worker = await runProgram(['src/worker.ts'], { folder: '/', variables });
    expect(worker.stderr, 'they are what needs it').toContain('not to be loaded');
  });

  test('and what asks only the store does without the client of Temporal', async () => {
    await using folder = await temporaryFolder();
    expect((await cli(folder.path, ['migrate'])).code).toBe(0);
    const variables = refusing('@temporalio/client');
    const lists = ['notifications', 'deliveries', 'failures', 'unconfirmed', 'parked', 'workspaces', 'report'];
    const ended = await Promise.all(lists.map((name) => cliProcess(folder.path, [name, 'list', '--json'], variables)));
    expect(ended).toMatchObject(lists.map(() => ({ code: 0, stderr: '' })));
    const asked = await cliProcess(folder.path, ['schedule', 'list'], variables);
    expect(asked.stderr, 'this one needs it').toContain('not to be loaded');
  });

  test('and what starts no process does without the library that starts them', async () => {
    await using folder = await temporaryFolder();
    expect((await cli(folder.path, ['migrate'])).code).toBe(0);
    const variables = refusing('execa');
    for (const args of [['--help'], ['start', '--help'], ['notifications', 'list', '--json']]) {
      expect(await cliProcess(folder.path, args, variables)).toMatchObject({ code: 0, stderr: '' });
    }
    const started = await cliProcess(folder.path, ['start'], { ...variables, SLACK_SANDBOX_URL: 'http://127.0.0.1:1' });
    expect(started.stderr, 'this one needs it').toContain('not to be loaded');
  });

  test('comes with unknown words, and without any', async () => {
    await using folder = await temporaryFolder();
    const unknown = await cli(folder.path, ['nonsense']);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toMatch(/^error: unknown command 'nonsense'\n.*see --help/);
    expect((await cli(folder.path, ['schedule', 'create', 'x'])).stderr).toContain('Nothing says when it fires');
    expect((await cli(folder.path, [])).stderr).toContain('Usage: slack-reports');
    expect(await cli(folder.path, ['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+ \(Node \d+\.\d+\.\d+, tz database \d{4}[a-z]\)\n$/),
    });
  });
});

/** Variables for a process that may not load this package. */
function refusing(name: string): Record<string, string> {
  const refuse = `import { registerHooks } from 'node:module';
    registerHooks({ resolve(name, context, next) {
      if (name === '${name}') throw new Error('not to be loaded');
      return next(name, context);
    } });`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(refuse)}` };
}

const row = (id: string, channel = 'C0ACME') => `${id},acme,delivery-digest,${channel},s`;

describe('notifications', () => {
  test('are added, listed and removed, for people and for programs', async () => {
    await using folder = await temporaryFolder();
    const add = ['notifications', 'add', '--account', 'acme', '--report', 'delivery-digest', '--channel', 'C0ACME'];
    const added = await cli(folder.path, [
      ...add,
      'weekly',
      '--cron',
      '0 9 * * MON',
      '--timezone',
      'Asia/Tokyo',
      '--json',
    ]);
    expect(added.code, added.stderr).toBe(0);
    expect(json(added)).toMatchObject({
      id: 'weekly',
      due: { kind: 'recurrence', cron: '0 9 * * MON', timezone: 'Asia/Tokyo' },
      workspaceId: 'default',
    });
    expect((await cli(folder.path, [...add, 'rider', '--schedule', 's'])).stdout).toBe(
      'Notification rider added: with s\n',
    );

    const listed = json(await cli(folder.path, ['notifications', 'list', '--json'])) as unknown as {
      id: string;
      params: object;
    }[];
    expect(listed.map(({ id, params }) => [id, params])).toEqual([
      ['rider', {}],
      ['weekly', {}],
    ]);
    const table = (await cli(folder.path, ['notifications', 'list', '--schedule', 's'])).stdout;
    expect(table).toMatch(/^NOTIFICATION +NAME +ACCOUNT .*\nrider +rider +acme .*\n$/);

    const twice = await cli(folder.path, [...add, 'rider', '--schedule', 's']);
    expect(twice).toMatchObject({ code: 2, stderr: 'error: Notification "rider" exists already\n' });
    const unknown = await cli(folder.path, ['notifications', 'remove', 'rider', 'unknown']);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no notification "unknown"') });
    expect((await cli(folder.path, ['notifications', 'remove', 'rider', 'weekly', '--yes', '--json'])).code).toBe(0);
    expect(json(await cli(folder.path, ['notifications', 'list', '--json']))).toEqual([]);
  });

  test('are imported: exit code 0 for all, 1 for some, 2 for none', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'new.csv');
    const write = (...rows: string[]) => writeFile(file, ['id,account,report,channel,schedule', ...rows].join('\n'));
    await write(row('a'), row('b', 'general'));
    const strict = await cli(folder.path, ['notifications', 'import', 'new.csv', '--strict']);
    expect(strict).toMatchObject({ code: 2, stdout: '0 added, 1 wrong (--strict: nothing was added)\n' });
    expect(strict.stderr).toMatch(/^new\.csv:3: b: channel: must be a channel id/);
    expect(json(await cli(folder.path, ['notifications', 'list', '--json']))).toEqual([]);

    expect(await cli(folder.path, ['notifications', 'import', 'new.csv'])).toMatchObject({
      code: 1,
      stdout: '1 added, 1 wrong\n',
    });
    await write(row('a'), row('b'));
    const all = await cli(folder.path, ['notifications', 'import', 'new.csv', '--json']);
    expect([all.code, json(all)]).toEqual([0, { added: 1, unchanged: 1, problems: [] }]);
  });
});

test('unconfirmed deliveries are listed, confirmed, and sent again, many at once', async () => {
  await using app = await startApp();
  const slackReports = cliOf(app);
  const { store } = app;
  const channels = { seen: 'C0ACME', other: 'C0OPS', lost: 'C0CEDAR', gone: 'C0CEDAR' };
  for (const [id, channel] of Object.entries(channels)) {
    await store.notifications.add([rider(id, 's', { channel, channelName: `#${id}` })]);
    const selection = { kind: 'notifications', ids: [id] } as const;
    await store.claims.claimDue({ dispatchId: `run-of-${id}`, nominal: new Date(), selection });
    const [claimed] = await store.deliveries.list({ notificationId: id }, 1);
    await store.ledger.beginPosting(claimed?.id ?? '');
    await store.ledger.markUnconfirmed(claimed?.id ?? '', { code: 'http_503', message: 'Slack was away' });
  }
  const rows = JSON.parse((await slackReports('unconfirmed', 'list', '--json')).stdout) as { id: string }[];
  expect(rows).toHaveLength(4);
  const [first] = await store.deliveries.list({ notificationId: 'seen' }, 1);
  const shown = await slackReports('unconfirmed', 'list', '--channel', 'C0ACME');
  expect(shown.stdout).toMatch(new RegExp(`\\n${first?.id} +seen .* #seen .* Slack was away\\n$`));

  const all = await slackReports('unconfirmed', 'confirm', '--yes');
  expect(all).toMatchObject({ code: 2, stderr: expect.stringContaining('Say which unconfirmed deliveries') });
  const unasked = await slackReports('unconfirmed', 'confirm', '--channel', 'C0OPS');
  expect(unasked).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Record 1 delivery (other) as delivered?'),
  });
  expect(await slackReports('unconfirmed', 'confirm', '--channel', 'C0OPS', '--yes')).toMatchObject({
    code: 0,
    stdout: '1 recorded as delivered\n',
  });
  expect(json(await slackReports('unconfirmed', 'confirm', first?.id ?? '', '--yes', '--json'))).toEqual({
    confirmed: 1,
  });
  const why = await slackReports('why', 'seen');
  expect(why.stdout).toMatch(/DELIVERED\n(.*\n)* +\S+ +delivered +confirmed: A person confirmed that it is there\n/);

  const resent = await slackReports('unconfirmed', 'resend', '--channel', 'C0CEDAR', '--yes');
  expect(resent).toMatchObject({ code: 0, stdout: '2 notifications dispatched: 2 delivered\n' });
  expect(app.oracle().messages.map(({ channel }) => channel)).toEqual(['C0CEDAR', 'C0CEDAR']);
  const again = await slackReports('unconfirmed', 'resend', '--all', '--yes');
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('No unconfirmed report matches') });
});

describe('a run', () => {
  test('shows the outcome, and its exit code says whether all arrived', async () => {
    await using app = await startApp();
    const slackReports = cliOf(app);
    const [good, archived] = [`good-${randomUUID()}`, `archived-${randomUUID()}`];
    await app.store.notifications.add([
      rider(good, 's'),
      rider(archived, 's', { channel: 'C0LEGACY', channelName: '#legacy-reports' }),
    ]);
    const one = await slackReports('run', '--notification', good);
    expect(one).toMatchObject({ code: 0, stdout: '1 notification dispatched: 1 delivered\n' });
    await nextSecond();
    const both = await slackReports('run', '--schedule', 's', '--json');
    expect([both.code, json(both)]).toMatchObject([
      1,
      { due: 2, delivered: 1, parked: 1, workflowId: expect.any(String) },
    ]);

    const run = String(json(both)['workflowId']);
    const rows = json(await slackReports('deliveries', 'list', '--run', run, '--json')) as unknown as object[];
    expect(rows).toHaveLength(2);
    const parked = await slackReports('deliveries', 'list', '--state', 'parked');
    expect(parked.stdout).toMatch(new RegExp(`\\n${archived} .*#legacy-reports +parked .*is_archived\\n$`));
    expect((await slackReports('why', good)).stdout).toMatch(/DELIVERED, Slack ts \d+\.\d+/);
    expect(await slackReports('run', '--notification', 'unknown')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no notification "unknown"'),
    });
  });

  test('that is not waited for is named', async () => {
    await using app = await startApp();
    await app.store.notifications.add([recurring('own', { cron: '0 9 1 1 *', nextDueAt: '2030-01-01T09:00:00Z' })]);
    const started = json(await cliOf(app)('run', '--notification', 'own', '--no-wait', '--json'));
    const result = await app.client.workflow.getHandle(String(started['workflowId'])).result();
    expect(result).toMatchObject({ due: 1, delivered: 1 });
  });
});

test('a schedule lives its whole life from the command line', async () => {
  await using app = await startApp();
  const slackReports = cliOf(app);
  const id = `cli-${randomUUID()}`;
  await app.store.notifications.add([rider(`n-${randomUUID()}`, id)]);
  const created = await slackReports(
    'schedule',
    'create',
    id,
    '--cron',
    '0 0 29 2 *',
    '--timezone',
    'Europe/Berlin',
    '--json',
  );
  expect(created.code, created.stderr).toBe(0);
  expect(json(created)).toMatchObject({
    id,
    timezone: 'Europe/Berlin',
    next: expect.arrayContaining([expect.stringMatching(/-02-28T23:00:00/)]),
  });
  expect(await slackReports('schedule', 'create', id, '--cron', '0 9 * * *')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error: Schedule ".*" exists already\n {2}See it with/),
  });

  expect((await slackReports('schedule', 'pause', id, '--note', 'holidays')).stdout).toBe(`Schedule ${id} paused\n`);
  expect(json(await slackReports('schedule', 'describe', id, '--json'))).toMatchObject({
    state: 'paused',
    note: 'holidays',
  });
  expect((await slackReports('schedule', 'unpause', id)).code).toBe(0);
  const described = await slackReports('schedule', 'describe', id);
  expect(described.stdout).toMatch(/\ntimezone: +Europe\/Berlin\nstate: +active\n/);

  const { workflowId } = json(await slackReports('schedule', 'trigger', id, '--json'));
  expect(await app.client.workflow.getHandle(String(workflowId)).result()).toMatchObject({ due: 1, delivered: 1 });
  await expect.poll(async () => (await slackReports('schedule', 'list')).stdout, { timeout: 20_000 }).toContain(id);

  expect(json(await slackReports('schedule', 'delete', id, '--yes', '--json'))).toEqual({ id, deleted: true });
  for (const verb of ['describe', 'trigger', 'pause', 'unpause', 'delete']) {
    expect(await slackReports('schedule', verb, id), verb).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error: There is no schedule ".*"\n {2}.*List them with .*\n$/),
    });
  }
});

test('redrive and resume say what becomes of the rest, and ask before they send more than a few', async () => {
  await using app = await startApp();
  const slackReports = cliOf(app);
  const { store } = app;
  const ids = Array.from({ length: 6 }, (_, nr) => `revived-${nr}`);
  await store.notifications.add(ids.map((id) => rider(id, 's')));
  const claim = async (hoursAgo: number) => {
    const nominal = new Date(Date.now() - hoursAgo * 3_600_000);
    const dispatchId = `run-${hoursAgo}`;
    await store.claims.claimDue({ dispatchId, nominal, selection: { kind: 'notifications', ids } });
    return store.deliveries.list({ dispatchId }, ids.length);
  };
  for (const hoursAgo of [1, 2, 30]) {
    for (const { id } of await claim(hoursAgo)) await store.ledger.markFailed(id, { code: 'load_failed', message: '' });
  }
  const notes =
    'note: 6 deliveries will be recorded as missed: older occurrences\n' +
    'note: 6 deliveries due longer ago than 1 day will stay failed; --within includes them\n';
  const asked = await slackReports('redrive', '--all');
  expect(asked).toMatchObject({ code: 2, stdout: '' });
  expect(asked.stderr).toBe(
    `${notes}error: Send 6 failed deliveries now? There is no terminal to ask at\n  Use --yes to skip the question.\n`,
  );
  expect(await store.deliveries.countByState({})).toEqual({ failed: 18 });
  const sent = await slackReports('redrive', '--all', '--yes', '--json');
  expect(json(sent)).toMatchObject({ due: 6, late: 6, missed: 6, delivered: 6 });
  expect(sent.stderr).toBe(notes);
  expect(await slackReports('redrive', '--all'), 'nothing is left to ask about').toMatchObject({ code: 0 });

  const owner = { kind: 'workspace', id: 'sandbox' } as const;
  for (const hoursAgo of [3, 4]) {
    for (const { id } of await claim(hoursAgo)) {
      await store.ledger.park(id, owner, { code: 'token_revoked', message: 'token_revoked' });
    }
  }
  const resumed = await slackReports('resume', 'sandbox', '--all-occurrences');
  expect(resumed).toMatchObject({ code: 2, stderr: expect.stringContaining('Send 12 parked deliveries now?') });
  expect(await store.parking.list()).toHaveLength(1);
  const few = await slackReports('resume', 'sandbox', '--within', '3 minutes', '--json');
  expect(json(few)).toMatchObject({ due: 0, missed: 12 });
  expect(few.stderr).toContain('12 deliveries will be recorded as missed: older occurrences, or due longer ago than 3');
});

test('a .env file in the working folder is read', async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'elsewhere'));
  await writeFile(join(folder.path, 'elsewhere', '.env'), 'LOG_LEVEL=loud\n');
  const { code, stderr } = await cli(join(folder.path, 'elsewhere'), ['notifications', 'list']);
  expect([code, stderr]).toEqual([2, expect.stringContaining('LOG_LEVEL must be')]);
});
