import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../src/lib/ports.ts';
import { cacheFolder } from '../../src/lib/folders.ts';
import { progressOn } from '../../src/dev/progress-line.ts';
import { findTemporalCli, TEMPORAL_CLI_VERSION } from '../../src/dev/temporal-cli.ts';
import { answersAtOnce } from '../support/child-answers.ts';

const FIND_PROGRAM = new URL('../support/find-cli-process.ts', import.meta.url);

let folder: string;
let bin: string;
let cache: string;
let lines: string[];
let archives: Server;
let port: number;
/** What the download service answers; by default it has nothing. */
let archive: Buffer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slack-reports-cli-'));
  [bin, cache] = [join(folder, 'bin'), join(folder, 'cache')];
  [lines, archive] = [[], undefined];
  archives = createServer((_, response) => response.writeHead(archive ? 200 : 404).end(archive));
  port = await freePort();
  archives.listen(port, '127.0.0.1');
  await once(archives, 'listening');
});
afterEach(async () => {
  archives.close();
  await rm(folder, { recursive: true, force: true });
});

async function program(path: string, script: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}
/** How often `go` was called. */
const builds = async () =>
  (await readFile(join(folder, 'go-args'), 'utf8').catch(() => '')).split('\n').filter(Boolean).length;
const temporal = (path: string, version: string) => program(path, `echo "temporal version ${version} (Server 0)"`);
const cached = () => join(cache, 'slack-reports', `temporal-${TEMPORAL_CLI_VERSION}`);
const find = (env: NodeJS.ProcessEnv = {}, signal?: AbortSignal) =>
  findTemporalCli({
    // tar and the scripts' own tools stay within reach, whatever the machine's PATH holds.
    env: { PATH: bin, XDG_CACHE_HOME: cache, ...env },
    progress: { say: (line) => void lines.push(line), update: () => undefined, clear: () => undefined },
    downloadFrom: `http://127.0.0.1:${port}`,
    ...(signal && { signal }),
  });
/** A `go` that fetches two modules and installs a CLI of the given version, after `seconds`. */
const go = (version: string, seconds = 0) =>
  program(
    join(bin, 'go'),
    `echo "$@" >> ${join(folder, 'go-args')}; /bin/sleep ${seconds}
     echo "go: downloading a v1" >&2; echo "go: downloading b v2" >&2
     printf '#!/bin/sh\\necho "temporal version ${version} (Server 0)"\\n' > "$GOBIN/temporal"; /bin/chmod 755 "$GOBIN/temporal"`,
  );

