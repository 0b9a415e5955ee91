import { execFile } from 'node:child_process';
import { access, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { type Ended, runCli, startWorkerProcess } from '../support/program.ts';
import { sampleAccounts } from '../support/sample.ts';
import { rider, temporaryFolder } from '../support/store.ts';

const root = join(import.meta.dirname, '../..');

function cli(folder: string, ...args: string[]): Promise<Ended> {
  return runCli(args, { folder });
}

async function folderWith(files: Record<string, string>) {
  const folder = await temporaryFolder();
  await mkdir(join(folder.path, 'my-reports'));
  await writeFile(join(folder.path, 'package.json'), '{"type":"module"}');
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder.path, 'my-reports', name), content);
  return folder;
}

const hello = (name = 'hello', blocks = 'header(`Hello ${data.to}`)') => `
  import { defineReport, header, table, z } from 'slack-reports/reports';
  export default defineReport({
    name: '${name}',
    description: 'Says hello',
    params: z.strictObject({ to: z.string().min(1).describe('whom to greet') }),
    load: async ({ params }) => params,
    render: (data) => ({ text: \`Hello \${data.to}\`, blocks: [${blocks}] }),
  });`;

describe('report new', () => {
  test('writes a report that works where it stands, with a test that passes and notices a change', async () => {
    await using folder = await temporaryFolder();
    const written = await cli(folder.path, 'report', 'new', 'open-orders');
    expect(written).toMatchObject({ code: 0, stderr: '' });
    for (const line of written.stdout.matchAll(/^Wrote (.*)$/gm)) await access(join(folder.path, line[1] ?? ''));

    const fixture = 'my-reports/open-orders.fixture.json';
    const shown = await cli(folder.path, 'preview', '--report', 'open-orders', '--fixture', fixture);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain('Slack would accept this message');

    // What `npm install` of the package.json next to the report does.
    await mkdir(join(folder.path, 'my-reports/node_modules'));
    await symlink(root, join(folder.path, 'my-reports/node_modules/slack-reports'));
    const nodeTest = () => promisify(execFile)(process.execPath, ['--test'], { cwd: join(folder.path, 'my-reports') });
    await nodeTest();
    await checkTypes(join(folder.path, 'my-reports'));
    const file = join(folder.path, 'my-reports/open-orders.ts');
    await writeFile(file, (await readFile(file, 'utf8')).replace('Most of all', 'Best of all'));
    await expect(nodeTest()).rejects.toThrow();
  });

  test('overwrites nothing, and takes no name that is none', async () => {
    await using folder = await folderWith({ 'hello.fixture.json': '{}' });
    expect(await cli(folder.path, 'report', 'new', 'hello')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('my-reports/hello.fixture.json exists already; nothing was written'),
    });
    await expect(access(join(folder.path, 'my-reports/hello.ts'))).rejects.toThrow();
    expect(await cli(folder.path, 'report', 'new', '../evil')).toMatchObject({ code: 2, stdout: '' });
  });
});

