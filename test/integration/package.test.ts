import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import { startSandbox } from 'slack-sandbox';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { packPackages } from '../../scripts/pack.ts';
import { ENTRIES, exportsOf } from '../../scripts/public-api.ts';
import { WORKFLOWS } from '../../src/contract/names.ts';
import { failWhenEnded, startChild } from '../../src/dev/child-process.ts';
import { freePort } from '../../src/lib/ports.ts';
import { portWithWebUi } from '../support/ports.ts';
import { temporaryFolder } from '../support/store.ts';

/**
 * The packages as they are published: packed, and installed into projects that know nothing of this repository. All
 * packages come from npm's cache where it has them.
 */
const MB = 1_000_000;
const TARBALL_MAX = 1.5 * MB;
/** Temporal's own packages are 243 MB of it: its native worker comes for five platforms. */
const INSTALLED_MAX = 285 * MB;
const BESIDE_TEMPORAL_MAX = 100 * MB;

/** How much longer a command may take than Node alone. */
const HELP_MAX = 8;
const LIST_MAX = 6;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let project: string;
let tarballs: { reports: string; sandbox: string };
let node22: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  // Meanwhile, since it waits for the registry or the cache.
  const installing = nodeOf22();
  installing.catch(() => undefined);
  tarballs = await packPackages(join(folder.path, 'packed'));
  project = await newProject('project', { name: 'project', private: true, type: 'module' });
  // As a project with TypeScript has it. Temporal's declarations do not hold with those of Node 26.
  const { devDependencies } = JSON.parse(await readFile('package.json', 'utf8')) as { devDependencies: Versions };
  await npm(project, tarballs.reports, tarballs.sandbox, `@types/node@${devDependencies['@types/node']}`);
  node22 = await installing;
  // A deadline for what is stuck: two builds and two installations.
}, 600_000);
afterAll(() => folder[Symbol.asyncDispose]());

async function newProject(name: string, manifest: object): Promise<string> {
  const path = join(folder.path, name);
  await mkdir(path);
  await writeFile(join(path, 'package.json'), JSON.stringify(manifest));
  return path;
}

/** Of the environment of the tests it has only PATH. */
function environment(node: string = process.execPath): NodeJS.ProcessEnv {
  return {
    PATH: `${dirname(node)}:${process.env['PATH']}`,
    HOME: folder.path,
    TZ: 'UTC',
    TEMPORAL_CLI: inject('temporalCli'),
  };
}

type Versions = Record<string, string>;

/** With the registry, certificates and cache of the person who runs the tests. */
function npm(path: string, ...packages: string[]) {
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  return execa('npm', ['install', ...options, ...packages], { cwd: path });
}

