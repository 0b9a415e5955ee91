import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { chown, rm } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Client } from 'pg';
import { type Child, failWhenEnded, startChild } from '../../src/dev/child-process.ts';
import { freePort, isListening } from '../../src/lib/ports.ts';
import { until } from './until.ts';

/** Where Debian's packages put the server's programs, which are not on PATH. */
const DEBIAN_FOLDER = '/usr/lib/postgresql';

/**
 * Starts a Postgres of its own for the tests, on a free port and without a password. Undefined where the machine has no
 * Postgres; the tests on it are then skipped, visibly.
 */
export async function startPostgres() {
  const bin = findPrograms();
  if (bin === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'slack-reports-postgres-'));
  const user = await ownerFor(folder);
  const data = join(folder, 'data');
  execFileSync(join(bin, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync'], {
    ...user,
    cwd: folder,
  });
  const port = await freePort();
  // The server refuses to run as root, so it goes through `setpriv` where the tests do.
  const args = ['-D', data, '-p', String(port), '-k', folder, '-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1'];
  const [command, ...rest] = [...asUser(user), join(bin, 'postgres'), ...args];
  const start = () => startChild({ name: 'Postgres', command: command ?? '', args: rest });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let server = await ready(await start(), url);
  return {
    url,
    /** Ends it with or without a word; the data stays. */
    async end(how: 'stop' | 'kill'): Promise<void> {
      // SIGINT: "fast shutdown". At SIGTERM it waits until all clients have gone.
      process.kill(server.pid, how === 'kill' ? 'SIGKILL' : 'SIGINT');
      await server.exited;
    },
    /** Starts it again after `end`. After a kill its own children may hold its memory for a moment, and it refuses. */
    async begin(): Promise<void> {
      server = await until('Postgres to start', async () => ready(await start(), url).catch(() => undefined));
    },
    async stop(): Promise<void> {
      if (await isListening(port)) process.kill(server.pid, 'SIGINT');
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until it takes connections: after a kill it repairs its data first. Throws when it has ended instead. */
async function ready(server: Child, url: string): Promise<Child> {
  await until('Postgres to take connections', () => takesConnections(url), 30_000, failWhenEnded(server));
  return server;
}

async function takesConnections(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function findPrograms(): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(delimiter);
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER).toSorted().toReversed() : [];
  const folders = [...onPath, ...versions.map((version) => join(DEBIAN_FOLDER, version, 'bin'))];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

interface User {
  uid?: number;
  gid?: number;
}

async function ownerFor(folder: string): Promise<User> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })));
  if (uid === undefined || gid === undefined) return {};
  await chown(folder, uid, gid);
  return { uid, gid };
}

function asUser({ uid, gid }: User): string[] {
  return uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
}
