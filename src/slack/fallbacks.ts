import type { WebClient } from '@slack/web-api';
import { cutText } from '../lib/cut-text.ts';
import { type PictureSpecs, withChartFallbacks } from './chart-fallbacks.ts';
import type { NotPosted, SlackFailure } from './errors.ts';
import { joinChannel, postOnce, type PostRequest, type PostResult } from './post.ts';

/** Slack splits a longer text without blocks in several messages at 4,000; this leaves room for the note. */
const FALLBACK_TEXT_MAX = 3_000;

/**
 * No further call is begun so long after the first, in milliseconds: the last one has then ended, by its own time-out of
 * 15 s, before the message is looked for in the channel (`SLACK_SETTLE_SECONDS`).
 */
const FALLBACKS_WITHIN_MS = 20_000;

/** Slack is at work on an upload for 1 to 30 s (metabase#46227); so long it is waited for, in milliseconds. */
const FILE_PATIENCE_MS = 60_000;
const FILE_RETRY_MS = 3_000;

export interface FallbackRequest extends PostRequest {
  /** What the uploaded pictures among the blocks show. */
  pictures?: PictureSpecs | undefined;
  /** When the last of them was uploaded, in milliseconds since 1970. */
  uploadedAt?: number | undefined;
}

export type FallbackResult =
  | {
      kind: 'posted';
      ts: string;
      /** Why Slack refused the message as it was, where it took a plainer one instead. */
      degraded?: SlackFailure;
    }
  | SlackFailure;

/**
 * Posts; and where Slack refuses for a reason that can be helped at once, helps and posts once more. Nothing is posted
 * twice: a refusal is certain, and after an answer that was lost nothing more is tried.
 *
 * - A public channel that the bot is not in is joined.
 * - A picture that Slack is still at work on is waited for.
 * - A chart or picture that Slack does not take is replaced by its table, in the same place.
 * - Blocks that Slack does not take otherwise are left out, and the plain text says so.
 */
export async function postWithFallbacks(client: WebClient, request: FallbackRequest): Promise<FallbackResult> {
  const began = Date.now();
  let { blocks } = request;
  let degraded: SlackFailure | undefined;
  for (;;) {
    const result = await postOrJoin(client, { ...request, blocks });
    if (result.kind === 'posted') return degraded === undefined ? result : { ...result, degraded };
    if (!refusesMessage(result)) return result;
    if (isAtWorkOnFile(request, result)) return FILE_PROCESSING;
    if (Date.now() - began > FALLBACKS_WITHIN_MS) return tooSlow(result);
    const plainer = withChartFallbacks(blocks, request.pictures, result);
    if (plainer === undefined) return postText(client, request, degraded ?? result);
    degraded ??= { ...result, message: `Shown without the chart: ${result.message}` };
    blocks = plainer;
  }
}

/** The last resort. `refusal` is Slack's word on the blocks. */
async function postText(client: WebClient, request: PostRequest, refusal: SlackFailure): Promise<FallbackResult> {
  const result = await postOnce(client, { ...request, text: fallbackText(request.text, refusal), blocks: [] });
  if (result.kind === 'posted') return { ...result, degraded: refusal };
  // Slack's word on the blocks helps more than its word on the fallback.
  return refusesMessage(result) ? refusal : result;
}

async function postOrJoin(client: WebClient, request: PostRequest): Promise<PostResult> {
  const first = await postOnce(client, request);
  if (first.kind === 'posted' || first.code !== 'not_in_channel') return first;
  const failure = await joinChannel(client, request);
  if (failure === undefined) return postOnce(client, request);
  if (failure.kind === 'refused') return first;
  // Slack was busy or did not answer: the message is surely not posted, and joining may work later.
  return { ...failure, kind: 'not_posted', message: `Joining: ${failure.message}` };
}

function refusesMessage(failure: SlackFailure): boolean {
  return failure.kind === 'refused' && failure.scope === 'message';
}

/** Slack says so by refusing the block: `invalid slack file [json-pointer:/blocks/2/slack_file]`. */
function isAtWorkOnFile({ uploadedAt = 0 }: FallbackRequest, { message }: SlackFailure): boolean {
  return message.includes('slack_file') && Date.now() < uploadedAt + FILE_PATIENCE_MS;
}

const FILE_PROCESSING: NotPosted = {
  kind: 'not_posted',
  code: 'file_processing',
  message: 'Slack is still at work on the picture',
  retryAfterMs: FILE_RETRY_MS,
};

function tooSlow({ code, message }: SlackFailure): NotPosted {
  return { kind: 'not_posted', code, message: `${message}; Slack was slow, so a plainer message is tried later` };
}

function fallbackText(text: string, { code }: SlackFailure): string {
  return `${cutText(text, FALLBACK_TEXT_MAX)}\n(The full report could not be shown: ${code})`;
}
