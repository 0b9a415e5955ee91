import { createServer } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChild } from '../../src/dev/child-process.ts';
import { freePort, isPortFree } from '../../src/lib/ports.ts';
import { progressOn } from '../../src/dev/progress-line.ts';
import { findTemporalCli } from '../../src/dev/temporal-cli.ts';
import { probeServer, serverAnswers, startTemporalServer } from '../../src/dev/temporal-server.ts';

let folder: string;
let cliPath: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slack-reports-server-'));
  cliPath = (await findTemporalCli({ env: process.env, progress: progressOn(process.stderr) })).path;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('a Temporal server of our own', () => {
  test('keeps a schedule across a restart on the same file, and leaves no process', async () => {
    const dbFile = join(folder, 'new', 'temporal.db');
    const exits: boolean[] = [];
    const first = await startTemporalServer({ cliPath, dbFile, onExit: ({ expected }) => exits.push(expected) });
    try {
      expect(await serverAnswers(first.address)).toBe(true);
      expect((await fetch(first.uiUrl ?? '')).status).toBe(200);
      await withClient(first.address, (client) =>
        client.schedule.create({
          scheduleId: 'kept',
          spec: { intervals: [{ every: '1 day' }] },
          action: { type: 'startWorkflow', workflowType: 'none', taskQueue: 'none' },
        }),
      );
    } finally {
      await Promise.all([first.stop(), first.stop()]);
    }
    expect(exits).toEqual([true]);
    expect(isAlive(first.pid)).toBe(false);
    expect(await probeServer(first.address)).toBe('nothing listens');

    await using second = await startTemporalServer({ cliPath, dbFile, headless: true, namespace: 'other' });
    expect(second.uiUrl).toBeUndefined();
    const schedule = await withClient(second.address, (client) => client.schedule.getHandle('kept').describe());
    expect(schedule.scheduleId).toBe('kept');
    const other = await withClient(second.address, ({ workflowService }) =>
      workflowService.describeNamespace({ namespace: 'other' }),
    );
    expect(other.namespaceInfo?.name).toBe('other');
  });

  test('runs next to others, started at the same time', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => startTemporalServer({ cliPath })));
    try {
      expect(await Promise.all(servers.map(({ address }) => serverAnswers(address)))).toEqual([true, true, true]);
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
    expect(servers.some(({ pid }) => isAlive(pid))).toBe(false);
  });

  test('names a port that is taken, and what has taken it', async () => {
    const other = createServer();
    const port = await freePort();
    other.listen(port, '127.0.0.1');
    await once(other, 'listening');
    await expect(startTemporalServer({ cliPath, port })).rejects.toMatchObject({
      code: 'port_taken',
      message: `Port ${port} on 127.0.0.1, wanted for the Temporal server, is taken.`,
    });
    await expect(startTemporalServer({ cliPath, uiPort: port })).rejects.toMatchObject({ code: 'port_taken' });
    const started = performance.now();
    expect(await probeServer(`127.0.0.1:${port}`)).toBe('silent');
    expect(performance.now() - started).toBeLessThan(3_000);
    other.close();

    await using server = await startTemporalServer({ cliPath, headless: true });
    const taken = Number(server.address.split(':')[1]);
    await expect(startTemporalServer({ cliPath, port: taken })).rejects.toThrow('is taken by a Temporal server');
  });

  test('that ends while starting is an error with its last words', async () => {
    const logFile = join(folder, 'bad.log');
    const port = await freePort();
    const start = startTemporalServer({ cliPath, port, logFile, extraArgs: ['--dynamic-config-value', 'nonsense'] });
    await expect(start).rejects.toMatchObject({ code: 'temporal_ended', message: expect.stringContaining('nonsense') });
    expect(await readFile(logFile, 'utf8')).toContain('nonsense');
    expect(await isPortFree(port)).toBe(true);
  });

  test('that cannot be run is an error', async () => {
    const start = startTemporalServer({ cliPath: join(folder, 'absent') });
    await expect(start).rejects.toMatchObject({ code: 'cannot_start' });
  });
});

describe('a child process', () => {
  const shutdownSignal = JSON.stringify(new URL('../../src/lib/shutdown-signal.ts', import.meta.url).href);
  const childProcess = JSON.stringify(new URL('../../src/dev/child-process.ts', import.meta.url).href);

  test('with a channel notices that its parent was killed, and ends', async () => {
    const child = join(folder, 'child.mjs');
    const parent = join(folder, 'parent.mjs');
    await writeFile(
      child,
      `import { shutdownSignal } from ${shutdownSignal};
       setInterval(() => {}, 1_000);
       shutdownSignal().addEventListener('abort', () => process.exit());
       process.send({ ready: process.pid });`,
    );
    await writeFile(
      parent,
      `import { startChild } from ${childProcess};
       setInterval(() => {}, 1_000);
       const onMessage = ({ ready }) => console.log(ready);
       await startChild({ name: 'child', command: process.execPath, args: [${JSON.stringify(child)}], ipc: true, onMessage });`,
    );
    let grandchild = 0;
    const onLine = (line: string) => (grandchild = Number(line));
    await using parentProcess = await startChild({ name: 'parent', command: process.execPath, args: [parent], onLine });
    await expect.poll(() => grandchild, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(isAlive(grandchild)).toBe(true);
    process.kill(parentProcess.pid, 'SIGKILL');
    await expect.poll(() => isAlive(grandchild), { timeout: 10_000 }).toBe(false);
    expect(await parentProcess.exited).toEqual({ code: null, signal: 'SIGKILL', expected: false });
  });

  test('that ignores SIGTERM is killed after the grace time', async () => {
    const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1_000); console.log('ready')";
    let ready = false;
    const onLine = () => (ready = true);
    const args = ['-e', stubborn];
    const child = await startChild({ name: 'stubborn', command: process.execPath, args, graceMs: 200, onLine });
    await expect.poll(() => ready, { timeout: 10_000 }).toBe(true);
    await child.stop();
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL', expected: true });
    expect(isAlive(child.pid)).toBe(false);
  });
});
