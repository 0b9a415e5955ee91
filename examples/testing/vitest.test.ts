import { startTestApp } from 'slack-reports/testing';
import { expect, test } from 'vitest';
import openOrders from './open-orders.ts';

// Run it: npx vitest run examples/testing/vitest.test.ts
const data = [
  { number: '4711', total: 12.5 },
  { number: '4712', total: 8 },
];

test('open orders arrive, though the first answer of Slack is lost', async () => {
  await using app = await startTestApp();
  app.slack.sandbox.faults.add({ method: 'chat.postMessage', times: 1, when: 'after', action: { type: 'drop' } });
  const { state, messages } = await app.deliver(openOrders, { account: 'acme', data, params: { top: 1 } });
  expect(state).toBe('delivered');
  expect(messages.map(({ text }) => text)).toEqual(['2 open orders']);
});

test('no open orders send nothing', async () => {
  await using app = await startTestApp();
  expect(await app.deliver(openOrders, { account: 'acme', data: [] })).toMatchObject({
    state: 'skipped',
    messages: [],
  });
});
