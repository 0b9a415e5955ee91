import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startTestApp } from 'slack-reports/testing';
import openOrders from './open-orders.ts';

// Run it: node --test examples/testing/node-test.test.ts
const app = await startTestApp();
// From Node 24 on: await using app = await startTestApp();
after(() => app.close());

await test('open orders arrive as a table', async () => {
  const data = [{ number: '4711', total: 12.5 }];
  const { state, messages } = await app.deliver(openOrders, { account: 'acme', data });
  assert.equal(state, 'delivered');
  assert.equal(messages[0]?.text, '1 open orders');
  assert.equal(messages[0].blocks?.[1]?.['type'], 'table');
});
