import { BLOCK_TEXT_MAX_PER_MESSAGE, BLOCKS_PER_MESSAGE_MAX } from '../slack/block-kit/block-limits.ts';
import type { ChartSpec } from '../slack/charts/chart-spec.ts';
import { blockTextLength, messageProblems } from '../slack/block-kit/block-problems.ts';
import { asUploaded, context, isPicture, noting, type ReportBlock, section, uploadedImage } from './blocks/blocks.ts';
import type { ReportFile } from './blocks/csv.ts';
import { currentFormat } from './blocks/format.ts';
import { spreadTable } from './blocks/table.ts';
import { ReportImpossible } from './mistake.ts';
import { join, type Text, toMrkdwn, toPlain } from './blocks/text.ts';

/** What phones and screen readers show is a line or two; far below the length at which Slack splits a message. */
const TEXT_MAX = 3_000;

/** Lines of small print that are put under a finished message: why it came, and that it is late. */
const CLOSING_LINES_MAX = 2;
/** Characters of one of them. */
export const CLOSING_TEXT_MAX = 300;
const BLOCKS_MAX = BLOCKS_PER_MESSAGE_MAX - CLOSING_LINES_MAX;
const BLOCK_TEXT_MAX = BLOCK_TEXT_MAX_PER_MESSAGE - CLOSING_LINES_MAX * CLOSING_TEXT_MAX;

/** A channel takes a message a second, so that a longer thread keeps its other reports waiting. */
const THREAD_POSTS_MAX = 20;
const FILES_MAX = 10;
/** Characters of one file: it waits in the store for its upload. */
const FILE_TEXT_MAX = 5_000_000;
const FILE_NAME_MAX = 100;

/** A block that is false or missing is left out, so that `isQuiet && section(…)` can be said. */
export interface PostDraft {
  /** What phones, notifications and screen readers show instead of the blocks. */
  text: Text;
  blocks: readonly (ReportBlock | false | null | undefined)[];
}

/** What `render` gives. */
export interface ReportDraft extends PostDraft {
  /** Posted under the message, in its thread, in this order: details for those who want them; at most 20. */
  thread?: readonly (PostDraft | false | null | undefined)[] | undefined;
  /** Attached in the thread, after its posts: at most ten, of 5 million characters each. Needs the scope `files:write`. */
  files?: readonly (ReportFile | false | null | undefined)[] | undefined;
}

interface MessagePost {
  /** Escaped mrkdwn. */
  text: string;
  /** A picture among them names its file by its place in `files`. */
  blocks: ReportBlock[];
}

interface ThreadPost extends MessagePost {
  /** The places in `files` of those that this post is there to share. */
  attached?: number[];
}

/** To be uploaded before the post that shows it: a picture still to be drawn, or a text. */
export interface MessageFile {
  name: string;
  title: string;
  altText?: string;
  chart?: ChartSpec;
  text?: string;
  /** What the file holds: "120 rows". */
  about?: string;
}

/** A message as it is posted, with what comes with it. */
export interface ReportMessage extends MessagePost {
  thread?: ThreadPost[];
  files?: MessageFile[];
}

export { ReportImpossible } from './mistake.ts';

/**
 * Not an error: the report had nothing to say, so nothing is posted. `skip` throws it.
 * @example if (error instanceof ReportSkipped) console.log(error.message);
 */
export class ReportSkipped extends Error {
  override readonly name = 'ReportSkipped';
}

/**
 * Ends `load` or `render` without a message: the delivery is recorded as skipped, with the reason.
 * @example if (orders.length === 0) return skip('No open orders');
 */
export function skip(reason: string): never {
  throw new ReportSkipped(reason);
}

/**
 * Slack would refuse the message. Found before anything is posted; the delivery fails.
 * @example if (error instanceof MessageRefused) console.error(error.problems.join('\n'));
 */
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
 * Escapes the texts and cuts what is too much for one message; `lead`, a line above it, is never cut. Throws MessageRefused
 * where that was not enough.
 */
export function toMessage(report: string, draft: ReportDraft, lead?: string): ReportMessage {
  const files: MessageFile[] = [];
  const { blocks, ...rest } = withoutLongTables(draft.blocks);
  const spread = { text: draft.text, blocks };
  const main = toPost(lead === undefined ? spread : led(spread, lead), files);
  const posts = fitThread([...rest.thread, ...(draft.thread ?? []).filter(isGiven)]);
  const thread: ThreadPost[] = posts.map((post) => toPost(post, files));
  const attached = [...rest.files, ...(draft.files ?? []).filter(isGiven)];
  if (attached.length > 0) thread.push(attachments(attached, files));
  const message = {
    ...main,
    ...(thread.length > 0 && { thread }),
    ...(files.length > 0 && { files }),
  };
  const problems = [main, ...thread].flatMap((post, nth) => problemsOf(post).map((problem) => inPost(problem, nth)));
  problems.push(...fileProblems(attached));
  if (problems.length > 0) throw new MessageRefused(report, message, problems);
  return message;
}

