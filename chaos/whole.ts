import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { until } from '../src/lib/until.ts';
import { startChild, type Child } from '../src/dev/child-process.ts';
import { freePort, isPortFree } from '../src/lib/ports.ts';
import type { ReadinessWatch } from './readiness.ts';
import type { Restart } from './server.ts';

/** `npm start` waits for its worker, which finishes its posts within 20 s, and for its server. */
const GRACE_MS = 40_000;
const LOOK_MS = 50;
/** After its server has gone `npm start` ends; no other can be there sooner, in milliseconds. */
const SURELY_AWAY_MS = 500;

/** What `npm start` starts, by what stands in its command line. */
const PROGRAMS = { worker: 'src/worker.ts', server: 'start-dev' } as const;
type Program = keyof typeof PROGRAMS;

/**
 * All of `npm start`, with its Temporal server and its worker, instead of processes of our own. It is started again whenever it
 * ends; and ended as a whole, or in one of its processes. Needs /proc.
 */
export async function startWhole(options: { env: NodeJS.ProcessEnv; folder: string; readiness: ReadinessWatch }) {
  const { env, folder, readiness } = options;
  const slot = await readiness.slot();
  const counts = { kills: 0, terms: 0, crashes: 0, freezes: 0 };
  const badEnds: string[] = [];
  const server = { state: { restarts: 0 }, restart };
  /** Servers outlive a parent that is killed, and the next `npm start` finds and uses them. */
  const servers = new Set<number>();
  const life = { closing: false, started: false, starts: 0 };
  let current = await begin();
  let births = Promise.resolve();
  let ends = 0;

  async function begin(): Promise<Child> {
    return startChild({
      name: 'npm start',
      command: process.execPath,
      args: [fileURLToPath(new URL('../src/cli/main.ts', import.meta.url)), 'start'],
      env: { ...env, HEALTH_ADDRESS: slot.address },
      cwd: folder,
      graceMs: GRACE_MS,
      onLine: (line) => {
        if (!line.startsWith('Worker  ')) return;
        life.started = true;
        life.starts += 1;
      },
      onExit: () => {
        life.started = false;
        if (life.closing) return;
        births = births.then(async () => void (current = await begin()));
      },
    });
  }

  function pidOf(program: Program): number | undefined {
    const found = childrenOf(current.pid).find((pid) => commandLineOf(pid).includes(PROGRAMS[program]));
    if (program === 'server' && found !== undefined) servers.add(found);
    return found;
  }

  /** The worker hears of it, or ends at once. */
  function workerEnds(signal: 'SIGKILL' | 'SIGTERM'): void {
    const pid = pidOf('worker');
    if (pid !== undefined) slot.ends(signal, untilGone(pid));
  }

  async function restart({ how }: Restart): Promise<void> {
    const pid = pidOf('server') ?? [...servers].find(isAlive);
    if (pid === undefined) return;
    const { starts } = life;
    await readiness.without('the server', {
      end: async () => {
        send(pid, how === 'kill' ? 'SIGKILL' : 'SIGTERM');
        await untilGone(pid);
      },
      awayMs: SURELY_AWAY_MS,
      begin: async () => {
        await until(() => life.closing || life.starts > starts, { what: 'the next `npm start`', everyMs: LOOK_MS });
      },
    });
    server.state.restarts += 1;
  }

  return {
    counts,
    badEnds,
    server,
    atWork: () => life.started,
    /** Every process of it at once. */
    killAll(): void {
      counts.kills += 1;
      workerEnds('SIGKILL');
      const pids = [pidOf('worker'), pidOf('server'), current.pid];
      life.started = false;
      for (const pid of pids) send(pid, 'SIGKILL');
    },
    /** In turn its worker, so that the rest ends by itself; and itself, so that the worker ends and the server stays. */
    killOne(): void {
      counts.kills += 1;
      ends += 1;
      const ofWorker = ends % 2 === 1;
      workerEnds(ofWorker ? 'SIGKILL' : 'SIGTERM');
      pidOf('server');
      send(ofWorker ? pidOf('worker') : current.pid, 'SIGKILL');
    },
    /** Its worker: the rest ends by itself. */
    async stopOne(): Promise<void> {
      counts.terms += 1;
      workerEnds('SIGTERM');
      send(pidOf('worker'), 'SIGTERM');
    },
    /** Its worker. */
    async freezeOne(forMs: number): Promise<void> {
      const pid = pidOf('worker');
      if (pid === undefined) return;
      const thawed = sleep(forMs);
      slot.freezes(thawed);
      send(pid, 'SIGSTOP');
      await thawed;
      send(pid, 'SIGCONT');
      counts.freezes += 1;
    },
    /** Itself, as Ctrl-C does. */
    async stopAll(): Promise<void> {
      counts.terms += 1;
      const [child, wasStarted, kills] = [current, life.started, counts.kills];
      workerEnds('SIGTERM');
      pidOf('server');
      send(child.pid, 'SIGTERM');
      const { code, signal } = await child.exited;
      if (wasStarted && counts.kills === kills && code !== 0) {
        badEnds.push(`npm start, asked to end, did with ${signal ?? code}: ${child.lastLines()}`);
      }
    },
    async [Symbol.asyncDispose](): Promise<void> {
      life.closing = true;
      await births;
      pidOf('server');
      await current.stop();
      // What a killed parent has left; surely ours, as it has our folder in its command line.
      for (const pid of servers) if (commandLineOf(pid).includes(folder)) send(pid, 'SIGKILL');
    },
  };
}

/** A port whose neighbour, where the Web UI goes, is free too. */
export async function portWithWebUi(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port + 1_000 < 65_536 && (await isPortFree(port + 1_000))) return port;
  }
}

function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

function commandLineOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

function send(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid !== undefined && isAlive(pid)) process.kill(pid, signal);
}

async function untilGone(pid: number): Promise<void> {
  await until(() => !isAlive(pid), { what: `process ${pid} to end`, everyMs: LOOK_MS });
}

/** A zombie, which has ended but whose exit code was not read yet, is not alive. */
function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) Z/.test(read(`/proc/${pid}/stat`));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // the process has gone
  }
}
