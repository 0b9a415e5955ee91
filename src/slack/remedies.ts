import type { WebClient } from '@slack/web-api';
import type { SlackFailure } from './classify.ts';
import { joinChannel, postOnce, type PostRequest, type PostResult } from './post.ts';
import { type PictureSpecs, withStandIns } from './stand-ins.ts';

/** Slack splits a longer text without blocks in several messages at 4,000; this leaves room for the note. */
const FALLBACK_TEXT_MAX = 3_000;

/**
 * No further call is begun so long after the first, in milliseconds: the last one has then ended, by its own time-out of
 * 15 s, before anybody looks for the message in the channel (`SLACK_SETTLE_SECONDS`).
 */
const REMEDIES_WITHIN_MS = 20_000;

/** Slack is at work on an upload for 1 to 30 s (metabase#46227); so long it is waited for, in milliseconds. */
const FILE_PATIENCE_MS = 60_000;
const FILE_RETRY_MS = 3_000;

export interface RemedyRequest extends PostRequest {
  /** What the uploaded pictures among the blocks show. */
  pictures?: PictureSpecs | undefined;
  /** When the last of them was uploaded, in milliseconds since 1970. */
  uploadedAt?: number | undefined;
}

export type RemediedResult = PostResult & {
  /** Set when Slack refused the message as it was, and took, or may have taken, a plainer one instead. */
  degraded?: SlackFailure;
};

/**
 * Posts; and where Slack refuses for a reason that can be helped at once, helps and posts once more. Nothing is posted
 * twice: a refusal is certain, and after an answer that was lost nothing more is tried.
 *
 * - A public channel that the bot is not in is joined.
 * - A picture that Slack is still at work on is waited for.
 * - A chart or picture that Slack does not take is replaced by its table, in the same place.
 * - Blocks that Slack does not take otherwise are left out, and the plain text says so.
 */
export async function postWithRemedies(client: WebClient, request: RemedyRequest): Promise<RemediedResult> {
  const began = Date.now();
  let { blocks } = request;
  let degraded: SlackFailure | undefined;
  for (;;) {
    const result = await postOrJoin(client, { ...request, blocks });
    if (result.posted || !refusesMessage(result.failure)) return withNote(result, degraded);
    if (isAtWorkOnFile(request, result.failure)) return { posted: false, failure: FILE_PROCESSING };
    if (Date.now() - began > REMEDIES_WITHIN_MS) return { posted: false, failure: tooSlow(result.failure) };
    const plainer = withStandIns(blocks, request.pictures, result.failure);
    if (plainer === undefined) return postText(client, request, degraded ?? result.failure);
    degraded ??= { ...result.failure, message: `Shown without the chart: ${result.failure.message}` };
    blocks = plainer;
  }
}

/** The last resort. `refusal` is Slack's word on the blocks. */
async function postText(client: WebClient, request: PostRequest, refusal: SlackFailure): Promise<RemediedResult> {
  const fallback = await postOnce(client, { ...request, text: fallbackText(request.text, refusal), blocks: [] });
  if (fallback.posted || fallback.failure.kind === 'ambiguous') return { ...fallback, degraded: refusal };
  // Slack's word on the blocks helps more than its word on the fallback.
  return refusesMessage(fallback.failure) ? { posted: false, failure: refusal } : fallback;
}

async function postOrJoin(client: WebClient, request: PostRequest): Promise<PostResult> {
  const first = await postOnce(client, request);
  if (first.posted || first.failure.code !== 'not_in_channel') return first;
  const failure = await joinChannel(client, request.channel);
  if (failure === undefined) return postOnce(client, request);
  if (failure.kind === 'refused') return first;
  // Slack was busy or did not answer: the message is surely not posted, and joining may work later.
  return { posted: false, failure: { ...failure, kind: 'not_posted', message: `Joining: ${failure.message}` } };
}

function refusesMessage({ kind, scope }: SlackFailure): boolean {
  return kind === 'refused' && scope === 'message';
}

function withNote(result: PostResult, degraded: SlackFailure | undefined): RemediedResult {
  const mayBePosted = result.posted || result.failure.kind === 'ambiguous';
  return degraded !== undefined && mayBePosted ? { ...result, degraded } : result;
}

/** Slack says so by refusing the block: `invalid slack file [json-pointer:/blocks/2/slack_file]`. */
function isAtWorkOnFile({ uploadedAt = 0 }: RemedyRequest, { message }: SlackFailure): boolean {
  return message.includes('slack_file') && Date.now() < uploadedAt + FILE_PATIENCE_MS;
}

const FILE_PROCESSING: SlackFailure = {
  kind: 'not_posted',
  code: 'file_processing',
  message: 'Slack is still at work on the picture',
  retryAfterMs: FILE_RETRY_MS,
};

function tooSlow({ code, message }: SlackFailure): SlackFailure {
  return { kind: 'not_posted', code, message: `${message}; Slack was slow, so a plainer message is tried later` };
}

function fallbackText(text: string, { code }: SlackFailure): string {
  return `${text.slice(0, FALLBACK_TEXT_MAX)}\n(The full report could not be shown: ${code})`;
}
