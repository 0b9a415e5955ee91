import type { Channel, Message } from '../state/types.ts';
import { requireScope, visibleChannel, type Caller } from './access.ts';
import { contentOf, type Content } from './content.ts';
import { Refusal, invalidBlocks, ok, rateLimited, type Reply } from './reply.ts';
import { flagArg, textArg, type Args } from './request.ts';
import { slackMessage } from './slack-objects.ts';

export function postMessage(caller: Caller, args: Args): Reply {
  requireScope(caller, 'chat:write');
  const channel = destination(caller, textArg(args, 'channel'));
  const content = contentOf(caller, args);
  const thread = threadOf(caller, channel, args);

  const { sandbox } = caller;
  const now = sandbox.now();
  const hidden = sandbox.limits.silentHide && isTooSoon(caller, channel, now);
  const wait = sandbox.buckets.take(bucketsOf(caller, channel), now);
  if (wait > 0) return rateLimited(wait);
  // Slack answers with one of the pieces of a split text; the docs do not say which.
  const first = deliver(caller, channel, { ...content, ...thread }, hidden);
  const { remarks } = content;
  return ok({
    channel: channel.id,
    ts: first.ts,
    message: slackMessage(sandbox.store, first, { allMetadata: true }),
    ...(remarks && { response_metadata: { messages: remarks.map((remark) => `[WARN] ${remark}`) } }),
  });
}

/** Stores the messages of a call, and returns the first. */
export function deliver(
  { sandbox }: Caller,
  channel: Channel,
  content: Content & Pick<Message, 'threadTs' | 'broadcast'>,
  hidden: boolean,
): Message {
  const at = sandbox.now();
  const { blocks, attachments, metadata, files, threadTs, broadcast } = content;
  const [first] = content.texts.map((text): Message => {
    const ts = sandbox.store.nextTs(channel.id, at);
    const message = {
      workspace: channel.workspace,
      channel: channel.id,
      ts,
      at,
      text,
      ...(blocks && { blocks: withBlockIds(blocks, ts) }),
      ...(attachments && { attachments }),
      ...(metadata && { metadata }),
      ...(files && { files }),
      ...(threadTs !== undefined && { threadTs }),
      ...(broadcast && { broadcast }),
      hidden,
    };
    sandbox.store.record({ type: 'message', message });
    return message;
  });
  if (first === undefined) throw new Refusal('no_text');
  return first;
}

/** A reply to a reply goes under the same parent. Slack accepts a reply to a missing message, and no one sees it. */
export function threadOf({ sandbox }: Caller, channel: Channel, args: Args): Pick<Message, 'threadTs' | 'broadcast'> {
  const ts = textArg(args, 'thread_ts');
  if (ts === undefined) return {};
  // The wording is from an answer in jenkinsci/slack-plugin#584.
  if (!/^\d{10}\.\d+$/.test(ts)) throw invalidBlocks([`${ts} is not a valid thread_ts`], 'invalid_thread_ts');
  const threadTs = sandbox.store.log(channel.id).find(ts)?.threadTs ?? ts;
  return flagArg(args, 'reply_broadcast') ? { threadTs, broadcast: true } : { threadTs };
}

/** Slack takes an id, or the name of a public channel with or without `#`. */
export function destination(caller: Caller, idOrName: string | undefined): Channel {
  const { sandbox, token } = caller;
  const name = idOrName?.replace(/^#/, '');
  const named = sandbox.store.channelsOf(token.workspace).find((one) => one.name === name && !one.private);
  const channel = named ?? visibleChannel(caller, idOrName);
  if (channel.archived) throw new Refusal('is_archived');
  if (!channel.member && !token.scopes.includes('chat:write.public')) throw new Refusal('not_in_channel');
  return channel;
}

function bucketsOf({ sandbox, token }: Caller, channel: Channel) {
  const { limits } = sandbox;
  const workspace = { key: `post:${token.workspace}`, rate: limits.workspace };
  return limits.silentHide ? [workspace] : [workspace, { key: `post:${channel.id}`, rate: limits.channel }];
}

/** Whether the channel's last message is more recent than its rate allows: a second, at Slack's 60 a minute. */
function isTooSoon({ sandbox }: Caller, channel: Channel, now: number): boolean {
  const last = sandbox.store.messagesIn(channel.id).at(-1);
  return last !== undefined && now - last.at < 60_000 / sandbox.limits.channel.perMinute;
}

/** Slack gives an id to each block that came without one. */
function withBlockIds(blocks: Record<string, unknown>[], ts: string): Record<string, unknown>[] {
  return blocks.map((block, index) => ({ block_id: `b${ts.replace('.', '')}-${index}`, ...block }));
}
