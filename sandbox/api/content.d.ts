import type { Sandbox } from '../sandbox.ts';
import { type Metadata, type StoredFile } from '../state/types.ts';
import type { Caller } from './access.ts';
import { type Args } from './request.ts';
/** What a call asks Slack to show. */
export interface Content {
  /** One for each message that Slack makes of the call. */
  texts: string[];
  blocks?: Record<string, unknown>[] | undefined;
  attachments?: Record<string, unknown>[] | undefined;
  metadata?: Metadata | undefined;
  /** Ids of files that were uploaded. */
  files?: string[];
}
/** Throws Slack's `Refusal` when the content is wrong. */
export declare function contentOf(caller: Caller, args: Args): Content;
/** Whether Slack has processed a file, so that messages can show it. */
export declare function isReady({ now, limits }: Sandbox, { at: uploadedAt }: StoredFile): boolean;
