import type { Block, WebClient } from '@slack/web-api';
import { sentBefore } from './call-deadline.ts';
import { CLAIM_TOO_OLD, classify, type SlackFailure } from './errors.ts';

/** Letters, digits, `_` and `-` only: Slack posts the message but drops metadata with any other character. */
const METADATA_EVENT_TYPE = 'slack_reports_delivery';

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
