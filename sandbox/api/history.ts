import { microsOf } from '../state/channel-log.ts';
import type { Message } from '../state/types.ts';
import { requireChannelScope, visibleChannel, type Caller } from './access.ts';
import { nextCursor, offsetOf } from './cursor.ts';
import { Refusal, ok, type Reply } from './reply.ts';
import { countArg, flagArg, textArg, type Args } from './request.ts';
import { slackMessage } from './slack-message.ts';

/** Docs, conversations.history: `limit` up to 999, 100 when absent. */
const HISTORY_LIMIT_MAX = 999;
const HISTORY_LIMIT_DEFAULT = 100;
/** Docs, conversations.replies: 1,000 when absent. */
const REPLIES_LIMIT_DEFAULT = 999;

/** Newest first; top-level messages that the channel shows. */
export function history(caller: Caller, args: Args): Reply {
  const { sandbox } = caller;
  const channel = visibleChannel(caller, textArg(args, 'channel'));
  requireChannelScope(caller, channel, 'history');
  if (!channel.member) throw new Refusal('not_in_channel');

  const isInRange = range(args);
  const visibleUntil = sandbox.now() - sandbox.limits.historyLagMs;
  const messages = sandbox.store
    .log(channel.id)
    .top.filter(({ ts, at, hidden }) => !hidden && at <= visibleUntil && isInRange(ts))
    .toReversed();
  return pageOf(caller, args, messages, HISTORY_LIMIT_DEFAULT);
}

/** A message of the channel and its replies, oldest first; `ts` may be that of a reply. */
export function replies(caller: Caller, args: Args): Reply {
  const { sandbox } = caller;
  const channel = visibleChannel(caller, textArg(args, 'channel'));
  requireChannelScope(caller, channel, 'history');
  if (!channel.member) throw new Refusal('not_in_channel');

  const log = sandbox.store.log(channel.id);
  const named = log.find(textArg(args, 'ts') ?? '');
  const parent = named?.threadTs === undefined ? named : log.find(named.threadTs);
  if (parent === undefined || parent.hidden) throw new Refusal('thread_not_found');
  const isInRange = range(args);
  const visibleUntil = sandbox.now() - sandbox.limits.historyLagMs;
  const answers = log
    .repliesTo(parent.ts)
    .filter(({ ts, at, hidden }) => !hidden && at <= visibleUntil && isInRange(ts));
  return pageOf(caller, args, [parent, ...answers], REPLIES_LIMIT_DEFAULT);
}

function pageOf({ sandbox: { store } }: Caller, args: Args, messages: readonly Message[], limit: number): Reply {
  const offset = offsetOf(args);
  const end = offset + countArg(args, 'limit', limit, HISTORY_LIMIT_MAX);
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
