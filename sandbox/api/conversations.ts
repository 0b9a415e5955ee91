import { microsOf } from '../state/channel-log.ts';
import type { Channel, Message } from '../state/types.ts';
import { requireChannelScope, requireScope, visibleChannel, type Caller } from './access.ts';
import { Refusal, ok, type Reply } from './reply.ts';
import { countArg, flagArg, nextCursor, offsetOf, textArg, type Args } from './request.ts';
import { slackChannel, slackMessage } from './slack-objects.ts';

/** Docs, conversations.history: 100 when absent; at most `historyPageMax` of the limits. */
const HISTORY_LIMIT_DEFAULT = 100;
/** Docs, conversations.replies: 1,000 when absent. */
const REPLIES_LIMIT_DEFAULT = 999;
/** Docs, conversations.list: `limit` up to 1,000, 100 when absent. */
const LIST_LIMIT_MAX = 1_000;
const LIST_LIMIT_DEFAULT = 100;

export function list(caller: Caller, args: Args): Reply {
  const types = (textArg(args, 'types') ?? 'public_channel').split(',').map((type) => type.trim());
  if (types.includes('public_channel')) requireScope(caller, 'channels:read');
  if (types.includes('private_channel')) requireScope(caller, 'groups:read');

  // Slack filters each page after cutting it, so its pages may be short. The sandbox filters first.
  const channels = caller.sandbox.store
    .channelsOf(caller.token.workspace)
    .filter(({ person, private: isPrivate }) =>
      types.includes(person === undefined ? (isPrivate ? 'private_channel' : 'public_channel') : 'im'),
    )
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

/** Opens the direct messages with one person, which then stay. Groups of several are not part of the sandbox. */
export function open(caller: Caller, args: Args): Reply {
  requireScope(caller, 'im:write');
  const { sandbox, token } = caller;
  const person = textArg(args, 'users');
  if (person === undefined) throw new Refusal('users_list_not_supplied');
  if (!/^[UW][A-Z0-9]{2,}$/.test(person)) throw new Refusal('user_not_found');
  // Channel ids are unique over all workspaces.
  const id = `D${token.workspace.slice(1)}${person}`;
  const known = sandbox.store.channels.get(id);
  if (known !== undefined) return ok({ no_op: true, already_open: true, channel: { id } });
  const channel = {
    id,
    workspace: token.workspace,
    name: person,
    private: true,
    archived: false,
    member: true,
    person,
  };
  sandbox.store.record({ type: 'channel', channel });
  return ok({ channel: { id } });
}

/** The messages that the channel shows, newest first; without replies. */
export function history(caller: Caller, args: Args): Reply {
  const { sandbox } = caller;
  const channel = readableChannel(caller, args);

  const messages = sandbox.store.log(channel.id).top.filter(isListed(caller, args)).toReversed();
  return pageOf(caller, args, messages, HISTORY_LIMIT_DEFAULT);
}

/** A message of the channel and its replies, oldest first; `ts` may be that of a reply. */
export function replies(caller: Caller, args: Args): Reply {
  const { sandbox } = caller;
  const channel = readableChannel(caller, args);

  const log = sandbox.store.log(channel.id);
  const named = log.find(textArg(args, 'ts') ?? '');
  const parent = named?.threadTs === undefined ? named : log.find(named.threadTs);
  if (parent === undefined || parent.hidden) throw new Refusal('thread_not_found');
  const answers = log.repliesTo(parent.ts).filter(isListed(caller, args));
  return pageOf(caller, args, [parent, ...answers], REPLIES_LIMIT_DEFAULT);
}

function readableChannel(caller: Caller, args: Args): Channel {
  const channel = visibleChannel(caller, textArg(args, 'channel'));
  requireChannelScope(caller, channel, 'history');
  if (!channel.member) throw new Refusal('not_in_channel');
  return channel;
}

/** Whether Slack would list a message now, in the range that the call asks for. */
function isListed({ sandbox }: Caller, args: Args): (message: Message) => boolean {
  const isInRange = range(args);
  const visibleUntil = sandbox.now() - sandbox.limits.historyLagMs;
  return ({ ts, at, hidden }) => !hidden && at <= visibleUntil && isInRange(ts);
}

function pageOf({ sandbox }: Caller, args: Args, messages: readonly Message[], limit: number): Reply {
  const { store, limits } = sandbox;
  const max = limits.historyPageMax;
  const offset = offsetOf(args);
  const end = offset + countArg(args, 'limit', Math.min(limit, max), max);
  const hasMore = end < messages.length;
  const allMetadata = flagArg(args, 'include_all_metadata');
  return ok({
    messages: messages.slice(offset, end).map((message) => slackMessage(store, message, { allMetadata })),
    has_more: hasMore,
    pin_count: 0,
    ...(hasMore && { response_metadata: { next_cursor: nextCursor(end) } }),
  });
}

/** `oldest` and `latest` are exclusive unless `inclusive`. */
function range(args: Args): (ts: string) => boolean {
  const oldest = boundary(args, 'oldest', 'invalid_ts_oldest') ?? 0;
  const latest = boundary(args, 'latest', 'invalid_ts_latest') ?? Infinity;
  const inclusive = flagArg(args, 'inclusive');
  return (ts) => {
    const micros = microsOf(ts);
    return inclusive ? micros >= oldest && micros <= latest : micros > oldest && micros < latest;
  };
}

function boundary(args: Args, name: string, code: string): number | undefined {
  const ts = textArg(args, name);
  if (ts === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(ts)) throw new Refusal(code);
  return microsOf(ts);
}
