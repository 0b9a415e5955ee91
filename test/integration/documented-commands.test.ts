import { randomUUID } from 'node:crypto';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Client, type ConnectionLike } from '@temporalio/client';
import { execa } from 'execa';
import { marked, type Tokens } from 'marked';
import { startSandbox } from 'slack-sandbox';
import { expect, inject, test } from 'vitest';
import { writeSampleDatabase } from '../../examples/sample/database.ts';
import { commandsOf, type DocumentedCommand, pagesWithCommands, whyNotRun } from '../../scripts/documented-commands.ts';
import { loadConfig } from '../../src/config.ts';
import { importNotifications } from '../../src/notifications/import.ts';
import { reportsWith } from '../../src/reports/registry.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { connectClient } from '../../src/temporal/connect.ts';
import type { CommandLine, SaidLine } from '../support/command-lines.ts';
import { environment } from '../support/program.ts';
import { NO_LIMITS } from '../support/sandbox.ts';
import { SAMPLE_REPORT } from '../support/sample.ts';
import { temporaryFolder } from '../support/store.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const DAY_MS = 86_400_000;
/** The placeholders of the pages. */
const PLACEHOLDERS: Record<string, string> = {
  '<notification>': 'acme-weekly',
  '<run>': 'run-that-ended',
  '<file>': 'copy.db',
  '<a channel of yours>': 'C0OPS',
  '…': 'examples/sample/reports/account-activity.fixture.json',
};
const OCCURRENCE = new Date(Math.floor(Date.now() / 1_000) * 1_000 - 3_600_000).toISOString().replace('.000', '');
/** What `<id>`, `<name>` and `<key>` of a command are. */
const NAMES: Record<string, string> = {
  'report new': 'of-mine',
  'report show': 'http-health',
  'preview --report': 'http-health',
  'resend <notification>': OCCURRENCE,
  'resume <id>': 'acme-legacy',
  'schedule describe': 'tick',
  'schedule backfill': 'tick',
};
/** Schedules that a page takes for granted. */
const SCHEDULES: Record<string, string[]> = {
  'docs/runbook.md': ['tick'],
  'examples/sample/README.md': ['weekday-reports'],
};
/** Modules of the reader's application, which modules of pages import. */
const MY_APP = {
  'my-app/orders.ts': 'export const loadOrders = async () => [{ number: "1", total: 2 }];',
  'my-app/notifications.ts':
    'export const getNotificationsToRun = async () => [{ id: "42", account: "acme", channel: "C0ACME" }];',
};

