import { LogLevel, WebClient, type WebClientOptions } from '@slack/web-api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startSandbox, type FaultAction, type RunningSandbox } from 'slack-sandbox';
import { freePort } from '../../../src/lib/ports.ts';
import {
  DESTINATION_ERRORS,
  PAYLOAD_ERRORS,
  RETRYABLE_ERRORS,
  type SlackFailure,
  UNCERTAIN_ERRORS,
  WORKSPACE_ERRORS,
} from '../../../src/slack/errors.ts';
import { slackClients } from '../../../src/slack/client.ts';
import { postOnce } from '../../../src/slack/post.ts';
import { NO_LIMITS } from '../../support/sandbox.ts';

const REPORT_TEXT = 'the quarterly figures of Acme';

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, limits: NO_LIMITS });
});
beforeEach(() => sandbox.sandbox.reset());
afterAll(() => sandbox.close());

/** The client as the worker has it. */
function client(sandboxUrl = sandbox.url): Promise<WebClient> {
  return slackClients({ sandboxUrl, apiUrl: 'https://slack.invalid/api/' }, {}).of({
    id: 'w',
    tokenRef: 'sandbox',
  });
}

async function failureOf(slack: WebClient | Promise<WebClient>, fields: object = {}): Promise<SlackFailure> {
  const result = await postOnce(await slack, {
    channel: 'C0ACME',
    deliveryId: 'd1',
    text: REPORT_TEXT,
    blocks: [{ type: 'divider' }],
    ...fields,
  });
  if (result.kind === 'posted') throw new Error('it was posted');
  return result;
}

function strike(action: FaultAction, when: 'before' | 'after' = 'before'): void {
  sandbox.sandbox.faults.add({ method: 'chat.postMessage', when, action });
}

function accepted(): number {
  return sandbox.sandbox.oracle.report().messages.length;
}

describe('surely not posted, and worth another try', () => {
  test('a post that was claimed too long ago, for which Slack is not called', async () => {
    expect(await failureOf(client(), { beginBefore: Date.now() - 1 })).toMatchObject({
      kind: 'not_posted',
      code: 'claim_too_old',
    });
    expect(accepted()).toBe(0);
  });

  test.each<[string, FaultAction, number]>([
    ['429 with Retry-After', { type: 'rate_limit', retryAfter: 7 }, 7_000],
    ['429 without the header', { type: 'rate_limit' }, 30_000],
    ['ratelimited in an answer of 200', { type: 'error', error: 'ratelimited' }, 30_000],
  ])('%s, not before the time that Slack named', async (_, action, retryAfterMs) => {
    strike(action);
    expect(await failureOf(client())).toMatchObject({ kind: 'not_posted', code: 'ratelimited', retryAfterMs });
  });

  test('connection refused', async () => {
    expect(await failureOf(client(`http://127.0.0.1:${await freePort()}`))).toMatchObject({
      kind: 'not_posted',
      code: 'ECONNREFUSED',
    });
  });

  test('no such host', async () => {
    const { kind, code } = await failureOf(client('https://slack.invalid'));
    expect([kind, code]).toEqual(['not_posted', expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/)]);
  });

  test('another code that Slack asks to try again for', async () => {
    for (const error of RETRYABLE_ERRORS) {
      sandbox.sandbox.faults.clear();
      strike({ type: 'error', error });
      expect((await failureOf(client())).kind, error).toBe('not_posted');
    }
  });
});

describe('may have been posted', () => {
  test.each<[string, FaultAction, string]>([
    ['500', { type: 'status', status: 500 }, 'http_500'],
    ['502', { type: 'status', status: 502 }, 'http_502'],
    ['503', { type: 'status', status: 503 }, 'http_503'],
    ['a page of HTML with 200', { type: 'html' }, 'unreadable_answer'],
    ['a connection that broke', { type: 'drop' }, 'UND_ERR_SOCKET'],
    ['an answer that was cut off', { type: 'truncate' }, 'answer_lost'],
    ['an unknown code', { type: 'error', error: 'brand_new_error' }, 'brand_new_error'],
    ['an internal error of Slack', { type: 'error', error: 'internal_error' }, 'internal_error'],
    ['a fatal error of Slack', { type: 'error', error: 'fatal_error' }, 'fatal_error'],
  ])('%s, whether Slack took it or not', async (_, action, code) => {
    strike(action, 'before');
    expect(await failureOf(client())).toMatchObject({ kind: 'ambiguous', code });
    expect(accepted()).toBe(0);

    sandbox.sandbox.faults.clear();
    strike(action, 'after');
    expect(await failureOf(client())).toMatchObject({ kind: 'ambiguous', code });
    expect(accepted()).toBe(1);
  });

  test('no answer in time', async () => {
    strike({ type: 'hang' }, 'after');
    // The product's own client waits 15 s.
    const options: WebClientOptions = {
      slackApiUrl: sandbox.slackApiUrl,
      retryConfig: { retries: 0 },
      timeout: 200,
      logLevel: LogLevel.ERROR,
    };
    expect(await failureOf(new WebClient(sandbox.token, options))).toMatchObject({
      kind: 'ambiguous',
      code: 'timeout',
    });
    expect(accepted()).toBe(1);
  });
});

