import { execFile, spawn } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { environment, runCli, runProgram } from '../support/program.ts';
import { rider, temporaryStore } from '../support/store.ts';

const CLI = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

const slackReports = (folder: string, args: string[], variables: Record<string, string> = {}) =>
  runCli(args, { folder, variables });

describe('typos are answered with what was meant:', () => {
  test.each([
    [['scedule', 'list'], 'Did you mean schedule?'],
    [['schedule', 'creat', 'x'], 'Did you mean create?'],
    [['run', '--notificaton', 'x'], 'Did you mean --notification?'],
    [['notifications', 'remove', 'acme-wekly', '--yes'], 'Did you mean acme-weekly?'],
    [['why', 'acme-wekly'], 'Did you mean acme-weekly?'],
  ])('%j', async (args, meant) => {
    await using opened = await temporaryStore();
    await opened.store.notifications.add([rider('acme-weekly', 's')]);
    const ended = await slackReports(opened.folder, args);
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(meant) });
  });
});

describe('what cannot be undone', () => {
  test('needs --yes without a terminal to ask on', async () => {
    await using opened = await temporaryStore();
    await opened.store.notifications.add([rider('acme-weekly', 's')]);
    expect(await slackReports(opened.folder, ['notifications', 'remove', 'acme-weekly'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: Remove acme-weekly\? There is no terminal .*\n {2}Use --yes/),
    });
    expect(await opened.store.notifications.count()).toBe(1);
    expect((await slackReports(opened.folder, ['notifications', 'remove', 'acme-weekly', '--yes'])).code).toBe(0);
    expect(await opened.store.notifications.count()).toBe(0);
  });

  test.each([
    ['no', 1, 1],
    ['', 1, 1],
    ['y', 0, 0],
  ])('is asked on a terminal, and "%s" is an answer', async (answer, code, left) => {
    await using opened = await temporaryStore();
    await opened.store.notifications.add([rider('acme-weekly', 's')]);
    const line = `${process.execPath} ${CLI} notifications remove acme-weekly`;
    // util-linux's `script` runs a command on a terminal of its own.
    const child = spawn('script', ['-qec', line, '/dev/null'], {
      cwd: opened.folder,
      env: environment(opened.folder, { TERM: 'dumb' }),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (!shown.includes('[y/N]') && (shown + text).includes('[y/N]')) child.stdin.write(`${answer}\n`);
      shown += text;
    });
    const ended = await new Promise((resolve) => child.once('close', resolve));
    expect(shown).toContain('Remove acme-weekly? [y/N]');
    expect([ended, await opened.store.notifications.count()]).toEqual([code, left]);
  });
});

test('colours stand where they are asked for, and never in a pipe', async () => {
  await using opened = await temporaryStore();
  await opened.store.notifications.add([rider('acme-weekly', 's')]);
  const list = (variables: Record<string, string>) =>
    slackReports(opened.folder, ['notifications', 'list'], variables).then(({ stdout }) => stdout);
  const escape = '\u001B[';
  expect(await list({})).not.toContain(escape);
  expect(await list({ FORCE_COLOR: '1' })).toContain(escape);
  expect(await list({ NO_COLOR: '1' })).not.toContain(escape);
});

test('a reader that has enough, such as head, ends a list without an error', async () => {
  await using opened = await temporaryStore();
  const many = Array.from({ length: 3_000 }, (_, index) => rider(`acme-${index}`, 's'));
  await opened.store.notifications.add(many);
  const pipe = `set -o pipefail; ${process.execPath} ${CLI} notifications list --json | head -1`;
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', pipe], {
    cwd: opened.folder,
    env: environment(opened.folder),
  });
  expect([stdout, stderr]).toEqual(['[\n', '']);
});

describe('--json', () => {
  test.each([
    [['why', 'acme-wekly', '--json'], { code: 'unknown_notification', hint: expect.stringContaining('acme-weekly') }],
    [['run', '--json', '--acount', 'x'], { code: 'unknown_option', hint: 'Did you mean --account?' }],
    [['deliveries', 'list', '--json', '--limit', 'x'], { code: 'invalid_argument' }],
    [['scedule', '--json'], { code: 'unknown_command', hint: 'Did you mean schedule?' }],
  ])('makes an error one document on standard error: %j', async (args, error) => {
    await using opened = await temporaryStore();
    await opened.store.notifications.add([rider('acme-weekly', 's')]);
    const { code, stdout, stderr } = await slackReports(opened.folder, args);
    expect([code, stdout]).toEqual([2, '']);
    expect(JSON.parse(stderr)).toEqual({ error: expect.objectContaining({ message: expect.any(String), ...error }) });
  });

  test('is known to every command that ends', async () => {
    await using opened = await temporaryStore();
    const { stdout } = await slackReports(opened.folder, ['completion', 'bash']);
    const places = [...stdout.matchAll(/^ {4}"( .*)"\) words="(.*)"/gm)].map(([, path = '', words = '']) => ({
      path,
      words,
    }));
    const commands = places.filter(({ path }) => !places.some((other) => other.path.startsWith(`${path} `)));
    expect(commands.length).toBeGreaterThan(30);
    const without = commands.filter(({ words }) => !words.split(' ').includes('--json')).map(({ path }) => path.trim());
    expect(without).toEqual(['start', 'codec-server', 'completion']);
  });
});

/** What the script in completion.bash offers for the last of the words. */
async function completed(folder: string, ...words: string[]): Promise<string[]> {
  const at = words.length - 1;
  const script = `source completion.bash; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${at}
    _slack_reports; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder });
  return stdout.trim().split('\n');
}

describe('completion', () => {
  test('knows every command and its options', async () => {
    await using opened = await temporaryStore();
    const { stdout } = await slackReports(opened.folder, ['completion', 'bash']);
    await writeFile(join(opened.folder, 'completion.bash'), stdout);
    const at = (...words: string[]) => completed(opened.folder, 'slack-reports', ...words);
    expect(await at('sch')).toEqual(['schedule']);
    expect(await at('schedule', '')).toEqual(expect.arrayContaining(['create', 'pause', 'delete']));
    expect(await at('schedule', 'create', 'weekdays', '--cr')).toEqual(['--cron']);
    expect(await at('notifications', 'add', '--ch')).toEqual(['--channel', '--channel-name']);
  });

  test.each(['zsh', 'fish'])('is there for %s', async (shell) => {
    await using opened = await temporaryStore();
    const { code, stdout } = await slackReports(opened.folder, ['completion', shell]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('IANA time zone of --cron')]);
  });
});

const version = (folder: string, variables: Record<string, string>) =>
  runProgram(['src/cli/main.ts', '--version'], { folder, variables });

test('where the cache folder cannot be written, all works as it does', async () => {
  await using opened = await temporaryStore();
  const compiled = { NODE_COMPILE_CACHE: '' };
  for (const XDG_CACHE_HOME of ['/dev/null', '/proc/nothing']) {
    const ended = await version(opened.folder, { ...compiled, XDG_CACHE_HOME });
    expect(ended, XDG_CACHE_HOME).toMatchObject({ code: 0, stderr: '' });
  }
  expect((await version(opened.folder, compiled)).code).toBe(0);
  expect(await readdir(join(opened.folder, '.cache', 'slack-reports'))).toEqual(['compiled']);
});
