import { expect, inject, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { startTemporalServer } from '../../src/dev/temporal-server.ts';
import { connectClient } from '../../src/temporal/connect.ts';
import { until } from '../support/until.ts';

test('a client that is closed while its server is away, and a call of it is tried again, does not end the process', async () => {
  await using server = await startTemporalServer({ cliPath: inject('temporalCli'), headless: true });
  const client = await connectClient(loadConfig({ TEMPORAL_ADDRESS: server.address }));
  const uncaught: unknown[] = [];
  const note = (error: unknown) => void uncaught.push(error);
  process.on('uncaughtException', note);
  const handle = await client.workflow.start('never-runs', { taskQueue: 'unpolled', workflowId: 'any' });
  const ended = { value: false };
  const result = handle.result().finally(() => (ended.value = true));
  result.catch(() => undefined);
  process.kill(server.pid, 'SIGKILL');
  await server.exited;
  await client[Symbol.asyncDispose]();
  await until('the call to end', () => ended.value || uncaught.length > 0);
  process.off('uncaughtException', note);
  expect(uncaught).toEqual([]);
  await expect(result).rejects.toThrow();
});