/** The channel has the first rows of a long table, the thread or a file has the others. */
function withoutLongTables(given: PostDraft['blocks']): SpreadBlocks {
  const spread: SpreadBlocks = { blocks: [], thread: [], files: [] };
  for (const block of given.filter(isGiven)) {
    const long = spreadTable(block);
    spread.blocks.push(long?.block ?? block);
    spread.thread.push(...(long?.thread ?? []));
    spread.files.push(...(long?.files ?? []));
  }
  return spread;
}

interface SpreadBlocks {
  blocks: ReportBlock[];
  thread: PostDraft[];
  files: ReportFile[];
}

/** Without blocks the text is what is shown. */
function led({ text, blocks }: PostDraft, lead: string): PostDraft {
  return blocks.some(isGiven) ? { text, blocks: [context(lead), ...blocks] } : { text: join([lead, text]), blocks };
}

function toPost(draft: PostDraft, files: MessageFile[]): MessagePost {
  const given = draft.blocks.filter(isGiven);
  // A message without blocks is its text, in which Slack would take marks in the data for formatting.
  const blocks = fit(given.length > 0 ? given : [section(draft.text)]).map((block) => {
    if (!isPicture(block)) return block;
    const { chart, altText } = block;
    files.push({ name: `chart-${files.length + 1}.png`, title: chart.title, altText, chart });
    return asUploaded(files.length - 1, altText);
  });
  return { text: toMrkdwn(draft.text, TEXT_MAX), blocks };
}

/** Its text is written when the files have their addresses. */
function attachments(attached: readonly ReportFile[], files: MessageFile[]): ThreadPost {
  const places = attached.map(({ name, title, content }) => {
    const fileName = toPlain(name, FILE_NAME_MAX).replaceAll(/[\\/]/g, '-');
    files.push({
      name: fileName,
      title: toPlain(title ?? fileName, FILE_NAME_MAX),
      text: content.text,
      ...(content.about !== undefined && { about: content.about }),
    });
    return files.length - 1;
  });
  return { text: currentFormat().words('attached'), blocks: [], attached: places };
}

function fitThread(posts: readonly PostDraft[]): readonly PostDraft[] {
  if (posts.length <= THREAD_POSTS_MAX) return posts;
  const kept = posts.slice(0, THREAD_POSTS_MAX - 1);
  const text = currentFormat().words('morePosts', { count: posts.length - kept.length });
  return [...kept, { text, blocks: [context(text)] }];
}

/** Slack's words on the post as it would be with its pictures uploaded. */
function problemsOf({ text, blocks }: MessagePost): string[] {
  return messageProblems({ text, blocks: blocks.map((block) => uploadedImage(block, 'F0') ?? block) });
}

function inPost(problem: string, nth: number): string {
  return nth === 0 ? problem : `thread post ${nth}: ${problem}`;
}

function fileProblems(files: readonly ReportFile[]): string[] {
  const problems = files.length > FILES_MAX ? [`${files.length} files, ${FILES_MAX} allowed`] : [];
  for (const { name, content } of files) {
    if (content.text === '') problems.push(`file ${name}: is empty`);
    if (content.text.length > FILE_TEXT_MAX) {
      problems.push(`file ${name}: ${content.text.length} characters, ${FILE_TEXT_MAX} allowed`);
    }
  }
  return problems;
}

function isGiven<Item extends object>(item: Item | false | null | undefined): item is Item {
  return item !== false && item !== null && item !== undefined;
}

/** As many of the first blocks as one message takes, and a line that says how many are missing. */
function fit(blocks: ReportBlock[]): ReportBlock[] {
  if (blocks.length <= BLOCKS_MAX && blockTextLength(blocks) <= BLOCK_TEXT_MAX) return blocks;
  const sign = (kept: number) => {
    const missing = blocks.length - kept;
    return noting(context(currentFormat().words('moreBlocks', { count: missing })), [
      `${missing} more blocks did not fit into one message`,
    ]);
  };
  let kept = 0;
  let left = BLOCK_TEXT_MAX - blockTextLength([sign(0)]);
  for (const block of blocks.slice(0, BLOCKS_MAX - 1)) {
    left -= blockTextLength([block]);
    if (left < 0) break;
    kept += 1;
  }
  return [...blocks.slice(0, kept), sign(kept)];
}