/** As an editor does: by the strictest settings that a project may have. Rejects with what tsc says. */
async function checkTypes(folder: string): Promise<void> {
  const compilerOptions = {
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noUnusedLocals: true,
    noEmit: true,
    target: 'esnext',
    module: 'nodenext',
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
    resolveJsonModule: true,
    skipLibCheck: true,
    typeRoots: [join(root, 'node_modules/@types')],
    types: ['node'],
    paths: { 'slack-reports/reports': [join(root, 'src/reports/index.ts')] },
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const { stdout } = await execa(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { reject: false });
  expect(stdout).toBe('');
}

describe('a folder of reports', () => {
  test('is listed with the built-in ones, and shows the parameters', async () => {
    await using folder = await folderWith({ 'hello.ts': hello(), 'helper.ts': 'export const rate = 1;' });
    const list = await cli(folder.path, 'report', 'list', '--json');
    const reports = JSON.parse(list.stdout) as { name: string; file: string | null }[];
    expect(reports.filter(({ file }) => file === null).map(({ name }) => name)).toEqual([
      'delivery-digest',
      'http-health',
      'metric-digest',
    ]);
    expect(reports.filter(({ file }) => file !== null)).toEqual([
      { name: 'hello', description: 'Says hello', file: 'my-reports/hello.ts' },
    ]);
    const shown = await cli(folder.path, 'report', 'show', 'hello');
    expect(shown.stdout).toMatch(/^to +string +required +whom to greet$/m);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    [
      'a mistake in a file',
      { 'bad.ts': 'export default {\n  name: ;\n};' },
      /my-reports\/bad\.ts cannot be loaded: .*\(my-reports\/bad\.ts:2\)/,
    ],
    [
      'a file that throws',
      { 'bad.ts': "\nthrow new Error('no database');" },
      /bad\.ts cannot be loaded: no database \(my-reports\/bad\.ts:2\)/,
    ],
    [
      'a module that is not there',
      { 'bad.ts': "import 'lodash';" },
      /bad\.ts cannot be loaded: Cannot find package 'lodash'/,
    ],
    [
      'a report that defineReport did not make',
      { 'bad.js': "export const mine = { name: 'x', load() {}, render() {} };" },
      /bad\.js:1: what it exports as "mine" was not made by defineReport/,
    ],
    [
      'a name that stands twice',
      { 'a.ts': hello(), 'b.ts': hello() },
      /b\.ts: a report "hello" exists already\n.*a\.ts/,
    ],
    ['the name of a built-in one', { 'a.ts': hello('http-health') }, /a report "http-health" exists already/],
    [
      'a name that is none',
      { 'a.ts': hello('My Report') },
      /my-reports\/a\.ts:\d+: The `name` of a report is the text "My Report"/,
    ],
  ])('with %s is refused by name', async (_, files, problem) => {
    await using folder = await folderWith(files);
    const { code, stderr } = await cli(folder.path, 'report', 'list');
    expect(stderr).toMatch(problem);
    expect(stderr).not.toContain('bug');
    expect(code).toBe(2);
  });

  test('that is not there is refused, unless it is only the place where reports are by default', async () => {
    await using folder = await temporaryFolder();
    expect((await cli(folder.path, 'report', 'list')).code).toBe(0);
    expect(await cli(folder.path, 'report', 'list', '--reports', 'elsewhere')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Cannot read the reports in elsewhere'),
    });
  });

  test('is delivered by a worker that was told of it, and its parameters are checked when a notification is added', async () => {
    await using folder = await folderWith({ 'hello.ts': hello() });
    await using app = await startApp({ withoutWorker: true });
    const worker = await startWorkerProcess(app, ['--reports', join(folder.path, 'my-reports')]);
    app.defer(() => worker.stop());
    const schedule = await app.schedule();
    await app.store.notifications.add([rider('greeting', schedule, { report: 'hello', params: { to: '<!channel>' } })]);
    await app.run({ selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() });
    const [message] = app.sandbox.sandbox.store.messagesIn('C0ACME');
    expect(message).toMatchObject({ text: 'Hello &lt;!channel&gt;' });

    const add = (params: string) =>
      runCli(
        ['--reports', join(folder.path, 'my-reports'), 'notifications', 'add', 'more', '--report', 'hello'].concat(
          '--account',
          'acme',
          '--channel',
          'C0ACME',
          '--workspace',
          'sandbox',
          '--on-demand',
          '--params',
          params,
        ),
        { folder: app.folder, variables: { DATABASE_URL: app.databaseUrl } },
      );
    expect(await add('{}')).toMatchObject({ code: 2, stderr: expect.stringContaining('params.to') });
    expect(await add('{"to":"Anna"}')).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('preview', () => {
  test('shows what a notification would send, posts nothing, and writes a page that needs no other file', async () => {
    await using app = await startApp({ withoutWorker: true });
    await app.store.notifications.add([
      rider('weekly', await app.schedule(), { params: { days: 7, skipEmpty: false } }),
    ]);
    const variables = { DATABASE_URL: app.databaseUrl };
    const preview = (...args: string[]) => runCli(['preview', ...args], { folder: app.folder, variables });

    const shown = await preview('weekly', '--html', 'out/page.html');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/^On phones: Quagga Industries: 3 events, new/m);
    expect(shown.stdout).toMatch(/^Zebra dashboard +3$/m);
    const page = await readFile(join(app.folder, 'out/page.html'), 'utf8');
    expect(page).toContain('Zebra dashboard');
    expect(page).not.toMatch(/<(?:script|link)\b/);

    const earlier = await preview('weekly', '--at', '2026-01-05T08:00:00Z', '--json');
    expect(JSON.parse(earlier.stdout)).toMatchObject({
      at: '2026-01-05T08:00:00.000Z',
      problems: [],
      cuts: [],
      remarks: [],
      message: { text: expect.stringMatching('0 events') },
    });
    expect(app.oracle().messages).toEqual([]);
    expect(await app.store.db.selectFrom('deliveries').selectAll().execute()).toEqual([]);
  });

  test('ends with 1 and Slack’s own words where Slack would refuse the message', async () => {
    await using folder = await folderWith({
      'hello.ts': hello('hello', 'table(["a"], [["b"]]), table(["a"], [["b"]])'),
      'hello.fixture.json':
        '{"account":"acme","dueAt":"2026-11-24T08:00:00Z","params":{"to":"Anna"},"data":{"to":"Anna"}}',
    });
    const { code, stdout, stderr } = await cli(
      ...([folder.path, 'preview', '--report', 'hello', '--fixture', 'my-reports/hello.fixture.json'] as const),
    );
    expect(code).toBe(1);
    expect(stderr).toContain('only_one_table_allowed');
    expect(stdout).toContain('On phones: Hello Anna');
  });

  test.each<[string, string[], RegExp]>([
    ['nothing to show', [], /Name a notification, or a report/],
    ['a notification where there is no store', ['weekli'], /There is no store at/],
    ['an unknown report', ['--report', 'helo', '--account', 'acme'], /there is no report "helo"/],
    ['no account', ['--report', 'account-activity'], /needs --account/],
    ['an account that is not there', ['--report', 'account-activity', '--account', 'x'], /Account "x" does not exist/],
    ['wrong parameters', ['--report', 'account-activity', '--account', 'x', '--params', '{"days":0}'], /do not fit/],
    ['parameters that are no JSON', ['--report', 'account-activity', '--account', 'x', '--params', '{'], /is not JSON/],
    ['no fixture', ['--report', 'account-activity', '--fixture', 'none.json'], /none\.json is not a fixture/],
    ['no time', ['--report', 'account-activity', '--account', 'x', '--at', 'tomorrow'], /"tomorrow" is not a time/],
  ])('refuses %s', async (_, args, problem) => {
    await using folder = await temporaryFolder();
    sampleAccounts(folder.path)[Symbol.dispose]();
    const { code, stderr } = await cli(folder.path, 'preview', ...args);
    expect(stderr).toMatch(problem);
    expect([1, 2]).toContain(code);
  });
});
