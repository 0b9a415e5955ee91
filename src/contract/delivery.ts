import type { DeliveryState } from '../domain/delivery.ts';

/** What `deliver` and its activities say to each other: ids and outcomes, never report data. */

export interface DeliverInput {
  /** The report in the ledger; everything else about it stays there. */
  deliveryId: string;
  /** The time planned for its post, ISO 8601. */
  notBefore: string;
  /** For the summaries in the Web UI. */
  about?: { report: string; channel: string };
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
  | { kind: 'skipped' };

/** How many posts of a thread are in their channel, and how many are not, or may not be. */
export interface ThreadResult {
  delivered: number;
  missing: number;
}

/** What comes with the message of a report. */
export type LoadResult =
  | {
      kind: 'loaded';
      /** To be uploaded before the message is posted. */
      files: number;
      threadPosts: number;
    }
  | { kind: 'skipped' };

/** Where a message is: small enough for the workflow's history. */
export interface Posted {
  messageTs: string;
}

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
