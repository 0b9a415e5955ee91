import type { ConversationsHistoryArguments } from '@slack/web-api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunningSandbox } from '../../sandbox/server.ts';
import { blockProblems } from '../../src/slack/block-kit/block-problems.ts';
import { asObject } from '../../src/slack/block-kit/json.ts';
import { validateBlocks } from '../../src/slack/validate-blocks.ts';
import { call, clientOf, control, metadata, oracle, post, sandboxFor } from './support.ts';

let slack: RunningSandbox;
beforeAll(async () => {
  slack = await sandboxFor();
});
beforeEach(() => slack.sandbox.reset());
afterAll(() => slack.close());

describe('the token', () => {
  test.each([
    ['no token', null, 'not_authed'],
    ['an unknown token', 'xoxb-unknown', 'invalid_auth'],
  ])('%s is refused', async (_, token, error) => {
    expect((await call(slack, 'auth.test', {}, token)).body).toEqual({ ok: false, error });
  });

  test.each([
    ['revoked', 'token_revoked'],
    ['inactive', 'account_inactive'],
  ])('a token made %s is refused until it is made ok again', async (state, error) => {
    await control(slack, 'POST', 'tokens/xoxb-sandbox', { state });
    expect((await post(slack)).body).toEqual({ ok: false, error });
    await control(slack, 'POST', 'tokens/xoxb-sandbox', { state: 'ok' });
    expect((await post(slack)).body['ok']).toBe(true);
  });

  test('the answer names the missing scope and the given ones', async () => {
    await control(slack, 'POST', 'tokens/xoxb-sandbox', { scopes: ['channels:read'] });
    const { body, headers } = await post(slack);
    expect(body).toEqual({ ok: false, error: 'missing_scope', needed: 'chat:write', provided: 'channels:read' });
    expect(headers.get('x-oauth-scopes')).toBe('channels:read');
    expect(headers.get('x-accepted-oauth-scopes')).toBe('chat:write');
  });

  test('may also be an argument, of a form or a query', async () => {
    const form = await fetch(`${slack.slackApiUrl}auth.test`, {
      method: 'POST',
      body: new URLSearchParams({ token: slack.token }),
    });
    expect(await form.json()).toMatchObject({ ok: true, team_id: 'T0SANDBOX', team: 'Sandbox' });
    const query = await fetch(`${slack.slackApiUrl}auth.test?token=${slack.token}`);
    expect(await query.json()).toMatchObject({ ok: true });
  });

  test('an unknown method is refused', async () => {
    expect((await call(slack, 'chat.shout')).body).toMatchObject({ ok: false, error: 'unknown_method' });
    expect((await call(slack, 'constructor')).body).toMatchObject({ ok: false, error: 'unknown_method' });
  });
});

