import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../src/lib/ports.ts';
import { startApp } from '../support/app.ts';
import { runProgram, startWorkerProcess } from '../support/program.ts';
import { rider, temporaryFolder } from '../support/store.ts';
import { until } from '../support/until.ts';

const CHANNELS = ['C0ACME', 'C0BLUEBIRD', 'C0CEDAR', 'C0DOCKSIDE', 'C0EVERLINE', 'C0FERNHILL'];

// Side by side: they wait more than they compute.
describe.concurrent('a worker process', () => {
  test('that is asked to end finishes the posts in hand; the next one does the rest', async () => {
    await using app = await startApp({ withoutWorker: true });
    const schedule = randomUUID();
    await app.store.notifications.add(CHANNELS.map((channel) => rider(randomUUID(), schedule, { channel })));
    const { faults } = app.sandbox.sandbox;
    faults.add({ method: 'chat.postMessage', when: 'before', action: { type: 'delay', ms: 1_000 } });

    const first = await startWorkerProcess(app);
    const run = app.run({ selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() });
    run.catch(() => undefined);
    await until('the first call to Slack', () => Object.keys(app.oracle().attempts).length > 0);
    await first.stop();
    expect(await first.exited, first.lastLines()).toMatchObject({ code: 0, signal: null });
    const { posting, delivered } = await app.store.deliveries.countByState({});
    expect(posting, 'every post that began has its end in the ledger').toBeUndefined();
    expect(delivered).toBe(Object.keys(app.oracle().attempts).length);

    await using _ = await startWorkerProcess(app);
    expect(await run).toMatchObject({ due: CHANNELS.length, delivered: CHANNELS.length });
    expect(Object.values(app.oracle().counts)).toEqual(CHANNELS.map(() => 1));
  });

  // Temporal gives the attempt of the dead worker 90 s before it tries again.
  test('that is killed after Slack took the message, and before it could say so, leaves one message', async () => {
    await using app = await startApp({ withoutWorker: true });
    const schedule = randomUUID();
    await app.store.notifications.add([rider(randomUUID(), schedule)]);
    const { faults } = app.sandbox.sandbox;
    faults.add({ method: 'chat.postMessage', when: 'after', times: 1, action: { type: 'delay', ms: 60_000 } });

    const first = await startWorkerProcess(app);
    const run = app.run({ selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() });
    run.catch(() => undefined);
    const [message] = await until('Slack to have the message', () => {
      const { messages } = app.oracle();
      return messages.length > 0 && messages;
    });
    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toMatchObject({ signal: 'SIGKILL' });

    await using _ = await startWorkerProcess(app);
    expect(await run).toMatchObject({ due: 1, delivered: 1 });
    const [delivery] = await app.store.deliveries.list({}, 1);
    expect(delivery).toMatchObject({ state: 'delivered', messageTs: message?.ts, attempts: 1 });
    expect(app.oracle().messages).toHaveLength(1);
  }, 180_000);

  test('without a Temporal server says so in one clear line, and ends', async () => {
    await using folder = await temporaryFolder();
    const address = `127.0.0.1:${await freePort()}`;
    const { code, stderr } = await runProgram(['src/worker.ts'], {
      folder: folder.path,
      variables: { TEMPORAL_ADDRESS: address },
    });
    expect(code).toBe(1);
    const [error, hint, ...more] = stderr.trimEnd().split('\n');
    expect(error).toMatch(new RegExp(`^error: No Temporal server answers at ${address}`));
    expect(hint).toMatch(/^ {2}Start one with `temporal server start-dev`/);
    expect(more).toEqual([]);
  });

  test.each([
    [
      'a namespace that does not exist',
      { TEMPORAL_NAMESPACE: 'nope' },
      /^error: The namespace of TEMPORAL_NAMESPACE does not exist/,
    ],
    ['TLS to a server without it', { TEMPORAL_TLS: 'true' }, /The connection uses TLS: check TEMPORAL_TLS_\*/],
    [
      'a token resolver that is not there',
      { SLACK_REPORTS_TOKEN_RESOLVER: '/nope.ts' },
      /^error: The token resolver \/nope/,
    ],
  ])('with %s says so, and ends', async (_, variables, said) => {
    await using folder = await temporaryFolder();
    const health = { HEALTH_ADDRESS: `127.0.0.1:${await freePort()}` };
    const ended = await runProgram(['src/worker.ts'], { folder: folder.path, variables: { ...health, ...variables } });
    expect([1, 2]).toContain(ended.code);
    expect(ended.stderr).toMatch(said);
    expect(ended.stderr).not.toMatch(/\n\s+at |bug/);
  });

  test('with a wrong setting says which, and ends', async () => {
    await using folder = await temporaryFolder();
    const { code, stderr } = await runProgram(['src/worker.ts'], {
      folder: folder.path,
      variables: { SLACK_SETTLE_SECONDS: 'soon', LOG_LEVEL: 'loud' },
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: Configuration is wrong: SLACK_SETTLE_SECONDS .*; LOG_LEVEL .*\n {2}See \.env\.example/,
    );
  });
});
