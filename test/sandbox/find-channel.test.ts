import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunningSandbox } from '../../sandbox/server.ts';
import { findChannel } from '../../src/slack/find-channel.ts';
import { clientOf, control, sandboxFor } from './support.ts';

let slack: RunningSandbox;
beforeAll(async () => {
  slack = await sandboxFor();
});
beforeEach(() => slack.sandbox.reset());
afterAll(() => slack.close());

const find = (written: string) => findChannel(clientOf(slack), written);

test('#name is the id of the channel, private ones of the bot included', async () => {
  expect(await find('#acme-reports')).toEqual({ id: 'C0ACME', name: '#acme-reports' });
  expect(await find('#leadership')).toEqual({ id: 'C0LEADERS', name: '#leadership' });
});

test('a person is their direct messages, which are opened once', async () => {
  const found = await find('U0ANNA');
  expect(found).toEqual({ id: expect.stringMatching(/^D[A-Z0-9]+$/), name: '@U0ANNA' });
  expect(await find('U0ANNA')).toEqual(found);
});

test('an unknown name is answered with the nearest one, and what to do', async () => {
  await expect(find('#acme-report')).rejects.toMatchObject({
    code: 'invalid_notification',
    message: 'channel: Slack has no channel #acme-report that the bot can see',
    hint: expect.stringContaining('Did you mean acme-reports?'),
  });
  await expect(find('#board')).rejects.toMatchObject({ hint: expect.stringContaining('Invite the bot') });
});

test('a missing scope is named', async () => {
  await control(slack, 'POST', 'tokens/xoxb-sandbox', { scopes: ['chat:write'] });
  await expect(find('U0ANNA')).rejects.toMatchObject({
    message: 'channel: Slack refuses U0ANNA: missing_scope: the token needs the scope im:write',
    hint: 'Add the scope to the app, and install it again.',
  });
});

test('a Slack that does not answer is a failure, which may be tried again', async () => {
  const error = { type: 'rate_limit' as const, retryAfter: 30 };
  await control(slack, 'POST', 'faults', { method: 'conversations.open', when: 'before', action: error });
  await expect(find('U0ANNA')).rejects.toMatchObject({ code: 'no_answer' });
});