describe('chat.postMessage', () => {
  test('accepts what @slack/web-api sends and returns it in the history', async () => {
    const client = clientOf(slack);
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: '*hello*' } }];
    const posted = await client.chat.postMessage({
      channel: 'C0ACME',
      text: 'hello',
      blocks,
      metadata: { event_type: 'slack_report', event_payload: { delivery_id: 'd1' } },
    });
    expect(posted.ts).toMatch(/^\d{10}\.\d{6}$/);
    const { messages } = await client.conversations.history({ channel: 'C0ACME', include_all_metadata: true });
    expect(messages).toMatchObject([
      { ts: posted.ts, text: 'hello', blocks, metadata: { event_payload: { delivery_id: 'd1' } } },
    ]);
    const link = await client.chat.getPermalink({ channel: 'C0ACME', message_ts: posted.ts ?? '' });
    expect(link.permalink).toContain(`/archives/C0ACME/p${posted.ts?.replace('.', '')}`);
  });

  test.each([
    ['an unknown channel', { channel: 'C0NOWHERE' }, 'channel_not_found'],
    ['a private channel without the bot', { channel: 'C0BOARD' }, 'channel_not_found'],
    ['an archived channel', { channel: 'C0LEGACY' }, 'is_archived'],
    ['a public channel without the bot', { channel: 'C0NEWS' }, 'not_in_channel'],
    ['neither text nor blocks', { text: '' }, 'no_text'],
    ['blocks that are not JSON', { blocks: '[{' }, 'invalid_blocks_format'],
    ['metadata that is not JSON', { metadata: '{' }, 'invalid_metadata_format'],
    ['metadata without a payload', { metadata: { event_type: 'x' } }, 'invalid_metadata_format'],
  ])('refuses %s', async (_, args, error) => {
    expect((await post(slack, args)).body).toMatchObject({ ok: false, error });
    expect(oracle(slack).messages).toEqual([]);
  });

  test('reports invalid blocks in the shape that Slack documents', async () => {
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } }];
    const problem = 'must be less than 3001 characters [json-pointer:/blocks/0/text/text]';
    expect((await post(slack, { blocks })).body).toEqual({
      ok: false,
      error: 'invalid_blocks',
      errors: [problem],
      response_metadata: { messages: [`[ERROR] ${problem}`] },
    });
  });

  test('posts to a public channel without the bot when the scope chat:write.public is there', async () => {
    await control(slack, 'POST', 'tokens/xoxb-sandbox', { scopes: ['chat:write', 'chat:write.public'] });
    expect((await post(slack, { channel: 'C0NEWS' })).body['ok']).toBe(true);
  });

  test('drops metadata whose event type has a character outside its set, and still posts', async () => {
    await post(slack, { metadata: { event_type: 'slack.report', event_payload: { delivery_id: 'd1' } } });
    expect(oracle(slack).messages).toMatchObject([{ deliveryId: null }]);
  });

  test('splits a text over 4,000 characters into several messages, unless there are blocks', async () => {
    await post(slack, { text: 'x'.repeat(8_001) });
    expect(slack.sandbox.store.messagesIn('C0ACME').map(({ text }) => text.length)).toEqual([4_000, 4_000, 1]);
    await post(slack, { channel: 'C0OPS', text: 'x'.repeat(8_001), blocks: [{ type: 'divider' }] });
    expect(slack.sandbox.store.messagesIn('C0OPS')).toHaveLength(1);
  });

  test('gives every message of a channel its own ts, in order, even within one millisecond', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(slack)));
    const ts = slack.sandbox.store.messagesIn('C0ACME').map((message) => message.ts);
    expect(new Set(ts).size).toBe(30);
    expect(ts).toEqual(ts.toSorted());
    expect(new Set(answers.map(({ body }) => body['ts']))).toEqual(new Set(ts));
  });
});

describe('conversations', () => {
  test('the list has the public channels, and private ones only where the bot is', async () => {
    const { channels } = await clientOf(slack).conversations.list({ types: 'public_channel,private_channel' });
    const ids = channels?.map(({ id }) => id);
    expect(ids).toContain('C0NEWS');
    expect(ids).toContain('C0LEADERS');
    expect(ids).not.toContain('C0BOARD');
    const { channels: live } = await clientOf(slack).conversations.list({ exclude_archived: true });
    expect(live?.map(({ id }) => id)).not.toContain('C0LEGACY');
  });

  test('the list comes in pages', async () => {
    const client = clientOf(slack);
    const first = await client.conversations.list({ limit: 10 });
    const rest = await client.conversations.list({ limit: 10, cursor: first.response_metadata?.next_cursor ?? '' });
    expect(first.channels).toHaveLength(10);
    expect(rest.channels).toHaveLength(5);
    expect(rest.response_metadata?.next_cursor).toBe('');
  });

  test('info shows the state of one channel and follows a rename', async () => {
    await control(slack, 'POST', 'channels/C0ACME', { name: 'acme-news', archived: true });
    const { channel } = await clientOf(slack).conversations.info({ channel: 'C0ACME' });
    expect(channel).toMatchObject({ id: 'C0ACME', name: 'acme-news', is_archived: true, is_member: true });
  });

  test('join brings the bot into a public channel, so that it can post and read', async () => {
    expect((await call(slack, 'conversations.history', { channel: 'C0NEWS' })).body['error']).toBe('not_in_channel');
    await clientOf(slack).conversations.join({ channel: 'C0NEWS' });
    expect((await post(slack, { channel: 'C0NEWS' })).body['ok']).toBe(true);
    expect((await call(slack, 'conversations.history', { channel: 'C0NEWS' })).body['ok']).toBe(true);
  });

  test.each([
    ['C0LEGACY', 'is_archived'],
    ['C0LEADERS', 'method_not_supported_for_channel_type'],
    ['C0BOARD', 'channel_not_found'],
  ])('join refuses %s with %s', async (channel, error) => {
    expect((await call(slack, 'conversations.join', { channel })).body['error']).toBe(error);
  });
});

