import { WebAPIPlatformError, type Block, type WebClient } from '@slack/web-api';
import { asObject, objectsOf, stringOf } from './block-kit/json.ts';
import { at } from './block-kit/rules.ts';
import { classify } from './errors.ts';

/** Slack's own word on blocks, before anything is posted. */
export type Verdict =
  | { kind: 'valid' }
  | { kind: 'invalid'; problems: string[] }
  /** Slack could not be asked, or did not answer. */
  | { kind: 'unknown'; why: string };

const REFUSALS = ['invalid_blocks', 'invalid_message'];

/**
 * Asks Slack whether it would take these blocks; posts nothing. The method needs no scope, and has "special" rate limits.
 * https://docs.slack.dev/reference/methods/blocks.validate
 */
export async function validateBlocks(client: WebClient, blocks: readonly unknown[]): Promise<Verdict> {
  if (blocks.length === 0) return { kind: 'valid' };
  try {
    await client.blocks.validate({ blocks: blocks as Block[] });
    return { kind: 'valid' };
  } catch (error) {
    const answer = error instanceof WebAPIPlatformError ? asObject(error.data) : {};
    if (REFUSALS.includes(stringOf(answer['error']))) return { kind: 'invalid', problems: problemsIn(answer) };
    return { kind: 'unknown', why: whyUnknown(error) };
  }
}

function problemsIn({ error, errors }: Record<string, unknown>): string[] {
  const problems = objectsOf(errors).map(({ message, pointer, code }) => {
    const place = stringOf(pointer);
    return at(stringOf(message) || stringOf(code), place.startsWith('/blocks') ? place : `/blocks${place}`);
  });
  return problems.length > 0 ? problems : [stringOf(error)];
}

function whyUnknown(error: unknown): string {
  const { code, message } = classify(error);
  // A proxy or an emulator in the place of Slack, or a Slack that does not have the method yet.
  if (code === 'unknown_method') return 'the server at SLACK_API_URL has no method blocks.validate';
  return message;
}
