import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startChild, type Child } from '../src/dev/child-process.ts';
import type { ReadinessWatch, WatchedSlot } from './readiness.ts';

/** A worker that was told to end finishes its posts within 20 s, and ends within 40 s whatever hangs; see src/create-worker.ts. */
const GRACE_MS = 50_000;

interface WorkersOptions {
  count: number;
  env: NodeJS.ProcessEnv;
  folder: string;
  readiness: ReadinessWatch;
}

/** Real worker processes. One that ends, for whatever reason, is followed by another, as under any supervisor. */
export async function startWorkers({ count, env, folder, readiness }: WorkersOptions) {
  const alive = new Map<Child, WatchedSlot>();
  /** `terms`: workers that were asked to end. */
  const counts = { kills: 0, terms: 0, crashes: 0, freezes: 0 };
  const killed = new Set<Child>();
  const ready = new Set<Child>();
  /** How workers ended that were asked to, other than well. */
  const badEnds: string[] = [];
  const life = { closing: false };
  const births: Promise<void>[] = [];

  const begin = async (slot: WatchedSlot): Promise<void> => {
    const child: Child = await startChild({
      name: 'worker',
      command: process.execPath,
      args: [fileURLToPath(new URL('../src/worker.ts', import.meta.url))],
      env: { ...env, HEALTH_ADDRESS: slot.address },
      cwd: folder,
      logFile: `${folder}/worker.log`,
      ipc: true,
      graceMs: GRACE_MS,
      onMessage: () => ready.add(child),
      onExit: ({ expected }) => {
        alive.delete(child);
        // One that finds no server when it starts ends too, as it should: its supervisor tries again.
        if (ready.has(child) && !expected && !killed.has(child)) counts.crashes += 1;
        ready.delete(child);
        if (!life.closing) births.push(begin(slot).catch(() => void (counts.crashes += 1)));
      },
    });
    alive.set(child, slot);
    // Closed while it was being started.
    if (life.closing) await child.stop();
  };
  const kill = (child: Child): void => {
    alive.get(child)?.ends('SIGKILL', child.exited);
    killed.add(child);
    alive.delete(child);
    ready.delete(child);
    // Its own process group, as `startChild` makes it; by id, and nothing else.
    process.kill(-child.pid, 'SIGKILL');
  };
  const stop = async (child: Child): Promise<void> => {
    counts.terms += 1;
    alive.get(child)?.ends('SIGTERM', child.exited);
    // Before it is ready it may end with the exit code of an interrupt.
    const wasReady = ready.has(child);
    await child.stop();
    const { code, signal } = await child.exited;
    if (wasReady && !killed.has(child) && code !== 0) badEnds.push(`a worker asked to end did with ${signal ?? code}`);
  };

  const slots = await Promise.all(Array.from({ length: count }, () => readiness.slot()));
  await Promise.all(slots.map(begin));
  return {
    counts,
    badEnds,
    /** Whether some worker works; one that is killed is away for the seconds in which the next one starts. */
    atWork: () => ready.size > 0,
    /** At once, with no word of warning: when this returns, no worker does anything any more. */
    killAll(): void {
      if (alive.size > 0) counts.kills += 1;
      for (const child of alive.keys()) kill(child);
    },
    killOne(): void {
      const [child] = ready;
      if (child === undefined) return;
      counts.kills += 1;
      kill(child);
    },
    async stopOne(): Promise<void> {
      const [child] = ready;
      if (child !== undefined) await stop(child);
    },
    async stopAll(): Promise<void> {
      await Promise.all([...alive.keys()].map(stop));
    },
    /** Freezes a worker for so long; it then goes on as if nothing had been. */
    async freezeOne(forMs: number): Promise<void> {
      const [child] = ready;
      if (child === undefined) return;
      // It counts as ready no more: one that is asked to end now cannot.
      ready.delete(child);
      process.kill(child.pid, 'SIGSTOP');
      counts.freezes += 1;
      const thawed = Promise.race([sleep(forMs), child.exited]);
      alive.get(child)?.freezes(thawed);
      await thawed;
      if (!alive.has(child)) return;
      process.kill(child.pid, 'SIGCONT');
      ready.add(child);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      life.closing = true;
      for (const child of alive.keys()) kill(child);
      await Promise.all(births);
      await Promise.all([...killed].map((child) => child.exited));
    },
  };
}