const open = (users: string) => call(slack, 'conversations.open', { users });

describe('direct messages', () => {
  test('are opened once, take messages, and are found again', async () => {
    const { id } = asObject((await open('U0ANNA')).body['channel']);
    expect(asObject((await open('U0ANNA')).body['channel'])['id']).toBe(id);
    expect((await post(slack, { channel: id })).body).toMatchObject({ ok: true, channel: id });
    expect((await call(slack, 'conversations.history', { channel: id })).body['messages']).toHaveLength(1);
    expect((await call(slack, 'conversations.info', { channel: id })).body['channel']).toMatchObject({
      is_im: true,
      user: 'U0ANNA',
    });
    const { channels } = (await call(slack, 'conversations.list', { types: 'private_channel' })).body;
    expect(JSON.stringify(channels)).not.toContain('U0ANNA');
  });

  test('need im:write to be opened, and im:history to be read', async () => {
    const { id } = asObject((await open('U0ANNA')).body['channel']);
    await control(slack, 'POST', 'tokens/xoxb-sandbox', { scopes: ['chat:write'] });
    expect((await open('U0BEN')).body).toMatchObject({ error: 'missing_scope', needed: 'im:write' });
    expect((await call(slack, 'conversations.history', { channel: id })).body).toMatchObject({ needed: 'im:history' });
  });

  test('are with a person only', async () => {
    expect((await open('C0ACME')).body['error']).toBe('user_not_found');
    expect((await open('')).body['error']).toBe('users_list_not_supplied');
  });
});

describe('what Slack would say', () => {
  const broken = [{ type: 'section', text: { type: 'mrkdwn', text: '' }, colour: 'red' }];

  test('blocks.validate names every problem, and posts nothing', async () => {
    await control(slack, 'POST', 'tokens/xoxb-sandbox', { scopes: [] });
    expect((await call(slack, 'blocks.validate', { blocks: [{ type: 'divider' }] })).body).toEqual({ ok: true });
    expect((await call(slack, 'blocks.validate', { blocks: broken })).body).toEqual({
      ok: false,
      error: 'invalid_blocks',
      errors: [
        { pointer: '/0/text/text', code: 'failed_constraint', message: 'must be more than 0 characters' },
        { pointer: '/0', code: 'failed_constraint', message: 'invalid additional property: colour' },
      ],
    });
    expect((await call(slack, 'blocks.validate', { message: { blocks: broken } })).body).toMatchObject({
      error: 'invalid_message',
      errors: [{ pointer: '/blocks/0/text/text' }, { pointer: '/blocks/0' }],
    });
    expect((await call(slack, 'blocks.validate', {})).body['error']).toBe('invalid_arguments');
    expect(oracle(slack).messages).toEqual([]);
  });

  test('our client gives the problems as our validator does', async () => {
    const client = clientOf(slack);
    expect(await validateBlocks(client, [{ type: 'divider' }])).toEqual({ kind: 'valid' });
    expect(await validateBlocks(client, broken)).toEqual({ kind: 'invalid', problems: blockProblems(broken) });
  });

  test('a server without the method is named', async () => {
    const error = { type: 'error' as const, error: 'unknown_method' };
    await control(slack, 'POST', 'faults', { method: 'blocks.validate', when: 'before', action: error });
    expect(await validateBlocks(clientOf(slack), broken)).toEqual({
      kind: 'unknown',
      why: 'the server at SLACK_API_URL has no method blocks.validate',
    });
  });

  test('a type that the sandbox does not know passes with a warning', async () => {
    const { body } = await post(slack, { blocks: [{ type: 'hologram' }] });
    expect(body).toMatchObject({
      ok: true,
      response_metadata: {
        messages: ['[WARN] type "hologram" is not known here, so it was not checked [json-pointer:/blocks/0]'],
      },
    });
  });

  test('markdown_text excludes text and blocks, and metadata has a limit', async () => {
    const error = async (args: object) =>
      (await call(slack, 'chat.postMessage', { channel: 'C0ACME', ...args })).body['error'];
    expect(await error({ markdown_text: '**a**' })).toBeUndefined();
    expect(slack.sandbox.store.messagesIn('C0ACME')[0]?.blocks).toMatchObject([{ type: 'markdown', text: '**a**' }]);
    expect(await error({ markdown_text: 'a', text: 'b' })).toBe('markdown_text_conflict');
    expect(await error({ markdown_text: 'a', blocks: [{ type: 'divider' }] })).toBe('markdown_text_conflict');
    const event_payload = { note: 'x'.repeat(100_000) };
    expect(await error({ text: 'a', metadata: { event_type: 'e', event_payload } })).toBe('metadata_too_large');
  });
});