test('every command line of the documents runs', async () => {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryFolder());
  const sandbox = stack.use(await startSandbox({ port: 0, limits: NO_LIMITS }));
  const config = loadConfig({ TEMPORAL_ADDRESS: inject('temporalAddress') });
  const { connection } = stack.use(await connectClient(config));
  const [schedules, runs] = await Promise.all([ownNamespace(connection), ownNamespace(connection)]);
  // A command that starts a run and finds no worker waits a second for one; one that asks a run waits for the worker that polls.
  const poll = { namespace: runs, taskQueue: { name: POLLED }, identity: 'documents' };
  const polled = connection.withDeadline(Date.now() + 60_000, () =>
    connection.workflowService.pollWorkflowTaskQueue(poll),
  );
  polled.catch(() => {});
  const template = join(path, 'template');
  await makeTemplate(template);

  const lines: (CommandLine & { page: string; text: string })[] = [];
  const ran = new Set<string>();
  const sent: string[] = [];
  for (const page of await pagesWithCommands(root)) {
    const markdown = await readFile(join(root, page), 'utf8');
    const commands = commandsOf(markdown);
    for (const { words, text } of commands.filter((each) => each.text.includes('127.0.0.1:4747'))) {
      sent.push(text);
      expect(await curl(words, sandbox.url), `${page}: ${text}`).toBe(200);
    }
    const folder = join(path, page.replaceAll('/', '-'));
    await cp(template, folder, { recursive: true });
    await writeModules(folder, markdown);
    const add = (text: string, args: string[], more: Record<string, string> = {}) =>
      lines.push({ page, text, folder, env: { SLACK_REPORTS_TASK_QUEUE: page, ...more }, args });
    for (const id of SCHEDULES[page] ?? []) {
      add(BEFORE, ['schedule', 'delete', id, '--yes']);
      add(BEFORE, ['schedule', 'create', id, '--cron', '0 0 29 2 *']);
    }
    for (const command of inOrder(commands)) {
      const args = argsOf(command, folder);
      const line = args.join(' ');
      const one = SAME_EVERYWHERE.has(line) ? line : `${page}: ${line}`;
      if (ran.has(one)) continue;
      ran.add(one);
      // Another page may have one of this name.
      if (args[0] === 'schedule' && args[1] === 'create') add(BEFORE, ['schedule', 'delete', args[2] ?? '', '--yes']);
      const isRun = args.includes('--no-wait') && !args.includes('--at') && !args.includes('--in');
      add(command.text, args, {
        ...command.env,
        ...(isRun && { TEMPORAL_NAMESPACE: runs, SLACK_REPORTS_TASK_QUEUE: POLLED }),
      });
    }
  }
  expect(lines.length, 'commands of pages').toBeGreaterThan(100);
  expect(sent.length, 'requests of pages to the sandbox').toBeGreaterThan(3);

  await writeFile(join(path, 'lines.json'), JSON.stringify(lines));
  const env = environment(path, {
    TEMPORAL_NAMESPACE: schedules,
    SLACK_API_URL: `${sandbox.url}/api/`,
    SLACK_SANDBOX_URL: sandbox.url,
    SLACK_BOT_TOKEN: sandbox.token,
    SLACK_REPORTS_TOKEN_RESOLVER: join(template, 'my-resolver.ts'),
  });
  delete env['DATABASE_URL'];
  const program = join(root, 'test/support/command-lines.ts');
  await execa(process.execPath, [program, join(path, 'lines.json'), join(path, 'said.json')], {
    env,
    extendEnv: false,
    cwd: path,
    timeout: 160_000,
  });
  const said = JSON.parse(await readFile(join(path, 'said.json'), 'utf8')) as SaidLine[];
  const failed = said.flatMap(({ code, stdout, stderr }, nr) => {
    const { page = '', text = '', args = [] } = lines[nr] ?? {};
    const allowed = text === BEFORE ? [0, 1, 2] : [0, ...(MAY_FAIL[args.slice(0, 2).join(' ')] ?? [])];
    return allowed.includes(code) ? [] : `${page}: ${text}: exit code ${code}\n${stdout}${stderr}`;
  });
  expect(failed).toEqual([]);
});

/** Once is enough, whatever the page. */
const SAME_EVERYWHERE = new Set(['doctor', 'doctor --exit-code', 'failures list', 'runs list']);
const POLLED = 'polled';
/** Of a command line of the test itself. */
const BEFORE = 'before';
/** No worker polls, and a page imports a wrong row to show what is said of it. */
const MAY_FAIL: Record<string, number[]> = { doctor: [1], 'doctor --exit-code': [1], 'notifications import': [1] };

/** Reports are written first: a page may use one before it says how to write it. */
function inOrder(commands: readonly DocumentedCommand[]): DocumentedCommand[] {
  const run = commands.filter((each) => whyNotRun(each) === undefined);
  return [...run.filter(isReportNew), ...run.filter((each) => !isReportNew(each))];
}

function isReportNew({ words }: DocumentedCommand): boolean {
  return words[1] === 'report' && words[2] === 'new';
}

/** For schedules and runs whose names other tests may have too. */
async function ownNamespace(connection: ConnectionLike): Promise<string> {
  const namespace = `docs-${randomUUID()}`;
  const workflowExecutionRetentionPeriod = { seconds: 86_400 as never };
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  const client = new Client({ connection, namespace });
  await until('the namespace is known', () => client.workflow.count().then(Boolean, () => false));
  return namespace;
}

