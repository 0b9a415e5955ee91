import { filePath } from '../page/links.ts';
import type { Sandbox } from '../sandbox.ts';
import type { StoredFile } from '../state/types.ts';

/** A file as Slack's API shows it; one that Slack is still at work on has no type yet. */
export function slackFile(file: StoredFile, { origin = '', ready = true } = {}): Record<string, unknown> {
  const { id, name, title, mimetype, altText, at, content } = file;
  return {
    id,
    created: Math.floor(at / 1_000),
    name,
    title,
    mimetype: ready ? mimetype : '',
    filetype: ready ? (/\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? 'binary') : '',
    size: Buffer.byteLength(content, 'base64'),
    mode: 'hosted',
    ...(altText !== undefined && { alt_txt: altText }),
    url_private: origin + filePath(file),
    permalink: origin + filePath(file),
  };
}

/** Whether Slack has looked at a file long enough for messages to show it. */
export function isReady({ now, limits }: Sandbox, { at }: StoredFile): boolean {
  return now() - at >= limits.fileProcessingMs;
}
