import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BLOTTED, type EveryEnding, runEveryEnding, TOKENS } from '../support/every-ending.ts';
import { historyText } from '../support/history.ts';

let all: EveryEnding;
let told: Record<string, string>;

beforeAll(async () => {
  all = await runEveryEnding();
  told = await all.told();
}, 180_000);

afterAll(() => all[Symbol.asyncDispose]());

describe('where Slack, or a proxy that answers for it, repeats a token', () => {
  test('it is in no history', async () => {
    for (const id of all.workflows) expect(await historyText(all.app.client, id), id).not.toMatch(TOKENS);
    for (const kind of ['refused', 'forbidden', 'revoked']) {
      expect(await historyText(all.app.client, await all.workflowOf(kind)), 'where it was').toContain(BLOTTED);
    }
  });

  test('it is not in the log, the metrics, the health, any table, nor in what the commands print', () => {
    const leaks = Object.entries(told).filter(([, text]) => TOKENS.test(text));
    expect(leaks.map(([place]) => place)).toEqual([]);
    // All of these are what they are said to be, and those that report errors have had it.
    expect(told).toMatchObject({
      log: expect.stringContaining(BLOTTED),
      metrics: expect.stringContaining('code="restricted_action"'),
      health: expect.stringContaining('"ready":true'),
      'table deliveries': expect.stringContaining(BLOTTED),
      'table notifications': expect.stringContaining(BLOTTED),
      'table workspaces': expect.stringContaining(BLOTTED),
      'failures list': expect.stringContaining('invalid_blocks'),
      'parked list': expect.stringContaining(BLOTTED),
      'runs show': expect.stringContaining('parked: restricted_action'),
      doctor: expect.stringContaining('DUGONG_TOKEN'),
      'why refused': expect.stringContaining(BLOTTED),
      'why revoked': expect.stringContaining(BLOTTED),
      'why malformed': expect.stringContaining('malformed_token'),
    });
  });
});

test('metrics name no notification, channel, account or text of a report', () => {
  expect(told['metrics']).not.toMatch(/narwhal|beluga|oryx|acme|quagga|zebra/i);
});
