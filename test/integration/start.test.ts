import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import { startSandbox } from 'slack-sandbox';
import { TASK_QUEUE } from '../../src/contract/ids.ts';
import { freePort, isListening } from '../../src/lib/ports.ts';
import { serverAnswers, startTemporalServer } from '../../src/dev/temporal-server.ts';
import { schedules } from '../../src/schedule.ts';
import { openStore } from '../../src/store/open.ts';
import { portWithWebUi } from '../support/ports.ts';
import { environment, startProgram } from '../support/program.ts';
import { isMissing, temporaryFolder, temporaryStore } from '../support/store.ts';
import { until } from '../support/until.ts';

/** A first start fills a store, starts four processes and bundles the workflows. */
const START_DEADLINE_MS = 60_000;

interface Surroundings {
  folder: string;
  port: number;
  sandboxUrl: string;
  variables?: Record<string, string>;
}

/** `npm start` in a folder of its own. Told when it has come to rest, and everything that it said until then. */
async function start({ folder, port, sandboxUrl, variables }: Surroundings) {
  const lines: string[] = [];
  const env = environment(folder, {
    TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
    SLACK_SANDBOX_URL: sandboxUrl,
    DATABASE_URL: `sqlite:${join(folder, 'data', 'store.db')}`,
    ...variables,
  });
  const onLine = (line: string) => lines.push(line);
  const child = await startProgram('src/cli/main.ts', { args: ['start'], folder, env, onLine });
  const said = () => lines.join('\n');
  let exited = false;
  void child.exited.then(() => (exited = true));
  await until(
    `the first run to end; said so far: ${said()}`,
    () => {
      if (exited) throw new Error(`It ended by itself:\n${said()}`);
      return said().includes('Ctrl-C ends it');
    },
    START_DEADLINE_MS,
  );
  const interrupt = async () => {
    process.kill(child.pid, 'SIGINT');
    return child.exited;
  };
  return { said, interrupt, exited: child.exited, [Symbol.asyncDispose]: child.stop };
}

/** Processes that were started with this text in their environment; none where the system does not tell. */
async function processesOf(text: string): Promise<{ id: number; command: string }[]> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found: { id: number; command: string }[] = [];
  for (const id of ids) {
    const env = await readFile(`/proc/${id}/environ`, 'utf8').catch(() => '');
    if (!env.includes(text)) continue;
    const command = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
    found.push({ id: Number(id), command: command.replaceAll('\0', ' ') });
  }
  return found;
}

