import { permalinkPath } from '../links.ts';
import type { Sandbox } from '../sandbox.ts';
import { authenticate, visibleChannel, type Caller } from './access.ts';
import { validate } from './blocks.ts';
import * as conversations from './conversations.ts';
import * as files from './files.ts';
import { postMessage } from './post-message.ts';
import { Refusal, ok, rateLimited, type Reply } from './reply.ts';
import { textArg, type Args, type SlackRequest } from './request.ts';
import { APP_NAME, botOf } from './slack-objects.ts';

type Method = (caller: Caller, args: Args) => Reply;

/** Every method that the sandbox answers. */
export const METHODS: Readonly<Record<string, Method>> = {
  'auth.test': authTest,
  'blocks.validate': validate,
  'chat.postMessage': postMessage,
  'chat.getPermalink': getPermalink,
  'conversations.list': conversations.list,
  'conversations.info': conversations.info,
  'conversations.join': conversations.join,
  'conversations.open': conversations.open,
  'conversations.history': conversations.history,
  'conversations.replies': conversations.replies,
  'files.getUploadURLExternal': files.getUploadURL,
  'files.completeUploadExternal': files.completeUpload,
  'files.info': files.info,
};

/** Answers one call as Slack would: token, rate limit, then the method's own checks. */
export function callMethod(sandbox: Sandbox, { method, args, token, origin }: SlackRequest): Reply {
  return refusalAsReply(() => {
    const call = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
    if (call === undefined) throw new Refusal('unknown_method', { req_method: method });
    const caller = authenticate(sandbox, token, origin);
    const wait = methodWait(caller, method);
    const reply = wait > 0 ? rateLimited(wait) : refusalAsReply(() => call(caller, args));
    return { ...reply, headers: { ...reply.headers, 'x-oauth-scopes': caller.token.scopes.join(',') } };
  });
}

function refusalAsReply(call: () => Reply): Reply {
  try {
    return call();
  } catch (error) {
    if (error instanceof Refusal) return withScopeHeader(error.reply);
    throw error;
  }
}

function withScopeHeader(reply: Reply): Reply {
  const needed = reply.body['needed'];
  return typeof needed === 'string' ? { ...reply, headers: { 'x-accepted-oauth-scopes': needed } } : reply;
}

/** Seconds to wait. chat.postMessage has its own buckets, from which a refused message takes nothing. */
function methodWait({ sandbox, token }: Caller, method: string): number {
  const rate = sandbox.limits.methods[method];
  return rate === undefined ? 0 : sandbox.buckets.take([{ key: `${method}:${token.workspace}`, rate }], sandbox.now());
}

function authTest({ sandbox, token }: Caller): Reply {
  const workspace = sandbox.store.workspaces.get(token.workspace);
  const { user, bot } = botOf(token.workspace);
  return ok({
    url: `https://${token.workspace.toLowerCase()}.slack.com/`,
    team: workspace?.name,
    user: APP_NAME.toLowerCase(),
    team_id: token.workspace,
    user_id: user,
    bot_id: bot,
    is_enterprise_install: false,
  });
}

function getPermalink(caller: Caller, args: Args): Reply {
  const channel = visibleChannel(caller, textArg(args, 'channel'));
  const ts = textArg(args, 'message_ts');
  const message = caller.sandbox.store.log(channel.id).find(ts ?? '');
  if (message === undefined) throw new Refusal('message_not_found');
  return ok({ channel: channel.id, permalink: caller.origin + permalinkPath(message) });
}
