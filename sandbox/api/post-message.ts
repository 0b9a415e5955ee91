import {
  BLOCK_TEXT_MAX_PER_MESSAGE,
  METADATA_EVENT_TYPE,
  TEXT_SPLIT_AT,
  TEXT_TRUNCATED_AT,
} from '../../src/slack/block-limits.ts';
import { blockProblems } from '../../src/slack/block-problems.ts';
import { blockText } from '../../src/slack/message-problems.ts';
import { asObject } from '../../src/slack/problem-list.ts';
import { isMetadata, type Channel, type Message, type Metadata } from '../state/types.ts';
import { requireScope, visibleChannel, type Caller } from './access.ts';
import { Refusal, invalidBlocks, ok, rateLimited, type Reply } from './reply.ts';
import { jsonArg, textArg, type Args } from './request.ts';
import { slackMessage } from './slack-message.ts';

export function postMessage(caller: Caller, args: Args): Reply {
  requireScope(caller, 'chat:write');
  const channel = destination(caller, textArg(args, 'channel'));
  const content = contentOf(args);

  const { sandbox } = caller;
  const now = sandbox.now();
  const hidden = sandbox.limits.silentHide && isTooSoon(caller, channel, now);
  const wait = sandbox.buckets.take(bucketsOf(caller, channel), now);
  if (wait > 0) return rateLimited(wait);

  const messages = content.texts.map((text): Message => {
    const ts = sandbox.store.nextTs(channel.id, now);
    const { blocks, metadata, threadTs } = content;
    const message: Message = {
      workspace: channel.workspace,
      channel: channel.id,
      ts,
      at: now,
      text,
      ...(blocks && { blocks: withBlockIds(blocks, ts) }),
      ...(metadata && { metadata }),
      ...(threadTs !== undefined && { threadTs }),
      hidden,
    };
    sandbox.store.record({ type: 'message', message });
    return message;
  });
  // Slack names one of the pieces of a split text; which one is not documented.
  const [first] = messages;
  if (first === undefined) throw new Refusal('no_text');
  return ok({ channel: channel.id, ts: first.ts, message: slackMessage(first, { allMetadata: true }) });
}

/** Slack takes an id, or the name of a public channel with or without `#`. */
function destination(caller: Caller, idOrName: string | undefined): Channel {
  const { sandbox, token } = caller;
  const name = idOrName?.replace(/^#/, '');
  const named = sandbox.store.channelsOf(token.workspace).find((one) => one.name === name && !one.private);
  const channel = named ?? visibleChannel(caller, idOrName);
  if (channel.archived) throw new Refusal('is_archived');
  if (!channel.member && !token.scopes.includes('chat:write.public')) throw new Refusal('not_in_channel');
  return channel;
}

interface Content {
  /** One for each message that Slack makes of the call. */
  texts: string[];
  blocks?: Record<string, unknown>[] | undefined;
  metadata?: Metadata | undefined;
  threadTs?: string | undefined;
}

function contentOf(args: Args): Content {
  const text = textArg(args, 'text')?.slice(0, TEXT_TRUNCATED_AT);
  const blocks = jsonArg(args, 'blocks', 'invalid_blocks_format');
  if (blocks !== undefined && !Array.isArray(blocks)) throw new Refusal('invalid_blocks_format');
  const hasBlocks = blocks !== undefined && blocks.length > 0;
  if (text === undefined && !hasBlocks) throw new Refusal('no_text');
  if (hasBlocks) checkBlocks(blocks);
  return {
    texts: hasBlocks ? [text ?? ''] : pieces(text ?? ''),
    blocks: hasBlocks ? blocks.map(asObject) : undefined,
    metadata: metadataOf(args),
    threadTs: textArg(args, 'thread_ts'),
  };
}

function checkBlocks(blocks: unknown[]): void {
  const problems = blockProblems(blocks);
  if (problems.length > 0) throw invalidBlocks(problems);
  if (blockText(blocks) > BLOCK_TEXT_MAX_PER_MESSAGE) throw new Refusal('msg_blocks_too_long');
}

function pieces(text: string): string[] {
  const count = Math.ceil(text.length / TEXT_SPLIT_AT);
  return Array.from({ length: count }, (_, index) => text.slice(index * TEXT_SPLIT_AT, (index + 1) * TEXT_SPLIT_AT));
}

/** Undefined when there is none, and also when Slack would post the message and drop it (bolt-python#863). */
function metadataOf(args: Args): Metadata | undefined {
  const metadata = jsonArg(args, 'metadata', 'invalid_metadata_format');
  if (metadata === undefined) return undefined;
  if (!isMetadata(metadata)) throw new Refusal('invalid_metadata_format');
  const { event_type, event_payload } = metadata;
  return METADATA_EVENT_TYPE.test(event_type) ? { event_type, event_payload } : undefined;
}

function bucketsOf({ sandbox, token }: Caller, channel: Channel) {
  const { limits } = sandbox;
  const workspace = { key: `post:${token.workspace}`, rate: limits.workspace };
  return limits.silentHide ? [workspace] : [workspace, { key: `post:${channel.id}`, rate: limits.channel }];
}

/** Whether the channel took a message less than one step of its rate ago: a second, at Slack's 60 a minute. */
function isTooSoon({ sandbox }: Caller, channel: Channel, now: number): boolean {
  const last = sandbox.store.messagesIn(channel.id).at(-1);
  return last !== undefined && now - last.at < 60_000 / sandbox.limits.channel.perMinute;
}

/** Slack gives an id to each block that came without one. */
function withBlockIds(blocks: Record<string, unknown>[], ts: string): Record<string, unknown>[] {
  return blocks.map((block, index) => ({ block_id: `b${ts.replace('.', '')}-${index}`, ...block }));
}
