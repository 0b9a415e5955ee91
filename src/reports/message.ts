import { BLOCK_TEXT_MAX_PER_MESSAGE, BLOCKS_PER_MESSAGE_MAX } from '../slack/block-limits.ts';
import { blockText, messageProblems } from '../slack/message-problems.ts';
import { context, type ReportBlock } from './blocks.ts';
import { type Text, toMrkdwn } from './text.ts';

/** What phones and screen readers show is a line or two; far below the length at which Slack splits a message. */
const TEXT_MAX = 3_000;

/** What `render` gives. A block that is false or missing is left out, so that `isQuiet && section(…)` can be said. */
export interface ReportDraft {
  /** What phones, notifications and screen readers show instead of the blocks. */
  text: Text;
  blocks: readonly (ReportBlock | false | null | undefined)[];
}

/** A message as it is posted. */
export interface ReportMessage {
  /** Escaped mrkdwn. */
  text: string;
  blocks: ReportBlock[];
}

/** Trying again cannot help: the account does not exist, the parameters ask for what there is not. */
export class ReportImpossible extends Error {
  override readonly name: string = 'ReportImpossible';
}

/** Slack would refuse the message. Found before anything is posted. */
export class MessageRefused extends ReportImpossible {
  override readonly name = 'MessageRefused';
  /** In Slack's own words, with its pointers into the message. */
  readonly problems: readonly string[];
  /** The message that would be refused. */
  readonly refused: ReportMessage;

  constructor(report: string, refused: ReportMessage, problems: readonly string[]) {
    super(`Slack would refuse the message of report "${report}": ${problems.join('; ')}`);
    this.problems = problems;
    this.refused = refused;
  }
}

/**
 * Escapes the text and cuts what is too much for one message; `lead`, a line above it, is never cut. Throws MessageRefused
 * where that was not enough.
 */
export function toMessage(report: string, draft: ReportDraft, lead?: string): ReportMessage {
  const blocks = draft.blocks.filter((block) => block !== false && block !== null && block !== undefined);
  // Without blocks the text is what is shown.
  const shown = blocks.length === 0 || lead === undefined ? blocks : [context(lead), ...blocks];
  const text = toMrkdwn(draft.text, TEXT_MAX);
  const message = {
    text: blocks.length === 0 && lead !== undefined ? `${toMrkdwn(lead, TEXT_MAX)}\n${text}` : text,
    blocks: fit(shown),
  };
  const problems = messageProblems(message);
  if (problems.length > 0) throw new MessageRefused(report, message, problems);
  return message;
}

/** As many of the first blocks as one message takes, and a line that says how many are missing. */
function fit(blocks: ReportBlock[]): ReportBlock[] {
  if (blocks.length <= BLOCKS_PER_MESSAGE_MAX && blockText(blocks) <= BLOCK_TEXT_MAX_PER_MESSAGE) return blocks;
  const sign = (kept: number) => context(`… ${blocks.length - kept} more blocks did not fit into one message`);
  let kept = 0;
  let left = BLOCK_TEXT_MAX_PER_MESSAGE - blockText([sign(0)]);
  for (const block of blocks.slice(0, BLOCKS_PER_MESSAGE_MAX - 1)) {
    left -= blockText([block]);
    if (left < 0) break;
    kept += 1;
  }
  return [...blocks.slice(0, kept), sign(kept)];
}
