import { fileURLToPath } from 'node:url';
import { startChild, type Child } from '../src/local/child-process.ts';

/** A worker that was told to end finishes its posts within 20 s; see src/worker.ts. */
const GRACE_MS = 25_000;

/** Real worker processes. One that ends, for whatever reason, is followed by another, as under any supervisor. */
export async function startWorkers(options: { count: number; env: NodeJS.ProcessEnv; folder: string }) {
  const alive = new Set<Child>();
  const counts = { kills: 0, crashes: 0 };
  const killed = new Set<Child>();
  const ready = new Set<Child>();
  const life = { closing: false };
  const births: Promise<void>[] = [];

  const begin = async (): Promise<void> => {
    const child: Child = await startChild({
      name: 'worker',
      command: process.execPath,
      args: [fileURLToPath(new URL('../src/worker.ts', import.meta.url))],
      env: options.env,
      cwd: options.folder,
      logFile: `${options.folder}/worker.log`,
      ipc: true,
      graceMs: GRACE_MS,
      onMessage: () => ready.add(child),
      onExit: ({ expected }) => {
        alive.delete(child);
        // One that finds no server when it starts ends too, as it should: its supervisor tries again.
        if (ready.has(child) && !expected && !killed.has(child)) counts.crashes += 1;
        ready.delete(child);
        if (!life.closing) births.push(begin());
      },
    });
    alive.add(child);
    // Closed while it was being started.
    if (life.closing) await child.stop();
  };
  const kill = (child: Child): void => {
    killed.add(child);
    alive.delete(child);
    ready.delete(child);
    // Its own process group, as `startChild` makes it; by id, and nothing else.
    process.kill(-child.pid, 'SIGKILL');
  };

  await Promise.all(Array.from({ length: options.count }, begin));
  return {
    counts,
    /** Whether some worker works; one that is killed is away for the seconds in which the next one starts. */
    atWork: () => ready.size > 0,
    /** At once, with no word of warning: when this returns, no worker does anything any more. */
    killAll(): void {
      if (alive.size > 0) counts.kills += 1;
      alive.forEach(kill);
    },
    killOne(): void {
      const [child] = alive;
      if (child === undefined) return;
      counts.kills += 1;
      kill(child);
    },
    async stopOne(): Promise<void> {
      const [child] = alive;
      await child?.stop();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      life.closing = true;
      alive.forEach(kill);
      await Promise.all(births);
      await Promise.all([...killed].map((child) => child.exited));
    },
  };
}
