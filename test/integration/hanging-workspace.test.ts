import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineReport } from '../../src/reports/define.ts';
import { type App, startApp } from '../support/app.ts';
import { rider } from '../support/store.ts';
import { until } from '../support/until.ts';

/** Slack's own time-out of a call: src/slack/client.ts. */
const CALL_MS = 15_000;
/** How many activities the SDK lets a worker run at once by default. */
const SDK_SLOTS = 100;
const RUNS = 3;
const EACH = 50;

/** Takes longer than a report may without an activity of its own. */
const slow = defineReport({
  name: 'slow',
  description: 'Takes its time',
  params: z.object({}),
  load: () => sleep(1_200, 'Slow'),
  render: (text) => ({ text, blocks: [] }),
});

async function addWorkspace({ sandbox, store }: App, id: string, channels: string[]): Promise<void> {
  const body = JSON.stringify({
    id,
    name: id,
    token: `xoxb-of-${id}`,
    channels: channels.map((c) => ({ id: c, name: c })),
  });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${sandbox.url}/_sandbox/workspaces`, { method: 'POST', headers, body });
  expect(response.ok, await response.text()).toBe(true);
  await store.workspaces.put({ id, name: id, tokenRef: `env:TOKEN_${id}` });
}

test('a workspace whose Slack hangs holds up neither the claims, the reports nor the posts of another', async () => {
  const env = { TOKEN_HANGS: 'xoxb-of-HANGS', TOKEN_WELL: 'xoxb-of-WELL' };
  await using app = await startApp({ env, reports: [slow] });
  await addWorkspace(app, 'HANGS', ['C0HANGS']);
  await addWorkspace(app, 'WELL', ['C0WELL']);
  const fault = { method: 'chat.postMessage', workspace: 'HANGS', when: 'before', action: { type: 'hang' } } as const;
  app.sandbox.sandbox.faults.add(fault);
  const add = async (workspaceId: string, count: number, fields: object = {}) => {
    const schedule = randomUUID();
    const riders = Array.from({ length: count }, (_, n) =>
      rider(`${schedule}-${n}`, schedule, { workspaceId, channel: `C0${workspaceId}`, ...fields }),
    );
    await app.store.notifications.add(riders);
    return { selection: { kind: 'due' as const, schedule }, nominalTime: new Date().toISOString() };
  };

  const ids = Array.from({ length: RUNS }, () => `hanging/${randomUUID()}`);
  for (const id of ids) app.run(await add('HANGS', EACH), id).catch(() => undefined);
  await until(
    'more calls to hang than the SDK has slots',
    async () => {
      const posting = await app.store.deliveries.list({ workspaceId: 'HANGS', states: ['posting'] }, RUNS * EACH);
      return posting.filter(({ postingAt = '' }) => Date.now() - Date.parse(postingAt) < CALL_MS).length > SDK_SLOTS;
    },
    60_000,
  );

  const quick = app.run(await add('WELL', 20));
  const withSlowReport = app.run(await add('WELL', 3, { report: 'slow', params: {} }));
  expect(await Promise.all([quick, withSlowReport])).toMatchObject([{ delivered: 20 }, { delivered: 3 }]);
  const ofOther = await app.store.deliveries.countByState({ workspaceId: 'HANGS' });
  expect(ofOther.delivered).toBeUndefined();

  for (const id of ids) await app.client.workflow.getHandle(id).terminate();
}, 180_000);