/** A store with the sample's notifications, and deliveries that ended in every way that a page names. */
async function makeTemplate(folder: string): Promise<void> {
  await mkdir(join(folder, 'data'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules/slack-reports'));
  await symlink(join(root, 'examples'), join(folder, 'examples'));
  const csv = 'id,account,report,channel,schedule\nacme-monday,acme,account-activity,C0ACME,weekday-reports\n';
  await write(join(folder, 'notifications.csv'), csv);
  await write(join(folder, 'my-resolver.ts'), 'export const resolveToken = async () => undefined;');
  await write(join(folder, 'notifications.yaml'), 'notifications: {}\n');
  await write(join(folder, 'schedules.yaml'), 'schedules: {}\n');
  for (const [file, text] of Object.entries(MY_APP)) await write(join(folder, file), text);
  writeSampleDatabase(join(folder, 'data/sample.db'), new Date());
  await using store = await openStore(`sqlite:${join(folder, 'data/slack-reports.db')}`);
  await store.workspaces.put({ id: 'sandbox', name: 'Sandbox', tokenRef: 'sandbox' });
  const reports = reportsWith([SAMPLE_REPORT]);
  const file = join(root, 'examples/sample/notifications.json');
  const { problems } = await importNotifications(store, file, { strict: true, now: new Date(), reports });
  expect(problems).toEqual([]);
  await endDeliveries(store);
}

async function endDeliveries(store: Store): Promise<void> {
  const claimed = async (id: string) => {
    const nominal = new Date(OCCURRENCE);
    await store.claims.claimDue({
      dispatchId: 'run-that-ended',
      nominal,
      selection: { kind: 'notifications', ids: [id] },
    });
    const [delivery] = await store.deliveries.list({ notificationId: id }, 1);
    if (delivery === undefined) throw new Error(`${id} was not claimed`);
    return delivery.id;
  };
  const parked = await claimed('acme-legacy');
  const owner = { kind: 'notification', id: 'acme-legacy' } as const;
  await store.ledger.park(parked, owner, { code: 'is_archived', message: 'is_archived' });
  const failed = await claimed('lumen-weekly');
  await store.ledger.markFailed(failed, { code: 'invalid_blocks', message: '' });
  for (const id of ['harbor-weekly', 'acme-weekly']) {
    const delivery = await claimed(id);
    await store.ledger.beginPosting(delivery);
    await store.ledger.markUnconfirmed(delivery, { code: 'http_503', message: 'Slack was away' });
  }
}

/** The files that a page shows. Their paths are before them, or in their first line: `// my-reports/open-orders.ts`. */
async function writeModules(folder: string, markdown: string): Promise<void> {
  let before = '';
  for (const { type, raw, text, lang } of marked.lexer(markdown) as Tokens.Code[]) {
    if (type === 'code') {
      const path = FILE.exec(before)?.[1] ?? FILE.exec(text.split('\n')[0] ?? '')?.[1];
      if (path !== undefined) await write(join(folder, path), text);
      else if (lang === 'csv') await write(join(folder, 'notifications.csv'), text);
      else if (lang === 'yaml') await write(join(folder, `${/^\w+(?=:)/m.exec(text)?.[0]}.yaml`), text);
    }
    if (type !== ('space' as never)) before = raw.trim();
  }
}

const FILE = /^(?:\/\/ |-- |`)(my-(?:reports|sources)\/[\w-]+\.(?:ts|sql))(?:;|`:$|$)/;

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

const ASKS =
  /^(?:redrive|resume|restore|unconfirmed (?:confirm|resend)|notifications apply|schedule (?:apply|delete))\b/;
const FOLLOWS = /^(?:run|redrive|resend|resume|unconfirmed resend|send(?! (?:list|cancel|reschedule)))\b/;

/** As in the page, with names for the placeholders; no terminal answers, no worker runs, and a time of the page may be past. */
function argsOf({ words }: DocumentedCommand, folder: string): string[] {
  const args = words.slice(1);
  const name = NAMES[args.slice(0, 2).join(' ')] ?? '';
  const line = args.join(' ');
  return [
    ...args
      .filter((word) => word !== '--yes')
      .map((word) => PLACEHOLDERS[word] ?? word.replaceAll(/<(?:id|name|key)>/g, name).replace(/^\/backups/, folder))
      .map((word) => (/^(?:send|notifications pause)\b/.test(line) ? inFuture(word) : word))
      .map((word) => (word === '--open' ? `--html=${join(folder, 'page.html')}` : word)),
    ...(ASKS.test(line) || args.includes('--yes') ? ['--yes'] : []),
    ...(FOLLOWS.test(line) ? ['--no-wait'] : []),
    // The name of a command within a sentence.
    ...(line === 'report new' || line === 'workspaces add' ? ['--help'] : []),
  ];
}

function inFuture(word: string): string {
  return word.replace(/^20\d\d-/, `${new Date(Date.now() + 400 * DAY_MS).getUTCFullYear()}-`);
}

/** `curl` as pages use it: an address, a method, a body. */
async function curl(words: readonly string[], sandbox: string): Promise<number> {
  const after = (option: string) => (words.includes(option) ? words[words.indexOf(option) + 1] : undefined);
  const url = words.find((word) => word.startsWith('http://'))?.replace('http://127.0.0.1:4747', sandbox) ?? '';
  const body = after('-d');
  const [name = '', value = ''] = after('-H')?.split(': ') ?? [];
  const response = await fetch(url, {
    method: after('-X') ?? (body === undefined ? 'GET' : 'POST'),
    headers: { [name]: value },
    ...(body !== undefined && { body }),
  });
  return response.status;
}