async function sizeOf(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The newest Node 22, as the npm package `node` has it. */
async function nodeOf22(): Promise<string> {
  const path = await newProject('node-22', { private: true, allowScripts: { node: true } });
  await npm(path, 'node@22');
  return join(path, 'node_modules/node/bin/node');
}

test('are small, and an installation has no optional part', async () => {
  for (const tarball of Object.values(tarballs)) expect((await stat(tarball)).size).toBeLessThan(TARBALL_MAX);
  const modules = join(project, 'node_modules');
  for (const name of ['echarts', '@resvg', 'dejavu-fonts-ttf', '@opentelemetry', 'node', 'typescript']) {
    expect(existsSync(join(modules, name)), name).toBe(false);
  }
  const [all, temporal] = await Promise.all([sizeOf(modules), sizeOf(join(modules, '@temporalio'))]);
  expect(all).toBeLessThan(INSTALLED_MAX);
  expect(all - temporal).toBeLessThan(BESIDE_TEMPORAL_MAX);
});

test('have declarations that keep what editors show, and a reference made of them', async () => {
  const dist = join(project, 'node_modules/slack-reports/dist');
  for (const [entry, file] of Object.entries(ENTRIES)) {
    const silent = exportsOf(join(dist, `${file}.d.ts`)).filter(({ comment }) => comment === '');
    expect(silent.map(({ name }) => `${entry} ${name}`)).toEqual([]);
  }
  const reference = await readFile(join(dist, 'API.md'), 'utf8');
  for (const name of ['defineSource', 'slackReports', 'startTestApp']) expect(reference).toContain(`### ${name}\n`);
  expect(reference).toContain('* Adds a notification and returns it.');
});

test('have types that hold in a project that checks every declaration', async () => {
  const imports = ['', '/reports', '/sources', '/plugin', '/testing', '/workflows'].map(
    (path, nr) => `import * as m${nr} from 'slack-reports${path}';`,
  );
  await writeFile(
    join(project, 'use.ts'),
    `${imports.join('\n')}
    import { startSandbox } from 'slack-sandbox';
    export const all: object[] = [m0, m1, m2, m3, m4, m5, startSandbox];
    const report = m1.defineReport({
      name: 'typed', description: 'typed', params: m1.z.strictObject({ days: m1.z.number() }),
      load: async ({ params: { days } }) => ({ days }),
      render: ({ days }) => ({ text: days.toFixed(), blocks: [m1.header('typed')] }),
    });
    m4.renderFixture(report, { account: 'acme', dueAt: '2026-11-23T08:00:00Z', data: { days: 1 } });
    // @ts-expect-error days is a number
    m4.renderFixture(report, { account: 'acme', dueAt: '2026-11-23T08:00:00Z', data: { days: '1' } });`,
  );
  const options = { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, skipLibCheck: false };
  const compilerOptions = { ...options, lib: ['es2024', 'esnext.disposable'], types: ['node'] };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  const tsc = await execa('tsc', ['-p', project], { preferLocal: true, reject: false });
  expect(tsc.stdout).toBe('');
});

// A measure: on a busy machine Node alone may happen to have a quiet moment.
test('start fast: the help, and a list of deliveries', { retry: 2 }, async () => {
  const bin = join(project, 'node_modules/slack-reports/bin/slack-reports.js');
  const options = { cwd: folder.path, env: environment() };
  // Makes the store that the list reads.
  expect(spawnSync(process.execPath, [bin, 'migrate'], options).status).toBe(0);
  const fastest = (...args: string[]) => {
    const times = Array.from({ length: 9 }, () => {
      const began = performance.now();
      expect(spawnSync(process.execPath, args, options).status).toBe(0);
      return performance.now() - began;
    });
    return Math.min(...times);
  };
  const node = fastest('-e', '0');
  expect(fastest(bin, '--help') / node).toBeLessThan(HELP_MAX);
  expect(fastest(bin, 'deliveries', 'list') / node).toBeLessThan(LIST_MAX);
});

const WITH_PICTURE = `import { chartImage, defineReport, z } from 'slack-reports/reports';
export default defineReport({
  name: 'picture',
  description: 'A chart',
  params: z.strictObject({}),
  load: async () => [31, 12],
  render: (values) => ({
    text: 'Orders',
    blocks: [chartImage({ type: 'bar', title: 'Orders by day', labels: ['Mon', 'Tue'], series: [{ name: 'Orders', values }] })],
  }),
});`;

function runOn(node: string, command: string, args: string[], variables: Record<string, string> = {}) {
  const env = { ...environment(node), ...variables };
  return execa(command, args, { cwd: project, env, extendEnv: false, reject: false });
}

describe.each([
  ['this Node', () => process.execPath],
  ['the newest Node 22', () => node22],
])('on %s', (_, find) => {
  const run = (command: string, args: string[]) => runOn(find(), command, args);

  test('each export can be imported, and the command says nothing but its answer', async () => {
    const names = ['', '/reports', '/sources', '/plugin', '/testing', '/workflows'].map(
      (path) => `slack-reports${path}`,
    );
    const code = `for (const name of ${JSON.stringify([...names, 'slack-sandbox'])}) await import(name)`;
    expect(await run('node', ['--input-type=module', '-e', code])).toMatchObject({ exitCode: 0 });
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(await run('npx', ['slack-reports', '--version'])).toMatchObject({
      stdout: expect.stringMatching(`^${RegExp.escape(version)} `),
      stderr: '',
    });
    expect(await run('npx', ['slack-reports', 'migrate'])).toMatchObject({ exitCode: 0 });
    expect(await run('npx', ['slack-reports', 'notifications', 'list'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^No notifications/),
      stderr: '',
    });
  });

  test('a report is tested with node:test, as the example does', async () => {
    const files = ['node-test.test.ts', 'open-orders.ts'];
    for (const file of files) await cp(join('examples/testing', file), join(project, 'examples', file));
    const tested = await run('node', ['--test', 'examples/node-test.test.ts']);
    expect(tested, tested.stdout).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/pass 1/) });
  });

  test('init and start bring the first report into the sandbox, a picture as a table', async () => {
    await writeFile(
      join(project, 'notifications.json'),
      JSON.stringify([hello, { ...hello, id: 'picture', report: 'picture', params: {} }]),
    );
    const init = await run('npx', ['slack-reports', 'init', '--json']);
    const { files } = JSON.parse(init.stdout) as { files: { file: string; isNew: boolean }[] };
    expect(files).toContainEqual({ file: 'notifications.json', isNew: false });
    await writeFile(join(project, 'my-reports/picture.ts'), WITH_PICTURE);

    const [port, sandboxPort] = [await portWithWebUi(), await freePort()];
    const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
    const said: string[] = [];
    const rests = Promise.withResolvers<void>();
    await using started = await startChild({
      name: 'npm start',
      command: 'npm',
      args: ['start'],
      cwd: project,
      env: {
        ...environment(find()),
        TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
        SLACK_SANDBOX_URL: sandboxUrl,
        DATABASE_URL: `sqlite:data/${port}/store.db`,
      },
      onLine: (line) => {
        said.push(line);
        if (line.includes('Ctrl-C ends it')) rests.resolve();
      },
    });
    await Promise.race([rests.promise, failWhenEnded(started)]);
    expect(said.join('\n')).toContain('2 notifications dispatched: 2 delivered');
    const answer = await fetch(`${sandboxUrl}/api/conversations.history?channel=C0ACME`, {
      headers: { authorization: 'Bearer xoxb-sandbox' },
    });
    const { messages } = (await answer.json()) as { messages: { text: string; blocks: { type: string }[] }[] };
    expect(messages.map(({ text }) => text).toSorted()).toEqual(['Orders', 'acme: 84 orders in 7 days']);
    expect(messages.find(({ text }) => text === 'Orders')?.blocks).toContainEqual(
      expect.objectContaining({ type: 'table' }),
    );
    const listed = await run('npx', ['slack-reports', 'notifications', 'list', '--source', 'customers']);
    expect(listed.stdout, listed.stderr).toMatch(/customers:lumen +lumen +hello +C0LUMEN +at each fire/);
  });
});