describe('refused until a person fixes it', () => {
  test.each([
    ['the message', 'message', PAYLOAD_ERRORS],
    ['the channel', 'channel', DESTINATION_ERRORS],
    ['the workspace', 'workspace', WORKSPACE_ERRORS],
  ])('%s', async (_, scope, codes) => {
    for (const error of codes) {
      sandbox.sandbox.faults.clear();
      strike({ type: 'error', error });
      expect(await failureOf(client()), error).toMatchObject({ kind: 'refused', scope, code: error });
    }
  });

  test('no code means two things', () => {
    const all = [PAYLOAD_ERRORS, DESTINATION_ERRORS, WORKSPACE_ERRORS, RETRYABLE_ERRORS].flatMap((set) => [...set]);
    expect(all).toHaveLength(new Set(all).size);
  });

  test('blocks, with what Slack says about them', async () => {
    const blocks = [{ type: 'header', text: { type: 'plain_text', text: '' } }];
    const failure = await failureOf(client(), { blocks });
    expect(failure).toMatchObject({ kind: 'refused', scope: 'message', code: 'invalid_blocks' });
    expect(failure.message).toContain('[json-pointer:/blocks/0/text/text]');
  });

  test.each([
    [{ channel: 'C0LEGACY' }, 'channel', 'is_archived'],
    [{ channel: 'C0NOSUCH' }, 'channel', 'channel_not_found'],
    [{ channel: 'C0NEWS' }, 'channel', 'not_in_channel'],
  ])('as the sandbox answers: %j', async (fields, scope, code) => {
    expect(await failureOf(client(), fields)).toMatchObject({ kind: 'refused', scope, code });
  });

  test('a token that Slack has revoked, and one without the scope it needs', async () => {
    const { store } = sandbox.sandbox;
    const token = store.tokens.get(sandbox.token);
    if (token === undefined) throw new Error('the sandbox has no token');
    store.record({ type: 'token', token: { ...token, state: 'revoked' } });
    expect(await failureOf(client())).toMatchObject({ kind: 'refused', scope: 'workspace', code: 'token_revoked' });
    store.record({ type: 'token', token: { ...token, scopes: [] } });
    expect(await failureOf(client())).toMatchObject({
      scope: 'workspace',
      code: 'missing_scope',
      message: 'missing_scope: the token needs the scope chat:write',
    });
  });
});

test('no failure tells the token, the report or a page of HTML', async () => {
  const actions: FaultAction[] = [
    { type: 'html' },
    { type: 'drop' },
    { type: 'truncate' },
    { type: 'status', status: 500 },
    { type: 'rate_limit' },
    { type: 'error', error: 'invalid_auth' },
  ];
  for (const action of actions) {
    sandbox.sandbox.faults.clear();
    strike(action, 'after');
    const said = JSON.stringify(await failureOf(client()));
    expect(said).not.toContain('xoxb');
    expect(said).not.toContain(REPORT_TEXT);
    expect(said).not.toContain('<');
  }
});

test('one call is one request: the client tries nothing again by itself', async () => {
  for (const type of ['drop', 'html', 'truncate', 'rate_limit'] as const) {
    sandbox.sandbox.reset();
    strike({ type }, 'after');
    await failureOf(client());
    expect(sandbox.sandbox.oracle.report().attempts['d1'], type).toHaveLength(1);
  }
});

test('a rate limit on one call holds up no other', async () => {
  sandbox.sandbox.faults.add({
    method: 'chat.postMessage',
    channel: 'C0ACME',
    when: 'before',
    action: { type: 'rate_limit', retryAfter: 60 },
  });
  const slack = await client();
  await failureOf(slack);
  const other = await postOnce(slack, { channel: 'C0OPS', deliveryId: 'd2', text: 'other', blocks: [] });
  expect(other.kind).toBe('posted');
});

/** Documented for chat.postMessage in November 2026: https://docs.slack.dev/reference/methods/chat.postMessage#errors */
const DOCUMENTED = `
  access_denied accesslimited account_inactive agent_prompt_display_not_allowed
  app_access_restricted as_user_not_supported attachment_payload_limit_exceeded cannot_reply_to_message
  channel_not_found deprecated_endpoint draft_already_deleted draft_already_sent
  draft_has_conflict draft_not_found duplicate_channel_not_found duplicate_message_not_found
  ekm_access_denied enterprise_is_restricted fatal_error internal_error
  invalid_arg_name invalid_arguments invalid_array_arg invalid_auth
  invalid_blocks invalid_blocks_format invalid_charset invalid_form_data
  invalid_metadata_format invalid_metadata_schema invalid_post_type is_archived
  markdown_text_conflict message_limit_exceeded messages_tab_disabled metadata_must_be_sent_from_app
  metadata_too_large method_deprecated missing_file_data missing_post_type
  missing_scope msg_blocks_too_long no_permission no_text
  not_allowed_token_type not_authed not_in_channel org_login_required
  rate_limited ratelimited request_timeout restricted_action
  restricted_action_non_threadable_channel restricted_action_read_only_channel restricted_action_thread_locked restricted_action_thread_only_channel
  send_on_behalf_not_allowed service_unavailable slack_connect_canvas_sharing_blocked slack_connect_file_link_sharing_blocked
  slack_connect_lists_sharing_blocked team_access_not_granted team_added_to_org team_not_found
  token_expired token_revoked too_many_attachments too_many_contact_cards
  two_factor_setup_required`
  .trim()
  .split(/\s+/);

/** Not documented for this method (any more), and seen all the same. */
const SEEN = ['invalid_attachments', 'msg_too_long'];

test('every documented code of chat.postMessage is in one list of ours, and every code of ours is documented or seen', () => {
  const lists = [PAYLOAD_ERRORS, DESTINATION_ERRORS, WORKSPACE_ERRORS, RETRYABLE_ERRORS, UNCERTAIN_ERRORS];
  const ours = lists.flatMap((list) => [...list]);
  expect(ours.toSorted()).toEqual([...DOCUMENTED, ...SEEN].toSorted());
});
