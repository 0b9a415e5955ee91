import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { type App, startApp } from '../support/app.ts';
import { startWorkerProcess } from '../support/program.ts';
import { isMissing, onDemand } from '../support/store.ts';
import { until } from '../support/until.ts';

/** Channels of the sandbox's own workspace, where owners are told; customers are in another one. */
const OWNERS = ['C0ACME', 'C0BLUEBIRD', 'C0CEDAR', 'C0DOCKSIDE', 'C0EVERLINE', 'C0FERNHILL', 'C0GRANITE', 'C0HARBOR'];
const EACH = 10;
const CUSTOMERS = 'customers';
const TEAM = 'T0CUSTOMERS';
const TOKEN = 'xoxb-customers';

async function addCustomers({ store, sandbox }: App): Promise<void> {
  await store.workspaces.put({ id: CUSTOMERS, name: CUSTOMERS, tokenRef: 'env:CUSTOMERS_TOKEN' });
  const channels = OWNERS.map((_, nr) => ({ id: `C0CUSTOMER${nr}`, name: `customer-${nr}` }));
  const response = await fetch(`${sandbox.url}/_sandbox/workspaces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: TEAM, name: CUSTOMERS, token: TOKEN, channels }),
  });
  expect(response.status).toBe(200);
}

/** The first lines of what was posted to a channel, in order. */
function postedTo({ sandbox }: App, channel: string): string[] {
  return sandbox.sandbox.store.messagesIn(channel).map(({ text }) => text ?? '');
}

/** One is enough: unit tests hold the rules of streaks on both. */
const STORE = isMissing('postgres') ? 'sqlite' : 'postgres';

test(
  'an outage of 82 deliveries over nine owners, with killed workers, is one notice and one recovery for each',
  { timeout: 240_000 },
  async () => {
    await using app = await startApp({ store: STORE, withoutWorker: true });
    await addCustomers(app);
    const { store, sandbox } = app;
    const { reports, databaseUrl } = app.accounts.sample;
    const variables = {
      CUSTOMERS_TOKEN: TOKEN,
      SLACK_API_URL: sandbox.slackApiUrl,
      REPORTS_DB_SAMPLE: databaseUrl,
      SLACK_REPORTS_OWNER: 'sandbox/C0OPS',
      SLACK_REPORTS_CONCURRENCY: '5',
    };
    const start = () => startWorkerProcess(app, ['--reports', reports], variables);
    let worker = await start();
    app.defer(() => worker.stop());
    const kill = async () => {
      process.kill(worker.pid, 'SIGKILL');
      await worker.exited;
      worker = await start();
    };

    const to = (nr: number) => ({ workspaceId: CUSTOMERS, channel: `C0CUSTOMER${nr}` });
    const all = OWNERS.flatMap((owner, nr) =>
      Array.from({ length: EACH }, (_, one) =>
        // Half have an owner of their own, and half that of their account.
        onDemand(`n${nr}-${one}`, {
          ...to(nr),
          ...(nr % 2 === 0 && { owner: `sandbox/${owner}` }),
          tags: [`nr-${nr}`],
        }),
      ),
    );
    const accounts = new Map<string, string>();
    for (const [nr, owner] of OWNERS.entries()) {
      if (nr % 2 === 0) continue;
      app.accounts.add(`acme-${nr}`, `Acme ${nr}`);
      accounts.set(`nr-${nr}`, `acme-${nr}`);
      await store.owners.set({ account: `acme-${nr}`, owner: `sandbox/${owner}` });
    }
    await store.notifications.add([
      ...all.map((one) => ({ ...one, account: accounts.get(one.tags[0] ?? '') ?? one.account })),
      // Its owner is in the workspace that goes away, so that the owner of the setting is told.
      onDemand('own', { ...to(0), owner: 'C0CUSTOMER0' }),
      onDemand('none', to(1)),
    ]);
    const due = all.length + 2;

    const refuse = { when: 'before', action: { type: 'error', error: 'token_revoked' } } as const;
    sandbox.sandbox.faults.add({ method: 'chat.postMessage', workspace: TEAM, ...refuse });
    sandbox.sandbox.faults.add({ method: 'auth.test', workspace: TEAM, ...refuse });
    const outage = app.run({ selection: { kind: 'all' }, key: 'outage' });
    outage.catch(() => undefined);
    await until('a third to be parked', async () => {
      return ((await store.deliveries.countByState({ workspaceId: CUSTOMERS })).parked ?? 0) > due / 3;
    });
    await kill();
    expect(await outage).toMatchObject({ due, parked: due });
    for (const owner of [...OWNERS, 'C0OPS']) {
      const posted = postedTo(app, owner);
      expect(posted, owner).toHaveLength(1);
      expect(posted[0]).toMatch(
        owner === 'C0OPS' ? /^2 notifications do not arrive/ : /^10 notifications do not arrive/,
      );
    }

    // More of the same trouble is no news.
    expect(await app.run({ selection: { kind: 'all' }, key: 'later' })).toMatchObject({ due, parked: due });
    sandbox.sandbox.faults.clear();
    const owner = { kind: 'workspace', id: CUSTOMERS } as const;
    const resumed = app.run({ selection: { kind: 'parked', owner, withinMs: 3_600_000 } }, `resume/${randomUUID()}`);
    resumed.catch(() => undefined);
    await until('a third to arrive', async () => {
      return ((await store.deliveries.countByState({ workspaceId: CUSTOMERS })).delivered ?? 0) > due / 3;
    });
    await kill();
    expect(await resumed).toMatchObject({ due: 2 * due });
    for (const one of [...OWNERS, 'C0OPS']) {
      const posted = postedTo(app, one);
      expect(posted, one).toHaveLength(2);
      expect(posted[1]).toMatch(one === 'C0OPS' ? /^2 notifications arrived again/ : /^10 notifications arrived again/);
    }
    expect(await app.run({ selection: { kind: 'all' }, key: 'well' })).toMatchObject({ due, delivered: due });
    expect(OWNERS.flatMap((one) => postedTo(app, one))).toHaveLength(2 * OWNERS.length);
    expect(await store.db.selectFrom('streaks').selectAll().execute()).toEqual([]);
    expect(app.oracle().duplicates).toEqual([]);
  },
);

test('the end of a run of a schedule deletes what is old once a day, and its claim is a heartbeat', async () => {
  await using app = await startApp({ withoutWorker: true });
  const { store } = app;
  const schedule = await app.schedule();
  await store.notifications.add([onDemand('old')]);
  const at = new Date(Date.now() - 30 * 86_400_000);
  const selection = { kind: 'notifications', ids: ['old'] } as const;
  await store.claims.claimDue({ dispatchId: 'old', nominal: at, selection });
  const [claimed] = await store.claims.listPartition('old', { from: 0, to: 1, size: 1, step: 1, offset: 0 });
  await store.ledger.markFailed(claimed?.id ?? '', { code: 'failed', message: 'failed' });
  const long = at.toISOString();
  await store.db.updateTable('deliveries').set({ claimed_at: long, finished_at: long }).execute();
  const beats: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    beats.push(request.url);
    response.end();
  }).listen(0, '127.0.0.1');
  app.defer(async () => void server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping`;
  const settings = { SLACK_REPORTS_LEDGER_RETENTION: '20d', SLACK_REPORTS_HEARTBEAT_URL: url };
  const worker = await startWorkerProcess(app, [], settings);
  app.defer(() => worker.stop());

  await app.run({ selection: { kind: 'due', schedule } });
  expect(await store.deliveries.list({}, 10)).toEqual([]);
  const pruned = await store.milestones.at('last_prune');
  expect(pruned).toBeDefined();
  await app.run({ selection: { kind: 'due', schedule } });
  expect(await store.milestones.at('last_prune'), 'not twice a day').toEqual(pruned);
  await until('two heartbeats', () => beats.length === 2);
  expect(beats).toEqual(['/ping', '/ping']);
});
