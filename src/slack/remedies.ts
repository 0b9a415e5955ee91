import type { WebClient } from '@slack/web-api';
import type { SlackFailure } from './classify.ts';
import { joinChannel, postOnce, type PostRequest, type PostResult } from './post.ts';

/** Slack splits a longer text without blocks in several messages at 4,000; this leaves room for the note. */
const FALLBACK_TEXT_MAX = 3_000;

export type RemediedResult = PostResult & {
  /** Set when Slack refused the blocks and took, or may have taken, the plain text instead. */
  degraded?: SlackFailure;
};

/**
 * Posts; and where Slack refuses for a reason that can be helped at once, helps and posts once more. Nothing is posted
 * twice: a refusal is certain, and after an answer that was lost nothing more is tried.
 *
 * - A public channel that the bot is not in is joined.
 * - Blocks that Slack does not take are left out, and the plain text says so.
 */
export async function postWithRemedies(client: WebClient, request: PostRequest): Promise<RemediedResult> {
  const first = await postOrJoin(client, request);
  if (first.posted || first.failure.kind !== 'refused' || first.failure.scope !== 'message') return first;
  const fallback = await postOnce(client, { ...request, text: fallbackText(request.text, first.failure), blocks: [] });
  if (fallback.posted || fallback.failure.kind === 'ambiguous') return { ...fallback, degraded: first.failure };
  // Slack's word on the blocks helps more than its word on the fallback.
  return fallback.failure.kind === 'refused' && fallback.failure.scope === 'message' ? first : fallback;
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

function fallbackText(text: string, { code }: SlackFailure): string {
  return `${text.slice(0, FALLBACK_TEXT_MAX)}\n(The full report could not be shown: ${code})`;
}
