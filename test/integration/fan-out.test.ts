import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { type App, startApp } from '../support/app.ts';
import { rider } from '../support/store.ts';

/** What Temporal advises as the most for one history: https://docs.temporal.io/workflow-execution/limits */
const ADVISED_EVENTS = 4_096;
const WORKSPACES = ['T1', 'T2', 'T3'];
const CHANNELS_EACH = 20;

/** A workspace with a token of its own, in the sandbox and in the store. */
async function addWorkspace({ sandbox, store }: App, id: string): Promise<void> {
  const channels = Array.from({ length: CHANNELS_EACH }, (_, index) => ({ id: `C${id}N${index}`, name: `c${index}` }));
  const body = JSON.stringify({ id, name: `Workspace ${id}`, token: `xoxb-of-${id}`, channels });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${sandbox.url}/_sandbox/workspaces`, { method: 'POST', headers, body });
  expect(response.ok, await response.text()).toBe(true);
  await store.workspaces.put({ id, name: id, tokenRef: `env:TOKEN_${id}` });
}

test('500 notifications of several workspaces go out in one run, each exactly once', async () => {
  const env = Object.fromEntries(WORKSPACES.map((id) => [`TOKEN_${id}`, `xoxb-of-${id}`]));
  await using app = await startApp({ env });
  for (const id of WORKSPACES) await addWorkspace(app, id);
  const schedule = randomUUID();
  const riders = Array.from({ length: 500 }, (_, index) => {
    const workspace = WORKSPACES[index % WORKSPACES.length] ?? '';
    const channel = `C${workspace}N${index % CHANNELS_EACH}`;
    return rider(`${schedule}-${index}`, schedule, { workspaceId: workspace, channel });
  });
  await app.store.notifications.add(riders);

  const workflowId = `run/${schedule}`;
  const result = await app.run(
    { selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() },
    workflowId,
  );
  expect(result).toMatchObject({ due: 500, delivered: 500, failures: [] });

  const { counts, messages } = app.oracle();
  expect(Object.values(counts)).toEqual(Array.from({ length: 500 }, () => 1));
  expect(new Set(messages.map(({ workspace }) => workspace)), 'each with its own token').toEqual(new Set(WORKSPACES));
  expect(await app.store.deliveries.countByState({})).toEqual({ delivered: 500 });

  const runs = await Array.fromAsync(app.client.workflow.list({ query: `WorkflowId = '${workflowId}'` }));
  for (const { historyLength } of runs) expect(historyLength).toBeLessThan(ADVISED_EVENTS);
  const first = await app.client.workflow.getHandle(workflowId, runs.at(-1)?.runId).describe();
  expect(first.historyLength).toBeGreaterThan(500);
}, 240_000);
