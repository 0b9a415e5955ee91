import {
  BLOCK_TEXT_MAX_PER_MESSAGE,
  MARKDOWN_TEXT_MAX_PER_MESSAGE,
  METADATA_EVENT_TYPE,
  METADATA_MAX,
  TEXT_SPLIT_AT,
  TEXT_TRUNCATED_AT,
} from '../../src/slack/block-kit/block-limits.ts';
import { at, blockProblems, blockRemarks, blockTextLength } from '../../src/slack/block-kit/block-problems.ts';
import { asObject, isObject } from '../../src/slack/block-kit/json.ts';
import type { Sandbox } from '../sandbox.ts';
import { isMetadata, type Metadata, type StoredFile } from '../state/types.ts';
import type { Caller } from './access.ts';
import { Refusal, invalidBlocks } from './reply.ts';
import { jsonArg, textArg, type Args } from './request.ts';

/** What a call asks Slack to show. */
export interface Content {
  /** One for each message that Slack makes of the call. */
  texts: string[];
  blocks?: Record<string, unknown>[] | undefined;
  attachments?: Record<string, unknown>[] | undefined;
  metadata?: Metadata | undefined;
  /** Ids of files that were uploaded. */
  files?: string[];
  /** What passes unchecked: blocks of types that the sandbox does not know. */
  remarks?: string[];
}

/** Docs, chat.postMessage: no more than 100 attachments. */
const ATTACHMENTS_MAX = 100;

/** Throws Slack's `Refusal` when the content is wrong. */
export function contentOf(caller: Caller, args: Args): Content {
  const text = textArg(args, 'text')?.slice(0, TEXT_TRUNCATED_AT);
  const blocks = [...listArg(args, 'blocks', 'invalid_blocks_format'), ...markdownBlock(args)];
  const attachments = listArg(args, 'attachments', 'invalid_attachments');
  if (text === undefined && blocks.length === 0 && attachments.length === 0) throw new Refusal('no_text');
  if (attachments.length > ATTACHMENTS_MAX) throw new Refusal('too_many_attachments');
  const problems = problemsOf(caller, blocks);
  if (problems.length > 0) throw invalidBlocks(problems);
  const remarks = blockRemarks(blocks);
  if (blockTextLength(blocks) > BLOCK_TEXT_MAX_PER_MESSAGE) throw new Refusal('msg_blocks_too_long');
  return {
    texts: blocks.length > 0 || text === undefined ? [text ?? ''] : pieces(text),
    blocks: blocks.length > 0 ? blocks.map(asObject) : undefined,
    attachments: attachments.length > 0 ? attachments.map(asObject) : undefined,
    metadata: metadataOf(args),
    ...(remarks.length > 0 && { remarks }),
    ...(blocks.length === 0 && text !== undefined && sharedFiles(caller, args, text)),
  };
}

/** What Slack would say to these blocks. */
export function problemsOf(caller: Caller, blocks: unknown[]): string[] {
  return [
    ...(blocks.length > 0 ? blockProblems(blocks) : []),
    ...unknownBlocks(caller, blocks),
    ...fileProblems(caller, blocks, '/blocks'),
  ];
}

/** `markdown_text` is a message of one markdown block, and excludes `text` and `blocks`. Docs, chat.postMessage. */
function markdownBlock(args: Args): { type: 'markdown'; text: string }[] {
  const markdown = textArg(args, 'markdown_text');
  if (markdown === undefined) return [];
  if (textArg(args, 'text') !== undefined || args['blocks'] !== undefined) throw new Refusal('markdown_text_conflict');
  if (markdown.length > MARKDOWN_TEXT_MAX_PER_MESSAGE) throw new Refusal('msg_too_long');
  return [{ type: 'markdown', text: markdown }];
}

/** A workspace without a block type refuses it like a type that does not exist. */
function unknownBlocks({ sandbox }: Caller, blocks: unknown[]): string[] {
  return blocks.flatMap((block, index) => {
    const { type } = asObject(block);
    const isUnknown = sandbox.limits.unknownBlocks.includes(String(type));
    return isUnknown ? [at(`unsupported type: ${String(type)}`, `/blocks/${index}/type`)] : [];
  });
}

/** The address of a file in a text shares the file, unless unfurling is switched off (bolt-python#1018). */
function sharedFiles({ sandbox, token }: Caller, args: Args, text: string): Pick<Content, 'files'> | false {
  if (isOff(args['unfurl_links']) || isOff(args['unfurl_media'])) return false;
  const ids = [...text.matchAll(/<[^<>|]*\/files\/(\w+)\/[^<>]*>/g)].map(([, id = '']) => id);
  const files = ids.filter((id) => sandbox.store.files.get(id)?.workspace === token.workspace);
  return files.length > 0 && { files: [...new Set(files)] };
}

function isOff(flag: unknown): boolean {
  return ['0', 'false'].includes(String(flag));
}

function listArg(args: Args, name: string, code: string): unknown[] {
  const list = jsonArg(args, name, code) ?? [];
  if (!Array.isArray(list)) throw new Refusal(code);
  return list;
}

/** Every `slack_file`, at any depth, that is missing or not ready, in Slack's words (python-slack-sdk#1797). */
function fileProblems(caller: Caller, value: unknown, pointer: string): string[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => fileProblems(caller, one, `${pointer}/${index}`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = `${pointer}/${key}`;
    if (key !== 'slack_file') return fileProblems(caller, inner, here);
    const { id, url } = asObject(inner);
    const name = typeof id === 'string' ? id : /\/files\/(\w+)\//.exec(String(url))?.[1];
    const file = caller.sandbox.store.files.get(name ?? '');
    const isUsable = file !== undefined && file.workspace === caller.token.workspace && isReady(caller.sandbox, file);
    return isUsable ? [] : [at('invalid slack file', here)];
  });
}

/** Whether Slack has processed a file, so that messages can show it. */
export function isReady({ now, limits }: Sandbox, { at: uploadedAt }: StoredFile): boolean {
  return now() - uploadedAt >= limits.fileProcessingMs;
}

function pieces(text: string): string[] {
  const count = Math.ceil(text.length / TEXT_SPLIT_AT);
  return Array.from({ length: count }, (_, index) => text.slice(index * TEXT_SPLIT_AT, (index + 1) * TEXT_SPLIT_AT));
}

/** Undefined without metadata, and when Slack would post the message but drop its metadata (bolt-python#863). */
function metadataOf(args: Args): Metadata | undefined {
  const metadata = jsonArg(args, 'metadata', 'invalid_metadata_format');
  if (metadata === undefined) return undefined;
  if (!isMetadata(metadata)) throw new Refusal('invalid_metadata_format');
  if (Buffer.byteLength(JSON.stringify(metadata)) > METADATA_MAX) throw new Refusal('metadata_too_large');
  const { event_type, event_payload } = metadata;
  return METADATA_EVENT_TYPE.test(event_type) ? { event_type, event_payload } : undefined;
}