describe('the Temporal CLI is looked for', () => {
  test('at TEMPORAL_CLI, then on PATH, then in the cache, and nothing is fetched', async () => {
    const named = await temporal(join(folder, 'named'), '1');
    const onPath = await temporal(join(bin, 'temporal'), '2');
    await temporal(cached(), '3');
    expect(await find({ TEMPORAL_CLI: named })).toEqual({
      path: named,
      source: 'TEMPORAL_CLI',
      version: '1 (Server 0)',
    });
    expect(await find()).toEqual({ path: onPath, source: 'PATH', version: '2 (Server 0)' });
    await rm(onPath);
    expect(await find()).toEqual({ path: cached(), source: 'cache', version: '3 (Server 0)' });
    expect(lines).toEqual([]);
  });

  test('in a later place when the one on PATH does not work', async () => {
    await program(join(bin, 'temporal'), 'exit 1');
    await temporal(cached(), '3');
    expect(await find()).toMatchObject({ source: 'cache' });
  });

  test.each([
    ['does not exist', undefined],
    ['shows no version', 'echo hello'],
    ['Command failed', 'exit 3'],
  ])('and a TEMPORAL_CLI that %s is an error, whatever else is there', async (problem, script) => {
    await temporal(join(bin, 'temporal'), '2');
    const path = join(folder, 'named');
    if (script) await program(path, script);
    await expect(find({ TEMPORAL_CLI: path })).rejects.toMatchObject({
      code: 'bad_temporal_cli',
      message: expect.stringMatching(new RegExp(`TEMPORAL_CLI is "${path}".*${problem}`, 's')),
    });
  });

  test('and downloaded into the cache', async () => {
    await temporal(join(folder, 'packed', 'temporal'), '4');
    archive = execFileSync('tar', ['-czf', '-', '-C', join(folder, 'packed'), 'temporal']);
    expect(await find()).toEqual({ path: cached(), source: 'download', version: '4 (Server 0)' });
    expect(await find()).toMatchObject({ source: 'cache' });
    expect(await readdir(join(cache, 'slack-reports'))).toEqual([`temporal-${TEMPORAL_CLI_VERSION}`]);
  });

  test('and built with Go when the download fails, which one line tells', async () => {
    await go('5');
    expect(await find()).toEqual({ path: cached(), source: 'go install', version: '5 (Server 0)' });
    expect(lines.filter((line) => line.includes('HTTP status 404'))).toHaveLength(1);
    expect(lines.at(-1)).toContain('2 modules fetched');
    expect(await readFile(join(folder, 'go-args'), 'utf8')).toBe(
      `install github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_CLI_VERSION}\n`,
    );
    expect(await readdir(join(cache, 'slack-reports'))).toEqual([`temporal-${TEMPORAL_CLI_VERSION}`]);
  });

  test('by several at once: one builds, and the others use what it built', async () => {
    await go('5', 1);
    const found = await Promise.all([find(), find(), find()]);
    expect(found.map(({ version }) => version)).toEqual(Array(3).fill('5 (Server 0)'));
    expect(found.map(({ source }) => source).toSorted()).toEqual(['cache', 'cache', 'go install']);
    expect(await builds()).toBe(1);
    expect(lines.filter((line) => line.startsWith('Waiting for another process'))).toHaveLength(2);
    expect(await readdir(join(cache, 'slack-reports'))).toEqual([`temporal-${TEMPORAL_CLI_VERSION}`]);
  });

  test('by several processes at once: one builds', async () => {
    await go('5', 1);
    const args = [bin, cache, `http://127.0.0.1:${port}`];
    const answers = await answersAtOnce(FIND_PROGRAM, [args, args, args]);
    expect(answers).toEqual([1, 2, 3].map(() => ({ version: '5 (Server 0)' })));
    expect(await builds()).toBe(1);
  });

  test('by the next one when the one that built was killed', async () => {
    await program(join(bin, 'go'), `echo $$ > ${join(folder, 'pid')}; exec /bin/sleep 600`);
    const killed = fork(FIND_PROGRAM, [bin, cache, `http://127.0.0.1:${port}`], { stdio: 'ignore' });
    const ended = once(killed, 'close');
    killed.send('go');
    await expect.poll(() => readFile(join(folder, 'pid'), 'utf8').catch(() => ''), { timeout: 20_000 }).toMatch(/\d/);
    killed.kill('SIGKILL');
    await ended;
    process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')), 'SIGKILL');
    const left = await readdir(join(cache, 'slack-reports'));
    expect(left).toEqual(expect.arrayContaining([`temporal-${TEMPORAL_CLI_VERSION}.lock`]));
    expect(left.some((name) => name.includes('.new-'))).toBe(true);

    await go('6');
    expect(await find()).toMatchObject({ source: 'go install', version: '6 (Server 0)' });
    expect(await readdir(join(cache, 'slack-reports'))).toEqual([`temporal-${TEMPORAL_CLI_VERSION}`]);
  });

  test('by the next one when the first one fails', async () => {
    await program(join(bin, 'go'), `echo "$@" >> ${join(folder, 'go-args')}; /bin/sleep 1; exit 1`);
    const first = expect(find()).rejects.toMatchObject({ code: 'no_temporal_cli' });
    await expect.poll(builds, { timeout: 10_000 }).toBe(1);
    await go('5');
    expect(await find()).toMatchObject({ source: 'go install' });
    await first;
  });

  test('in vain: the error names all that was tried and what to do', async () => {
    await program(join(bin, 'go'), 'echo "no such module" >&2; exit 1');
    await expect(find()).rejects.toMatchObject({
      code: 'no_temporal_cli',
      message: expect.stringMatching(/PATH: .*cache: .*download: HTTP status 404.*go install: .*no such module/s),
      hint: expect.stringMatching(/docs\.temporal\.io\/cli.*brew install temporal.*TEMPORAL_CLI.*TEMPORAL_ADDRESS/s),
    });
    expect(await readdir(join(cache, 'slack-reports'))).toEqual([]);
  });

  test('until it is aborted, which also ends the build', async () => {
    await program(join(bin, 'go'), `echo $$ > ${join(folder, 'pid')}; exec /bin/sleep 60`);
    const stop = new AbortController();
    const search = find({}, stop.signal);
    const pid = await expect
      .poll(() => readFile(join(folder, 'pid'), 'utf8').catch(() => ''), { timeout: 10_000 })
      .toMatch(/\d/)
      .then(() => readFile(join(folder, 'pid'), 'utf8'));
    stop.abort();
    await expect(search).rejects.toThrow('aborted');
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  });
});

test('the cache is where each platform keeps such things', () => {
  expect(cacheFolder({ HOME: '/home/a' }, 'linux')).toBe('/home/a/.cache/slack-reports');
  expect(cacheFolder({ HOME: '/home/a', XDG_CACHE_HOME: '/c' }, 'linux')).toBe('/c/slack-reports');
  expect(cacheFolder({ HOME: '/Users/a' }, 'darwin')).toBe('/Users/a/Library/Caches/slack-reports');
  expect(cacheFolder({ LOCALAPPDATA: '/local' }, 'win32')).toBe('/local/slack-reports');
});

function recorded(isTTY: boolean) {
  const clock = { now: 0 };
  let written = '';
  const out = { isTTY, columns: 20, write: (text: string) => ((written += text), true) };
  return { clock, progress: progressOn(out, () => clock.now), written: () => written };
}

describe('progress', () => {
  test('is one line on a terminal, cut to its width, which the next line overwrites', () => {
    const { progress, written } = recorded(true);
    progress.say('Building');
    progress.update('1 s');
    progress.update('a line of more than twenty characters');
    progress.say('Built');
    const over = '\r\u001B[2K';
    expect(written()).toBe(`Building\n${over}1 s${over}a line of more than${over}Built\n`);
  });

  test('is at most one line a minute without a terminal', () => {
    const { clock, progress, written } = recorded(false);
    progress.say('Building');
    for (; clock.now < 150_000; clock.now += 1_000) progress.update(`${clock.now / 1_000} s`);
    progress.say('Built');
    expect(written()).toBe('Building\n60 s\n120 s\nBuilt\n');
  });
});
