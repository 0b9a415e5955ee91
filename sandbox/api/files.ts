import { asObject } from '../../src/slack/problem-list.ts';
import type { StoredFile } from '../state/types.ts';
import { requireScope, type Caller } from './access.ts';
import { contentOf } from './content-of.ts';
import { deliver, destination, threadOf } from './post-message.ts';
import { Refusal, ok, type Reply } from './reply.ts';
import { countArg, jsonArg, textArg, type Args } from './request.ts';
import { isReady, slackFile } from './slack-file.ts';

/** Docs, files: the most that one file may have is 1 GB. */
const FILE_BYTES_MAX = 1_000_000_000;
/** Docs, files.getUploadURLExternal: `alt_txt`. */
const ALT_TEXT_MAX = 1_000;

/** The first of three steps: the address to which the bytes go, and the id of the file to be. */
export function getUploadURL(caller: Caller, args: Args): Reply {
  requireScope(caller, 'files:write');
  const name = textArg(args, 'filename');
  const length = countArg(args, 'length', 0, Infinity);
  if (name === undefined || length === 0) throw new Refusal('invalid_arguments');
  if (length > FILE_BYTES_MAX) throw new Refusal('file_upload_size_restricted');
  // The docs say `alt_txt`; Slack's own SDK sends `alt_text`.
  const altText = textArg(args, 'alt_txt') ?? textArg(args, 'alt_text');
  if (altText !== undefined && altText.length > ALT_TEXT_MAX) throw new Refusal('alt_txt_too_large');
  const { workspace } = caller.token;
  const id = caller.sandbox.uploads.begin({ workspace, name, length, altText });
  return ok({ upload_url: `${caller.origin}/upload/v1/${id}`, file_id: id });
}

/** The third step. Without a channel the file stays private to the app, which can show it as a `slack_file`. */
export function completeUpload(caller: Caller, args: Args): Reply {
  requireScope(caller, 'files:write');
  const wanted = jsonArg(args, 'files', 'invalid_arguments');
  if (!Array.isArray(wanted) || wanted.length === 0) throw new Refusal('invalid_arguments');
  const files = wanted.map((one) => finished(caller, asObject(one)));
  const channels = [textArg(args, 'channel_id'), ...(textArg(args, 'channels')?.split(',') ?? [])]
    .filter((id) => id !== undefined)
    .map((id) => destination(caller, id));

  // `initial_comment` takes the place of `blocks` (docs); a share without either is a message of files alone.
  const comment = textArg(args, 'initial_comment');
  const { blocks: _, ...withoutBlocks } = args;
  const shared = comment === undefined ? { ...args, text: ' ' } : { ...withoutBlocks, text: comment };
  const content = contentOf(caller, shared);
  const { store, uploads } = caller.sandbox;
  for (const file of files) {
    store.record({ type: 'file', file });
    uploads.end(file.id);
  }
  for (const channel of channels) {
    const ids = files.map(({ id }) => id);
    deliver(
      caller,
      channel,
      { ...content, ...threadOf(caller, channel, args), texts: [comment ?? ''], files: ids },
      false,
    );
  }
  // Slack has been seen to answer with all of a file; its documentation promises no more than this.
  return ok({ files: files.map(({ id, title }) => ({ id, title })) });
}

export function info(caller: Caller, args: Args): Reply {
  requireScope(caller, 'files:read');
  const file = caller.sandbox.store.files.get(textArg(args, 'file') ?? '');
  if (file === undefined || file.workspace !== caller.token.workspace) throw new Refusal('file_not_found');
  return ok({ file: described(caller, file) });
}

function described(caller: Caller, file: StoredFile): Record<string, unknown> {
  return slackFile(file, { origin: caller.origin, ready: isReady(caller.sandbox, file) });
}

function finished({ sandbox, token }: Caller, { id, title }: Record<string, unknown>): StoredFile {
  const upload = sandbox.uploads.peek(String(id), token.workspace);
  if (upload === undefined) throw new Refusal('file_not_found');
  const { name, altText, content } = upload;
  return {
    id: String(id),
    workspace: token.workspace,
    name,
    title: typeof title === 'string' && title !== '' ? title : name,
    mimetype: TYPES[/\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? ''] ?? 'application/octet-stream',
    ...(altText !== undefined && { altText }),
    at: sandbox.now(),
    content: content.toString('base64'),
  };
}

const TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  gif: 'image/gif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json',
  pdf: 'application/pdf',
  png: 'image/png',
  txt: 'text/plain',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};
