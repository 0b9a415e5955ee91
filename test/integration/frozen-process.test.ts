import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { OracleReport } from 'slack-sandbox';
import type { Config } from '../../src/config.ts';
import { startSandboxProcess } from '../../src/dev/sandbox.ts';
import { sqliteFile } from '../../src/lib/database-url.ts';
import { freePort } from '../../src/lib/ports.ts';
import { delivererOf, SETTLE_MS } from '../support/posting-process.ts';
import { NO_LIMITS } from '../support/sandbox.ts';
import { isMissing, onDemand, temporaryFolder, temporaryStore } from '../support/store.ts';
import { until } from '../support/until.ts';

const PROGRAM = fileURLToPath(new URL('../support/posting-process.ts', import.meta.url));
const WORKERS = 3;
const AT_ONCE = 40;
const DELIVERIES = 2_000;
/** How long processes are frozen again and again, in milliseconds. */
const FREEZE_FOR_MS = 15_000;
/** Longer than the channel takes to be read twice, after which another worker posts. */
const FROZEN_MS = SETTLE_MS * 4;

test('a worker that is frozen between its claim and its call finds that its claim is old, and posts nothing twice', async () => {
  // On Postgres more attempts are between the two at any time: a claim waits for its answer.
  const kind = isMissing('postgres') ? 'sqlite' : 'postgres';
  await using temporary = await temporaryStore(kind);
  await using folder = await temporaryFolder();
  await using slack = await startSlack(folder.path);
  const { store, databaseUrl } = temporary;
  const names = Array.from({ length: DELIVERIES }, (_, n) => `n-${String(n).padStart(5, '0')}`);
  await store.notifications.add(names.map((id) => onDemand(id)));
  await store.claims.claimDue({ dispatchId: 'run', nominal: new Date(), selection: { kind: 'all' } });
  await store.db
    .updateTable('deliveries')
    .set({ message: JSON.stringify({ text: 'Hello', blocks: [] }) })
    .execute();
  const ids = (await store.deliveries.list({}, DELIVERIES)).map(({ id }) => id);
  const lock = kind === 'sqlite' ? new DatabaseSync(sqliteFile(databaseUrl), { timeout: 0 }) : undefined;

  const children = await Promise.all(Array.from({ length: WORKERS }, () => begin([databaseUrl, slack.url, AT_ONCE])));
  await using _ = { [Symbol.asyncDispose]: () => endAll(children) };
  for (const [n, child] of children.entries()) child.send(ids.filter((__, at) => at % WORKERS === n));

  // The other worker: takes over what a frozen one has begun.
  const settling = new Set<string>();
  const settle = delivererOf(store, slack.url);
  const ending = new AbortController();
  const settler = (async () => {
    while (!ending.signal.aborted) {
      for (const { id } of await store.deliveries.list({ states: ['posting'] }, 1_000)) {
        if (settling.has(id)) continue;
        settling.add(id);
        void settle(id).finally(() => settling.delete(id));
      }
      await sleep(50);
    }
  })();

  const freezeOn = async (child: ChildProcess): Promise<void> => {
    for (const began = Date.now(); Date.now() - began < FREEZE_FOR_MS;) {
      await sleep(50 + Math.random() * 200);
      freezeOutsideTransactions(child, lock);
      await sleep(FROZEN_MS);
      child.kill('SIGCONT');
    }
  };
  await Promise.all(children.map(freezeOn));
  // What they were about to do when they were frozen last.
  await sleep(SETTLE_MS);
  ending.abort();
  await settler;
  await until('what is under way to end', () => settling.size === 0);

  const { counts } = await slack.oracle();
  const doubled = Object.entries(counts).filter(([, count]) => count > 1);
  // Claimed by a process that was frozen then, and posted by the other one.
  const takenOver = await store.db
    .selectFrom('deliveries')
    .select(sql<number>`cast(count(*) as integer)`.as('count'))
    .where('log', 'like', '%not_in_history%')
    .executeTakeFirstOrThrow();
  expect(doubled).toEqual([]);
  expect(takenOver.count).toBeGreaterThan(2);
});

/** In a process of its own: this one is busy, and what Slack takes late looks like a post that began late. */
async function startSlack(folder: string) {
  const url = `http://127.0.0.1:${await freePort()}`;
  const config = { slack: { sandboxUrl: url } } as Config;
  const child = await startSandboxProcess(config, process.env, folder);
  if (child === undefined) throw new Error(`Something answers at ${url}`);
  const control = async (path: string, init?: RequestInit) => (await fetch(`${url}/_sandbox/${path}`, init)).json();
  const headers = { 'content-type': 'application/json' };
  await control('limits', { method: 'POST', headers, body: JSON.stringify(NO_LIMITS) });
  return {
    url,
    oracle: async () => (await control('oracle')) as OracleReport,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

async function begin(args: readonly (string | number)[]): Promise<ChildProcess> {
  const child = fork(PROGRAM, args.map(String), { execArgv: [] });
  await once(child, 'message');
  return child;
}

async function endAll(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGKILL');
      await exited;
    }),
  );
}

/** A process that was frozen within a transaction of SQLite would hold up this one, too. */
function freezeOutsideTransactions(child: ChildProcess, lock: DatabaseSync | undefined): void {
  for (;;) {
    child.kill('SIGSTOP');
    try {
      lock?.exec('begin immediate; rollback');
      return;
    } catch {
      child.kill('SIGCONT');
    }
  }
}