// The pulse of every five minutes may come due just then, and goes along.
const SUMMARY = /2[56] notifications dispatched: 2[45] delivered, 1 parked \(#legacy-reports: is_archived\)/;

/** Some reports have nothing to say a minute after the last one. */
const SECOND_SUMMARY =
  /2[56] notifications dispatched: (\d+) delivered(?:, (\d+) skipped)?, 1 parked \(#legacy-reports: is_archived\)/;

test('one command starts everything, Ctrl-C ends it, and the next one goes on with the same data', async () => {
  await using folder = await temporaryFolder();
  const [port, sandboxPort] = [await portWithWebUi(), await freePort()];
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  // Its worker makes its own bundle, as that of a user does.
  const surroundings = { folder: folder.path, port, sandboxUrl, variables: { SLACK_REPORTS_WORKFLOW_BUNDLE: '' } };
  const everyPort = [port, port + 1_000, sandboxPort];
  const messagesShown = async () => {
    const response = await fetch(`${sandboxUrl}/_sandbox/oracle`);
    return ((await response.json()) as { messages: unknown[] }).messages.length;
  };
  const notifications = async () => {
    await using store = await openStore(join(folder.path, 'data', 'store.db'));
    return (await store.notifications.list()).map(({ id }) => id);
  };

  let seeded: string[];
  {
    await using first = await start(surroundings);
    expect(first.said()).toMatch(SUMMARY);
    expect(first.said()).toContain(`http://localhost:${port + 1_000}`);
    expect(first.said()).toContain(sandboxUrl);
    expect(first.said()).not.toContain('was running');
    expect((await fetch(`http://127.0.0.1:${port + 1_000}`)).ok, 'the Web UI answers').toBe(true);
    expect(await (await fetch(sandboxUrl)).text()).toContain('acme-reports');
    expect(await messagesShown()).toBeGreaterThanOrEqual(24);
    seeded = await notifications();
    expect(seeded.length).toBeGreaterThan(25);
    expect(await first.interrupt()).toMatchObject({ code: 0, signal: null });
  }
  for (const one of everyPort) expect(await isListening(one), `port ${one}`).toBe(false);
  expect(await processesOf(folder.path)).toEqual([]);

  await using second = await start(surroundings);
  const [, delivered = 0, skipped = 0] = (SECOND_SUMMARY.exec(second.said()) ?? []).map(Number);
  expect(delivered, second.said()).toBeGreaterThanOrEqual(12);
  expect(delivered + (skipped || 0), second.said()).toBeGreaterThanOrEqual(24);
  expect(await messagesShown(), 'those of the first time are still there').toBeGreaterThanOrEqual(24 + delivered);
  expect(await notifications()).toEqual(seeded);
  expect(await second.interrupt()).toMatchObject({ code: 0, signal: null });
  for (const one of everyPort) expect(await isListening(one), `port ${one}`).toBe(false);
}, 180_000);

test('when the Temporal server that it started is killed it says so, and ends all', async () => {
  await using folder = await temporaryFolder();
  const port = await portWithWebUi();
  const sandboxUrl = `http://127.0.0.1:${await freePort()}`;
  await using program = await start({ folder: folder.path, port, sandboxUrl });
  const server = (await processesOf(folder.path)).find(({ command }) => command.includes('start-dev'));
  process.kill(server?.id ?? expect.fail('there is no server'), 'SIGKILL');
  expect(await program.exited).toMatchObject({ code: 1 });
  expect(program.said()).toContain('error: The Temporal server has ended');
  expect(await processesOf(folder.path)).toEqual([]);
}, 120_000);

test('what runs already is used, and still runs afterwards', async () => {
  await using folder = await temporaryFolder();
  await using server = await startTemporalServer({ cliPath: inject('temporalCli'), headless: true });
  await using sandbox = await startSandbox({ port: 0 });
  const port = Number(server.address.split(':')[1]);
  await using program = await start({ folder: folder.path, port, sandboxUrl: sandbox.url });
  expect(program.said()).toMatch(new RegExp(`Temporal server .*:${port} \\(was running\\)`));
  expect(program.said()).toMatch(new RegExp(`Slack sandbox .*${sandbox.url} \\(was running\\)`));
  expect(program.said()).toMatch(SUMMARY);
  expect(sandbox.sandbox.oracle.report().duplicates).toEqual([]);
  expect(await program.interrupt()).toMatchObject({ code: 0, signal: null });
  expect(await serverAnswers(server.address)).toBe(true);
  expect((await fetch(`${sandbox.url}/api/api.test`, { method: 'POST' })).status).toBe(200);
  expect(await processesOf(folder.path)).toEqual([]);
}, 120_000);

test.skipIf(isMissing('postgres'))(
  'a production store gets no sample: no table, row, schedule or file',
  async () => {
    await using temporary = await temporaryStore('postgres');
    const { db } = temporary.store;
    await sql`drop schema public cascade`.execute(db);
    await sql`create schema public`.execute(db);
    await using sandbox = await startSandbox({ port: 0 });
    await using server = await startTemporalServer({ cliPath: inject('temporalCli'), headless: true });
    const port = Number(server.address.split(':')[1]);
    const production = { DATABASE_URL: temporary.databaseUrl, SLACK_API_URL: sandbox.slackApiUrl };

    for (const token of ['xoxb-not-a-real-one', '']) {
      const variables = { ...production, SLACK_BOT_TOKEN: token };
      await using program = await start({ folder: temporary.folder, port, sandboxUrl: sandbox.url, variables });
      expect(program.said()).toContain('slack-reports notifications add');
      expect(program.said()).not.toContain('Slack sandbox');
      expect(await program.interrupt()).toMatchObject({ code: 0, signal: null });
    }

    const tables = (await db.introspection.getTables()).map(({ name }) => name);
    expect(tables).toContain('deliveries');
    expect(tables.filter((name) => /account|activity|sample/.test(name))).toEqual([]);
    for (const table of ['notifications', 'deliveries'] as const) {
      expect(await db.selectFrom(table).selectAll().execute(), table).toEqual([]);
    }
    expect((await temporary.store.workspaces.list()).map(({ id }) => id)).toEqual(['default']);
    const connection = await Connection.connect({ address: server.address });
    const listed = await schedules(new Client({ connection }), TASK_QUEUE).list();
    await connection.close();
    expect(listed.map(({ scheduleId }) => scheduleId)).toEqual(['tick']);
    const files = await readdir(temporary.folder, { recursive: true });
    expect(files.filter((name) => /sample/.test(name))).toEqual([]);
    expect(sandbox.sandbox.oracle.report().messages).toEqual([]);
  },
  120_000,
);

test('with a Slack token an embedded store gets no sample either', async () => {
  await using folder = await temporaryFolder();
  await using sandbox = await startSandbox({ port: 0 });
  await using server = await startTemporalServer({ cliPath: inject('temporalCli'), headless: true });
  const port = Number(server.address.split(':')[1]);
  const variables = { SLACK_BOT_TOKEN: 'xoxb-not-a-real-one', SLACK_API_URL: sandbox.slackApiUrl };
  await using program = await start({ folder: folder.path, port, sandboxUrl: sandbox.url, variables });
  expect(program.said()).toContain('slack-reports notifications add');
  expect(await program.interrupt()).toMatchObject({ code: 0, signal: null });
  await using store = await openStore(`sqlite:${join(folder.path, 'data', 'store.db')}`);
  expect(await store.notifications.list()).toEqual([]);
  expect((await readdir(join(folder.path, 'data'))).filter((name) => /sample|sandbox/.test(name))).toEqual([]);
}, 120_000);
