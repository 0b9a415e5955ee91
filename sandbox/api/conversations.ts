import type { Channel } from '../state/types.ts';
import { botOf, requireChannelScope, requireScope, visibleChannel, type Caller } from './access.ts';
import { nextCursor, offsetOf } from './cursor.ts';
import { Refusal, ok, type Reply } from './reply.ts';
import { countArg, flagArg, textArg, type Args } from './request.ts';

/** Docs, conversations.list: `limit` up to 1,000, 100 when absent. */
const LIST_LIMIT_MAX = 1_000;
const LIST_LIMIT_DEFAULT = 100;

export function list(caller: Caller, args: Args): Reply {
  const types = (textArg(args, 'types') ?? 'public_channel').split(',').map((type) => type.trim());
  if (types.includes('public_channel')) requireScope(caller, 'channels:read');
  if (types.includes('private_channel')) requireScope(caller, 'groups:read');

  // Slack pages first and drops archived channels afterwards, so that a page may be short
  // (the cause of very long listings in many apps); a sandbox has no reason to copy that.
  const channels = caller.sandbox.store
    .channelsOf(caller.token.workspace)
    .filter((channel) => types.includes(channel.private ? 'private_channel' : 'public_channel'))
    .filter((channel) => !channel.private || channel.member)
    .filter((channel) => !channel.archived || !flagArg(args, 'exclude_archived'));
  const offset = offsetOf(args);
  const end = offset + countArg(args, 'limit', LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX);
  return ok({
    channels: channels.slice(offset, end).map(slackChannel),
    response_metadata: { next_cursor: end < channels.length ? nextCursor(end) : '' },
  });
}

export function info(caller: Caller, args: Args): Reply {
  const channel = visibleChannel(caller, textArg(args, 'channel'));
  requireChannelScope(caller, channel, 'read');
  return ok({ channel: slackChannel(channel) });
}

export function join(caller: Caller, args: Args): Reply {
  requireScope(caller, 'channels:join');
  const channel = visibleChannel(caller, textArg(args, 'channel'));
  if (channel.private) throw new Refusal('method_not_supported_for_channel_type');
  if (channel.archived) throw new Refusal('is_archived');
  if (channel.member) return ok({ channel: slackChannel(channel), warning: 'already_in_channel' });
  const joined = { ...channel, member: true };
  caller.sandbox.store.record({ type: 'channel', channel: joined });
  return ok({ channel: slackChannel(joined) });
}

function slackChannel(channel: Channel): Record<string, unknown> {
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: !channel.private,
    is_group: channel.private,
    is_im: false,
    is_mpim: false,
    is_private: channel.private,
    is_archived: channel.archived,
    is_member: channel.member,
    context_team_id: channel.workspace,
    creator: botOf(channel.workspace).user,
  };
}