test('says which packages a picture and a trace need', async () => {
  const node = process.execPath;
  const doctor = await runOn(node, 'npx', ['slack-reports', 'doctor']);
  expect(doctor.stdout).toMatch(/warn +pictures: .*npm install echarts@6 @resvg\/resvg-js@2 dejavu-fonts-ttf@2/);
  const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
  const traced = await runOn(node, 'node', ['worker.ts'], tracing);
  expect(traced).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/npm install @opentelemetry\/api@1 /) });
});

test('the worker of an application delivers with the plugin, and runs its own workflow as before', async () => {
  const application = join(project, 'embed');
  await cp('examples/embed', application, { recursive: true });
  const database = new DatabaseSync(join(application, 'app.db'));
  database.exec(`create table customers (id text primary key, name text, channel text, weekly integer);
    insert into customers values ('lumen', 'Lumen', 'C0LUMEN', 1), ('orbit', 'Orbit', 'C0ACME', 0)`);
  database.close();
  await using sandbox = await startSandbox({ port: 0 });
  const address = inject('temporalAddress');
  await using worker = await startChild({
    name: "the application's worker",
    command: 'node',
    args: ['worker.ts'],
    cwd: application,
    env: {
      ...environment(node22),
      TEMPORAL_ADDRESS: address,
      SLACK_BOT_TOKEN: sandbox.token,
      SLACK_API_URL: sandbox.slackApiUrl,
    },
  });
  const connection = await Connection.connect({ address });
  const execute = (type: string, ...args: unknown[]) =>
    new Client({ connection }).workflow.execute(type, { workflowId: randomUUID(), taskQueue: 'app', args });
  const done = Promise.all([
    execute('greet', 'Ada'),
    execute(WORKFLOWS.dispatch, {
      selection: { kind: 'due', schedule: 'weekly' },
      nominalTime: '2026-11-20T08:00:00Z',
    }),
  ]);
  expect(await Promise.race([done, failWhenEnded(worker)])).toEqual([
    'Hello Ada',
    expect.objectContaining({ due: 1, delivered: 1 }),
  ]);
  await connection.close();
  expect(sandbox.sandbox.store.messagesIn('C0LUMEN').map(({ text }) => text)).toEqual([
    expect.stringContaining('lumen: 12 orders'),
  ]);
});

const hello = {
  id: 'hello',
  account: 'acme',
  report: 'hello',
  params: { days: 7 },
  workspace: 'sandbox',
  channel: 'C0ACME',
  every: 'weekday at 09:00',
  timezone: 'Europe/Berlin',
};