async function fiveMessages(): Promise<string[]> {
  for (const id of ['1', '2', '3', '4', '5']) await post(slack, { text: id, ...metadata(id) });
  return slack.sandbox.store.messagesIn('C0ACME').map(({ ts }) => ts);
}

async function textsOf(args: ConversationsHistoryArguments): Promise<unknown[] | undefined> {
  const { messages } = await clientOf(slack).conversations.history(args);
  return messages?.map(({ text }) => text);
}

describe('conversations.history', () => {
  test('respects oldest and latest, which are included only when inclusive', async () => {
    const [, second, , fourth] = await fiveMessages();
    expect(await textsOf({ channel: 'C0ACME', oldest: second ?? '', latest: fourth ?? '' })).toEqual(['3']);
    expect(await textsOf({ channel: 'C0ACME', oldest: second ?? '', latest: fourth ?? '', inclusive: true })).toEqual([
      '4',
      '3',
      '2',
    ]);
  });

  test('pages from the newest to the oldest', async () => {
    await fiveMessages();
    const client = clientOf(slack);
    const texts: unknown[] = [];
    let cursor = '';
    do {
      const page = await client.conversations.history({ channel: 'C0ACME', limit: 2, cursor });
      texts.push(page.messages?.map(({ text }) => text));
      cursor = page.response_metadata?.next_cursor ?? '';
    } while (cursor !== '');
    expect(texts).toEqual([['5', '4'], ['3', '2'], ['1']]);
  });

  test('shows only the event type of metadata unless the call asks for all of it', async () => {
    await post(slack, metadata('d1'));
    const read = async (args: object) =>
      (await call(slack, 'conversations.history', { channel: 'C0ACME', ...args })).body['messages'];
    expect(await read({})).toMatchObject([{ metadata: { event_type: 'slack_report' } }]);
    expect(await read({})).not.toMatchObject([{ metadata: { event_payload: {} } }]);
    expect(await read({ include_all_metadata: true })).toMatchObject([
      { metadata: { event_payload: { delivery_id: 'd1' } } },
    ]);
  });

  test('needs the scope of its kind of channel', async () => {
    await control(slack, 'POST', 'tokens/xoxb-sandbox', { scopes: ['channels:history'] });
    const { body } = await call(slack, 'conversations.history', { channel: 'C0LEADERS' });
    expect(body).toMatchObject({ error: 'missing_scope', needed: 'groups:history' });
  });
});
