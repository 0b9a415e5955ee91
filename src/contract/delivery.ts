import type { DeliveryState } from '../domain/delivery.ts';

/** What `deliver` and its activities say to each other: ids and outcomes, never report data. */

export interface DeliverInput {
  /** The report in the ledger; everything else about it stays there. */
  deliveryId: string;
  /** For the summaries in the Web UI. */
  about: { report: string; channel: string };
  /** Tries to deliver in a local activity first. */
  fastPath?: boolean;
}

export type DeliverResult =
  | {
      kind: 'delivered';
      /** Slack's `ts` of the message. */
      messageTs: string;
      /** How the posts of its thread ended; absent where it has none. */
      thread?: ThreadResult;
    }
  /** The report had nothing to say; the ledger has its reason. */
  | { kind: 'skipped' }
  | Waits;

/**
 * Slack's limits leave no slot before this time, or have kept its channel from being read for hours. The delivery is to be
 * started again then.
 */
export interface Waits {
  kind: 'waits';
  /** ISO 8601. */
  until: string;
  /** What has to have a slot: the channel, or all of the workspace. */
  line: 'channel' | 'workspace';
}

/** How many posts of a thread are in their channel, and how many are not, or may not be. */
export interface ThreadResult {
  delivered: number;
  missing: number;
}

export interface PostRequest {
  /** A report, or a post of its thread, in the ledger. */
  deliveryId: string;
  /** Its files are uploaded, as far as that is possible. */
  afterUpload?: boolean;
}

/** What an attempt to post came to; small enough for the workflow's history. */
export type PostResult =
  | { kind: 'posted'; messageTs: string; threadPosts: number }
  | { kind: 'skipped' }
  /** The message is made; its files are to be uploaded before it is posted. */
  | { kind: 'has_files' }
  | Waits;

/** How a delivery ended, as the ledger has it. */
export interface Outcome {
  state: DeliveryState;
  code: string;
  message: string;
}

export interface OutcomeRequest {
  deliveryId: string;
  /** Why the delivery cannot go on. */
  code: string;
  message: string;
  /** It was called off, so what was not handed to Slack is cancelled instead of failed. */
  cancelled: boolean;
}
