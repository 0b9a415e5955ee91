import type { WebClient } from '@slack/web-api';
import { classify, type SlackFailure } from './errors.ts';

/** How long the bytes of one file may take, in milliseconds. */
const UPLOAD_TIMEOUT_MS = 30_000;

export interface Upload {
  name: string;
  title: string;
  /** For those who do not see the picture. */
  altText?: string | undefined;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface Uploaded {
  kind: 'uploaded';
  id: string;
  /** Where people find it, once a post has shared it; undefined for a picture, which is shown by its id. */
  permalink: string | undefined;
}

/**
 * Uploads a file that only the app can see until one of its messages shows it. Any step may fail and all be done
 * again: what is left of the first time is never shown. Needs the scope `files:write`; and `files:read` for what is no
 * picture, where Slack's answer leaves out the address, as its documentation has it.
 * https://docs.slack.dev/messaging/working-with-files#uploading_files
 */
export async function uploadPrivately(
  client: WebClient,
  { name, title, altText, bytes }: Upload,
): Promise<Uploaded | SlackFailure> {
  try {
    // By hand: the client's own method sends `alt_text`, which Slack does not know, and retries all three steps by itself.
    const announced = { filename: name, length: bytes.length, ...(altText !== undefined && { alt_txt: altText }) };
    const place = (await client.apiCall('files.getUploadURLExternal', announced)) as {
      upload_url?: string;
      file_id?: string;
    };
    if (place.upload_url === undefined || place.file_id === undefined) return noPlace('an upload address');
    const sent = await fetch(place.upload_url, {
      method: 'POST',
      body: bytes,
      redirect: 'error',
      signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
    });
    if (!sent.ok) return notTaken(sent.status);
    // Without a channel: to share it here would post a message that nothing keeps from being posted twice.
    const done = await client.files.completeUploadExternal({ files: [{ id: place.file_id, title }] });
    if (altText !== undefined) return { kind: 'uploaded', id: place.file_id, permalink: undefined };
    const permalink = done.files?.[0]?.permalink ?? (await client.files.info({ file: place.file_id })).file?.permalink;
    if (permalink === undefined) return noPlace('the address of the file');
    return { kind: 'uploaded', id: place.file_id, permalink };
  } catch (error) {
    return classify(error);
  }
}

function noPlace(what: string): SlackFailure {
  return { kind: 'ambiguous', code: 'unreadable_answer', message: `Slack answered without ${what}` };
}

function notTaken(status: number): SlackFailure {
  return { kind: 'ambiguous', code: `http_${status}`, message: `The upload was answered with HTTP ${status}` };
}
