import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { asObject } from '../../src/slack/block-kit/json.ts';
import type { Sandbox } from '../sandbox.ts';
import type { StoredFile } from '../state/types.ts';
import { requireScope, type Caller } from './access.ts';
import { answerWithFaults, ignoreWhenClosed, type NodeContext } from './answer.ts';
import { contentOf, isReady } from './content.ts';
import { deliver, destination, threadOf } from './post-message.ts';
import { Refusal, ok, type Reply } from './reply.ts';
import { countArg, jsonArg, textArg, type Args } from './request.ts';
import { slackFile } from './slack-objects.ts';

/** Docs, files: the most that one file may have is 1 GB. */
const FILE_BYTES_MAX = 1_000_000_000;
/** Docs, files.getUploadURLExternal: `alt_txt`. */
const ALT_TEXT_MAX = 1_000;

/** Step 1 of 3: returns the address for the bytes and the id of the future file. */
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

/** The method name of step 2 in faults; it is not a method of the Web API. */
export const UPLOAD = 'upload';

/** Step 2 of 3, `POST /upload/v1/<file id>`: the bytes of a file, as the body or as a part of a form. */
export function uploadRoute(sandbox: Sandbox): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.onError(ignoreWhenClosed(sandbox));
  app.post('/:id', async (context) => {
    const id = context.req.param('id');
    const call = { method: UPLOAD, workspace: sandbox.uploads.workspaceOf(id), channel: undefined };
    const content = await bytesOf(context);
    return answerWithFaults(context, sandbox, call, {
      run() {
        const isAccepted = sandbox.uploads.receive(id, content);
        const response = () =>
          isAccepted
            ? context.text(`OK - ${content.length}`)
            : context.text('the upload does not match what was announced', 400);
        return { isAccepted, reply: ok({}), response };
      },
    });
  });
  return app;
}

async function bytesOf(context: NodeContext): Promise<Buffer> {
  const type = context.req.header('content-type') ?? '';
  if (!type.startsWith('multipart/form-data')) return Buffer.from(await context.req.arrayBuffer());
  const file = Object.values(await context.req.parseBody()).find((value) => value instanceof File);
  return file === undefined ? Buffer.alloc(0) : Buffer.from(await file.arrayBuffer());
}

/** Step 3 of 3. Without a channel, only the app can use the file, as a `slack_file`. */
export function completeUpload(caller: Caller, args: Args): Reply {
  requireScope(caller, 'files:write');
  const wanted = jsonArg(args, 'files', 'invalid_arguments');
  if (!Array.isArray(wanted) || wanted.length === 0) throw new Refusal('invalid_arguments');
  const files = wanted.map((one) => finished(caller, asObject(one)));
  const channels = [textArg(args, 'channel_id'), ...(textArg(args, 'channels')?.split(',') ?? [])]
    .filter((id) => id !== undefined)
    .map((id) => destination(caller, id));

  // `initial_comment` replaces `blocks` (docs); without either, the message has only files.
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
  // Slack sometimes answers with the whole file; its documentation promises only this.
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
