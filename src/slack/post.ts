import type { Block, WebClient } from '@slack/web-api';
import { sentBefore } from './call-deadline.ts';
import { CLAIM_TOO_OLD, classify, type SlackFailure } from './errors.ts';

/** Letters, digits, `_` and `-` only: Slack posts the message but drops metadata with any other character. */
const METADATA_EVENT_TYPE = 'slack_reports_delivery';
/** Messages read in one call; Slack's limit is 999, and 15 for apps it restricts. https://docs.slack.dev/reference/methods/conversations.history */
const HISTORY_PAGE = 200;
/** Pages read at most: more than the window holds at Slack's limit of one message a second, at 15 a page. */
const HISTORY_PAGES_MAX = 30;
/** Clocks differ: the history is read from so much before the attempt began, in seconds. */
export const CLOCK_SKEW_S = 120;
/** And up to so much after it began, in seconds: an attempt is at most five calls of 15 s. */
const ATTEMPT_S = 90;

export interface PostRequest {
  channel: string;
  deliveryId: string;
  text: string;
  /** None: the text alone is the message. */
  blocks: unknown[];
  /** The `ts` of the message that it answers; a message of the channel itself without it. */
  threadTs?: string | undefined;
  /** Links in the text to files of ours are shared with the channel, and shown as files. */
  sharesFiles?: boolean | undefined;
  /**
   * No call begins after this, in milliseconds since 1970. A process that was frozen since it claimed the post must not call any
   * more: another may have read the channel meanwhile, and posted.
   */
  beginBefore?: number | undefined;
}

export type PostResult = { kind: 'posted'; ts: string } | SlackFailure;

/** Posts once, and never again by itself: the caller decides what an answer that was lost means. */
export async function postOnce(client: WebClient, request: PostRequest): Promise<PostResult> {
  const unfurl = request.sharesFiles === true;
  const { beginBefore = Infinity } = request;
  if (Date.now() > beginBefore) return CLAIM_TOO_OLD;
  const message = {
    channel: request.channel,
    text: request.text,
    ...(request.blocks.length === 0 ? {} : { blocks: request.blocks as Block[] }),
    metadata: { event_type: METADATA_EVENT_TYPE, event_payload: { delivery_id: request.deliveryId } },
    // No address or name in the text becomes a link or a mention by itself; what is marked up as one does.
    parse: 'none',
    link_names: false,
    unfurl_links: unfurl,
    unfurl_media: unfurl,
    ...(request.threadTs !== undefined && { thread_ts: request.threadTs }),
  } as const;
  try {
    const answer = await sentBefore(beginBefore, () => client.chat.postMessage(message));
    if (answer.ts !== undefined) return { kind: 'posted', ts: answer.ts };
    return { kind: 'ambiguous', code: 'no_ts', message: 'Slack answered without the time stamp of the message' };
  } catch (error) {
    return classify(error);
  }
}

/** Joins a public channel. The failure where Slack would not have it: a private channel needs an invitation. */
export async function joinChannel(
  client: WebClient,
  { channel, beginBefore = Infinity }: Pick<PostRequest, 'channel' | 'beginBefore'>,
): Promise<SlackFailure | undefined> {
  if (Date.now() > beginBefore) return CLAIM_TOO_OLD;
  try {
    await sentBefore(beginBefore, () => client.conversations.join({ channel }));
    return undefined;
  } catch (error) {
    return classify(error);
  }
}

/**
 * Asks Slack whether the token works after it refused a message: undefined where it does. The token must also have the scope
 * that a post needs.
 */
export async function refusesToken(client: WebClient): Promise<SlackFailure | undefined> {
  try {
    const { response_metadata } = await client.auth.test();
    const scopes = response_metadata?.scopes;
    if (scopes === undefined || scopes.includes('chat:write')) return undefined;
    const message = 'missing_scope: the token needs the scope chat:write';
    return { kind: 'refused', scope: 'workspace', code: 'missing_scope', message };
  } catch (error) {
    return classify(error);
  }
}

export type Sighting =
  | { kind: 'found'; ts: string }
  | { kind: 'absent' }
  | { kind: 'unreadable'; failure: SlackFailure };

export interface Wanted {
  channel: string;
  deliveryId: string;
  /** When the attempt began, or the first moment at which it may have. */
  since: Date;
  /** The last moment at which it may have begun; `since` where that is known. */
  until?: Date | undefined;
  /** The `ts` of the message whose thread it is in. */
  threadTs?: string | undefined;
}

/** Looks for the message of an attempt in its channel, or in its thread. */
export async function findPosted(
  client: WebClient,
  { channel, deliveryId, since, until = since, threadTs }: Wanted,
): Promise<Sighting> {
  const [first, last] = [since, until].map((time) => Math.floor(time.getTime() / 1_000)) as [number, number];
  const range = { oldest: String(first - CLOCK_SKEW_S), latest: String(last + ATTEMPT_S + CLOCK_SKEW_S) };
  let cursor: string | undefined;
  try {
    for (let page = 0; page < HISTORY_PAGES_MAX; page += 1) {
      const query = {
        channel,
        ...range,
        inclusive: true,
        limit: HISTORY_PAGE,
        include_all_metadata: true,
        ...(cursor === undefined ? {} : { cursor }),
      };
      const answer =
        threadTs === undefined
          ? await client.conversations.history(query)
          : await client.conversations.replies({ ...query, ts: threadTs });
      const found = answer.messages?.find((message) => deliveryIdOf(message.metadata) === deliveryId);
      if (found?.ts !== undefined) return { kind: 'found', ts: found.ts };
      cursor = answer.response_metadata?.next_cursor;
      if (answer.has_more !== true || cursor === undefined || cursor === '') return { kind: 'absent' };
    }
  } catch (error) {
    return { kind: 'unreadable', failure: classify(error) };
  }
  const message = 'The channel has too many messages to read';
  return { kind: 'unreadable', failure: { kind: 'refused', scope: 'channel', code: 'history_too_long', message } };
}

function deliveryIdOf(metadata: unknown): unknown {
  const payload = (metadata as { event_payload?: { delivery_id?: unknown } } | undefined)?.event_payload;
  return payload?.delivery_id;
}
